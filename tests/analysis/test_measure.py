import math
import time

import empyrical
import numpy as np
import pandas as pd
import pytest

from tradekit.analysis.curve import DAY, EquityCurve, sample
from tradekit.analysis.definitions import DEFINITIONS
from tradekit.analysis.measure import measure
from tradekit.analysis.trades import Ends, FillColumns, round_trips
from tradekit.model.event import CashKind


def fills_of(*rows):
    """Make columns of (time, instrument, quantity, price, fee, slippage)."""
    columns = list(zip(*rows, strict=True)) or [()] * 6
    kinds = (np.int64, np.int64, np.float64, np.float64, np.float64, np.float64)
    return FillColumns(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))


def figures_of(curve, *fills, last=(1.0,)):
    columns = fills_of(*fills)
    return measure(curve, sample(curve), columns, round_trips(columns, Ends(np.array(last))))


def test_measure_keys_are_the_definitions_in_their_order(make_curve):
    assert list(figures_of(make_curve([100.0, 101.0]))) == list(DEFINITIONS)


def test_measure_curve_by_hand(make_curve):
    figures = figures_of(make_curve([110.0, 99.0, 108.9], gross=[0.0, 49.5, 54.45]))
    assert figures["total_return"] == pytest.approx(0.089)
    assert figures["annual_return"] == pytest.approx(1.089 ** (365.25 / 3) - 1)
    assert figures["max_drawdown"] == pytest.approx(0.1)
    assert figures["calmar"] == pytest.approx(figures["annual_return"] / 0.1)
    assert (figures["max_drawdown_days"], figures["longest_drawdown_days"]) == (2.0, 2.0)
    assert figures["exposure"] == pytest.approx(2 / 3)
    assert figures["average_leverage"] == pytest.approx(1 / 3)


def test_measure_longest_drawdown_may_not_be_the_deepest(make_curve):
    figures = figures_of(make_curve([99.0, 98.0, 99.0, 101.0, 60.0, 102.0]))
    assert figures["max_drawdown"] == pytest.approx(1 - 60 / 101)
    assert (figures["max_drawdown_days"], figures["longest_drawdown_days"]) == (2.0, 4.0)


def test_measure_trades_by_hand(make_curve):
    curve = make_curve([100.0] * 4)
    fills = [
        (1, 0, 1.0, 10.0, 1.0, 0.1),
        (2, 0, -1.0, 17.0, 1.0, 0.1),
        (3, 0, 1.0, 10.0, 1.0, 0.1),
        (4, 0, -1.0, 9.0, 1.0, 0.1),
        (5, 0, 2.0, 10.0, 1.0, 0.1),
    ]
    figures = figures_of(curve, *fills, last=(50.0,))
    expected = {
        "trades": 2,
        "open_trades": 1,
        "win_rate": 0.5,
        "profit_factor": 5.0 / 3.0,
        "expectancy": 1.0,
        "average_win": 5.0,
        "average_loss": -3.0,
        "best_trade": 5.0,
        "worst_trade": -3.0,
        "fees": 5.0,
        "slippage": 0.5,
        "turnover": 66.0 / 100.0 / (4 / 365.25),
    }
    assert {key: figures[key] for key in expected} == pytest.approx(expected)


def test_measure_trade_of_no_profit_is_no_win(make_curve):
    figures = figures_of(make_curve([100.0, 100.0]), (1, 0, 1.0, 10.0, 0.0, 0.0), (2, 0, -1.0, 10.0, 0.0, 0.0))
    assert (figures["win_rate"], figures["profit_factor"], figures["expectancy"]) == (0.0, None, 0.0)


@pytest.mark.parametrize(
    ("equity", "undefined"),
    [
        ([], {"total_return", "max_drawdown", "sharpe", "turnover", "exposure"}),
        ([101.0], {"annual_return", "annual_volatility", "sharpe", "sortino", "calmar", "var_95"}),
        ([100.0] * 30, {"sharpe", "sortino", "calmar"}),
        ([110.0, 0.0, 0.0], {"annual_return", "sharpe", "var_95", "average_leverage", "turnover"}),
        ([110.0, -50.0, 20.0], {"annual_return", "sharpe", "calmar", "average_leverage"}),
        ([110.0, math.nan, 120.0], {"total_return", "max_drawdown", "sharpe"}),
        ([1e290, 1e290], {"annual_return", "calmar"}),
    ],
)
def test_measure_undefined_figures_are_none_and_none_is_nan(make_curve, equity, undefined):
    figures = figures_of(make_curve(equity))
    assert {key for key in undefined if figures[key] is not None} == set()
    assert all(value is None or math.isfinite(value) for value in figures.values())
    assert (figures["trades"], figures["win_rate"], figures["expectancy"], figures["fees"]) == (0, None, None, 0.0)


def test_measure_ruin_still_has_return_and_drawdown(make_curve):
    figures = figures_of(make_curve([110.0, -50.0, 20.0]))
    assert figures["total_return"] == pytest.approx(-0.8)
    assert figures["max_drawdown"] == pytest.approx(160 / 110)


def test_measure_benchmark_equal_to_the_run_has_beta_one_and_alpha_zero(make_curve):
    equity = [101.0, 99.0, 104.0, 103.0]
    figures = figures_of(make_curve(equity, benchmark=equity))
    assert figures["benchmark_return"] == pytest.approx(0.03)
    assert (figures["beta"], figures["alpha"]) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-12))


