import numpy as np
import pytest

from pretend import HOUR, Venue, asker_of, passing, trades_at
from tradekit import Instrument, VenueError
from tradekit.data.fetch.fetcher import fetch
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.testing import FixedClock

DAY = 24 * HOUR
T0 = 19_000 * DAY
"""2022-01-08."""
BARS = DataKey("binance", "X", "bars", "1h")
TRADES = DataKey("binance", "X", "trades")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def hours(*places):
    return [T0 + place * HOUR for place in places]


def fetched(store, venue, now, key=BARS, start=0, end=None):
    """Fetch at a time, all of them in hours; return what the venue was asked for by it, and what came of it."""
    venue.asked.clear()
    clock = FixedClock(T0 + int(now * HOUR))
    done = fetch(asker_of(venue, clock), store, key, T0 + start * HOUR, None if end is None else T0 + end * HOUR)
    return [((first - T0) / HOUR, (last - T0) / HOUR) for first, last in venue.asked], done


def kept(store, key=BARS):
    data = store.open(key).read()
    return ((getattr(data, "open_time" if key.kind == "bars" else "time") - T0) / HOUR).tolist()


def test_a_fetch_keeps_what_is_finished(store):
    asked, done = fetched(store, Venue(bars=hours(*range(100))), 25.5)
    assert kept(store) == list(range(25))
    assert asked == [(0, 10), (10, 20), (20, 25)]
    assert (done.rows, done.requests, done.revision) == (25, 3, 1)


def test_the_next_fetch_asks_only_for_what_is_new(store):
    venue = Venue(bars=hours(*range(100)))
    fetched(store, venue, 25.5)
    asked, done = fetched(store, venue, 25.9)
    assert (asked, done.rows, done.requests, done.revision) == ([], 0, 0, 1)
    asked, done = fetched(store, venue, 49.5)
    assert asked == [(25, 35), (35, 45), (45, 49)]
    assert kept(store) == list(range(49))
    assert done.revision == 2


def test_what_lies_before_and_between_is_asked_for_when_it_is_wanted(store):
    venue = Venue(bars=hours(*range(100)))
    fetched(store, venue, 90, start=20, end=30)
    fetched(store, venue, 90, start=40, end=50)
    asked, _ = fetched(store, venue, 90, start=15, end=55)
    assert asked == [(15, 20), (30, 40), (50, 55)]
    assert kept(store) == list(range(15, 55))


def test_gaps_that_were_answered_are_not_asked_for_again(store):
    venue = Venue(bars=hours(3, 4, 8, 30, 31))
    asked, _ = fetched(store, venue, 80, end=40)
    assert asked == [(0, 10), (0, 3), (9, 10), (10, 20), (20, 30), (30, 40), (32, 40)]
    assert fetched(store, venue, 80, end=40)[0] == []
    assert kept(store) == [3, 4, 8, 30, 31]


def test_a_bar_that_comes_late_is_fetched_later(store):
    venue = Venue(bars=hours(*range(9)))
    fetched(store, venue, 10.5)
    venue.opens = np.array(hours(*range(50)))
    asked, _ = fetched(store, venue, 10.8)
    assert asked == [(9, 10)]
    assert kept(store) == list(range(10))


def test_trades_are_kept_and_go_on(store):
    venue = Venue(trades=trades_at(hours(0, 1, 1, 2, 3, 3, 3, 4, 50)), rows=4)
    fetched(store, venue, 40, TRADES)
    assert kept(store, TRADES) == [0, 1, 1, 2, 3, 3, 3, 4]
    asked, done = fetched(store, venue, 60, TRADES)
    assert asked[0] == (pytest.approx(40 - 24, abs=0.01), pytest.approx(60 - 1 / 60, abs=0.01))
    assert kept(store, TRADES) == [0, 1, 1, 2, 3, 3, 3, 4, 50]
    assert store.open(TRADES).read().number.tolist() == list(range(1, 10))
    assert done.revision == 2


def test_what_came_before_a_failure_is_kept_and_the_next_fetch_goes_on_there(store):
    venue = Venue(bars=hours(*range(50)))
    give_up = [passing()] * 8
    with pytest.raises(VenueError, match="given up after 8 tries"):
        fetch_failing(store, venue, give_up)
    assert kept(store) == list(range(20))
    asked, done = fetched(store, venue, 50)
    assert asked == [(20, 30), (30, 40), (40, 50)]
    assert (kept(store), done.revision) == (list(range(50)), 2)


def test_ctrl_c_keeps_what_came_before(store):
    with pytest.raises(KeyboardInterrupt):
        fetch_failing(store, Venue(bars=hours(*range(50))), [KeyboardInterrupt()])
    assert kept(store) == list(range(20))


def fetch_failing(store, venue, failures):
    """Fetch 50 bars, of which 20 come before the failures."""
    give = venue.bars

    def bars(request):
        if request.start == T0 + 20 * HOUR and failures:
            raise failures.pop(0)
        return give(request)

    venue.bars = bars
    fetched(store, venue, 50)


def test_pages_that_a_dying_process_left_are_taken_up_without_asking(store):
    venue = Venue(bars=hours(*range(50)))

    class Death(BaseException):
        """Nothing runs after it."""

    with pytest.raises(Death):
        fetch_failing(store, venue, [Death()])
    assert (store.keys(), store.remnants()) == ([], [BARS])
    asked, done = fetched(store, venue, 50, end=20)
    assert (asked, done.revision, kept(store)) == ([], 1, list(range(20)))


def test_long_fetches_make_a_revision_at_the_end_of_a_month_with_many_pages(store):
    _, done = fetched(store, Venue(bars=hours(*range(2100))), 2100)
    revisions = store.open(BARS).manifest.revisions
    assert [revision.number for revision in revisions] == [1, 2, 3, 4]
    assert done.revision == 4
    assert kept(store) == list(range(2100))
    months = {"2022-01", "2022-02", "2022-03", "2022-04"}
    assert {month for revision in revisions for month in revision.months} <= months


def test_what_the_source_knows_about_the_instrument_is_kept(store):
    class Knowing(Venue):
        def instruments(self):
            return [Instrument("Y"), Instrument("X", tick=0.01, kind="perpetual")]

    fetched(store, Knowing(bars=hours(0)), 30)
    manifest = store.open(BARS).manifest
    assert manifest.instrument(1)["tick"] == 0.01
    assert manifest.instrument(1)["kind"] == "perpetual"


def test_progress_counts_bars_up_to_all_of_them(store):
    told = []
    asker = asker_of(Venue(bars=hours(*range(25))), FixedClock(T0 + 25 * HOUR))
    fetch(asker, store, BARS, T0, None, lambda done, total: told.append((done, total)))
    assert told == [(10, 25), (20, 25), (25, 25)]


def test_nothing_to_fetch_makes_no_revision(store):
    _, done = fetched(store, Venue(bars=hours(0)), 0.5)
    assert (done.rows, done.requests, done.revision) == (0, 0, 0)
