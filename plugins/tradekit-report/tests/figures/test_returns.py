"""Returns by calendar, their distribution and the rolling figures: against pandas and by hand."""

import numpy as np
import pandas as pd
import pytest
from reported import HOUR, ran, series, walk
from tradekit_report.figures.returns import calendar_returns, distribution, rolling

import tradekit
from tradekit import Periods, statistics


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return ran(tmp_path_factory.mktemp("run"), series(walk(24 * 500), HOUR), {3: 0.7, 5000: -0.3}, "account.kind='margin'")


@pytest.fixture(scope="module")
def made(result):
    return tradekit.periods(result)


def of(returns, first="2024-01-02", other=None):
    """Make daily periods that end at midnight, the first of them at `first`."""
    end = np.datetime64(first, "ns").astype(np.int64) + 86_400_000_000_000 * np.arange(len(returns))
    return Periods(end, np.asarray(returns, dtype=float), other, 365.0)


def test_months_equal_those_of_pandas_and_compound_to_years_and_to_the_total(made, result):
    found = calendar_returns(made)
    index = pd.DatetimeIndex(made.end - 1, tz="UTC").tz_localize(None)
    growth = pd.Series(1.0 + made.returns, index=index)
    theirs = growth.groupby(index.to_period("M")).prod() - 1.0
    ours = found.months.ravel()
    assert ours[~np.isnan(ours)] == pytest.approx(theirs.to_numpy())
    assert np.isnan(ours).sum() == 24 - len(theirs)
    assert np.nanprod(1.0 + found.months, axis=1) - 1.0 == pytest.approx(found.totals)
    assert np.prod(1.0 + found.totals) - 1.0 == pytest.approx(result.metrics["total_return"])
    assert np.prod(1.0 + found.benchmark_totals) - 1.0 == pytest.approx(result.metrics["benchmark_return"])
    assert (found.years, found.is_part) == ((2024, 2025), (False, True))


def test_a_period_that_ends_at_midnight_belongs_to_the_month_that_ends():
    found = calendar_returns(of([0.1, 0.2], "2024-02-01"))
    assert found.months[0, :2].tolist() == pytest.approx([0.1, 0.2])


def test_years_without_a_period_have_no_return():
    two = Periods(np.array(["2022-06-01", "2024-06-01"], "M8[ns]").astype(np.int64), np.array([0.1, 0.2]), None, 365.0)
    found = calendar_returns(two)
    assert found.years == (2022, 2023, 2024)
    assert np.isnan(found.totals).tolist() == [False, True, False]
    assert found.benchmark_totals is None


def test_no_periods_have_no_calendar_and_no_distribution():
    assert calendar_returns(of([])) is None
    assert distribution(np.zeros(0)) is None
    assert distribution(np.full(30, 0.01)) is None


def test_distribution_counts_all_returns_and_has_an_edge_at_zero(made):
    found = distribution(made.returns)
    assert found.counts.sum() == len(made)
    assert 0.0 in found.edges
    assert 8 <= len(found.counts) <= 62
    assert np.histogram(made.returns, found.edges)[0].tolist() == found.counts.tolist()
    assert found.normal.sum() == pytest.approx(len(made), rel=0.02)
    assert found.positive == np.mean(made.returns > 0)
    assert found.quantiles[0.5] == np.median(made.returns)


@pytest.mark.parametrize("returns", [[0.01, 0.02], [-0.3, 0.01] * 20, [1e-9, 2e-9, 5.0], [0.0] * 99 + [0.01]])
def test_distribution_of_awkward_returns_counts_them_all(returns):
    found = distribution(np.array(returns))
    assert found.counts.sum() == len(returns)
    assert (np.diff(found.edges) > 0).all()


def test_tails_are_the_kernels(made, result):
    tails = {tail.level: tail for tail in distribution(made.returns).tails}
    assert tails[0.95].historical == result.metrics["var_95"]
    assert tails[0.95].shortfall == result.metrics["cvar_95"]
    assert tails[0.99].historical == statistics.var(made.returns, 0.01)
    assert tails[0.99].cornish_fisher == statistics.cornish_fisher_var(made.returns, 0.01)


def test_rolling_ends_with_the_statistics_of_the_last_window(made):
    found = rolling(made, 63)
    assert len(found.time) == len(found.sharpe) == len(found.beta) == len(made) - 62
    assert found.sharpe[-1] == pytest.approx(statistics.sharpe(made.returns[-63:], made.per_year))
    assert found.benchmark_volatility[-1] == pytest.approx(statistics.annual_volatility(made.benchmark[-63:], made.per_year))
    assert found.beta[-1] == pytest.approx(statistics.alpha_beta(made.returns[-63:], made.benchmark[-63:], 1.0)[1])
    assert found.time[-1] == made.end[-1]


def test_rolling_without_a_benchmark_or_with_too_few_periods():
    assert rolling(of(walk(20)[1:] / 100 - 1.0), 10).beta is None
    assert rolling(of([0.01] * 9), 10) is None
