import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretend import HOUR, Venue, asker_of, passing, trades_at
from tradekit import DataError, VenueError
from tradekit.data.fetch.pages import Pager, Wanted
from tradekit.testing import FixedClock

DAY = 24 * HOUR
T0 = 19_000 * DAY
"""2022-01-08."""
BARS = Wanted("X", "bars", HOUR)
TRADES = Wanted("X", "trades")


def hours(*places):
    return [T0 + place * HOUR for place in places]


def read(venue, wanted, end=100, start=0, now=1000 * DAY):
    """Return the pages of a range in hours, as (start, end, times) in hours."""
    asker = asker_of(venue, FixedClock(T0 + now))
    pages = list(Pager(asker, wanted).pages([(T0 + start * HOUR, T0 + end * HOUR)]))
    name = "open_time" if wanted.kind == "bars" else "time"

    def place(time):
        return (time - T0) / HOUR

    return [(place(page.start), place(page.end), [place(time) for time in getattr(page.data, name).tolist()]) for page in pages]


def asked(venue):
    return [((start - T0) / HOUR, (end - T0) / HOUR) for start, end in venue.asked]


def rows(pages):
    return [time for _, _, times in pages for time in times]


def spans(pages):
    return [(start, end) for start, end, _ in pages]


def test_bars_without_gaps_take_one_request_a_page():
    venue = Venue(bars=hours(*range(25)))
    pages = read(venue, BARS, 25)
    assert spans(pages) == [(0, 10), (10, 20), (20, 25)]
    assert asked(venue) == spans(pages)
    assert rows(pages) == list(range(25))


def test_gaps_inside_an_answer_are_answered():
    venue = Venue(bars=hours(0, 1, 5, 9))
    assert read(venue, BARS, 10) == [(0, 10, [0, 1, 5, 9])]
    assert asked(venue) == [(0, 10)]


def test_gaps_at_the_edges_of_an_answer_are_asked_for_once_more():
    venue = Venue(bars=hours(3, 4, 5, 6))
    assert read(venue, BARS, 10) == [(0, 3, []), (3, 7, [3, 4, 5, 6]), (7, 10, [])]
    assert asked(venue) == [(0, 10), (0, 3), (7, 10)]


def test_a_time_without_any_bars_is_answered():
    venue = Venue(bars=hours(25))
    assert spans(read(venue, BARS, 30)) == [(0, 10), (10, 20), (20, 25), (25, 26), (26, 30)]


@pytest.mark.parametrize("takes_last", [False, True])
@pytest.mark.parametrize("cap", [1, 3, 9])
def test_a_venue_that_gives_less_than_it_says_loses_nothing(cap, takes_last):
    venue = Venue(bars=hours(*range(25)))
    venue.cap, venue.takes_last = cap, takes_last
    pages = read(venue, BARS, 25)
    assert rows(pages) == list(range(25))
    assert [start for start, _ in spans(pages)][1:] == [end for _, end in spans(pages)][:-1]


