"""What a check finds, and the thresholds of all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import tradekit

__all__ = ["Finding", "Thresholds", "Verdict"]

Verdict = Literal["fine", "doubtful", "unknown"]
"""`unknown`: it could not be measured; `Finding.value` says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    """The check's name, such as `few-trades`."""
    title: str
    """What is doubtful if it is, in a few words."""
    verdict: Verdict
    rule: str
    """What is measured and when it is doubtful, with the threshold: one sentence."""
    value: str
    """What was measured, in words and with its unit; why not, where it could not be."""
    advice: str
    """What to do about it: one sentence."""
    option: str
    """The key of the threshold among the options; empty if there is none."""


class Thresholds(tradekit.Options):
    """From where on each check is doubtful."""
