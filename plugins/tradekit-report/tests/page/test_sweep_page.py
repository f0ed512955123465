"""The pages of sweeps, of bands, and of several runs."""

import json
import shutil

import numpy as np
import pytest
from read_pages import EXAMPLES, text_of
from tradekit_report.page.compare import comparison_page
from tradekit_report.page.sweep import is_sweep, sweep_page

import tradekit

PARAMS = {"strategy.enter": [30, 48, 80], "strategy.leave": [10, 24]}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """The sweep of an example over two settings."""
    return tradekit.sweep(EXAMPLES / "breakout.toml", PARAMS, runs=tmp_path_factory.mktemp("sweeps"))


def test_sweep_page_names_the_best_trial_and_its_neighbours(swept):
    text = text_of(sweep_page(swept.folder))
    best = swept.best
    assert f"The best of 6 trials has a Sharpe ratio of {best.figures['sharpe']:.2f}" in text.replace("\N{MINUS SIGN}", "-")
    assert f"enter {best.values['strategy.enter']}" in text
    near = swept.neighbours(best)
    assert f"The {near.count} trials near it come to" in text


def test_sweep_page_draws_a_field_for_each_pair_and_frames_the_best(swept):
    page = sweep_page(swept.folder)
    assert page.count('class="best"') == 1
    for enter in PARAMS["strategy.enter"]:
        for leave in PARAMS["strategy.leave"]:
            assert f"<title>enter {enter}, leave {leave}: " in page


def test_sweep_page_loads_without_network_or_complaint(swept, opened, tmp_path):
    path = tmp_path / "sweep.html"
    path.write_text(sweep_page(swept.folder), encoding="utf-8")
    page = opened(path)
    assert (page.requests, page.complaints) == ([path.as_uri()], [])


def test_sweep_over_one_setting_is_drawn_as_a_line(tmp_path):
    found = tradekit.sweep(
        EXAMPLES / "breakout.toml", {"strategy.enter": [30, 48, 60]}, tradekit.Search(by="max_drawdown"), runs=tmp_path
    )
    page = sweep_page(found.folder)
    lowest = min(outcome.figures["max_drawdown"] for outcome in found.outcomes)
    assert f"has a max. drawdown of {100 * lowest:.1f} %" in text_of(page)
    assert "One dot is one trial" in page


def test_sweep_of_another_format_is_refused(swept, tmp_path):
    folder = tmp_path / "sweep"
    shutil.copytree(swept.folder, folder)
    told = json.loads((folder / "sweep.json").read_text())
    (folder / "sweep.json").write_text(json.dumps(told | {"format": 9}))
    assert is_sweep(folder)
    with pytest.raises(tradekit.RunError, match="has format 9, and this version of tradekit-report reads 1"):
        sweep_page(folder)


def test_damaged_sweep_is_refused(tmp_path):
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(tradekit.RunError, match=r"can't be read: .*; the same sweep command makes it again"):
        sweep_page(tmp_path)


def test_page_of_a_run_with_bands_has_a_fan_and_each_assumption(paged):
    path, result = paged("breakout", bands=True)
    page = path.read_text("utf-8")
    text = text_of(page)
    total = result.bands["band"]["total_return"]
    assert f"Under {result.bands['runs']} sets of assumptions the total return lies between" in text
    assert f"as written it is {100 * total['as_written']:.1f} %" in text.replace("\N{MINUS SIGN}", "-")
    assert "Equity under all assumptions" in text
    for one in result.bands["assumptions"]:
        assert one["text"] in text


@pytest.fixture(scope="module")
def three(example_runs):
    """Three runs by their names."""
    folders = {
        "fast": example_runs("breakout", "strategy.enter=20", "strategy.leave=10"),
        "slow": example_runs("breakout", "strategy.enter=80"),
        "stocks": example_runs("momentum"),
    }
    return {name: tradekit.read_result(folder) for name, folder in folders.items()}


def test_comparison_shows_each_run_and_what_differs(three):
    text = text_of(comparison_page(three)).replace("\N{MINUS SIGN}", "-")
    assert "3 runs over" in text
    best = max(three, key=lambda name: three[name].metrics["total_return"])
    assert f"{best} came to +" in text
    assert "strategy.enter 20 80" in text
    assert np.isfinite(three["fast"].metrics["sharpe"])
    assert f"Sharpe ratio {three['fast'].metrics['sharpe']:.2f} {three['slow'].metrics['sharpe']:.2f}" in text


def test_comparison_loads_without_network_or_complaint(three, opened, tmp_path):
    path = tmp_path / "comparison.html"
    path.write_text(comparison_page(three), encoding="utf-8")
    page = opened(path)
    assert (page.requests, page.complaints) == ([path.as_uri()], [])
