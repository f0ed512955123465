"""Each statistic against empyrical, on random returns and on real ones; and its edges by hand."""

import empyrical
import numpy as np
import pytest

from tradekit.analysis import statistics
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
    assert statistics.var(returns) == pytest.approx(-empyrical.value_at_risk(returns), rel=1e-12)


def test_cvar_95_is_minus_that_of_empyrical(periodic):
    returns, _ = periodic
    assert statistics.cvar(returns) == pytest.approx(-empyrical.conditional_value_at_risk(returns), rel=1e-12)
    assert statistics.cvar(returns) >= statistics.var(returns)


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
    assert statistics.var(returns) == pytest.approx(0.45)
    assert statistics.cvar(returns) == pytest.approx(0.475)


def test_var_and_cvar_of_nineteen_returns_are_none():
    assert statistics.var(np.full(19, -0.1)) is None
    assert statistics.cvar(np.full(19, -0.1)) is None


def test_alpha_beta_of_a_flat_benchmark_or_one_return_are_none():
    assert statistics.alpha_beta(np.array([0.1, 0.2]), np.array([0.0, 0.0]), 252.0) is None
    assert statistics.alpha_beta(np.array([0.1]), np.array([0.1]), 252.0) is None


def test_var_at_one_percent_equals_numpy_and_needs_a_hundred_returns(periodic):
    returns, _ = periodic
    assert statistics.var(returns, 0.01) == pytest.approx(-np.quantile(returns, 0.01), rel=1e-12)
    assert statistics.cvar(returns, 0.01) == pytest.approx(-empyrical.conditional_value_at_risk(returns, 0.01), rel=1e-12)
    assert statistics.var(returns[:99], 0.01) is None
    assert statistics.cvar(returns[:100], 0.01) == -float(np.min(returns[:100]))


# Zangari's formula at a deviation of 0.01, a skewness of -1 and an excess kurtosis of 3, worked by hand.
@pytest.mark.parametrize(("tail", "loss"), [(0.05, 0.0184979), (0.01, 0.0338669)])
def test_cornish_fisher_at_known_moments_is_the_known_loss(tail, loss):
    assert -0.01 * statistics.cornish_fisher(tail, -1.0, 3.0) == pytest.approx(loss, abs=5e-8)


def test_cornish_fisher_without_skewness_and_kurtosis_is_normal():
    assert statistics.cornish_fisher(0.05, 0.0, 0.0) == pytest.approx(-1.6448536, abs=1e-7)


@pytest.mark.parametrize(("s", "k"), [(-3.0, 1.0), (0.0, 9.0), (0.0, -1.0), (2.0, 3.0)])
def test_cornish_fisher_where_it_is_no_quantile_is_none(s, k):
    z = np.linspace(-8.0, 8.0, 4001)
    quantile = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    assert (np.diff(quantile) <= 0.0).any()
    assert statistics.cornish_fisher(0.05, s, k) is None


def test_cornish_fisher_var_of_returns_is_made_of_their_moments(periodic):
    returns, _ = periodic
    s, k = statistics.skewness(returns), statistics.excess_kurtosis(returns)
    quantile = statistics.cornish_fisher(0.05, s, k)
    wanted = None if quantile is None else pytest.approx(-(np.mean(returns) + quantile * np.std(returns, ddof=1)))
    assert statistics.cornish_fisher_var(returns) == wanted
    assert statistics.normal_var(returns) == pytest.approx(-(np.mean(returns) - 1.6448536 * np.std(returns, ddof=1)), rel=1e-6)


def test_skewness_and_kurtosis_of_five_numbers_by_hand():
    # About their mean of 2: -2, -1, 0, 1, 2 with squares of 10, fourth powers of 34; then with one far out.
    assert statistics.skewness(np.arange(5.0)) == 0.0
    assert statistics.excess_kurtosis(np.arange(5.0)) == pytest.approx(34 / 5 / 4.0 - 3.0)
    assert statistics.skewness(np.array([0.0, 0.0, 0.0, 4.0])) == pytest.approx((3 * -1 + 27) / 4 / 3.0**1.5)
    assert statistics.skewness(np.ones(5)) is None
    assert statistics.excess_kurtosis(np.ones(1)) is None


@pytest.mark.parametrize(
    ("ratio", "g3", "g4", "chance", "digits"),
    [
        (1.585 / 12**0.5, -2.448, 10.164, 0.913234306885, 1e-11),
        (0.458, -2.448, 10.164, 0.913, 6e-4),
        (0.458, 0.0, 3.0, 0.982, 6e-4),
    ],
)
def test_probabilistic_sharpe_equals_the_paper(ratio, g3, g4, chance, digits):
    assert statistics.probabilistic_sharpe(ratio, 24, g3, g4) == pytest.approx(chance, abs=digits)


def test_probabilistic_sharpe_takes_raw_kurtosis_and_no_negative_root():
    assert statistics.probabilistic_sharpe(0.458, 24, -2.448, 7.164) == pytest.approx(0.91997, abs=5e-6)
    assert statistics.probabilistic_sharpe(2.0, 24, 2.0, 3.0) is None


def test_tracking_error_and_information_ratio_are_of_the_difference(periodic):
    returns, per_year = periodic
    benchmark = np.roll(returns, 3)
    assert statistics.information_ratio(returns, benchmark, per_year) == pytest.approx(
        empyrical.excess_sharpe(returns, benchmark) * per_year**0.5, rel=1e-9
    )
    assert statistics.tracking_error(returns, benchmark, per_year) == pytest.approx(
        np.std(returns - benchmark, ddof=1) * per_year**0.5
    )
    assert statistics.information_ratio(returns, returns, per_year) is None


def test_rolling_statistics_equal_those_of_each_window(periodic):
    returns, per_year = periodic
    returns, window = returns[:200], 21
    benchmark = np.roll(returns, 1)
    parts = [(returns[at : at + window], benchmark[at : at + window]) for at in range(len(returns) - window + 1)]
    assert statistics.rolling_sharpe(returns, window, per_year) == pytest.approx(
        [statistics.sharpe(own, per_year) for own, _ in parts]
    )
    assert statistics.rolling_volatility(returns, window, per_year) == pytest.approx(
        [statistics.annual_volatility(own, per_year) for own, _ in parts]
    )
    assert statistics.rolling_beta(returns, benchmark, window) == pytest.approx(
        [statistics.alpha_beta(own, other, per_year)[1] for own, other in parts]
    )


def test_rolling_statistics_without_spread_are_nan_and_of_too_few_returns_empty():
    flat = np.zeros(6)
    assert (statistics.rolling_volatility(np.full(500, 0.0013), 21, 252.0) < 1e-12).all()
    assert np.isnan(statistics.rolling_sharpe(flat, 5, 252.0)).tolist() == [True, True]
    assert np.isnan(statistics.rolling_beta(np.arange(6.0), flat, 5)).all()
    assert statistics.rolling_volatility(flat, 5, 252.0).tolist() == [0.0, 0.0]
    assert len(statistics.rolling_sharpe(flat, 7, 252.0)) == 0
