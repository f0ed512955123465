"""The reporter that writes the page of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tradekit import Reporter, Result, RunStart
from tradekit_report.page.options import PageOptions

if TYPE_CHECKING:
    from tradekit_report.page.market import Market

__all__ = ["HtmlReporter"]


class HtmlReporter(Reporter):
    """Write `report.html`: one page with charts, figures, trades, and what they rest on, in one file that needs no network."""

    name = "html"

    class Options(PageOptions):
        """What the page holds."""

    _market: Market | None = None

    def begin(self, start: RunStart) -> None:
        """Keep the bars and indicators for the price chart."""
        if start.mode == "backtest" and start.values is not None:
            from tradekit_report.page.market import Market

            self._market = Market(start.bars, start.values)

    def report(self, result: Result, folder: Path) -> str:
        """Write the page into the run's folder, and say where it is."""
        # Imported here, because a run without this reporter needs neither Jinja nor pictures.
        from tradekit_report.page.report import report_page

        gone = "" if result.mode == "backtest" else f"The market of a run in mode {result.mode!r} is not kept."
        page = report_page(result, self.options, self._market, gone)
        (folder / "report.html").write_text(page, encoding="utf-8", newline="\n")
        return "the report is report.html in the run's folder"
