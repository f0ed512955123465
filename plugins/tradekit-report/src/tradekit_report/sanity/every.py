"""All checks."""

from __future__ import annotations

from tradekit import Bars, Result
from tradekit_report.figures import Figures
from tradekit_report.sanity import outcomes, trading
from tradekit_report.sanity.check import run_checks
from tradekit_report.sanity.evidence import Evidence
from tradekit_report.sanity.findings import Finding, Thresholds

__all__ = ["CHECKS", "check"]

CHECKS = (*outcomes.CHECKS, *trading.CHECKS)


def check(result: Result, figures: Figures, thresholds: Thresholds | None = None, bars: Bars | None = None) -> tuple[Finding, ...]:
    """Return what each check finds, the doubtful ones first, and last what could not be measured.

    `bars` are those that a backtest ran on, where they are at hand: without them prices and volumes at fills are not looked at.
    """
    known = bars if result.mode == "backtest" else None
    return run_checks(CHECKS, Evidence(result, figures, thresholds or Thresholds(), known))
