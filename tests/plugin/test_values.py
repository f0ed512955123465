"""The questions of the array form, held against what a strategy sees bar by bar."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_play import random_bars
from stage import bars_of, play
from tradekit.errors import StrategyError
from tradekit.plugin.values import Values
from tradekit.simulator.build import is_compiled

PRICES = ("open", "high", "low", "close", "volume")


def held(bars, values):
    """Return values that stay over holes, [time, instrument], as the engine prepares them; NaN before the first bar."""
    found = np.full(values.shape, np.nan)
    for i in range(values.shape[1]):
        last = np.nan
        for row in range(len(values)):
            last = values[row, i] if bars.exists[row, i] else last
            found[row, i] = last
    return found


def both_forms(seed, rows=40):
    """Return the array form of random bars and indicators, and what the event form sees on each bar."""
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, rows, int(rng.integers(1, 4)))
    # Few distinct values, so that equal ones meet as well.
    raw = {name: rng.integers(-2, 3, bars.close.shape).astype(float) for name in ("fast", "slow")}
    raw["fast"][: rng.integers(0, 10)] = np.nan
    indicators = {name: held(bars, values) for name, values in raw.items()}
    warmup = int(rng.integers(0, 8))
    values = np.ascontiguousarray(np.stack([column.T for column in indicators.values()]))
    seen = {}

    def look(ctx):
        names = (*PRICES, *indicators)
        for i, view in enumerate(ctx):
            seen[ctx.index, i] = {
                "values": [view[name] for name in names],
                "previous": [view.previous(name) for name in names],
                "crossings": [
                    view.crossed_above("fast", "slow"),
                    view.crossed_below("fast", "slow"),
                    view.crossed_above("fast", 0.0),
                    view.crossed_below("fast", 0),
                    view.crossed_above("close", "open"),
                    view.crossed_below("close", float(bars.open[0, 0])),
                ],
                "warm": view.is_ready,
                "ready": view in ctx.instruments,
            }

    play(bars, look, names={"fast": 0, "slow": 1}, values=values, warmup=warmup)
    return bars, Values(bars, indicators, warmup), seen


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100 if is_compiled() else 20, deadline=None)
def test_array_form_answers_as_the_event_form_does_bar_by_bar(seed):
    bars, ind, seen = both_forms(seed)
    names = (*PRICES, "fast", "slow")
    values = np.stack([ind[name] for name in names], axis=-1)
    previous = np.stack([ind.previous(name) for name in names], axis=-1)
    crossings = [
        ind.crossed_above("fast", "slow"),
        ind.crossed_below("fast", "slow"),
        ind.crossed_above("fast", 0.0),
        ind.crossed_below("fast", 0),
        ind.crossed_above("close", "open"),
        ind.crossed_below("close", float(bars.open[0, 0])),
    ]
    called = {row for row, _ in seen}
    assert called == set(np.flatnonzero(ind.ready.any(axis=1)).tolist())
    for (row, i), view in seen.items():
        assert np.array_equal(values[row, i], view["values"], equal_nan=True)
        assert np.array_equal(previous[row, i], view["previous"], equal_nan=True)
        assert [bool(crossing[row, i]) for crossing in crossings] == view["crossings"]
        assert (ind.warm[row, i], ind.ready[row, i]) == (view["warm"], view["ready"])
    # What is asked on bars that the event form isn't called on must not fire either.
    assert not any(crossing[~ind.ready].any() for crossing in crossings)


def test_crossings_need_a_step_over_the_level():
    ind = Values(bars_of({"X": [1.0, 2.0, 2.0, 1.0, 3.0, None, 1.0]}), {}, 0)
    assert np.flatnonzero(ind.crossed_above("close", 2.0)).tolist() == [4]
    assert np.flatnonzero(ind.crossed_below("close", 2.0)).tolist() == [3, 6]
    assert np.flatnonzero(ind.crossed_above("close", 1.0)).tolist() == [1, 4]


def test_values_hold_the_names_of_the_indicators_and_know_the_prices():
    bars, ind, _ = both_forms(2)
    assert list(ind) == ["fast", "slow"]
    assert len(ind) == 2
    assert ind["close"].shape == bars.close.shape


def test_unknown_value_names_those_there_are():
    _, ind, _ = both_forms(3)
    with pytest.raises(
        StrategyError, match=r"no value 'slwo'; there are open, high, low, close, volume, fast, slow; did you mean 'slow'"
    ):
        ind["slwo"]


def test_values_without_holes_are_the_bars_themselves():
    rng = np.random.default_rng(4)
    while not (bars := random_bars(rng, 20, 2)).exists.all():
        pass
    ind = Values(bars, {}, 0)
    assert ind["close"] is bars.close
    assert np.array_equal(ind.previous("close")[1:], bars.close[:-1])
    assert np.isnan(ind.previous("close")[0]).all()
