"""A check, and the running of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tradekit_report.sanity.evidence import Evidence
from tradekit_report.sanity.findings import Finding, Verdict

__all__ = ["Check", "Measured", "Unknown", "run_checks"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, in words, and whether it is doubtful."""

    value: str
    is_doubtful: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why nothing could be measured, in words."""

    why: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, the option that holds its threshold, how it measures, its rule and its advice."""

    name: str
    title: str
    option: str
    measure: Callable[[Evidence], Measured | Unknown]
    rule: str
    """With the thresholds by their names in braces."""
    advice: str

    def run(self, evidence: Evidence) -> Finding:
        """Return what it finds."""
        found = self.measure(evidence)
        verdict: Verdict = "unknown" if isinstance(found, Unknown) else "doubtful" if found.is_doubtful else "fine"
        value = found.why if isinstance(found, Unknown) else found.value
        rule = self.rule.format(**evidence.limits.model_dump())
        return Finding(self.name, self.title, verdict, rule, value, self.advice, self.option)


def run_checks(checks: Iterable[Check], evidence: Evidence) -> tuple[Finding, ...]:
    """Return what all checks find, the doubtful ones first."""
    found = [check.run(evidence) for check in checks]
    return tuple(sorted(found, key=lambda one: ("doubtful", "fine", "unknown").index(one.verdict)))
