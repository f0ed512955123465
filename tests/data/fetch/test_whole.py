import pytest

from pretend import HOUR, Venue, asker_of, trades_at
from tradekit import BarRequest, ConfigError
from tradekit.data.fetch.whole import all_bars, all_trades
from tradekit.testing import FixedClock

T0 = 19_000 * 24 * HOUR
LATER = FixedClock(T0 + 1000 * HOUR)


def hours(*places):
    return [T0 + place * HOUR for place in places]


def request(start=0, end=30):
    return BarRequest(("X",), HOUR, None if start is None else T0 + start * HOUR, None if end is None else T0 + end * HOUR)


def test_bars_of_a_paged_source_are_put_together():
    venue = Venue(bars=hours(*range(25)))
    series = all_bars(venue, request(), asker_of(venue, LATER))["X"]
    assert series.open_time.tolist() == hours(*range(25))
    assert series.origin == "venue (3 answers)"
    assert len(venue.asked) == 4  # the last of them for what comes after the last bar


def test_bars_up_to_now_are_the_finished_ones():
    venue = Venue(bars=hours(*range(25)))
    series = all_bars(venue, request(end=None), asker_of(venue, FixedClock(T0 + 5 * HOUR + 1)))["X"]
    assert series.open_time.tolist() == hours(*range(5))


def test_trades_of_a_paged_source_are_put_together():
    venue = Venue(trades=trades_at(hours(0, 1, 1, 2, 3, 3, 3, 4)), rows=4)
    trades = all_trades(venue, request(), asker_of(venue, LATER))["X"]
    assert trades.number.tolist() == list(range(1, 9))


def test_a_paged_source_without_rows_gives_no_series():
    venue = Venue()
    assert all_bars(venue, request(), asker_of(venue, LATER)) == {}


def test_a_source_that_is_not_paged_is_asked_for_what_was_requested():
    class Files(Venue):
        def bars(self, request):
            return request

        def trades(self, request):
            return request

    for read in (all_bars, all_trades):
        assert read(Files(rows=0), request(start=None)) == request(start=None)


def test_a_paged_source_must_know_where_to_begin():
    for read in (all_bars, all_trades):
        with pytest.raises(ConfigError, match=r"the data source 'venue' is asked page by page, .* \[run\] start = 2024-01-01"):
            read(Venue(), request(start=None))
