"""The reporter `html`."""

from tradekit_report.reporter import HtmlReporter

import tradekit
from tradekit.testing import ReporterContract


class TestHtmlReporter(ReporterContract):
    component = HtmlReporter
    options = ({}, {"instruments": 0, "trades": 0}, {"chart_mb": 0.001, "rolling": 5})


def test_run_with_the_reporter_leaves_a_page_with_prices(tmp_path):
    from read_pages import EXAMPLES

    tradekit.run(EXAMPLES / "breakout.toml", ["report=[{name='html'}]"], tmp_path)
    folder = tradekit.find_run(tmp_path, "last")
    page = (folder / "report.html").read_text("utf-8")
    assert 'id="market-chart"' in page
    assert "report.html" in (folder / "report.txt").read_text("utf-8")
    assert tradekit.read_result(folder).name == "breakout"
