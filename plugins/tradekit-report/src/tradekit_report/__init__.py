"""Reports of tradekit's runs: one page, pictures, Markdown, and runs side by side.

`plot(result)` shows the page of a run in a notebook. It is loaded when it is first used: every run imports this package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradekit_report.notebook import Plot as Plot
    from tradekit_report.notebook import plot as plot
    from tradekit_report.page.options import PageOptions as PageOptions

__all__ = ["PageOptions", "Plot", "plot"]

_HOMES = {"Plot": "tradekit_report.notebook", "plot": "tradekit_report.notebook", "PageOptions": "tradekit_report.page.options"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'tradekit_report' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
