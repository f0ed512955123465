"""What guards say: which part of a training knows what it must not, and how that was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tradekit import RunError

__all__ = ["Finding", "LeakError", "refuse_leaks", "time_text"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One leak."""

    guard: str
    """Which guard saw it: `prefix`, `poison`, `label`, `split`, `fit`, `placebo` or `score`."""
    culprit: str
    """What leaks: a feature, the label, a split, or the model, by its name."""
    message: str
    """How it was seen, with the figures, and the way out."""

    def __str__(self) -> str:
        return f"{self.culprit} {self.message}"


class LeakError(RunError):
    """A training that would learn from what it can't know; `findings` has all that was found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        more = f" (and {len(findings) - 1} more: {', '.join(one.culprit for one in findings[1:6])})" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}")


def refuse_leaks(findings: Sequence[Finding]) -> None:
    """Raise `LeakError` if there is any finding."""
    if findings:
        raise LeakError(findings)


def time_text(time: int) -> str:
    """Return UTC nanoseconds as ISO 8601, to the second."""
    return f"{np.datetime64(int(time), 'ns')}".partition(".")[0] + "Z"
