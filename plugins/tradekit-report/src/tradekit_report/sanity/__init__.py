"""Diagnostics: what about a result should make its reader doubt it.

`check(result, figures, thresholds, bars)` returns one `Finding` for each check, the doubtful ones first.
"""

from tradekit_report.sanity.every import check
from tradekit_report.sanity.findings import Finding, Thresholds

__all__ = ["Finding", "Thresholds", "check"]
