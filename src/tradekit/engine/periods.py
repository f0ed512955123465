"""What the statistics of a result are made of, again from the result: its periods, its drawdowns, and its benchmark's figures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tradekit.analysis.curve import DAY, EquityCurve, sample
from tradekit.analysis.drawdowns import Drawdowns, drawdown_periods
from tradekit.analysis.measure import measure
from tradekit.analysis.trades import Ends, FillColumns, round_trips
from tradekit.data.interval import parse_bar_size
from tradekit.model.bars import Floats, Threshold, Times
from tradekit.model.columns import column_values
from tradekit.model.result import Result

__all__ = ["Periods", "benchmark_metrics", "drawdowns", "periods"]

_OF_PATH = ("total_return", "annual_return", "annual_volatility", "sharpe", "sortino", "calmar")
_OF_BENCHMARK = (*_OF_PATH, "max_drawdown", "max_drawdown_days", "longest_drawdown_days", "var_95", "cvar_95")


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of a run that its statistics of returns are made of: days, or the bars themselves where these are longer.

    `end` is int64 [period], UTC nanoseconds: the close of the last bar of each. `returns` are the simple returns, float64 [period],
    and `benchmark` the benchmark's, if there is one.
    """

    end: Times
    returns: Floats
    benchmark: Floats | None
    per_year: float
    """How many periods make a year."""

    def __len__(self) -> int:
        return len(self.end)


def periods(result: Result) -> Periods:
    """Return the periods of a run, as its metrics are made of them.

    Where equity was ever 0 or below there are no returns, and so no periods; a benchmark of which that is true is left out.
    """
    curve = _curve(result)
    sampling = sample(curve, result.config["run"]["periods_per_year"])
    if not _is_above_zero(curve.equity):
        return Periods(np.zeros(0, dtype=np.int64), np.zeros(0), None, sampling.per_year)
    other = curve.benchmark
    return Periods(
        end=curve.close_time[sampling.rows],
        returns=sampling.returns(curve.equity, curve.capital),
        benchmark=sampling.returns(other, curve.capital) if other is not None and _is_above_zero(other) else None,
        per_year=sampling.per_year,
    )


def drawdowns(result: Result) -> Drawdowns:
    """Return all drawdowns of a run, in order, measured at the close of every bar; none where equity was not always finite."""
    curve = _curve(result)
    if not np.isfinite(curve.equity).all():
        curve = replace(curve, equity=curve.equity[:0], close_time=curve.close_time[:0])
    return drawdown_periods(curve)


def benchmark_metrics(result: Result) -> dict[str, float | int | None]:
    """Return the figures of the run's benchmark, under the keys and by the definitions of `Result.metrics`.

    They are those of returns, their risk and drawdowns: what is bought and held once has no figures of trading. Without a benchmark
    there are none.
    """
    curve = _curve(result)
    if curve.benchmark is None:
        return {}
    held = replace(curve, equity=curve.benchmark, gross=None, benchmark=None)
    none, empty = np.zeros(0, dtype=np.int64), np.zeros(0)
    fills = FillColumns(none, none, empty, empty, empty, empty)
    sampling = sample(held, result.config["run"]["periods_per_year"])
    figures = measure(held, sampling, fills, round_trips(fills, Ends(empty)))
    return {key: figures[key] for key in _OF_BENCHMARK}


def _curve(result: Result) -> EquityCurve:
    """Return the curve that the metrics were made of, but for what was held."""
    close_time = column_values(result.equity, "time")
    size = parse_bar_size(result.config["data"]["interval"])
    opened = None
    if isinstance(size, Threshold):
        opened = min((_time(fact["first"]) for fact in result.data), default=0)
        size = max(int(close_time[-1] - opened) // len(close_time), 1) if len(close_time) else DAY
    return EquityCurve(
        close_time=close_time,
        equity=column_values(result.equity, "equity"),
        gross=None,
        capital=float(result.config["account"]["capital"]),
        interval=size,
        benchmark=column_values(result.equity, "benchmark") if "benchmark" in result.equity.column_names else None,
        opened=opened,
    )


def _time(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))


def _is_above_zero(values: Floats) -> bool:
    return bool(np.isfinite(values).all()) and float(np.min(values, initial=np.inf)) > 0.0
