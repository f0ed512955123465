"""Diagnostics: what about a result should make its reader doubt it.

`check(result, figures, thresholds, bars)` returns one `Finding` for each check.
"""

from tradekit_report.sanity.findings import Finding, Thresholds

__all__ = ["Finding", "Thresholds"]
