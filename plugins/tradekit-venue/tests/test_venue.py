import pytest
from tradekit_venue.engine.market import Market


def test_name_that_is_taken_is_refused(venue) -> None:
    with pytest.raises(ValueError, match=r"there is an account 'anna' already; give this one another name"):
        venue.add_account("anna", {}, "another", "secret")
    with pytest.raises(ValueError, match=r"the market 'BTC/USDT' is listed already"):
        venue.add_market(Market("BTC", "USDT"))


def test_what_is_due_is_done_in_order_and_at_its_own_time(venue, clients) -> None:
    done = []
    for milliseconds in (300, 100, 200):
        venue.after(milliseconds, lambda: done.append(venue.clock.now() - clients.start))
    venue.after(100, lambda: venue.after(50, lambda: done.append("later")))
    assert venue.until_next() == 100
    venue.advance(250)
    assert done == [100, "later", 200]
    assert (venue.until_next(), venue.clock.now()) == (50, clients.start + 250)


def test_what_was_received_is_remembered_without_keys(venue) -> None:
    venue.remember("GET", "time", {"a": "1", "signature": "x", "apiKey": "y"}, "late")
    assert [(one["name"], one["params"], one["fault"]) for one in venue.received] == [("time", {"a": "1"}, "late")]
