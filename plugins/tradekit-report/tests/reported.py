"""Runs that the tests of reports share: made-up markets, and a strategy that does what a test says."""

from pathlib import Path

import numpy as np

import tradekit
from tradekit import Series, Strategy
from tradekit.testing import Lab

DAY = 86_400_000_000_000
HOUR = DAY // 24
START = int(np.datetime64("2024-01-01", "ns").astype(np.int64))  # a Monday


def series(closes, step=DAY, rows=None, **columns):
    """Make bars that open at the close before; `rows` are their places on the clock, `columns` replace what is made up."""
    close = np.asarray(closes, dtype=np.float64)
    opened = START + step * np.asarray(range(len(close)) if rows is None else rows, dtype=np.int64)
    made = {"open": np.concatenate(([close[0]], close[:-1])), "close": close, "volume": np.full(len(close), 1e6)}
    made |= {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
    made = {"high": np.maximum(made["open"], close), "low": np.minimum(made["open"], close), **made}
    return Series(opened, opened + step, **made)


def walk(count, seed=1, volatility=0.01, drift=0.0):
    """Return closes of a random walk."""
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(drift, volatility, count)))


def scripted(script, **numbers):
    """Return a strategy that aims for weights on some bars: by index, one number, or one by symbol. `numbers` are its options."""

    class Scripted(Strategy):
        """Do what the test says."""

        name = "scripted"

        class Options(tradekit.Options):
            """What a test counts."""

            __annotations__ = dict.fromkeys(numbers, float)

        def on_bar(self, ctx):
            wanted = script(ctx.index) if callable(script) else script.get(ctx.index)
            for view in ctx.instruments:
                weight = wanted.get(view.symbol) if isinstance(wanted, dict) else wanted
                if weight is not None:
                    view.target(weight=weight)

    return Scripted


def ran(folder: Path, market, script, *overrides, strategy=None):
    """Run a script on a market, either one series or several by symbol, and return the result."""
    lab = Lab(folder, market if isinstance(market, dict) else {"X": market})
    return lab.run(strategy or scripted(script), "account.capital=100000", *overrides).result
