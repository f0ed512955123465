"""Coarser bars: against a plain loop, against pandas, and against what the venue gave for the coarser interval."""

import numpy as np
import pyarrow.feather
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradekit import Series
from tradekit.data.interval import DAY, parse_interval
from tradekit.data.resample import count_ended, resample, window_starts

MINUTE, HOUR = parse_interval("1m"), parse_interval("1h")
PRICES = ("open", "high", "low", "close")


def series(opened, step=1, seed=0):
    """Bars that open at the given times and last for `step`, with prices at random."""
    opened = np.array(opened, dtype=np.int64)
    reach = np.sort(np.random.default_rng(seed).uniform(1.0, 2.0, (4, len(opened))), axis=0)
    volume = np.random.default_rng(seed + 1).lognormal(0.0, 3.0, len(opened))
    return Series(opened, opened + step, reach[1], reach[3], reach[0], reach[2], volume, origin="x.csv")


def loop(fine, interval, anchor):
    """The same, bar by bar."""
    found = []
    for row in range(len(fine)):
        start = (int(fine.open_time[row]) - anchor) // interval * interval + anchor
        opened, high, low, close, volume = (float(getattr(fine, name)[row]) for name in (*PRICES, "volume"))
        if found and found[-1][0] == start:
            bar = found[-1]
            found[-1] = (start, start + interval, bar[2], max(bar[3], high), min(bar[4], low), close, bar[6] + volume)
        else:
            found.append((start, start + interval, opened, high, low, close, volume))
    return found


def rows(coarse):
    columns = (coarse.open_time, coarse.close_time, *(getattr(coarse, name) for name in (*PRICES, "volume")))
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(
    opened=st.lists(st.integers(-50, 400), unique=True, max_size=80).map(sorted),
    interval=st.sampled_from([1, 2, 7, 60, 1000]),
    seed=st.integers(0, 9),
)
def test_resample_gives_what_a_plain_loop_gives_to_the_last_bit(opened, interval, seed):
    fine = series(opened, seed=seed)
    coarse = resample(fine, interval)
    assert rows(coarse) == loop(fine, interval, 0)
    assert coarse.origin == "x.csv"
    assert {getattr(coarse, name).dtype for name in (*PRICES, "volume")} == {np.dtype(np.float64)}


def test_resample_adds_volumes_up_in_order_as_a_stream_would():
    volume = [1e16, *[1.0] * 59]
    fine = Series(*np.arange(120, dtype=np.int64).reshape(2, 60), *[np.ones(60)] * 4, np.array(volume))
    assert resample(fine, 60).volume.tolist() == [sum(volume)] == [1e16]


def test_resample_leaves_out_windows_without_bars_and_spans_each_whole():
    coarse = resample(series([3, 4, 25, 26]), 10)
    assert (coarse.open_time.tolist(), coarse.close_time.tolist()) == ([0, 20], [10, 30])


@pytest.mark.parametrize(
    ("interval", "start"),
    [
        ("1h", "2023-07-05T17:00"),
        ("5h", "2023-07-05T13:00"),
        ("4h", "2023-07-05T16:00"),
        ("1d", "2023-07-05"),
        ("3d", "2023-07-04"),
        ("1w", "2023-07-03"),
        ("7d", "2023-07-03"),
        ("2w", "2023-06-26"),
    ],
)
def test_window_starts_are_multiples_since_1970_and_weeks_begin_on_mondays(interval, start):
    moment = np.array(["2023-07-05T17:42:10"], dtype="M8[ns]").astype(np.int64)
    found = window_starts(moment, parse_interval(interval))
    assert found.view("M8[ns]")[0] == np.datetime64(start)


def test_window_starts_before_1970_go_on_backwards():
    assert window_starts(np.array([-1, 0, DAY - 1]), DAY).tolist() == [-DAY, 0, 0]


def test_count_ended_takes_a_bar_in_when_its_window_is_over_and_not_before():
    fine = series([0, 1, 2, 3, 4, 8, 9])
    coarse = resample(fine, 3)
    assert coarse.close_time.tolist() == [3, 6, 9, 12]
    # The bar that ends at 6 lacks its last part: it is seen with the next bar there is.
    assert count_ended(coarse, fine.close_time).tolist() == [0, 0, 1, 1, 1, 3, 3]


def read(market_data, symbol, interval):
    path = market_data / "crypto" / "binance_perp_2023_07" / f"{symbol}_USDT_USDT-{interval}-futures.feather"
    table = pyarrow.feather.read_table(path)
    opened = table["date"].to_numpy().astype("M8[ns]").astype(np.int64)
    columns = [table[name].to_numpy() for name in (*PRICES, "volume")]
    return Series(opened, opened + parse_interval(interval), *columns)


@pytest.mark.parametrize("interval", ["3m", "5m", "15m", "1h"])
@pytest.mark.parametrize("symbol", ["BTC", "ETH"])
def test_resample_of_real_minutes_is_what_the_venue_gives(market_data, symbol, interval):
    minutes, given = (read(market_data, symbol, name) for name in ("1m", interval))
    coarse = resample(minutes, parse_interval(interval))
    whole = slice(1, int(count_ended(coarse, minutes.close_time)[-1]))  # the first is cut by the beginning of the minutes
    times, here, there = np.intersect1d(coarse.open_time[whole], given.open_time, return_indices=True)
    assert len(times) > 700
    for name in PRICES:
        np.testing.assert_array_equal(getattr(coarse, name)[whole][here], getattr(given, name)[there])
    volumes = coarse.volume[whole][here], given.volume[there]
    assert np.count_nonzero(~np.isclose(*volumes, rtol=1e-12)) <= 1


@pytest.mark.parametrize("interval", ["5m", "1h", "1d", "1w"])
def test_resample_of_real_minutes_is_what_pandas_gives(market_data, interval):
    import pandas as pd

    minutes = read(market_data, "ETH", "1m")
    minutes = Series(
        *(np.delete(getattr(minutes, name), np.s_[100:900]) for name in ("open_time", "close_time", *PRICES, "volume"))
    )
    frame = pd.DataFrame({name: getattr(minutes, name) for name in (*PRICES, "volume")}, pd.to_datetime(minutes.open_time))
    rule = {"5m": "5min", "1d": "1D", "1w": "W-MON"}.get(interval, interval)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    expected = frame.resample(rule, closed="left", label="left").agg(how).dropna()
    coarse = resample(minutes, parse_interval(interval))
    np.testing.assert_array_equal(coarse.open_time, expected.index.as_unit("ns").astype(np.int64))
    for name in PRICES:
        np.testing.assert_array_equal(getattr(coarse, name), expected[name])
    np.testing.assert_allclose(coarse.volume, expected["volume"], rtol=1e-12)
