"""What is doubtful about prices and volumes, and what is not."""

from dataclasses import replace

import numpy as np
import pytest

from tradekit.data.quality.prices import doubtful_prices, doubtful_volumes, jumps, local_scale
from tradekit.testing.markets import MINUTE, scaled, taken, walk

NONE = np.zeros(0, np.int64)


def found(series, explained=NONE):
    return {one.check: one for one in (*doubtful_prices(series, explained), *doubtful_volumes(series))}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("volatility", [0.0005, 0.01, 0.05])
def test_random_walk_has_nothing_doubtful(seed, volatility):
    assert found(walk(2000, seed=seed, volatility=volatility)) == {}


@pytest.mark.parametrize("factor", [0.5, 0.1, 0.01, 3.0, 100.0])
@pytest.mark.parametrize("rows", [slice(100, 101), slice(100, 160)])
def test_bars_of_another_scale_are_found_each_of_them(factor, rows):
    series = scaled(walk(), rows, factor)
    (one,) = found(series).values()
    assert (one.check, one.times.tolist()) == ("wrong-scale", series.open_time[rows].tolist())


def test_single_close_of_another_unit_is_found():
    series = walk()
    close, low = series.close.copy(), series.low.copy()
    close[200] /= 100
    low[200] = close[200]
    (one,) = found(replace(series, close=close, low=low)).values()
    assert (one.check, one.count) == ("wrong-scale", 1)
    assert one.what.startswith("1 bar at about twice or half the price")
    assert one.shown[0].startswith("2024-07-19T00:00:00Z: open ")


def test_spike_of_less_than_twice_is_an_outlier_and_one_that_stays_is_none():
    series = scaled(walk(volatility=0.001), slice(100, 101), 1.3)
    assert [(name, one.count) for name, one in found(series).items()] == [("outlier", 1)]
    assert found(scaled(walk(volatility=0.001), slice(100, None), 1.3)) == {}


def test_crash_that_is_traded_through_is_none():
    series = walk(volatility=0.001)
    close = series.close.copy()
    close[100:] *= 0.6
    opened = np.concatenate((series.open[:1], close[:-1]))
    high, low = np.maximum(opened, close) * 1.001, np.minimum(opened, close) * 0.999
    assert found(replace(series, open=opened, high=high, low=low, close=close)) == {}


def test_wick_far_from_open_and_close_is_an_outlier():
    series = walk()
    low = series.low.copy()
    low[50] = 0.06
    assert [(name, one.count) for name, one in found(replace(series, low=low)).items()] == [("outlier", 1)]


@pytest.mark.parametrize(("factor", "said"), [(1 / 2, "1:2"), (1 / 7, "1:7"), (1 / 20, "1:20"), (10.0, "10:1")])
def test_jump_like_a_split_is_found_unless_it_is_explained(factor, said):
    series = scaled(walk(), slice(200, None), factor)
    (one,) = found(series).values()
    assert (one.check, one.times.tolist()) == ("split-like-jump", [series.open_time[200]])
    assert f"({said})" in one.what
    assert found(series, np.array([200])) == {}


def test_jump_that_is_no_split_is_none():
    assert found(scaled(walk(), slice(200, None), 0.62)) == {}
    assert found(scaled(walk(), slice(200, None), 0.46)) == {}
    assert [jump.whole for jump in jumps(scaled(walk(), slice(200, None), 0.46))] == [0]


def test_jump_taken_back_long_after_is_two_splits():
    one = found(scaled(walk(), slice(100, 300), 0.5))
    assert (one["split-like-jump"].count, len(one)) == (2, 1)


def test_penny_that_doubles_by_a_tick_is_none():
    series = walk(volatility=0.0)
    price = np.tile([0.01, 0.02, 0.01, 0.01], 100)
    assert "wrong-scale" not in found(replace(series, open=price, high=price, low=price, close=price))
    assert "split-like-jump" not in found(replace(series, open=price, high=price, low=price, close=price))


def test_repeated_block_is_found_where_it_is_repeated():
    series = walk()
    columns = {name: getattr(series, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for column in columns.values():
        column[300:305] = column[60:65]
    again = found(replace(series, **columns))["repeated-block"]
    assert again.times.tolist() == series.open_time[300:305].tolist()


def test_two_equal_bars_and_constant_volumes_are_no_block():
    series = walk()
    columns = {name: getattr(series, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for column in columns.values():
        column[300:302] = column[60:62]
    assert "repeated-block" not in found(replace(series, **columns))
    wave = 100 + np.abs(np.arange(400) % 16 - 8.0)
    same = replace(series, open=wave, high=wave + 1, low=wave - 1, close=wave, volume=np.full(400, 1000.0))
    assert "repeated-block" not in found(same)


def still(series, rows, volume):
    columns = {name: getattr(series, name).copy() for name in ("open", "high", "low", "close")}
    for column in columns.values():
        column[rows] = series.close[rows.start - 1]
    amounts = series.volume.copy()
    amounts[rows] = volume
    return replace(series, **columns, volume=amounts)


def test_run_that_only_repeats_the_last_close_is_stale():
    series = walk(1000, MINUTE)
    one = found(still(series, slice(500, 512), 0.0))
    assert (one["stale"].count, one["no-trades"].count, len(one)) == (12, 12, 2)
    assert "stale" not in found(still(series, slice(500, 509), 0.0))
    assert found(still(series, slice(500, 512), series.volume[500:512])) == {}


def test_volume_that_is_missing_is_told_from_nothing_traded():
    series = walk()
    volume = series.volume.copy()
    volume[[10, 20, 30]] = 0
    one = found(replace(series, volume=volume))["missing-volume"]
    assert one.times.tolist() == series.open_time[[10, 20, 30]].tolist()
    assert found(replace(series, volume=np.zeros(len(series)))) == {}


def test_volume_out_of_proportion_is_found():
    series = walk()
    volume = series.volume.copy()
    volume[77] *= 10_000
    one = found(replace(series, volume=volume))
    assert (one["volume-spike"].times.tolist(), len(one)) == ([series.open_time[77]], 1)
    volume[77] = series.volume[77] * 50
    assert found(replace(series, volume=volume)) == {}


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_few_bars_have_no_spikes(count):
    series = taken(scaled(walk(20), slice(3, 4), 1.4), slice(0, count))
    assert found(series) == {}


def test_local_scale_is_the_largest_of_a_block_and_its_neighbours():
    returns = np.concatenate((np.full(128 * 3, 0.01), np.full(128, -0.05), np.full(128 * 3 + 5, 0.01)))
    scale = local_scale(returns) / 1.4826
    assert np.allclose(scale[: 128 * 2], 0.01)
    assert np.allclose(scale[128 * 2 : 128 * 5], 0.05)
    assert np.allclose(scale[128 * 5 :], 0.01)
    assert len(scale) == len(returns)
