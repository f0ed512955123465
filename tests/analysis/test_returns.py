"""Each statistic against empyrical, on random returns and on real ones; and its edges by hand."""

import empyrical
import numpy as np
import pytest

from tradekit.analysis import returns as statistics
from tradekit.analysis.curve import sample


@pytest.fixture(params=["random", "sp500", "btc", "eurusd"])
def periodic(request):
    """Return (returns, periods a year)."""
    if request.param == "random":
        return np.random.default_rng(7).normal(4e-4, 0.012, 1500), 252.0
    make_closes = request.getfixturevalue("make_closes")
    curve = make_closes(*request.getfixturevalue("real_closes")(request.param))
    sampling = sample(curve)
    return sampling.returns(curve.equity, curve.capital), sampling.per_year


def test_annual_return_equals_empyrical_by_calendar_years(periodic):
    # empyrical counts years in periods; told how many periods our calendar years have, it must agree.
    returns, _ = periodic
    years = 5.7
    ours = statistics.annual_return(float(np.prod(1.0 + returns)), years)
    assert ours == pytest.approx(empyrical.annual_return(returns, annualization=len(returns) / years), rel=1e-9)


def test_annual_volatility_equals_empyrical(periodic):
    returns, per_year = periodic
    theirs = empyrical.annual_volatility(returns, annualization=per_year)
    assert statistics.annual_volatility(returns, per_year) == pytest.approx(theirs, rel=1e-12)


def test_sharpe_equals_empyrical(periodic):
    returns, per_year = periodic
    assert statistics.sharpe(returns, per_year) == pytest.approx(empyrical.sharpe_ratio(returns, annualization=per_year), rel=1e-12)


def test_sortino_equals_empyrical(periodic):
    returns, per_year = periodic
    assert statistics.sortino(returns, per_year) == pytest.approx(
        empyrical.sortino_ratio(returns, annualization=per_year), rel=1e-12
    )


def test_var_95_is_minus_that_of_empyrical(periodic):
    # empyrical gives a return, so a loss is negative there; here a loss is a positive number, as a drawdown is.
    returns, _ = periodic
    assert statistics.var_95(returns) == pytest.approx(-empyrical.value_at_risk(returns), rel=1e-12)


def test_cvar_95_is_minus_that_of_empyrical(periodic):
    returns, _ = periodic
    assert statistics.cvar_95(returns) == pytest.approx(-empyrical.conditional_value_at_risk(returns), rel=1e-12)
    assert statistics.cvar_95(returns) >= statistics.var_95(returns)


def test_beta_equals_empyrical_and_alpha_its_own_before_compounding(periodic):
    # empyrical compounds the intercept of one period over a year; ours is multiplied, as the mean in the Sharpe ratio is.
    returns, per_year = periodic
    benchmark = 0.6 * returns + np.random.default_rng(3).normal(0.0, 0.004, len(returns))
    alpha, beta = statistics.alpha_beta(returns, benchmark, per_year)
    assert beta == pytest.approx(empyrical.beta(returns, benchmark), rel=1e-9)
    compounded = empyrical.alpha(returns, benchmark, annualization=per_year)
    assert (1.0 + alpha / per_year) ** per_year - 1.0 == pytest.approx(compounded, rel=1e-9)


def test_alpha_beta_are_intercept_and_slope_of_the_regression(periodic):
    returns, per_year = periodic
    benchmark = np.roll(returns, 1) + 0.3 * returns
    slope, intercept = np.polyfit(benchmark, returns, 1)
    assert statistics.alpha_beta(returns, benchmark, per_year) == pytest.approx((intercept * per_year, slope), rel=1e-9)


def test_annual_return_doubled_in_two_years_is_root_of_two():
    assert statistics.annual_return(2.0, 2.0) == pytest.approx(2.0**0.5 - 1.0)


@pytest.mark.parametrize(("growth", "years"), [(0.0, 1.0), (-0.5, 1.0), (1.5, 0.0), (1e300, 1e-3)])
def test_annual_return_where_it_has_no_value_is_none(growth, years):
    assert statistics.annual_return(growth, years) is None


def test_sharpe_and_sortino_of_three_returns_by_hand():
    returns = np.array([0.02, -0.01, 0.02])
    assert statistics.sharpe(returns, 4.0) == pytest.approx(0.01 / 3e-4**0.5 * 2.0)
    assert statistics.sortino(returns, 4.0) == pytest.approx(0.01 / (1e-4 / 3) ** 0.5 * 2.0)


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0], [0.01, 0.01, 0.01]])
def test_sharpe_and_sortino_without_spread_are_none(returns):
    assert statistics.sharpe(np.array(returns), 252.0) is None
    assert statistics.sortino(np.array(returns), 252.0) is None


def test_sharpe_of_spread_that_is_only_rounding_is_none():
    equity = 100.0 * 1.001 ** np.arange(500)
    assert statistics.sharpe(equity[1:] / equity[:-1] - 1.0, 252.0) is None


def test_annual_volatility_of_constant_returns_is_zero_and_of_one_return_none():
    assert statistics.annual_volatility(np.zeros(5), 252.0) == 0.0
    assert statistics.annual_volatility(np.array([0.01]), 252.0) is None


def test_var_and_cvar_of_a_hundred_and_one_returns_by_hand():
    # The 5 % quantile of -0.50, -0.49, ... 0.50 is its sixth value; the worst 5 % are the first six.
    returns = np.arange(-50, 51) / 100.0
    assert statistics.var_95(returns) == pytest.approx(0.45)
    assert statistics.cvar_95(returns) == pytest.approx(0.475)


def test_var_and_cvar_of_nineteen_returns_are_none():
    assert statistics.var_95(np.full(19, -0.1)) is None
    assert statistics.cvar_95(np.full(19, -0.1)) is None


def test_alpha_beta_of_a_flat_benchmark_or_one_return_are_none():
    assert statistics.alpha_beta(np.array([0.1, 0.2]), np.array([0.0, 0.0]), 252.0) is None
    assert statistics.alpha_beta(np.array([0.1]), np.array([0.1]), 252.0) is None
