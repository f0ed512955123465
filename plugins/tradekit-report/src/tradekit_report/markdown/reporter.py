"""The reporter that writes a report in Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tradekit import Field, Reporter, Result, RunError, RunStart
from tradekit_report.figures import FigureOptions
from tradekit_report.sanity import Thresholds

if TYPE_CHECKING:
    from tradekit import Bars

__all__ = ["MarkdownReporter"]


class MarkdownReporter(Reporter):
    """Write `report.md`: the figures of the page as Markdown, for a pull request, a wiki or a terminal."""

    name = "markdown"

    class Options(FigureOptions):
        """What the report holds."""

        trades: int = Field(default=5, ge=0, le=1000, description="how many of the best and of the worst trades to list")
        checks: Thresholds = Field(default=Thresholds(), description="from where on each check of the result is doubtful")

    _bars: Bars | None = None

    def begin(self, start: RunStart) -> None:
        """Keep the bars, which some checks look at."""
        self._bars = start.bars

    def report(self, result: Result, folder: Path) -> str:
        """Write the report into the run's folder, and say where it is. Raises `RunError` if it can't be written."""
        # Imported here, because a run without this reporter needs no report.
        from tradekit_report.figures import figures_of
        from tradekit_report.markdown.document import document
        from tradekit_report.sanity import check

        figures = figures_of(result, self.options)
        findings = check(result, figures, self.options.checks, self._bars)
        path = folder / "report.md"
        try:
            path.write_text(document(result, figures, findings, self.options.trades), encoding="utf-8", newline="\n")
        except OSError as error:
            raise RunError(f"report {str(path)!r} can't be written: {error.strerror}") from error
        return "the report is report.md in the run's folder"
