"""`[data.policy]` and `[data.quality]`: what a run wants done about the defects of its data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from tradekit.data.quality.finding import CHECKS
from tradekit.errors import nearest
from tradekit.plugin.options import Options

__all__ = ["Policy", "Quality", "Waiver"]


class Policy(Options):
    """What to do with bars that can't be right, and with those that are missing.

    By default each kind of defect is refused, and holes are left; every repair is counted and stated.
    """

    missing: Literal["refuse", "drop"] = Field(default="refuse", description="bars with a blank among their values")
    non_finite: Literal["refuse", "drop"] = Field(default="refuse", description="bars with an infinite value")
    non_positive: Literal["refuse", "drop"] = Field(default="refuse", description="bars with a price of 0 or less")
    negative_volume: Literal["refuse", "drop", "zero"] = Field(default="refuse", description="bars with a volume below 0")
    ohlc: Literal["refuse", "drop", "widen"] = Field(
        default="refuse", description="bars whose open or close is not between low and high; widen moves low and high"
    )
    unsorted: Literal["refuse", "sort"] = Field(default="refuse", description="bars that are not in order of time")
    duplicates: Literal["refuse", "first", "last"] = Field(
        default="refuse", description="bars with the same time; first and last say which to keep, in the order of the source"
    )
    overlap: Literal["refuse", "cut"] = Field(
        default="refuse", description="bars that begin before the one before them has ended; cut ends that one earlier"
    )
    off_session: Literal["refuse", "drop"] = Field(
        default="refuse", description="bars at times at which the calendar of their instrument has no session"
    )
    spacing: Literal["refuse", "accept"] = Field(
        default="refuse", description="a series in which no two bars are one interval apart, so that the interval seems to be wrong"
    )
    gaps: Literal["refuse", "hole", "fill", "interpolate"] = Field(
        default="hole",
        description="bars that are missing, by the calendar of their instrument, between its first and its last; hole leaves them "
        "out, fill repeats the last close with volume 0, interpolate goes straight to the next open, which looks ahead",
    )


class Waiver(Options):
    """A finding that is known and accepted."""

    check: str = Field(description="name of the finding, such as 'split-like-jump'")
    instrument: str | None = Field(default=None, min_length=1, description="symbol that it is about; without it, all of them")
    reason: str = Field(default="", description="why it is no fault; stands in the result")

    @field_validator("check")
    @classmethod
    def _is_waivable(cls, value: str) -> str:
        free = [name for name, check in CHECKS.items() if not check.policy]
        known = CHECKS.get(value)
        if known is not None and known.policy:
            raise ValueError(f"{value!r} can't be waived; [data.policy] {known.policy} says what is done about it")
        if value not in free:
            raise ValueError(f"no check is called {value!r}; allowed: {', '.join(map(repr, free))}{nearest(value, free)}")
        return value

    def covers(self, check: str, symbol: str) -> bool:
        """Return whether it is about this finding."""
        return check == self.check and self.instrument in (None, symbol)


class Quality(Options):
    """What a run demands of its data, and what it knows about them."""

    min_quality: float | None = Field(
        default=None, ge=0, le=100, description="the least score, from 0 to 100, that the data of each instrument must reach"
    )
    waive: tuple[Waiver, ...] = Field(
        default=(), description="findings that are known and accepted: `check`, and where wanted `instrument` and `reason`"
    )
