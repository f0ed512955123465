"""What this package adds to tradekit."""

from tradekit import Reporter, hookimpl
from tradekit_report.markdown.reporter import MarkdownReporter
from tradekit_report.png.reporter import PngReporter
from tradekit_report.reporter import HtmlReporter

TRADEKIT_API = 1


@hookimpl
def tradekit_reporters() -> list[type[Reporter]]:
    """Write reports."""
    return [HtmlReporter, MarkdownReporter, PngReporter]