@pytest.mark.parametrize("benchmark", [None, [100.0, math.nan, 101.0], [100.0, -1.0, 100.0]])
def test_measure_benchmark_missing_or_not_above_zero_leaves_its_figures_none(make_curve, benchmark):
    figures = figures_of(make_curve([100.0, 101.0, 99.0], benchmark=benchmark))
    assert [figures[key] for key in ("benchmark_return", "alpha", "beta")] == [None] * 3


def test_measure_flat_benchmark_has_a_return_and_no_beta(make_curve):
    figures = figures_of(make_curve([100.0, 101.0, 99.0], benchmark=[100.0] * 3))
    assert (figures["benchmark_return"], figures["beta"]) == (0.0, None)


def test_measure_real_stock_against_the_index_equals_empyrical(market_data):
    folder = market_data / "equity_daily"
    stock = pd.read_csv(folder / "sp500_20stocks_adjclose_1990_2022.csv.gz", index_col=0, parse_dates=True)["MSFT"]
    index = pd.read_csv(folder / "sp500_index_1990_2022.csv.gz", index_col=0, parse_dates=True)["SP500"]
    both = pd.concat([stock, index], axis=1).dropna()
    account = both / both.iloc[0] * 1e5
    times = both.index.as_unit("ns").asi8[1:] + 21 * DAY // 24
    equity, benchmark = account["MSFT"].to_numpy()[1:], account["SP500"].to_numpy()[1:]
    figures = figures_of(EquityCurve(times, equity, equity, 1e5, DAY, benchmark))
    returns, market = both["MSFT"].pct_change().dropna(), both["SP500"].pct_change().dropna()
    years = (times[-1] - times[0] + DAY) / (365.25 * DAY)
    expected = {
        "total_return": empyrical.cum_returns_final(returns),
        "annual_return": empyrical.annual_return(returns, annualization=len(returns) / years),
        "annual_volatility": empyrical.annual_volatility(returns),
        "sharpe": empyrical.sharpe_ratio(returns),
        "sortino": empyrical.sortino_ratio(returns),
        "calmar": empyrical.calmar_ratio(returns, annualization=len(returns) / years),
        "max_drawdown": -empyrical.max_drawdown(returns),
        "var_95": -empyrical.value_at_risk(returns),
        "cvar_95": -empyrical.conditional_value_at_risk(returns),
        "benchmark_return": empyrical.cum_returns_final(market),
        "beta": empyrical.beta(returns, market),
        "alpha": ((1 + empyrical.alpha(returns, market)) ** (1 / 252) - 1) * 252,
    }
    assert {key: figures[key] for key in expected} == pytest.approx(expected, rel=1e-9)


def test_measure_real_hourly_prices_takes_days_for_returns_and_bars_for_drawdown(real_closes, make_closes):
    closes, interval = real_closes("btc")
    figures = figures_of(make_closes(closes, interval))
    hourly = closes.pct_change().dropna()
    days = closes.iloc[1:].set_axis(closes.index[1:] - pd.Timedelta(1, "ns")).resample("1D").last()
    daily = pd.concat([closes.iloc[:1], days]).pct_change().dropna()
    assert figures["max_drawdown"] == pytest.approx(-empyrical.max_drawdown(hourly), rel=1e-9)
    assert figures["max_drawdown"] > -empyrical.max_drawdown(daily)
    assert figures["sharpe"] == pytest.approx(empyrical.sharpe_ratio(daily, annualization=365), rel=1e-9)
    assert figures["total_return"] == pytest.approx(closes.iloc[-1] / closes.iloc[0] - 1)


def test_measure_a_million_bars_and_forty_thousand_fills_takes_less_than_half_a_second():
    random = np.random.default_rng(5)
    minute = DAY // 1440
    times = np.arange(1, 1_000_001) * minute
    equity = 1e5 * np.cumprod(1.0 + random.normal(0.0, 1e-4, len(times)))
    curve = EquityCurve(times, equity, equity, 1e5, minute, equity)
    size = np.where(np.arange(40_000) % 2, -2.0, 2.0)
    rows = np.arange(0, 1_000_000, 25)
    fills = FillColumns(times[rows], np.zeros(40_000, dtype=np.int64), size, equity[rows], size**2, size**2)
    begun = time.process_time()
    figures = measure(curve, sample(curve), fills, round_trips(fills, Ends(np.array([1.0]))))
    assert time.process_time() - begun < 0.5
    assert figures["trades"] == 20_000


def test_measure_carry_figures_are_costs_where_they_are_paid(make_curve):
    curve = make_curve([100.0] * 5)
    fills = FillColumns(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 4)
    carried = {CashKind.FUNDING: -3.0, CashKind.INTEREST: 2.0, CashKind.DIVIDEND: -1.0, CashKind.LIQUIDATION_FEE: -7.0}
    figures = measure(curve, sample(curve), fills, round_trips(fills, Ends(np.ones(1))), carried)
    names = ("funding", "borrowing", "liquidation_fees", "conversion_costs", "interest", "dividends")
    assert [figures[name] for name in names] == [3, 0, 7, 0, 2, -1]
