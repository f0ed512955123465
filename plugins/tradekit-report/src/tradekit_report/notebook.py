"""A run's page in a notebook."""

from __future__ import annotations

from html import escape
from pathlib import Path

from tradekit import Result, TradekitError, read_market
from tradekit_report.page.market import Market
from tradekit_report.page.options import PageOptions
from tradekit_report.page.report import report_page

__all__ = ["Plot", "plot"]


class Plot:
    """The page of a run: a notebook shows it, and `save` writes it to a file."""

    def __init__(self, page: str, height: int) -> None:
        self.page = page
        self.height = height

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, in which nothing but its script may run."""
        frame = f'srcdoc="{escape(self.page, quote=True)}" sandbox="allow-scripts allow-modals" title="report of a run"'
        return f'<iframe {frame} width="100%" height="{self.height}" style="border: 1px solid #8884; border-radius: 8px"></iframe>'

    def save(self, path: str | Path) -> None:
        """Write the page to a file."""
        Path(path).write_text(self.page, encoding="utf-8", newline="\n")


def plot(result: Result, folder: str | Path | None = None, height: int = 800, options: PageOptions | None = None) -> Plot:
    """Return the page of a run, as a notebook shows it, `height` pixels high.

    The bars are read again from where the run had them: `folder` is where the run file was, the current folder if it isn't given.
    Where they are gone, or others by now, the page says so in place of the price chart.
    """
    try:
        found = read_market(result, folder)
    except TradekitError as error:
        return Plot(report_page(result, options, None, f"There is no price chart: {error}."), height)
    return Plot(report_page(result, options, Market(found.bars, found.values)), height)
