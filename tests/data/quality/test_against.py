"""One series held against another."""

from dataclasses import replace

import numpy as np

from tradekit.data.quality.against import against_series
from tradekit.data.resample import resample
from tradekit.testing.markets import MINUTE, scaled, taken, walk

FIVE = 5 * MINUTE


def found(one, other, first=MINUTE, second=FIVE):
    return [(finding.check, finding.count) for finding in against_series(one, first, other, second)]


def test_bars_and_coarser_ones_made_of_them_agree_both_ways():
    minutes = walk(1000, MINUTE)
    fives = resample(minutes, FIVE)
    assert found(minutes, fives) == found(fives, minutes, FIVE, MINUTE) == []
    assert found(taken(minutes, slice(3, 998)), fives) == []


def test_minute_with_another_price_or_volume_is_found_in_its_window():
    minutes = walk(1000, MINUTE)
    fives = resample(minutes, FIVE)
    high, volume = minutes.high.copy(), minutes.volume.copy()
    high[502] *= 1.5
    volume[703] += 1
    (prices, volumes) = against_series(replace(minutes, high=high, volume=volume), MINUTE, fives, FIVE)
    assert (prices.check, prices.times.tolist()) == ("differs", [minutes.open_time[500]])
    assert volumes.times.tolist() == [minutes.open_time[700]]
    assert prices.what.startswith("1 bar of 5m with prices other than those of made up, the first at 2024-01-01T08:20")


def test_flat_minutes_without_volume_are_fillers_if_the_other_traded():
    minutes = walk(1000, MINUTE)
    fives = resample(minutes, FIVE)
    columns = {name: getattr(minutes, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for name in ("open", "high", "low", "close"):
        columns[name][500:505] = minutes.close[499]
    columns["volume"][500:505] = 0
    (one,) = against_series(replace(minutes, **columns), MINUTE, fives, FIVE)
    assert (one.check, one.count, one.times[0]) == ("filler", 5, minutes.open_time[500])
    quiet = replace(minutes, **columns)
    assert found(quiet, resample(quiet, FIVE)) == []


def test_second_venue_may_have_a_spread_of_its_own():
    minutes = walk(1000, MINUTE, volatility=0.001)
    noise = np.exp(0.0003 + np.random.default_rng(5).normal(0, 0.0002, 1000))
    columns = {name: getattr(minutes, name) * noise for name in ("open", "high", "low", "close")}
    other = replace(minutes, **columns, volume=minutes.volume * np.random.default_rng(6).uniform(0.5, 2, 1000))
    assert found(minutes, other, MINUTE, MINUTE) == []
    assert found(scaled(minutes, slice(400, 402), 1.02), other, MINUTE, MINUTE) == [("differs", 2)]


def test_series_without_a_common_time_are_not_held_against_each_other():
    minutes = walk(1000, MINUTE)
    late = replace(minutes, open_time=minutes.open_time + 10**15, close_time=minutes.close_time + 10**15)
    assert found(minutes, late, MINUTE, MINUTE) == []
