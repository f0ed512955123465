"""Each detector: what it finds, and that it is silent when one condition is taken away."""

import numpy as np
import pytest
from acting import CLOSE, MINUTE, SECOND, START, Script, closing, series
from tradekit_compliance.surveillance.closing import MarkingClose
from tradekit_compliance.surveillance.finding import Case, NotKnownError
from tradekit_compliance.surveillance.market import Market
from tradekit_compliance.surveillance.override import Override
from tradekit_compliance.surveillance.passive import PassiveBreach
from tradekit_compliance.surveillance.reconciling import Unreconciled
from tradekit_compliance.surveillance.spoofing import Spoofing
from tradekit_compliance.surveillance.statement import Statement, Trade
from tradekit_compliance.surveillance.wash import WashPattern


def found(detector, *activities, market=None, statement=None):
    return list(detector.find(Case(activities, market, statement)))


def washing(pairs=3, gap=30.0, size=10.0, price=100.0, second="B"):
    """Two accounts that trade with each other."""
    first, other = Script("A"), Script(second)
    for k in range(pairs):
        first.trade(k * 600, 10.0, 100.0 + k)
        other.trade(k * 600 + gap, -size, price + k)
    return first.done(), other.done()


def test_wash_between_two_accounts_is_found():
    (alert,) = found(WashPattern(), *washing())
    assert (alert.detector, alert.symbol, alert.numbers["pairs"], alert.evidence) == ("S01", "ACME", 3.0, (2, 4, 6))
    assert alert.summary == "3 pairs of opposite trades at one price between accounts A, B on 2024-03-15, 30 units"


@pytest.mark.parametrize("change", [{"pairs": 2}, {"gap": 61.0}, {"size": -10.0}, {"size": 9.0}, {"price": 100.5}])
def test_wash_without_one_condition_is_silent(change):
    assert not found(WashPattern(), *washing(**change))


def test_wash_of_two_pairs_is_found_by_their_part_of_the_volume_alone():
    for volume, count in ((6.0, 1), (7.0, 0)):
        market = Market({"ACME": series([100.0] * 60, volume=volume)}, MINUTE)
        assert len(found(WashPattern(), *washing(pairs=2), market=market)) == count


@pytest.mark.parametrize(("apart", "count"), [(0.0, 1), (0.001, 0)])
def test_wash_of_an_account_with_itself_needs_one_moment(apart, count):
    script = Script()
    for k in range(3):
        script.trade(k * 10, 10.0, 100.0)
        script.trade(k * 10 + apart, -10.0, 100.0)
    assert len(found(WashPattern(), script.done())) == count


def spoofing(orders=4, size=20.0, shown=1.5, fill_at=1.0, kept=0, side=1, beside=0.0, same_price=False, cancels_at=None):
    """Buy orders that nobody is to fill, and a small order to sell that is filled; what is left out of it makes it harmless."""
    script = Script()
    small = script.order(-60, -5.0 * side, 100.02)
    if beside:
        script.order(-60, -beside, 100.05)
    layers = [script.order(0, size, 100.0 if same_price else 99.99 - 0.01 * k) for k in range(orders)]
    script.fill(fill_at, small, -5.0 * side, 100.02)
    for layer in layers[kept:]:
        script.cancel(shown if cancels_at is None else cancels_at, layer, size)
    return script.done()


def test_layers_that_are_cancelled_after_a_fill_are_found():
    (alert,) = found(Spoofing(), spoofing())
    assert alert.summary == "layering: 4 orders to buy 80 units, shown for at most 1.5 s and cancelled after a fill of -5 units"
    assert (alert.numbers["levels"], alert.numbers["to_fill"], alert.evidence) == (4.0, 16.0, (2, 3, 4, 5, 6, 7, 8, 9, 10))


def test_one_large_order_at_the_touch_is_found_as_spoofing():
    (alert,) = found(Spoofing(), spoofing(orders=1, size=25.0))
    assert alert.summary.startswith("spoofing: 1 orders to buy 25 units")
    assert found(Spoofing(), spoofing(orders=4, same_price=True))[0].summary.startswith("spoofing")


