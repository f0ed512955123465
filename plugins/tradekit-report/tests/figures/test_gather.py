"""All figures at once: they are the kernel's, the same from a folder, and whole for runs of any sort."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from reported import HOUR, ran, scripted, series, walk
from tradekit_report.figures import FigureOptions, figures_of

import tradekit
from tradekit import DEFINITIONS, benchmark_metrics
from tradekit.testing import Lab


def turning(index):
    return 0.9 if index % 10 == 0 else 0.0 if index % 10 == 5 else None


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    lab = Lab(tmp_path_factory.mktemp("run"), {"X": series(walk(24 * 200), HOUR)})
    costs = "execution.costs=[{model='fee', bps=5}]"
    return lab.run(scripted(turning), "account.capital=100000", costs, "risk=[{rule='max-weight', limit=0.5}]")


def test_key_figures_are_the_kernels_with_the_benchmark_beside(finished):
    result, found = finished.result, figures_of(finished.result)
    other = benchmark_metrics(result)
    shown = {figure.key: figure for group in found.key.values() for figure in group}
    for key in set(shown) & set(DEFINITIONS):
        assert shown[key].value == result.metrics[key]
        assert shown[key].benchmark == other.get(key)
        assert (shown[key].label, shown[key].text) == (DEFINITIONS[key].label, DEFINITIONS[key].text)
    left_out = set(DEFINITIONS) - set(shown)
    assert left_out == {key for key in DEFINITIONS if not result.metrics[key] and key in left_out}
    assert set(shown) - set(DEFINITIONS) == {"probabilistic_sharpe", "tracking_error", "information_ratio", "correlation"}


def test_report_s_own_figures_by_their_formulas(finished):
    made = tradekit.periods(finished.result)
    shown = {figure.key: figure for group in figures_of(finished.result).key.values() for figure in group}
    assert shown["correlation"].value == pytest.approx(np.corrcoef(made.returns, made.benchmark)[0, 1])
    difference = made.returns - made.benchmark
    assert shown["tracking_error"].value == pytest.approx(difference.std(ddof=1) * 365**0.5)
    assert shown["information_ratio"].value == pytest.approx(difference.mean() / difference.std(ddof=1) * 365**0.5)
    assert 0.0 < shown["probabilistic_sharpe"].value < 1.0


def same(one, other):
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return one == other


def test_figures_from_the_folder_of_a_run_are_the_same(finished):
    assert same(figures_of(finished.result), figures_of(tradekit.read_result(finished.folder)))


def test_drawdowns_are_the_deepest_and_the_first_is_that_of_the_metrics(finished):
    found = figures_of(finished.result, FigureOptions(drawdowns=4)).drawdowns
    assert len(found) == 4
    assert found[0].depth == finished.result.metrics["max_drawdown"]
    assert found[0].days == finished.result.metrics["max_drawdown_days"]
    assert [row.depth for row in found] == sorted((row.depth for row in found), reverse=True)
    for row in found:
        assert row.start < row.trough
        assert row.end is None or row.trough < row.end


def test_excursions_are_those_of_the_trades(finished):
    result, found = finished.result, figures_of(finished.result).excursions
    trades = result.trades.to_pandas()
    assert found.adverse.tolist() == trades["mae"].tolist()
    held = (trades["exit_time"] - trades["entry_time"]).dt.total_seconds() / 86_400
    closed = ~found.is_open
    assert found.days[closed] == pytest.approx(held[closed].to_numpy())
    summary = {figure.key: figure.value for figure in found.summary}
    won = trades[closed & (trades["profit"] > 0)]
    assert summary["winner_adverse"] == pytest.approx(won["mae"].median())
    assert summary["longest_days"] == pytest.approx(held.max())
    kept = ((won["exit_price"] / won["entry_price"] - 1) / won["mfe"]).median()
    assert summary["winner_kept"] == pytest.approx(kept)
    assert 0.0 < kept <= 1.0


class AllIn(tradekit.Strategy):
    """Buy with borrowed money, once."""

    name = "all-in"

    def on_bar(self, ctx):
        """Buy."""
        if ctx.index == 1:
            ctx.target(weight=4.0)


@pytest.mark.parametrize("sort", ["empty", "one bar", "lost", "without benchmark", "open", "weekly"])
def test_runs_of_any_sort_have_figures_and_reasons_for_those_they_lack(tmp_path, sort):
    plunge = np.array([100.0] * 5 + [10.0] * 5)
    result = {
        "empty": lambda: ran(tmp_path, series(walk(50)), {}),
        "one bar": lambda: ran(tmp_path, series(walk(1)), {}),
        "lost": lambda: ran(
            tmp_path, series(plunge, open=plunge), None, "account.kind='margin'", "account.leverage=5", strategy=AllIn
        ),
        "without benchmark": lambda: ran(tmp_path, series(walk(50)), turning, "run.benchmark='none'"),
        "open": lambda: ran(tmp_path, series(walk(50)), {1: 1.0}),
        "weekly": lambda: ran(tmp_path, series(walk(50), 7 * 24 * HOUR), turning),
    }[sort]()
    found = figures_of(result)
    parts = (
        "calendar",
        "distribution",
        "drawdowns",
        "rolling",
        "excursions",
        "by_hour",
        "states",
        "turnover",
        "verdicts",
        "factors",
    )
    assert set(found.missing) == {name for name in parts if not getattr(found, name)}
    assert all(found.missing.values())
    assert ("benchmark" in found.key) == (sort != "without benchmark")
    if sort == "lost":
        assert found.missing["calendar"] == "equity was 0 or below, so that there are no returns"


def test_factors_of_the_options_are_used(finished, tmp_path):
    made = tradekit.periods(finished.result)
    days = (made.end - 1).view("M8[ns]").astype("M8[D]")
    lines = [f"{day},{value}" for day, value in zip(days, made.benchmark, strict=True)]
    path = tmp_path / "factors.csv"
    path.write_text("date,market\n" + "\n".join(lines) + "\n")
    found = figures_of(finished.result, FigureOptions(factors=path)).factors
    assert found.rows[0].beta == pytest.approx(finished.result.metrics["beta"], rel=1e-9)
    assert found.alpha.beta == pytest.approx(finished.result.metrics["alpha"], rel=1e-6)


def test_factors_that_begin_after_the_run_are_told_as_missing(finished, tmp_path):
    path = tmp_path / "factors.csv"
    path.write_text("date,market\n2031-01-01,0.01\n")
    missing = figures_of(finished.result, FigureOptions(factors=path)).missing
    assert missing["factors"] == "a regression on 1 factors needs 20 periods, and 0 of the run have factors"
