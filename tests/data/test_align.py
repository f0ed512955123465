import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradekit import DataError, Series
from tradekit.data.align import align, cut
from tradekit.data.interval import DAY

NAMES = ("open", "high", "low", "close", "volume")


def series(days, offset=0.0, shift=0):
    """Daily bars whose values tell the day and the column."""
    days = np.array(days, np.int64)
    times = days * DAY + shift
    return Series(times, times + DAY, *(days + column / 10 + offset for column in range(5)), origin="x.csv")


def test_align_of_one_series_is_that_series():
    bars = align({"A": series([1, 2, 5])})
    assert (bars.symbols, bars.open_time.tolist()) == (("A",), [DAY, 2 * DAY, 5 * DAY])
    assert bars.close_time.tolist() == [2 * DAY, 3 * DAY, 6 * DAY]
    assert bars.high.tolist() == [[1.1], [2.1], [5.1]]


def test_align_puts_holes_where_an_instrument_has_no_bar():
    bars = align({"A": series([1, 3]), "B": series([2, 3], offset=100)})
    np.testing.assert_array_equal(bars.close, [[1.3, np.nan], [np.nan, 102.3], [3.3, 103.3]])
    np.testing.assert_array_equal(bars.exists, [[True, False], [False, True], [True, True]])


def test_align_closes_a_row_with_the_last_of_its_bars():
    early = series([1, 3])
    bars = align({"A": Series(early.open_time, early.open_time + DAY // 2, *(early.open,) * 5), "B": series([1, 2])})
    assert bars.close_time.tolist() == [2 * DAY, 3 * DAY, 3 * DAY + DAY // 2]


day_sets = st.lists(st.integers(0, 60), min_size=1, unique=True).map(sorted)


@given(st.lists(day_sets, min_size=1, max_size=6))
def test_align_keeps_every_bar_once_in_order_with_holes_elsewhere(days):
    parts = {f"S{number}": series(each, offset=1000 * number) for number, each in enumerate(days)}
    bars = align(parts)
    assert bars.open_time.tolist() == sorted({day * DAY for each in days for day in each})
    assert bars.close_time.tolist() == (bars.open_time + DAY).tolist()
    for column, (symbol, part) in enumerate(parts.items()):
        assert bars.symbols[column] == symbol
        exists = np.isin(bars.open_time, part.open_time)
        for name in NAMES:
            values = getattr(bars, name)[:, column]
            assert values[exists].tolist() == getattr(part, name).tolist()
            assert np.isnan(values[~exists]).all()


def test_align_refuses_instruments_that_overlap_without_opening_together():
    with pytest.raises(DataError) as error:
        align({"A": series([1, 2]), "B": series([1, 2], shift=DAY // 2)})
    assert str(error.value) == (
        "instruments of one run share a clock, but 3 bars overlap without opening together: that of 'A' from 1970-01-02T00:00:00Z "
        "to 1970-01-03T00:00:00Z, that of 'B' from 1970-01-02T12:00:00Z; run them apart, or check tz, label and calendar"
    )


@given(day_sets, st.integers(-5, 70), st.integers(-5, 70), st.randoms())
def test_cut_keeps_the_bars_in_range_in_the_order_of_the_source(days, start, end, random):
    random.shuffle(days)
    whole = series(days)
    wanted = [day for day in days if start <= day < end]
    if not wanted:
        with pytest.raises(DataError, match=r"no bar of 'X' at .* or later before .*; 'x.csv' has bars from "):
            cut("X", whole, start * DAY, end * DAY)
        return
    part, rows = cut("X", whole, start * DAY, end * DAY)
    assert (part.open_time // DAY).tolist() == wanted
    assert whole.close[rows].tolist() == part.close.tolist()
    assert part.origin == "x.csv"


@pytest.mark.parametrize(
    ("start", "end", "asked"),
    [
        (5 * DAY, None, "at 1970-01-06T00:00:00Z or later"),
        (None, DAY, "before 1970-01-02T00:00:00Z"),
        (5 * DAY, 6 * DAY, "at 1970-01-06T00:00:00Z or later before 1970-01-07T00:00:00Z"),
    ],
)
def test_cut_outside_of_the_data_says_what_there_is(start, end, asked):
    with pytest.raises(DataError) as error:
        cut("X", series([1, 2]), start, end)
    assert str(error.value) == f"no bar of 'X' {asked}; 'x.csv' has bars from 1970-01-02T00:00:00Z to 1970-01-03T00:00:00Z"


def test_cut_without_bounds_is_the_whole_series():
    whole = series([1, 2])
    assert cut("X", whole, None, None)[0] is whole


def test_cut_of_nothing_is_refused():
    with pytest.raises(DataError, match=r"there are no bars of 'X' in 'x.csv'"):
        cut("X", series([]), None, None)
