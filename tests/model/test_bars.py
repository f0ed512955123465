import numpy as np
import pytest

from stage import bars_of
from tradekit.errors import DataError
from tradekit.model.bars import Bars, Series

HOUR = 3_600_000_000_000


def clock(*stamps):
    """Return bars of one instrument that open at such times."""
    opened = np.array(stamps, dtype="M8[ns]").astype(np.int64)
    ones = np.ones((len(opened), 1))
    return Bars(("X",), opened, opened + HOUR, ones, ones, ones, ones, ones)


def test_columns_are_read_only_and_contiguous_and_leave_the_given_array_alone():
    given = np.ones((2, 3)).T
    times = np.arange(3)
    bars = Bars(("X", "Y"), times, times + 1, given, given, given, given, given)
    assert bars.close.flags.c_contiguous
    assert not bars.close.flags.writeable
    assert given.flags.writeable
    assert len(bars) == 3


def test_column_of_another_shape_is_refused():
    times, ones = np.arange(3), np.ones((3, 1))
    with pytest.raises(DataError, match=r"bars column 'volume' has shape \(2, 1\), expected \(3, 1\)"):
        Bars(("X",), times, times, ones, ones, ones, ones, ones[:2])
    with pytest.raises(DataError, match=r"bars column 'close_time' has shape \(2,\), expected \(3,\)"):
        Bars(("X",), times, times[:2], ones, ones, ones, ones, ones)


def test_index_of_names_the_instruments_there_are():
    bars = bars_of({"AAPL": [1.0], "MSFT": [2.0]})
    assert bars.index_of("MSFT") == 1
    with pytest.raises(DataError, match=r"no instrument 'APPL' in these bars; they hold AAPL, MSFT; did you mean 'AAPL'\?"):
        bars.index_of("APPL")


def test_rows_share_memory():
    bars = bars_of({"X": [1.0, 2.0, 3.0, 4.0]})
    part = bars.rows(1, 3)
    assert part.close[:, 0].tolist() == [2, 3]
    assert part.open_time.tolist() == bars.open_time[1:3].tolist()
    assert np.shares_memory(part.close, bars.close)


def test_bars_exist_where_there_is_a_close():
    assert bars_of({"X": [1.0, None], "Y": [None, 2.0]}).exists.tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("period", "starts"),
    [
        ("day", [0, 0, 1, 1, 1, 1]),
        ("week", [0, 0, 0, 1, 1, 1]),  # 2024-01-01 was a Monday
        ("month", [0, 0, 0, 1, 1, 0]),
        ("quarter", [0, 0, 0, 1, 0, 0]),
        ("year", [0, 0, 0, 1, 0, 0]),
    ],
)
def test_periods_start_on_their_first_bar_and_never_on_the_first_of_the_data(period, starts):
    bars = clock("2023-12-30T00", "2023-12-30T23", "2023-12-31T00", "2024-01-01T05", "2024-02-28T00", "2024-02-29T00")
    expected = [bool(start) for start in starts]
    if period == "week":
        expected[5] = False  # the 28th and 29th of February are in one week
    assert bars.starts(period).tolist() == expected


def test_periods_before_1970_start_where_they_should():
    bars = clock("1969-12-28T00", "1969-12-29T00", "1969-12-31T00", "1970-01-01T00", "1970-01-05T00")
    assert bars.starts("week").tolist() == [False, True, False, False, True]
    assert bars.starts("year").tolist() == [False, False, False, True, False]


def test_unknown_period_is_an_error():
    with pytest.raises(ValueError, match="unknown period 'hour'; allowed: day, week, month, quarter, year"):
        clock("2024-01-01").starts("hour")


def test_series_is_as_long_as_its_times():
    column = np.ones(3)
    assert len(Series(np.arange(3), np.arange(3) + 1, column, column, column, column, column)) == 3


def test_own_values_leave_out_holes_and_on_clock_holds_them_over():
    nan = np.nan
    bars = bars_of({"X": [nan, 1.0, nan, 3.0], "Y": [1.0, 2.0, 3.0, 4.0], "Z": [nan, nan, nan, nan]})
    assert bars.own(0, bars.close).tolist() == [1.0, 3.0]
    assert np.array_equal(bars.on_clock(0, bars.own(0, bars.close)), [nan, 1.0, 1.0, 3.0], equal_nan=True)
    assert bars.on_clock(1, bars.own(1, bars.close)).tolist() == [1.0, 2.0, 3.0, 4.0]
    assert np.isnan(bars.on_clock(2, bars.own(2, bars.close))).all()
    assert np.array_equal(bars.on_clock(0, np.array([[5.0, 6.0], [7.0, 8.0]])), [[nan, 5, 5, 6], [nan, 7, 7, 8]], equal_nan=True)
