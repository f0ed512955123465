"""Tell what QuantStats makes of daily returns: the names of its functions with what they return, as JSON."""

import json
import sys
import warnings

import pandas as pd

warnings.simplefilter("ignore")

import quantstats as qs  # noqa: E402 - it warns while it is imported

table = pd.read_csv(sys.argv[1], index_col="date", parse_dates=["date"])
returns, benchmark, periods = table["run"], table["benchmark"], float(table["per_year"].iloc[0])
greeks = qs.stats.greeks(returns, benchmark, periods=periods)
found = {
    "total_return": qs.stats.comp(returns),
    "annual_return": qs.stats.cagr(returns, periods=periods),
    "annual_volatility": qs.stats.volatility(returns, periods=periods),
    "sharpe": qs.stats.sharpe(returns, periods=periods),
    "sortino": qs.stats.sortino(returns, periods=periods),
    "calmar": qs.stats.calmar(returns, periods=periods),
    "max_drawdown": -qs.stats.max_drawdown(returns),
    "var_95_normal": -qs.stats.value_at_risk(returns),
    "cvar_95": -qs.stats.cvar(returns),
    "alpha": greeks["alpha"],
    "beta": greeks["beta"],
    "information_ratio": qs.stats.information_ratio(returns, benchmark),
    "probabilistic_sharpe": qs.stats.probabilistic_sharpe_ratio(returns, periods=periods),
    "win_rate": qs.stats.win_rate(returns),
    "profit_factor": qs.stats.profit_factor(returns),
    "skewness": qs.stats.skew(returns),
    "excess_kurtosis": qs.stats.kurtosis(returns),
    "best": qs.stats.best(returns),
    "worst": qs.stats.worst(returns),
    "best_month": qs.stats.best(returns, aggregate="ME"),
    "worst_month": qs.stats.worst(returns, aggregate="ME"),
}
print(json.dumps({name: float(value) for name, value in found.items()}))
