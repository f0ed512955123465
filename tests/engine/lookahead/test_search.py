import numpy as np
import pytest

from tradekit import Strategy
from tradekit.data.sound import is_sound
from tradekit.engine.lookahead.bars import other_future, with_other_future
from tradekit.engine.lookahead.deciding import decide
from tradekit.engine.lookahead.search import first_lookahead
from tradekit.engine.market import load_market
from tradekit.model.bars import Series
from tradekit.testing import markets


class Follow(Strategy):
    """Hold what has risen."""

    name = "follow"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.target(weight=0.3 if view.close > view.open else 0.0)

    def targets(self, bars, ind):
        return np.where(ind.ready, np.where(ind["close"] > ind["open"], 0.3, 0.0), np.nan)


class Tomorrow(Strategy):
    """Hold what will have risen, on a few bars only."""

    name = "tomorrow"

    def targets(self, bars, ind):
        weights = np.full(bars.close.shape, np.nan)
        weights[10:15] = np.where(bars.close[11:16] > bars.close[10:15], 0.3, 0.1)
        return weights


@pytest.fixture
def two(lab):
    lab.series |= {"X": markets.walk(120), "Y": markets.missing(120, seed=3)}
    return lab


def composed(lab, strategy):
    run = lab.compose(strategy, "account.kind='margin'")
    return run, load_market(run)


def test_sound_strategy_decides_the_same_whatever_comes(two):
    assert first_lookahead(*composed(two, Follow)) is None


def test_glance_at_the_next_bar_is_found_and_named(two):
    found = first_lookahead(*composed(two, Tomorrow))
    assert found.calls == ("targets",)
    assert str(found).startswith("targets() decides: 2024-01-1")
    assert "; but with other data after 2024-01-1" in str(found)


def test_what_an_indicator_refuses_with_another_future_is_a_difference(two):
    class Touchy(Strategy):
        """Fail where the whole of the data isn't as it was."""

        name = "touchy"

        def targets(self, bars, ind):
            if abs(float(np.nansum(bars.close)) - self.expected) > 1e-6:
                raise ValueError("these are other data")
            return np.where(ind.ready, 0.5, np.nan)

    two.series.pop("Y")
    Touchy.expected = float(np.sum(two.series["X"].close))
    assert "the run fails: targets() of strategy 'touchy' raised ValueError: these are other data" in str(
        first_lookahead(*composed(two, Touchy))
    )


@pytest.mark.parametrize("row", [0, 1, 60, 118])
def test_other_future_is_sound_and_keeps_the_past(two, row):
    bars = markets.bars(two.series)
    other = other_future(bars, row)
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(other, name)[: row + 1], getattr(bars, name)[: row + 1])
        assert not np.array_equal(getattr(other, name)[row + 1 :], getattr(bars, name)[row + 1 :], equal_nan=True)
    assert other.exists.any(axis=1).all()
    for i in range(2):
        own = other.exists[:, i]
        times = bars.open_time[own], bars.close_time[own]
        assert is_sound(Series(*times, *(getattr(other, name)[own, i] for name in ("open", "high", "low", "close", "volume"))))


def test_other_future_moves_where_bars_are_missing(two):
    bars = markets.bars(two.series)
    assert not np.array_equal(other_future(bars, 40).exists[41:], bars.exists[41:])
    np.testing.assert_array_equal(other_future(bars, 40, has_other_holes=False).exists, bars.exists)


def test_other_future_of_adjusted_bars_is_adjusted_alike(lab):
    series, action = markets.split(120)
    lab.series["X"], lab.known["actions"]["X"] = series, action
    run, market = composed(lab, Follow)
    other = with_other_future(market, 20)
    np.testing.assert_array_equal(other.adjusted.close[:21], market.adjusted.close[:21])
    ratio = (other.adjusted.close / other.bars.close)[:, 0]
    np.testing.assert_allclose(ratio, (market.adjusted.close / market.bars.close)[:, 0])
    assert first_lookahead(run, market) is None


def test_look_ahead_is_found_at_the_moments_that_are_asked_for(two):
    run, market = composed(two, Tomorrow)
    times = market.bars.close_time.tolist()
    assert first_lookahead(run, market, moments=[times[5], times[60]]) is None
    found = first_lookahead(run, market, moments=times[10:15])
    assert found.changed_after in market.bars.close_time[10:15]


def test_decisions_are_those_up_to_a_time(two):
    run, market = composed(two, Follow)
    decided = decide(run, market, "on_bar")
    time = int(market.bars.close_time[30])
    assert decided.until(time) == [one for one in decided.decisions if one.time <= time]
    assert 0 < len(decided.until(time)) < len(decided.decisions)
    assert len(decided.record.bars) == len(market.bars)
