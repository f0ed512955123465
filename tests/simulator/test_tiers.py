"""Fees that depend on what was traded in the 30 whole UTC days before."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stage import bars_of, play, setup_of
from tradekit.model.event import EventKind
from tradekit.simulator.costs import DAY, Tiers
from tradekit.simulator.tiers import TieredFees
from tradekit.simulator.venue import Venue

THRESHOLDS = np.array([0.0, 1000.0, 5000.0])
RATES = (0.01, 0.005, 0.002)


def tiers(size=1, **changes):
    fees = np.zeros((3, 3, size))
    fees[:, :2] = np.array(RATES)[:, np.newaxis, np.newaxis]
    plain = {"from_volume": THRESHOLDS, "fees": fees, "is_counted": np.ones(size, bool), "is_floored": np.zeros(size, bool)}
    return Tiers(**plain | changes)


def tiered(*models, fixed=0.0, day=0):
    """Return the keeper of some tiers, and the fees that it keeps."""
    fees = np.full((3, len(models[0].is_counted)), fixed)
    return TieredFees(models, fees, np.zeros_like(fees), day), fees


def test_tier_is_set_at_the_begin_of_a_day_by_the_days_before():
    keeper, fees = tiered(tiers())
    found = []
    for day in range(33):
        keeper.new_day(day)
        found.append(fees[0, 0])
        if day < 2:
            keeper.traded(0, 600.0 if day == 0 else 4400.0)
            assert fees[0, 0] == found[-1]
    # 600 on day 0 are too few; with 4,400 on day 1 it is 5,000; on day 31 only those of day 1 count, and on day 32 nothing does
    assert found == [0.01] * 2 + [0.002] * 29 + [0.005, 0.01]


def test_days_without_bars_pass_too():
    keeper, fees = tiered(tiers())
    keeper.traded(0, 1000.0)
    for day, expected in [(30, 0.005), (31, 0.01), (1000, 0.01), (999, 0.01)]:
        keeper.new_day(day)
        assert fees[0, 0] == expected


def test_past_volume_wears_off_evenly():
    keeper, fees = tiered(tiers(past_volume=5000.0), day=-3)
    found = []
    for day in range(-3, 30):
        keeper.new_day(day)
        found.append(fees[1, 0])
    # each day takes a 30th of 5,000 with it: after 24 of them there are 1,000 left
    assert found == [0.002] + [0.005] * 24 + [0.01] * 8


def test_instruments_of_one_model_add_up_and_others_do_not_count():
    keeper, fees = tiered(tiers(3, is_counted=np.array([True, True, False])))
    keeper.traded(0, 500.0)
    keeper.traded(1, 500.0)
    keeper.traded(2, 9000.0)
    keeper.new_day(1)
    assert fees[0].tolist() == [0.005] * 3


def test_models_count_apart_and_add_to_what_is_fixed():
    one, other = (
        tiers(2, is_counted=np.array([True, False])),
        tiers(2, is_counted=np.array([False, True]), is_floored=np.ones(2, bool)),
    )
    fees, floored = np.full((3, 2), 0.1), np.zeros((3, 2))
    keeper = TieredFees([one, other], fees, floored, 0)
    keeper.traded(1, 1000.0)
    keeper.new_day(1)
    assert fees.tolist() == [[pytest.approx(0.1 + 0.01 + 0.005)] * 2] * 2 + [[0.1] * 2]
    assert floored.tolist() == [[0.005] * 2, [0.005] * 2, [0.0] * 2]


def test_model_with_fewer_tiers_never_goes_beyond_its_last():
    short = tiers(from_volume=np.array([0.0]), fees=np.full((1, 3, 1), 0.5))
    keeper, fees = tiered(tiers(), short)
    keeper.traded(0, 1e9)
    keeper.new_day(1)
    assert fees[0, 0] == 0.502


@given(trades=st.lists(st.tuples(st.integers(0, 40), st.sampled_from([100.0, 400.0, 1000.0])), max_size=40))
def test_tier_is_that_of_the_sum_of_30_days(trades):
    keeper, fees = tiered(tiers())
    day, volumes = 0, {}
    for gap, value in trades:
        day += gap
        keeper.new_day(day)
        volume = sum(volumes.get(day - back, 0.0) for back in range(1, 31))
        assert fees[0, 0] == RATES[np.searchsorted(THRESHOLDS, volume, side="right") - 1]
        keeper.traded(0, value)
        volumes[day] = volumes.get(day, 0.0) + value


def test_run_pays_the_next_tier_from_the_next_utc_day():
    bars = bars_of({"X": [100.0] * 5})
    times = np.array([0, DAY - 2, DAY - 1, DAY, 40 * DAY])
    bars = replace(bars, open_time=times, close_time=times + 1)
    run = play(bars, lambda ctx: ctx.buy(10), capital=1e6, tiers=[tiers()])
    # 10 x 100 on the first day, in two fills at 1 %; then 2,000 are behind; 40 days later nothing is
    assert [fill.c for fill in run.entries(EventKind.FILL)] == pytest.approx([10.0, 10.0, 5.0, 10.0])


def test_tiers_of_times_before_1970():
    bars = bars_of({"X": [100.0] * 2})
    times = np.array([-2 * DAY, -1])
    venue = Venue(setup_of(replace(bars, open_time=times, close_time=times + 1), tiers=[tiers()]))
    venue.traded(0, -1000.0)
    assert venue.fee(0, 1.0, 100.0, False, 0.0) == 1.0
    venue.new_row(1)
    assert venue.fee(0, 1.0, 100.0, False, 0.0) == 0.5
