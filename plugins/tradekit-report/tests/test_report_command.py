"""`tradekit report`, and the page in a notebook."""

import shutil
from pathlib import Path

import pytest
import tradekit_report
from click.testing import CliRunner
from read_pages import EXAMPLES
from tradekit_report.command import report_command

import tradekit


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with two runs and a sweep, of a run file of its own."""
    root = tmp_path_factory.mktemp("made")
    (root / "data").mkdir()
    shutil.copy(EXAMPLES / "data" / "GBP-USD-1d.csv.gz", root / "data")
    shutil.copy(EXAMPLES / "breakout.toml", root)
    tradekit.run(root / "breakout.toml", runs=root / "runs")
    tradekit.run(root / "breakout.toml", ["run.name=slower", "strategy.enter=80"], root / "runs")
    tradekit.sweep(root / "breakout.toml", {"strategy.enter": [40, 60]}, runs=root / "runs")
    return root / "runs"


def report(*arguments):
    return CliRunner().invoke(report_command, list(map(str, arguments)))


def test_report_of_the_last_run_is_written_into_its_folder(runs):
    done = report("--runs", runs)
    folder = tradekit.find_run(runs, "last")
    assert done.output == f"written to {folder / 'report.html'}\n"
    assert 'id="market-chart"' in (folder / "report.html").read_text("utf-8")
    assert tradekit.read_result(folder).name == "slower"


def test_report_of_two_runs_puts_them_side_by_side(runs):
    ids = [path.name for path in sorted(runs.glob("2*"))]
    done = report(*ids, "--runs", runs)
    assert done.output == f"written to {runs / 'comparison.html'}\n"
    assert "breakout" in (runs / "comparison.html").read_text("utf-8")


def test_report_of_a_sweep_is_its_map(runs, tmp_path):
    (sweep,) = runs.glob("sweep-*")
    for wanted in (sweep.name, "sweep-break", sweep):
        assert report(wanted, "--runs", runs, "--output", tmp_path / "x.html").exit_code == 0
    assert "The best of 2 trials" in (tmp_path / "x.html").read_text("utf-8")


def test_report_of_two_sweeps_that_begin_alike_asks_for_more(runs, tmp_path):
    for name in ("sweep-a-1", "sweep-a-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sweep.json").write_text("{}")
    done = report("sweep-a", "--runs", tmp_path)
    assert "2 sweeps begin with 'sweep-a': sweep-a-1, sweep-a-2; write more of it" in str(done.exception)


def test_report_refuses_to_put_a_sweep_beside_runs(runs):
    (sweep,) = runs.glob("sweep-*")
    done = report(sweep.name, "last", "--runs", runs)
    assert isinstance(done.exception, tradekit.ConfigError)
    assert "is a sweep, and only runs can be put side by side; name it alone" in str(done.exception)


def test_report_of_a_run_whose_data_are_gone_says_so(runs, tmp_path):
    done = report("--runs", runs, "--from", tmp_path, "--output", tmp_path / "x.html")
    assert done.output.startswith("! no price chart: ")
    page = (tmp_path / "x.html").read_text("utf-8")
    assert "There is no price chart" in page
    assert "GBP-USD-1d.csv.gz" in page


def test_report_takes_options_of_the_page(runs, tmp_path):
    done = report("--runs", runs, "--set", "trades=5", "--set", "rolling=30", "--output", tmp_path / "x.html")
    assert done.exit_code == 0
    assert "The list has the newest 5 of" in (tmp_path / "x.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("trades", "--set 'trades' is no setting; write it as rolling=126"),
        ("trade=5", "--set trade: extra inputs are not permitted; there are "),
        ("rolling=1", "--set rolling: input should be greater than or equal to 5"),
    ],
)
def test_report_refuses_a_setting_that_there_is_not(runs, setting, said):
    done = report("--runs", runs, "--set", setting)
    assert isinstance(done.exception, tradekit.ConfigError)
    assert said in str(done.exception)


def test_report_that_cannot_be_written_says_where(runs, tmp_path):
    done = report("--runs", runs, "--output", tmp_path / "nowhere" / "x.html")
    assert isinstance(done.exception, tradekit.RunError)
    assert "can't be written: No such file or directory; --output names another file" in str(done.exception)


def test_report_without_runs_says_how_to_make_one(tmp_path):
    done = report("--runs", tmp_path)
    assert isinstance(done.exception, tradekit.RunError)
    assert "'tradekit run FILE' makes one" in str(done.exception)


def test_plot_shows_the_page_in_a_frame_of_its_own(runs, tmp_path):
    result = tradekit.read_result(tradekit.find_run(runs, "last"))
    shown = tradekit_report.plot(result, runs.parent, height=500)
    html = shown._repr_html_()
    assert html.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert 'sandbox="allow-scripts allow-modals"' in html
    assert 'height="500"' in html
    shown.save(tmp_path / "x.html")
    assert 'id="market-chart"' in Path(tmp_path / "x.html").read_text("utf-8")


def test_plot_without_the_data_says_so(runs, tmp_path):
    result = tradekit.read_result(tradekit.find_run(runs, "last"))
    assert "There is no price chart" in tradekit_report.plot(result, tmp_path).page


def test_package_has_no_other_names():
    with pytest.raises(AttributeError, match="module 'tradekit_report' has no attribute 'plots'"):
        _ = tradekit_report.plots
