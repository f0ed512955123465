"""Volatility and volume of a day, from the days before it."""

import csv
import math
import statistics

import numpy as np
import pytest

from tradekit import Bars
from tradekit.engine.daily import daily

HOUR = 3_600_000_000_000
DAY = 24 * HOUR


def bars_of(times, closes, volumes):
    """Return bars of an hour; closes and volumes are [time] or [time, instrument], NaN being a hole."""
    times = np.array(times, dtype=np.int64)
    closes, volumes = (np.array(column, dtype=np.float64).reshape(len(times), -1) for column in (closes, volumes))
    symbols = tuple("XYZ"[: closes.shape[1]])
    return Bars(symbols, times, times + HOUR, closes, closes, closes, closes, volumes)


def estimate(bars, window):
    return daily(bars, bars, window)


def test_estimates_of_daily_bars_by_hand():
    closes = [100.0, 110.0, 99.0, 99.0, 198.0]
    found = estimate(bars_of(np.arange(5) * DAY, closes, [10.0, 20.0, 30.0, 40.0, 50.0]), 2)
    assert np.isnan(found.volume[0, 0])
    assert found.volume[1:, 0].tolist() == [10.0, 15.0, 25.0, 35.0]
    up, down = math.log(1.1), math.log(0.9)
    expected = [0.05, 0.05, 0.05, statistics.stdev([up, down]), statistics.stdev([down, 0.0])]
    assert found.volatility[:, 0].tolist() == pytest.approx(expected, rel=1e-14)


def test_estimates_use_what_there_is_while_the_window_is_not_full():
    closes = [100.0, 110.0, 99.0, 99.0, 198.0]
    found = estimate(bars_of(np.arange(5) * DAY, closes, [10.0, 20.0, 30.0, 40.0, 50.0]), 20)
    assert found.volume[1:, 0].tolist() == [10.0, 15.0, 20.0, 25.0]
    assert found.volatility[4, 0] == pytest.approx(statistics.stdev([math.log(1.1), math.log(0.9), 0.0]), rel=1e-14)


def test_estimates_of_a_day_are_those_of_its_hours_together():
    times = [hour * HOUR for hour in (0, 1, 23, 24, 47, 48)]
    found = estimate(bars_of(times, [1.0, 2.0, 4.0, 5.0, 8.0, 9.0], [1.0, 2.0, 3.0, 4.0, np.nan, 6.0]), 2)
    assert found.volume.shape == (3, 1)
    assert found.volume[1:, 0].tolist() == [6.0, 5.0]


def test_estimates_are_of_the_days_that_an_instrument_has():
    hole = np.nan
    closes = [[1.0, hole], [2.0, 8.0], [hole, hole], [3.0, 9.0], [3.0, hole]]
    volumes = [[10.0, hole], [20.0, 70.0], [hole, hole], [30.0, 90.0], [40.0, hole]]
    found = estimate(bars_of(np.arange(5) * DAY, closes, volumes), 2)
    np.testing.assert_array_equal(found.volume, [[hole, hole], [10, hole], [15, 70], [15, 70], [25, 80]])


def test_estimates_of_a_day_do_not_change_with_what_comes_later():
    rng = np.random.default_rng(3)
    closes, volumes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 90))), rng.uniform(0, 1e6, 90)
    times = np.arange(90) * (8 * HOUR)
    whole = estimate(bars_of(times, closes, volumes), 5)
    for rows in (1, 2, 3, 4, 31, 89):
        part = estimate(bars_of(times[:rows], closes[:rows], volumes[:rows]), 5)
        np.testing.assert_array_equal(part.volatility, whole.volatility[: len(part.volatility)])
        np.testing.assert_array_equal(part.volume, whole.volume[: len(part.volume)])


def test_estimates_look_through_a_split():
    closes, volumes = [700.0, 707.0, 101.0, 102.0, 102.0], [10.0, 20.0, 210.0, 0.0, 280.0]
    times, factor = np.arange(5) * DAY, np.array([1, 1, 7, 7, 7])
    bars, adjusted = bars_of(times, closes, volumes), bars_of(times, closes * factor, volumes / factor)
    found = daily(bars, adjusted, 2)
    # from the day of the split on, volumes are in the new shares
    assert found.volume[1:, 0].tolist() == pytest.approx([10.0, 15.0 * 7, 25.0 * 7, 15.0 * 7], rel=1e-14)
    returns = [math.log(707 / 700), 0.0, math.log(102 / 101)]
    assert found.volatility[3:, 0].tolist() == pytest.approx(
        [statistics.stdev(returns[:2]), statistics.stdev(returns[1:])], rel=1e-12
    )


def test_estimates_of_an_instrument_without_bars_are_those_of_not_knowing():
    found = estimate(bars_of(np.arange(3) * DAY, np.full(3, np.nan), np.full(3, np.nan)), 2)
    assert found.volatility[:, 0].tolist() == [0.05] * 3
    assert np.isnan(found.volume).all()


def test_estimates_of_real_bars_are_those_of_the_textbook(market_data):
    with (market_data / "equity_daily" / "GOOG_2004_2013.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    closes, volumes = ([float(row[name]) for row in rows] for name in ("Close", "Volume"))
    times = [int(np.datetime64(row[""], "ns").astype(np.int64)) for row in rows]
    found = estimate(bars_of(times, closes, volumes), 20)
    assert len(found.volume) == len(rows) > 2000
    for day in range(21, len(rows), 13):
        returns = [math.log(closes[k] / closes[k - 1]) for k in range(day - 20, day)]
        assert found.volatility[day, 0] == pytest.approx(statistics.stdev(returns), rel=1e-12)
        assert found.volume[day, 0] == pytest.approx(statistics.mean(volumes[day - 20 : day]), rel=1e-12)