def test_an_unfinished_bar_is_not_given_and_not_asked_for():
    venue = Venue(bars=hours(*range(10)))
    assert read(venue, BARS, now=4 * HOUR + HOUR // 2) == [(0, 4, [0, 1, 2, 3])]
    assert asked(venue) == [(0, 4)]


def test_a_bar_that_closes_now_is_finished():
    assert read(Venue(bars=hours(*range(10))), BARS, now=4 * HOUR) == [(0, 4, [0, 1, 2, 3])]


@pytest.mark.parametrize("behind_s", [1, 600, 7200])
def test_a_bar_that_is_unfinished_by_the_clock_of_the_venue_is_not_given(behind_s):
    now = 4 * HOUR + 500_000_000
    venue_now = now - behind_s * 10**9
    venue = Venue(bars=hours(*range(10)), clock=lambda: T0 + venue_now)
    finished = venue_now // HOUR
    assert read(venue, BARS, now=now) == [(0, finished, list(range(finished)))]


def test_a_bar_of_a_venue_that_is_ahead_waits_for_our_clock():
    venue = Venue(bars=hours(*range(10)), clock=lambda: T0 + 9 * HOUR)
    assert read(venue, BARS, now=4 * HOUR) == [(0, 4, [0, 1, 2, 3])]


def test_bars_that_do_not_open_with_the_clock_are_finished_when_they_close():
    half = [T0 + place * HOUR + HOUR // 2 for place in range(10)]
    assert read(Venue(bars=half), BARS, now=4 * HOUR + HOUR // 4) == [(0, 3.5, [0.5, 1.5, 2.5])]
    assert read(Venue(bars=half), BARS, now=4 * HOUR + HOUR // 2 + 1)[0][2] == [0.5, 1.5, 2.5, 3.5]


def test_what_has_yet_to_come_is_not_answered():
    venue = Venue(bars=hours(0, 1, 2))  # the venue is late with the others
    assert read(venue, BARS, now=5 * HOUR) == [(0, 3, [0, 1, 2])]
    assert read(venue, BARS, now=27 * HOUR)[:2] == [(0, 3, [0, 1, 2])]
    assert read(venue, BARS, end=10, now=30 * HOUR) == [(0, 3, [0, 1, 2]), (3, 6, [])]
    assert read(venue, BARS, end=10, now=34 * HOUR) == [(0, 3, [0, 1, 2]), (3, 10, [])]


def test_nothing_is_asked_before_something_can_be_there():
    venue = Venue(bars=hours(0))
    assert read(venue, BARS, now=HOUR // 2) == []
    assert venue.asked == []


def test_a_source_without_paging_is_asked_once():
    venue = Venue(bars=hours(*range(50)), rows=0)
    pager = Pager(asker_of(venue, FixedClock(T0 + 1000 * DAY)), BARS)
    pages = list(pager.pages([(T0, T0 + 5 * HOUR), (T0 + 20 * HOUR, T0 + 60 * HOUR)]))
    assert asked(venue) == [(0, 60)]
    assert [((page.start - T0) / HOUR, (page.end - T0) / HOUR, len(page.data)) for page in pages] == [(0, 5, 5), (20, 50, 30)]


def test_a_source_without_paging_answers_only_up_to_its_last_row():
    assert read(Venue(bars=hours(2, 3), rows=0), BARS) == [(0, 4, [2, 3])]
    assert read(Venue(rows=0), BARS) == []
    assert read(Venue(bars=hours(*range(9)), rows=0), BARS, now=4 * HOUR) == [(0, 4, [0, 1, 2, 3])]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ((0, 1, 1, 2), "open at 2022-01-08T01:00:00Z and then at 2022-01-08T01:00:00Z"),
        ((0, 2, 1, 3), "open at 2022-01-08T02:00:00Z and then at 2022-01-08T01:00:00Z"),
    ],
)
def test_bars_that_are_closer_than_their_length_are_refused(places, said):
    opens = [T0 + int(place * HOUR) for place in places]
    with pytest.raises(VenueError) as error:
        read(Venue(bars=opens), BARS)
    assert f"bars of 1h from 'venue' {said}: out of order, or there twice; given up after 8 tries" in str(error.value)
    with pytest.raises(DataError, match="import what needs repair with a policy"):
        read(Venue(bars=opens, rows=0), BARS)


@pytest.mark.parametrize(("step", "given"), [(0.5, "30m"), (4, "4h")])
def test_bars_of_another_interval_are_refused_at_once(step, given):
    venue = Venue(bars=[T0 + int(place * step * HOUR) for place in range(30)], rows=60)
    with pytest.raises(
        VenueError, match=f"^bars from 'venue' are {given} apart, and 1h was asked for; ask for {given}, or"
    ) as error:
        read(venue, BARS, end=1000)
    assert (error.value.is_passing, len(asked(venue))) == (False, 1)


def test_a_wrong_answer_that_passes_does_no_harm():
    venue = Venue(bars=hours(*range(25)))
    venue.failures = [passing(), passing()]
    assert spans(read(venue, BARS, 25)) == [(0, 10), (10, 20), (20, 25)]
    assert asked(venue) == [(0, 10), (0, 10), (0, 10), (10, 20), (20, 25)]


def test_trades_are_read_on_from_the_last_time_of_a_page():
    venue = Venue(trades=trades_at(hours(0, 1, 1, 2, 3, 3, 3, 4)), rows=4)
    pages = read(venue, TRADES, 10)
    tick = 1 / HOUR
    assert pages == [(0, 2, [0, 1, 1]), (2, 3, [2]), (3, 4, [3, 3, 3]), (4, 4 + tick, [4]), (4 + tick, 10, [])]
    assert asked(venue) == [(0, 10), (2, 10), (3, 10), (4, 10), (4 + tick, 10)]


def test_a_venue_that_gives_the_last_trades_and_not_the_first_is_refused():
    venue = Venue(trades=trades_at(hours(0, 1, 2, 3, 4, 5)), rows=4)
    venue.takes_last = True
    with pytest.raises(
        VenueError, match="gives the last trades of a range and not the first: it gave those from 2022-01-08T02:00:00Z on"
    ):
        read(venue, TRADES, 10)


def test_a_venue_whose_first_trade_comes_late_is_asked_whether_there_are_any_before():
    venue = Venue(trades=trades_at(hours(3, 4, 5, 6, 7, 8, 9)), rows=4)
    assert rows(read(venue, TRADES, 12)) == [3, 4, 5, 6, 7, 8, 9]
    assert asked(venue)[:3] == [(0, 12), (0, 3), (6, 12)]


def test_a_page_that_is_full_of_trades_of_one_time_is_refused():
    venue = Venue(trades=trades_at(hours(0, 1, 1, 1, 1, 2)), rows=4)
    with pytest.raises(VenueError) as error:
        read(venue, TRADES, 10)
    assert str(error.value) == (
        "one answer of data source 'venue' is full of 4 trades of 2022-01-08T01:00:00Z: there may be more of that time, which "
        "can't be asked for"
    )


@given(
    st.lists(st.integers(0, 40), max_size=60).map(sorted),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_trades_come_all_and_once_whatever_the_pages(times, most, cap):
    times = [time for time in times if times.count(time) < min(most, cap)]
    venue = Venue(trades=trades_at(hours(*times)), rows=most)
    venue.cap = cap
    pages = read(venue, TRADES, 50)
    assert rows(pages) == times
    assert [start for start, _ in spans(pages)] == [0, *[end for _, end in spans(pages)][:-1]]
    assert spans(pages)[-1][1] == 50


def test_trades_of_the_last_minute_are_left_to_the_next_time():
    venue = Venue(trades=trades_at([T0, T0 + 10**9, T0 + HOUR]), rows=4)
    pages = read(venue, TRADES, now=HOUR)
    assert rows(pages) == [0, 10**9 / HOUR]
    assert max(end for _, end in asked(venue)) == pytest.approx(1 - 1 / 60)
    assert spans(pages)[-1][1] < 0.01


def test_a_kind_that_the_source_does_not_have_is_an_error():
    for kind in ("trades", "quotes", "book", "funding", "actions"):
        with pytest.raises(DataError, match=f"the data source 'venue' has no {kind} of 'X'"):
            read(Venue(), Wanted("X", kind))


def test_pages_hold_what_was_given():
    asker = asker_of(Venue(trades=trades_at(hours(0, 1)), rows=9), FixedClock(T0 + DAY))
    first = next(iter(Pager(asker, TRADES).pages([(T0, T0 + HOUR * 5)])))
    assert first.data.number.tolist() == [1]
    assert first.data.origin == "venue"
    assert np.isfinite(first.data.price).all()
