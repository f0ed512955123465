"""What a check of data found, and the score of a data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from tradekit.data.interval import time_text
from tradekit.model.bars import Times

__all__ = ["CHECKS", "Check", "Finding", "Verdict", "counted", "score_of"]

Verdict = Literal["refused", "repaired", "waived", "noted"]
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked for."""

    of: tuple[str, ...]
    """The kinds of data in which it is looked for: `bars`, `trades`, `quotes`, `book`."""
    is_wrong: bool
    """Whether it makes a result wrong, so that a run refuses it unless it is repaired or waived."""
    rule: str
    """What is found, in words."""
    policy: str = ""
    """The key of `[data.policy]` that decides what is done about it; without one, it can be waived."""


def _impossible(key: str, rule: str) -> Check:
    return Check(("bars",), True, rule, key)


CHECKS: dict[str, Check] = {
    "missing": _impossible("missing", "a blank among the values of a bar"),
    "non-finite": _impossible("non_finite", "an infinite value"),
    "non-positive": _impossible("non_positive", "a price of 0 or less"),
    "negative-volume": _impossible("negative_volume", "a volume below 0"),
    "ohlc": _impossible("ohlc", "open or close not between low and high"),
    "unsorted": _impossible("unsorted", "a time before that of the bar above"),
    "duplicates": _impossible("duplicates", "the time of another bar"),
    "overlap": _impossible("overlap", "a bar that begins before the one before it has ended"),
    "off-session": _impossible("off_session", "a bar at a time at which the instrument's calendar has no session"),
    "spacing": _impossible("spacing", "no two bars are one interval apart"),
    "gaps": Check(("bars",), False, "bars missing between the first and the last, by the trading calendar", "gaps"),
    "wrong-scale": Check(("bars", "trades", "quotes"), True, "prices 2 times or more, or half or less, of those before and after"),
    "split-like-jump": Check(("bars",), True, "a jump of n:1 or 1:n between two bars that no split or dividend explains"),
    "split-not-in-prices": Check(("bars",), True, "a split by which prices did not change"),
    "dividend-not-in-prices": Check(("bars",), True, "a dividend of 5 % or more by which prices did not fall"),
    "repeated-block": Check(("bars",), True, "three or more bars in a row that are there again under other times"),
    "outlier": Check(("bars", "trades", "quotes"), False, "a price far from those before and after, which agree"),
    "stale": Check(("bars",), False, "a run of bars that all repeat the last close, longer than chance makes them"),
    "no-trades": Check(("bars",), False, "flat bars without volume, in data that has volumes"),
    "missing-volume": Check(("bars",), False, "no volume though the price moved, in data that has volumes"),
    "volume-spike": Check(("bars",), False, "a volume out of all proportion to those around it"),
    "filler": Check(("bars",), False, "flat bars without volume while a second series traded"),
    "differs": Check(("bars",), False, "prices or volumes other than those of a second series"),
    "crossed": Check(("quotes", "book"), True, "a bid above the ask"),
    "locked": Check(("quotes", "book"), False, "a bid that equals the ask"),
    "wide-spread": Check(("quotes",), False, "a spread out of all proportion to those around it"),
    "one-sided": Check(("quotes",), False, "no bid or no ask"),
    "repeated": Check(("trades",), False, "the same trade again, with its number"),
    "number-twice": Check(("trades",), True, "the number of another trade"),
    "number-gaps": Check(("trades",), False, "numbers of trades that are skipped"),
    "sequence-back": Check(("book",), True, "a sequence number below the one before it"),
}
"""Everything that is looked for, by the name under which it is found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found in one data set."""

    check: str
    count: int
    """How many rows it concerns; of `gaps`, how many are missing."""
    what: str
    """A sentence without a full stop: how many, what, where."""
    times: Times
    """The time of each row, int64 UTC nanoseconds."""
    verdict: Verdict = "noted"
    shown: tuple[str, ...] = ()
    """The first rows, with their values."""
    reason: str = ""
    """Why it was waived."""

    def facts(self) -> dict[str, Any]:
        """Return what stands in a result's data entry."""
        found: dict[str, Any] = {"check": self.check, "verdict": self.verdict, "count": self.count, "what": self.what}
        found["at"] = [time_text(time) for time in self.times[:_SHOWN].tolist()]
        return found | ({"reason": self.reason} if self.verdict == "waived" else {})

    def judged(self, verdict: Verdict, reason: str = "") -> Finding:
        """Return the same with another verdict."""
        return replace(self, verdict=verdict, reason=reason)


def score_of(findings: Iterable[Finding], rows: int) -> float:
    """Return the score of a data set of `rows` rows as read, from 0 to 100, cut to two decimals.

    It is 100 times the share of rows that no finding concerns, of those there are and those missing, halved for each check whose
    finding makes a result wrong and is not repaired. What is waived does not count, and the order of rows concerns none by itself.
    """
    counting = [finding for finding in findings if finding.verdict != "waived"]
    missing = sum(finding.count for finding in counting if finding.check == "gaps")
    touched = [finding.times for finding in counting if finding.check not in ("gaps", "unsorted")]
    bad = len(np.unique(np.concatenate(touched))) if touched else 0
    total = rows + missing
    share = max(0.0, 1.0 - (bad + missing) / total) if total else 0.0
    wrong = sum(1 for finding in counting if finding.verdict == "refused")
    return float(np.floor(100 * share * 0.5**wrong * 100 + 1e-9) / 100)


def counted(count: int, noun: str = "bar") -> str:
    """Return a number of things in words.

    >>> counted(1), counted(1234, "trade")
    ('1 bar', '1,234 trades')
    """
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"
