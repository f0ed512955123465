"""The pictures: that they are drawn, hold what they should, and are the same for equal runs."""

import struct
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from reported import HOUR, ran, series, walk
from tradekit_report.figures import figures_of
from tradekit_report.png import reporter
from tradekit_report.png.pictures import PICTURES, _rows
from tradekit_report.png.reporter import PngReporter
from tradekit_report.png.style import styled

from tradekit import PluginError, RunError
from tradekit.testing import ReporterContract


class TestPng(ReporterContract):
    component = PngReporter
    options = [{"pictures": ["equity", "trades"], "dpi": 50}]  # noqa: RUF012 - as the contract has it


def turning(index):
    return 0.9 if index % 10 == 0 else -0.4 if index % 10 == 5 else None


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return ran(tmp_path_factory.mktemp("run"), series(walk(24 * 200), HOUR), turning, "account.kind='margin'")


def drawn(result, name):
    with styled():
        return PICTURES[name](result, figures_of(result))


def texts(picture):
    found = [text.get_text() for text in picture.findobj(mpl.text.Text)]
    return "\n".join(found)


def test_pictures_are_png_files_as_wide_as_they_should_be(result, tmp_path):
    said = PngReporter(PngReporter.Options(dpi=60)).report(result, tmp_path)
    names = [f"report-{name}.png" for name in PICTURES]
    assert said == f"pictures in the run's folder: {', '.join(names)}"
    for name in names:
        content = (tmp_path / name).read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">I", content[16:20])[0] == 9 * 60


def test_pictures_don_t_depend_on_a_user_s_settings(result, tmp_path):
    contents = []
    for setting in (8.0, 30.0):
        folder = tmp_path / str(setting)
        folder.mkdir()
        with mpl.rc_context({"font.size": setting, "axes.facecolor": "black"}):
            PngReporter(PngReporter.Options(pictures=("months",), dpi=50)).report(result, folder)
            assert mpl.rcParams["font.size"] == setting
        contents.append((folder / "report-months.png").read_bytes())
    assert contents[0] == contents[1]


def test_equity_picture_has_the_lines_with_their_extremes(result):
    picture = drawn(result, "equity")
    values = result.equity["equity"].to_numpy()
    top = picture.axes[0]
    lines = {line.get_label(): line.get_ydata() for line in top.get_lines()}
    assert set(lines) == {"benchmark", "run"}
    assert (min(lines["run"]), max(lines["run"]), lines["run"][-1]) == (values.min(), values.max(), values[-1])
    other = result.equity["benchmark"].to_numpy()
    assert (min(lines["benchmark"]), max(lines["benchmark"])) == (other.min(), other.max())
    assert min(picture.axes[1].get_lines()[0].get_ydata()) == pytest.approx(-result.metrics["max_drawdown"])
    assert "total return" in texts(picture)


def test_month_picture_has_a_number_for_each_month_and_year(result):
    calendar = figures_of(result).calendar
    told = texts(drawn(result, "months"))
    for value in [*calendar.months[np.isfinite(calendar.months)], *calendar.totals]:
        assert f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}") in told


def test_return_picture_has_bars_for_all_returns_and_marks_the_tail(result):
    picture = drawn(result, "returns")
    found = figures_of(result).distribution
    heights = [patch.get_height() for patch in picture.axes[0].patches]
    assert sum(heights) + found.zeros == found.counts.sum()
    assert "CVaR 95%" in texts(picture)


def test_trade_picture_has_a_point_for_each_closed_trade(result):
    picture = drawn(result, "trades")
    for axes in picture.axes:
        assert len(axes.collections[0].get_offsets()) == result.metrics["trades"]


@pytest.mark.parametrize("rows", [10, 3_000, 50_001])
def test_lines_keep_their_ends_and_extremes(rows):
    values = np.random.default_rng(1).normal(size=rows)
    kept = _rows(values)
    assert len(kept) <= 3_002
    assert (kept[0], kept[-1]) == (0, rows - 1)
    assert {int(values.argmin()), int(values.argmax())} <= set(kept.tolist())


def test_runs_with_nothing_to_draw_draw_less(tmp_path):
    empty = ran(tmp_path / "empty", series(walk(40)), {})
    assert PngReporter(PngReporter.Options(pictures=("trades",))).report(empty, tmp_path) == "the run has nothing to draw"
    plunge = np.array([100.0] * 5 + [10.0] * 5)
    lost = ran(tmp_path / "lost", series(plunge, open=plunge), {1: 4.0}, "account.kind='margin'", "account.leverage=5")
    assert drawn(lost, "months") is None
    assert drawn(lost, "equity") is not None


def test_growth_beyond_eight_times_is_drawn_on_a_logarithmic_scale(tmp_path):
    grown = ran(tmp_path, series(100.0 * 1.02 ** np.arange(200)), {0: 1.0})
    assert drawn(grown, "equity").axes[0].get_yscale() == "log"


def test_without_matplotlib_a_run_doesn_t_begin(monkeypatch):
    monkeypatch.setattr(reporter, "find_spec", lambda _name: None)
    with pytest.raises(PluginError, match=r"^reporter 'png' draws with matplotlib, which is not installed; pip install"):
        PngReporter(PngReporter.Options()).begin(None)


def test_hooks_don_t_import_matplotlib():
    program = "import sys, tradekit_report.hooks; sys.exit('matplotlib' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_picture_that_can_t_be_written_is_an_error(result, tmp_path):
    (tmp_path / "report-months.png").mkdir()
    with pytest.raises(RunError, match=r"^picture '.*report-months.png' can't be written: "):
        PngReporter(PngReporter.Options(pictures=("months",), dpi=50)).report(result, tmp_path)
