"""All figures of a finished run at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tradekit.analysis.curve import DAY, EquityCurve, Sampling
from tradekit.analysis.definitions import DEFINITIONS
from tradekit.analysis.statistics import alpha_beta, annual_return, annual_volatility, cvar, mean, sharpe, sortino, var
from tradekit.analysis.trades import FillColumns, RoundTrips
from tradekit.model.bars import Floats
from tradekit.model.event import CashKind
from tradekit.model.memory import Memory
from tradekit.simulator.underwater import deepest, extremes

__all__ = ["measure"]

_Figures = dict[str, float | int | None]
_NOTHING: Mapping[CashKind, float] = MappingProxyType({})


def measure(
    curve: EquityCurve, sampling: Sampling, fills: FillColumns, trips: RoundTrips, carried: Mapping[CashKind, float] = _NOTHING
) -> _Figures:
    """Return every figure of `DEFINITIONS`, in its order; one that is undefined is None, and none is NaN or infinite.

    `carried` is the money that came (positive) or went without a trade. Statistics of returns need equity that is always above 0,
    and two periods; how much was held and traded over time needs `curve.gross`.
    """
    # What overflows becomes infinite or NaN, and so None.
    with np.errstate(over="ignore", invalid="ignore"):
        figures = _trade_figures(trips) | {
            "fees": float(np.add.reduce(fills.fee)),
            "slippage": float(np.add.reduce(fills.slippage)),
        }
        figures |= _carry_figures(carried)
        lowest, *falls = deepest(curve.equity, curve.capital, curve.close_time, curve.start)
        if len(curve.equity) and math.isfinite(lowest):
            figures |= _path_figures(curve, falls)
            if lowest > 0.0:
                figures |= _return_figures(curve, sampling, figures["max_drawdown"])
                if curve.gross is not None:
                    figures |= _activity_figures(curve, curve.gross, fills)
    return {key: _defined(figures.get(key)) for key in DEFINITIONS}


def _defined(value: float | None) -> float | int | None:
    return value if value is not None and math.isfinite(value) else None


def _path_figures(curve: EquityCurve, falls: Sequence[float]) -> _Figures:
    depth, lasted, longest = falls
    return {
        "total_return": float(curve.equity[-1]) / curve.capital - 1.0,
        "max_drawdown": depth,
        "max_drawdown_days": lasted / DAY,
        "longest_drawdown_days": longest / DAY,
    }


def _return_figures(curve: EquityCurve, sampling: Sampling, max_drawdown: float | None) -> _Figures:
    returns = sampling.returns(curve.equity, curve.capital)
    yearly = annual_return(float(curve.equity[-1]) / curve.capital, curve.years) if len(returns) > 1 else None
    figures: _Figures = {
        "annual_return": yearly,
        "annual_volatility": annual_volatility(returns, sampling.per_year),
        "sharpe": sharpe(returns, sampling.per_year),
        "sortino": sortino(returns, sampling.per_year),
        "calmar": yearly / max_drawdown if yearly is not None and max_drawdown else None,
        "var_95": var(returns),
        "cvar_95": cvar(returns),
    }
    return figures | _benchmark_figures(curve, sampling, returns)


def _benchmark_figures(curve: EquityCurve, sampling: Sampling, returns: Floats) -> _Figures:
    benchmark = curve.benchmark
    if benchmark is None:
        return {}
    lowest, highest = _extremes(benchmark, curve.memory)
    if not (lowest > 0.0 and np.isfinite(highest)):
        return {}
    figures: _Figures = {"benchmark_return": float(benchmark[-1]) / curve.capital - 1.0}
    fitted = alpha_beta(returns, sampling.returns(benchmark, curve.capital), sampling.per_year)
    return figures if fitted is None else figures | dict(zip(("alpha", "beta"), fitted, strict=True))


def _activity_figures(curve: EquityCurve, gross: Floats, fills: FillColumns) -> _Figures:
    traded, rows = float(np.sum(fills.value)), len(curve.equity)
    held, leverage, equity = 0, 0.0, 0.0
    for block in curve.memory.blocks(rows):
        held += int(np.count_nonzero(gross[block] > 0.0))
        leverage += float(np.sum(gross[block] / curve.equity[block]))
        equity += float(np.sum(curve.equity[block]))
    return {
        "exposure": held / rows,
        "average_leverage": leverage / rows,
        "turnover": traded / (equity / rows) / curve.years if curve.years > 0.0 else None,
    }


def _extremes(values: Floats, memory: Memory) -> tuple[float, float]:
    """Return the lowest and the highest value; NaN for both if one is NaN, or if there are none."""
    found = [bound for block in memory.blocks(len(values)) for bound in extremes(values[block])]
    return extremes(np.array(found))


def _trade_figures(trips: RoundTrips) -> _Figures:
    profit = trips.profit[~trips.is_open]
    wins, losses = profit[profit > 0.0], profit[profit < 0.0]
    return {
        "trades": len(profit),
        "open_trades": len(trips) - len(profit),
        "win_rate": len(wins) / len(profit) if len(profit) else None,
        "profit_factor": float(np.add.reduce(wins)) / -float(np.add.reduce(losses)) if len(losses) else None,
        "expectancy": _mean(profit),
        "average_win": _mean(wins),
        "average_loss": _mean(losses),
        "best_trade": float(profit.max()) if len(profit) else None,
        "worst_trade": float(profit.min()) if len(profit) else None,
    }


def _carry_figures(carried: Mapping[CashKind, float]) -> _Figures:
    return {
        "funding": _paid(carried, CashKind.FUNDING),
        "borrowing": _paid(carried, CashKind.BORROWING),
        "liquidation_fees": _paid(carried, CashKind.LIQUIDATION_FEE),
        "conversion_costs": _paid(carried, CashKind.CONVERSION),
        "interest": carried.get(CashKind.INTEREST, 0.0),
        "dividends": carried.get(CashKind.DIVIDEND, 0.0),
    }


def _paid(carried: Mapping[CashKind, float], kind: CashKind) -> float:
    return 0.0 - carried.get(kind, 0.0)


def _mean(values: Floats) -> float | None:
    return mean(values) if len(values) else None
