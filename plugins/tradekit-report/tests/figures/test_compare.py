"""Several runs side by side."""

import numpy as np
import pytest
from reported import ran, series, walk
from tradekit_report.figures import compare_runs

import tradekit


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    market = series(walk(120))
    later = series(walk(120, 2), rows=np.arange(30, 150))
    costs = "execution.costs=[{model='fee', bps=10}]"
    return {
        "held": ran(folder / "a", market, {0: 1.0}),
        "half": ran(folder / "b", market, {0: 0.5}, costs),
        "later": ran(folder / "c", later, {0: 1.0}),
    }


def test_figures_stand_side_by_side_and_the_best_is_marked(runs):
    found = compare_runs(runs)
    assert found.names == ("held", "half", "later")
    for figure in found.figures:
        assert list(figure.values) == [result.metrics[figure.key] for result in runs.values()]
    rows = {figure.key: figure for figure in found.figures}
    drawdowns = rows["max_drawdown"].values
    assert rows["max_drawdown"].best == (int(np.argmin(drawdowns)),)
    assert rows["total_return"].best == (int(np.argmax(rows["total_return"].values)),)
    assert rows["trades"].best == () if "trades" in rows else True


def test_correlations_are_of_the_days_that_all_runs_have(runs):
    found = compare_runs(runs)
    assert found.days == 90
    made = [tradekit.periods(result) for result in runs.values()]
    ends = set(made[0].end.tolist()) & set(made[2].end.tolist())
    assert len(ends) == 90
    paths = []
    for one in made:
        growth = np.cumprod(1.0 + one.returns)
        paths.append(growth[[end in ends for end in one.end.tolist()]])
    growth = np.array(paths) / np.array(paths)[:, :1]
    np.testing.assert_allclose(found.growth, growth, rtol=1e-12)
    np.testing.assert_allclose(found.correlations, np.corrcoef(np.diff(np.log(growth), axis=1)), atol=1e-12)
    assert found.correlations[0, 1] > 0.999


def test_settings_and_data_that_differ_are_told(runs):
    found = compare_runs(runs)
    assert found.settings["execution.costs[0].bps"] == (None, 10.0, None)
    assert found.others == ("later: the data of X differ",)


def test_runs_that_share_no_day_have_no_correlation(tmp_path):
    one, other = series(walk(30)), series(walk(30), rows=np.arange(100, 130))
    found = compare_runs({"one": ran(tmp_path / "a", one, {0: 1.0}), "other": ran(tmp_path / "b", other, {0: 1.0})})
    assert found.days == 0
    assert np.isnan(found.correlations).all()
    assert found.growth.shape == (2, 0)


def test_a_run_that_never_traded_has_no_correlation_with_others(tmp_path, runs):
    found = compare_runs({"held": runs["held"], "idle": ran(tmp_path, series(walk(120)), {})})
    assert np.isnan(found.correlations[0, 1])
    assert found.correlations[0, 0] == pytest.approx(1.0)