@pytest.mark.parametrize(
    "change",
    [
        {"orders": 2, "size": 12.0},
        {"orders": 1, "size": 24.9},
        {"shown": 2.0},
        {"cancels_at": 0.9},
        {"kept": 1},
        {"side": -1},
        {"beside": 36.0},
        {"fill_at": 5.1, "shown": 6.0},
    ],
    ids=[
        "too few",
        "too small",
        "shown longer",
        "cancelled before",
        "one is left",
        "fill on the same side",
        "both sides",
        "too late",
    ],
)
def test_layers_without_one_condition_are_silent(change):
    assert not found(Spoofing(), spoofing(**change))


def test_close_that_is_moved_is_found():
    activity, market = closing()
    (alert,) = found(MarkingClose(), activity, market=market)
    assert (alert.detector, alert.time, alert.evidence) == ("S03", CLOSE, (4,))
    assert alert.summary.startswith("25.0 % of the volume before the close of 2024-03-15, which moved by +")


@pytest.mark.parametrize(
    "change",
    [{"size": 799.0}, {"move": 0.0}, {"move": -0.01}, {"at": -700}, {"position": -5000.0}],
    ids=["less volume", "no move", "the other way", "before the window", "a position that loses by it"],
)
def test_close_without_one_condition_is_silent(change):
    activity, market = closing(**change)
    assert not found(MarkingClose(), activity, market=market)


def test_close_is_unknown_on_bars_that_are_too_long_and_with_too_few_sessions():
    activity, market = closing(days=5)
    with pytest.raises(NotKnownError, match="fewer than 5 sessions are known before 2024-03-15"):
        found(MarkingClose(), activity, market=market)
    with pytest.raises(NotKnownError, match="bars of 3600 s are longer than the window of 10 min"):
        found(MarkingClose(), activity, market=Market(market.series, 60 * MINUTE))
    with pytest.raises(NotKnownError, match="no market data; name a data source with --data"):
        found(MarkingClose(), activity)


def drifting(end=120.0, size=50.0, at=60, limit=0.055, leverage=None):
    """A position of about 5 % of 100,000 that grows with its price."""
    risk = [{"rule": "position-limit", "limit": limit}] if limit else []
    risk += [{"rule": "credit-leverage", "limit": leverage}] if leverage else []
    script = Script(settings={"account": {"capital": 100_000.0}, "risk": risk})
    script.trade(at, size, 100.0)
    return script.done(), Market({"ACME": series(np.linspace(100.0, end, 60))}, MINUTE)


def test_limit_that_prices_break_is_found():
    activity, market = drifting()
    (alert,) = found(PassiveBreach(), activity, market=market)
    assert (alert.detector, alert.symbol, alert.numbers["limit"], alert.evidence) == ("S07", "ACME", 0.055, (2,))
    assert alert.numbers["most"] == pytest.approx(6000 / 101_000)
    activity, market = drifting(limit=None, leverage=0.055)
    assert found(PassiveBreach(), activity, market=market)[0].summary.startswith("leverage of up to 0.0594")


@pytest.mark.parametrize("change", [{"end": 105.0}, {"size": 60.0}], ids=["a smaller move", "an order that breaks it"])
def test_limit_that_prices_do_not_break_is_silent(change):
    activity, market = drifting(**change)
    assert not found(PassiveBreach(), activity, market=market)


def test_passive_breach_passes_over_what_it_is_told_to():
    activity, market = drifting()
    for percent, count in ((7.0, 1), (8.1, 0)):
        assert len(found(PassiveBreach(PassiveBreach.Options(over_percent=percent)), activity, market=market)) == count


def test_passive_breach_is_unknown_without_limits_or_money():
    activity, market = drifting(limit=None)
    with pytest.raises(NotKnownError, match="no limit: the run has no rule that states one, and none is given"):
        found(PassiveBreach(), activity, market=market)
    with pytest.raises(NotKnownError, match="A: with what money it began"):
        found(PassiveBreach(PassiveBreach.Options(max_weight=1)), Script().done(), market=market)


