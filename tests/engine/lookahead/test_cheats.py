"""Strategies that look ahead in ways that happen to honest people, each caught and named; and causal ones, which must pass."""

import numpy as np
import pandas as pd
import pytest

from foresight import CHEATS, OfWhole
from tradekit import Strategy, atr, bollinger, donchian, ema, macd, obv, roc, rsi, sma, stdev, wma
from tradekit.engine.lookahead.search import search
from tradekit.engine.market import load_market
from tradekit.testing import markets


def holder(form, make=None):
    """Return a strategy that holds what its signal is above 0 for, in one form."""

    class Holder(Strategy):
        """Hold what a signal says."""

        name = "holder"

        def indicators(self):
            return {"average": sma(5), **({"signal": OfWhole(make)} if form != "itself" else {})}

        if form == "on_bar":

            def on_bar(self, ctx):
                for view in ctx.instruments:
                    view.target(weight=0.5 if view["signal"] > 0 else 0.0)

        else:

            def targets(self, bars, ind):
                signal = ind["signal"][:, 0] if form == "targets" else np.nan_to_num(make(pd.Series(bars.close[:, 0])))
                return np.where(ind.ready, np.where(signal > 0, 0.5, 0.0)[:, np.newaxis], np.nan)

    return Holder


@pytest.mark.parametrize("form", ["on_bar", "targets", "itself"])
@pytest.mark.parametrize("cheat", CHEATS)
def test_planted_cheat_is_caught_and_named(lab, cheat, form):
    lab.series["X"] = markets.walk(150, volatility=0.02)
    run = lab.compose(holder(form, CHEATS[cheat]))
    found = search(run, load_market(run)).found
    assert found is not None
    assert found.difference is not None
    assert found.difference.time <= found.changed_after
    assert [one.name for one in found.moved] == ([] if form == "itself" else ["signal"])
    assert all(one.time <= found.changed_after and one.first != one.second for one in found.moved)


def test_indicator_that_moves_is_found_though_nothing_is_decided_by_it(lab):
    class Idle(holder("on_bar", CHEATS["negative shift"])):
        """Read it and hold all the same."""

        name = "idle"

        def on_bar(self, ctx):
            for view in ctx.instruments:
                view.target(weight=0.5)

    lab.series["X"] = markets.walk(150)
    run = lab.compose(Idle)
    found = search(run, load_market(run)).found
    assert found.difference is None
    assert str(found).startswith("on_bar() decides the same with other data after 2024-")
    assert "but what is read does not stay; moved: signal of X at 2024-" in str(found)


def test_failure_on_what_comes_later_is_no_look_into_the_future(lab):
    class Picky(Strategy):
        """Fail on bars that are not those of the test, when they come."""

        name = "picky"

        def on_bar(self, ctx):
            if ctx["X"].close != lab.series["X"].close[ctx.index]:
                raise ValueError("these are other data")
            ctx.target(weight=0.5 if ctx.index % 7 else 0.0)

    lab.series["X"] = markets.walk(100)
    run = lab.compose(Picky)
    verdict = search(run, load_market(run))
    assert verdict.found is None
    assert verdict.decisions > 10


def causal(seed):
    """Return a strategy that reads indicators at random and decides by them at random, without a look ahead, and its form."""
    generator = np.random.default_rng(seed)

    def number(low, high):
        return int(generator.integers(low, high))

    made = [
        lambda: sma(number(2, 30)),
        lambda: ema(number(2, 30)),
        lambda: wma(number(2, 20)),
        lambda: rsi(number(2, 20)),
        lambda: roc(number(1, 20)),
        lambda: stdev(number(3, 30)),
        lambda: atr(number(2, 20)),
        lambda: obv(),
        lambda: bollinger(number(5, 20)),
        lambda: donchian(number(3, 20)),
        lambda: macd(5, number(8, 20), 4),
    ]
    indicators = {}
    for k in range(number(1, 4)):
        one = made[number(0, len(made))]()
        indicators[f"v{k}"] = one.every("3d") if generator.random() < 0.3 else one
    names = [name if len(one.outputs) == 1 else f"{name}.{one.outputs[0]}" for name, one in indicators.items()]
    factors = generator.normal(size=len(names))
    weight = float(generator.uniform(0.1, 0.4))

    class Causal(Strategy):
        """Hold what a random sum of changes of indicators says."""

        name = "causal"

        def indicators(self):
            return indicators

        if seed % 2:

            def on_bar(self, ctx):
                for view in ctx.instruments:
                    signal = sum(f * np.sign(view[name] - view.previous(name)) for f, name in zip(factors, names, strict=True))
                    view.target(weight=weight if signal > 0 else 0.0)

        else:

            def targets(self, bars, ind):
                signal = sum(f * np.sign(ind[name] - ind.previous(name)) for f, name in zip(factors, names, strict=True))
                return np.where(ind.ready, np.where(signal > 0, weight, 0.0), np.nan)

    return Causal


@pytest.mark.proof("lookahead")
def test_random_causal_strategies_raise_no_alarm(lab, matrix):
    decided = 0
    for seed in matrix.seeds(6, 200):
        lab.series = {"X": markets.walk(160, seed=seed, volatility=0.02), "Y": markets.missing(160, seed=seed + 1)}
        run = lab.compose(causal(seed), "account.kind='margin'")
        verdict = search(run, load_market(run), 10, seed)
        assert verdict.found is None, f"seed {seed}: {verdict.found}"
        decided += verdict.decisions
    assert decided > 20 * matrix.count


@pytest.mark.parametrize("name", ["buy-and-hold", "sma-cross", "rsi-reversion", "breakout", "momentum-rotation"])
def test_shipped_strategies_raise_no_alarm(lab, name):
    lab.series = {"X": markets.walk(400, volatility=0.02), "Y": markets.missing(400, seed=3), "Z": markets.trend(400, seed=5)}
    run = lab.compose(name, "account.kind='margin'")
    verdict = search(run, load_market(run))
    assert verdict.found is None
    assert verdict.decisions > 0