def stated(price=100.0, late=0.0, quantity=10.0, count=2):
    """An account with two fills, and the statement of a venue."""
    script = Script()
    for k in range(2):
        script.trade(k * 60, 10.0, 100.0)
    trades = [Trade(k + 2, START + round((k * 60 + late) * SECOND), "ACME", quantity, price) for k in range(count)]
    return script.done(), Statement(tuple(trades), {"ACME": quantity * count})


def test_statement_that_agrees_is_silent():
    activity, statement = stated(late=0.9)
    assert not found(Unreconciled(), activity, statement=statement)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"count": 1},
            ["fill of +10 at 100 is not in the statement", "position of 20 units by the own fills, and of 10 by the venue"],
        ),
        (
            {"count": 3},
            ["line 4 of the statement, +10 at 100, is no fill here", "position of 20 units by the own fills, and of 30"],
        ),
        ({"price": 100.1}, ["is no fill here", "is no fill here", "is not in the statement", "is not in the statement"]),
        ({"late": 1.1}, ["is no fill here", "is no fill here", "is not in the statement", "is not in the statement"]),
    ],
)
def test_statement_that_differs_is_found(change, words):
    activity, statement = stated(**change)
    alerts = found(Unreconciled(), activity, statement=statement)
    assert len(alerts) == len(words)
    assert all(word in alert.summary for word, alert in zip(words, alerts, strict=True))


def test_live_log_tells_trades_without_a_fill_and_books_that_disagree():
    script = Script()
    script.is_live = True
    for k in range(2):
        trade = script.add("venue-fill", k, order=1, symbol="ACME", quantity=5.0, price=100.0, text=f"t{k}")
        if k == 0:
            script.add("fill", k, order=1, symbol="ACME", quantity=5.0, price=100.0, causes=(trade,))
    script.add("blocked", 3, symbol="ACME", text="the venue has 10, the journal 5")
    told = [alert.summary for alert in found(Unreconciled(), script.done())]
    assert told == [
        "trade t1 of the venue, +5 at 100, is no fill here",
        "books disagree with the venue's: the venue has 10, the journal 5",
    ]


def test_reconciliation_without_a_venue_is_unknown():
    with pytest.raises(NotKnownError, match="nothing of the venue"):
        found(Unreconciled(), stated()[0])
    activity, statement = stated()
    with pytest.raises(NotKnownError, match="a statement is of one account"):
        found(Unreconciled(), activity, activity, statement=statement)


@pytest.mark.parametrize(
    ("verdict", "after", "count"), [("reject", "fill", 1), ("halt", "sent", 1), ("accept", "fill", 0), ("reject", None, 0)]
)
def test_order_that_is_sent_after_a_block_is_found(verdict, after, count):
    script = Script()
    number = script.order(0, 10.0, 100.0)
    script.add("verdict", 0, order=number, symbol="ACME", detail=verdict, rule="price-collar")
    if after:
        script.add(after, 1, order=number, symbol="ACME", quantity=10.0, price=100.0)
    alerts = found(Override(), script.done())
    assert [alert.evidence for alert in alerts] == [(2, 3)] * count


@pytest.mark.parametrize(("halts", "command", "count"), [(True, "resume", 1), (False, "resume", 0), (True, "pause", 0)])
def test_halt_that_is_lifted_is_found(halts, command, count):
    script = Script()
    if halts:
        script.add("halt", 0, rule="message-rate")
    script.add("command", 1, text=command)
    assert [alert.summary for alert in found(Override(), script.done())] == ["the halt by message-rate was lifted"] * count


@pytest.mark.parametrize(("limit", "days", "count"), [(0.2, 0, 1), (0.1, 0, 0), (0.2, 1, 0)])
def test_limit_that_is_changed_in_a_day_is_found(limit, days, count):
    script = Script(settings={"risk": [{"rule": "max-weight", "limit": 0.1}]})
    later = type(script.sessions[0])(9, START + days * 86_400 * SECOND + SECOND, {"risk": [{"rule": "max-weight", "limit": limit}]})
    script.sessions.append(later)
    alerts = found(Override(), script.done())
    words = "limits were changed between two sessions of 2024-03-15: max-weight.limit was 0.1, is 0.2"
    assert [alert.summary for alert in alerts] == [words] * count
