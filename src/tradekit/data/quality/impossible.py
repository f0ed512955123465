"""Bars that can't be right, and what the policy does about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.calendars import is_off_session
from tradekit.data.interval import DAY, interval_text, time_text
from tradekit.data.quality.finding import CHECKS, Finding, counted
from tradekit.data.quality.policy import Policy
from tradekit.data.sound import is_sound
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Series, Times
from tradekit.model.reference import SessionTimes

__all__ = ["Mended", "check_form", "check_spacing", "find_spacing", "mend"]

_SHOWN = 5
_MANY = 1000
_FEW = 3
"""With fewer bars, none of them may be next to another by chance, such as a Friday and a Monday."""
_NO_TWO = "no two bars"
_DONE = {
    "drop": "dropped",
    "zero": "given volume 0",
    "widen": "widened",
    "sort": "sorted",
    "first": "dropped",
    "last": "dropped",
    "cut": "ended earlier",
}
"""What the choices of a policy do, in words."""
_SO_AS_TO_GO_ON = {"unsorted": "sort", "duplicates": "first", "overlap": "cut"}
"""What is done about what is refused, so that the rest can be looked at; all else is dropped."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A series without the bars that can't be right, and what was found and done."""

    series: Series
    findings: tuple[Finding, ...]
    """Each of them refused or repaired."""


@dataclass(slots=True)
class _Inspection:
    """A series on its way through the checks, and what has been found and done."""

    series: Series
    policy: Policy
    rows: Times
    findings: list[Finding] = field(default_factory=list)

    def find(self, check: str, what: str, bad: NDArray[np.bool_], detail: str = "") -> str:
        """Take note of defects and return what is to be done about them, or an empty string."""
        count = int(np.count_nonzero(bad))
        if not count:
            return ""
        key = CHECKS[check].policy
        choice: str = getattr(self.policy, key)
        times = self.series.open_time[bad]
        if choice == "refuse":
            shown = self._shown(np.flatnonzero(bad)[:_SHOWN])
            self.findings.append(Finding(check, count, f"{counted(count)} with {what}{detail}", times, "refused", shown))
            return _SO_AS_TO_GO_ON.get(check, "drop")
        said = f"{counted(count)} {_DONE[choice]}: {what} (policy {key} = {choice!r})"
        self.findings.append(Finding(check, count, said, times, "repaired"))
        return choice

    def take(self, index: NDArray[np.bool_] | Times) -> None:
        """Keep or reorder bars."""
        columns = {name: getattr(self.series, name)[index] for name in BAR_COLUMNS}
        self.series = replace(self.series, **columns)
        self.rows = self.rows[index]

    def _shown(self, positions: Times) -> tuple[str, ...]:
        return tuple(f"bar {self.rows[at] + 1}, {time_text(self.series.open_time[at])}: {self._values(at)}" for at in positions)

    def _values(self, at: int) -> str:
        return ", ".join(f"{name} {getattr(self.series, name)[at]:.10g}" for name in PRICE_COLUMNS)


def mend(series: Series, policy: Policy, rows: Times | None = None, calendar: SessionTimes | None = None) -> Mended:
    """Return a series whose bars are possible, and what was found on the way.

    `rows` are the positions that the bars had in their source, for messages; with a `calendar`, bars must lie in its sessions.
    What `policy` refuses is left out, too, and is among the findings as refused: a run must not go on with it.
    """
    found = _Inspection(series, policy, np.arange(len(series)) if rows is None else rows)
    checks = (_check_missing, _check_finite, _check_positive, _check_volume, _check_ohlc, _check_order, _check_overlap)
    for check in () if is_sound(series) else checks:
        check(found)
    if calendar is not None and len(found.series):
        what = f"no session of calendar {calendar.name!r} at their time"
        _drop(found, "off-session", what, is_off_session(found.series, calendar))
    return Mended(found.series, tuple(found.findings))


def _drop(found: _Inspection, check: str, what: str, bad: NDArray[np.bool_]) -> str:
    """Drop what is to be dropped; return any other choice that the policy makes."""
    choice = found.find(check, what, bad)
    if choice == "drop":
        found.take(~bad)
    return choice


def _check_missing(found: _Inspection) -> None:
    _drop(found, "missing", "a value missing", _any(found.series, np.isnan, PRICE_COLUMNS))


def _check_finite(found: _Inspection) -> None:
    _drop(found, "non-finite", "an infinite value", _any(found.series, np.isinf, PRICE_COLUMNS))


def _check_positive(found: _Inspection) -> None:
    _drop(found, "non-positive", "a price of 0 or less", _any(found.series, lambda column: column <= 0.0, PRICE_COLUMNS[:4]))


def _check_volume(found: _Inspection) -> None:
    bad = found.series.volume < 0.0
    if _drop(found, "negative-volume", "a volume below 0", bad) == "zero":
        found.series = replace(found.series, volume=np.where(bad, 0.0, found.series.volume))


def _check_ohlc(found: _Inspection) -> None:
    bars = found.series
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    bad = (bars.high < top) | (bars.low > bottom) | (bars.high < bars.low)
    if _drop(found, "ohlc", "open or close not between low and high", bad) == "widen":
        high, low = np.maximum(top, np.maximum(bars.high, bars.low)), np.minimum(bottom, np.minimum(bars.high, bars.low))
        found.series = replace(bars, high=np.where(bad, high, bars.high), low=np.where(bad, low, bars.low))


def _check_order(found: _Inspection) -> None:
    """Look for bars out of order, and then, when equal times are neighbours, for times that are there twice."""
    is_backward = _steps(found.series) < 0
    count = int(np.count_nonzero(is_backward))
    what = "a time before that of the bar above"
    if count and count == len(found.series) - 1:
        what += " (the newest come first)"
    if found.find("unsorted", what, is_backward):
        found.take(np.argsort(found.series.open_time, kind="stable"))
    again = _steps(found.series) == 0
    if choice := found.find("duplicates", "the time of another bar", again):
        # The bars of one time are neighbours: drop all but the first, or all but the last.
        found.take(~again if choice == "first" else ~np.concatenate((again[1:], [False])))


def _check_overlap(found: _Inspection) -> None:
    bars = found.series
    early = np.concatenate((bars.open_time[1:] < bars.close_time[:-1], [False])) if len(bars) else np.zeros(0, dtype=np.bool_)
    if not early.any():
        return
    interval = int(bars.close_time[0] - bars.open_time[0])
    detail = f" (they are {interval_text(interval)} long, and {_commonest(np.diff(bars.open_time))}"
    detail += "; if they begin at midnight of some place, set tz)" if interval % DAY == 0 else ")"
    found.find("overlap", "an end after the next one's beginning", early, detail)
    found.series = replace(bars, close_time=np.where(early, np.append(bars.open_time[1:], 0), bars.close_time))


def _steps(series: Series) -> Times:
    """Return how long after the one before it each bar opens; 1 for the first."""
    steps = np.ones(len(series), dtype=np.int64)
    steps[1:] = np.diff(series.open_time)
    return steps


def find_spacing(series: Series, interval: int, policy: Policy) -> Finding | None:
    """Return what is to be said if no two bars follow each other after `interval` nanoseconds, which is then not theirs."""
    if policy.spacing == "accept" or len(series) < _FEW:
        return None
    for times in (series.open_time[:_MANY], series.open_time):  # nearly always the first bars will do
        if (np.abs(np.diff(times)) == interval).any():
            return None
    steps = np.diff(np.unique(series.open_time)).astype(np.int64, copy=False)
    if not len(steps) or (steps == interval).any():
        return None
    what = f"{_NO_TWO} are {interval_text(interval)} apart; {_commonest(steps)}"
    return Finding("spacing", len(series), what, series.open_time, "refused")


def check_spacing(symbol: str, series: Series, interval: int, policy: Policy) -> None:
    """Raise `DataError` for what `find_spacing` finds."""
    found = find_spacing(series, interval, policy)
    if found is not None:
        what = f"{_NO_TWO} of {symbol!r} from {series.origin or 'its source'!r}{found.what.removeprefix(_NO_TWO)}"
        raise DataError(f"{what}; set interval to what they are, or [data.policy] spacing = 'accept'")


def _commonest(steps: Times) -> str:
    values, counts = np.unique(steps, return_counts=True)
    return f"the commonest step from one to the next is {interval_text(int(values[counts.argmax()]))}"


def check_form(symbol: str, series: Series) -> Series:
    """Return the series with arrays of the promised types; raise `DataError` if a source broke the promise."""
    columns: dict[str, Any] = {}
    for name in BAR_COLUMNS:
        array = np.asarray(getattr(series, name))
        expected = np.int64 if name.endswith("_time") else np.float64
        if array.shape != (len(series),) or not np.can_cast(array.dtype, expected, casting="safe"):
            shown = f"{array.dtype} of shape {array.shape}"
            raise DataError(f"{name} of {symbol!r} is {shown}; a source gives {expected.__name__} of shape ({len(series)},)")
        columns[name] = array.astype(expected, copy=False)
    if (columns["close_time"] <= columns["open_time"]).any():
        raise DataError(f"a bar of {symbol!r} from {series.origin or 'its source'!r} closes before it opens")
    return replace(series, **columns)


def _any(series: Series, is_bad: Callable[[NDArray[np.float64]], NDArray[np.bool_]], names: tuple[str, ...]) -> NDArray[np.bool_]:
    bad = np.zeros(len(series), dtype=np.bool_)
    seen: set[int] = set()
    for name in names:
        column = getattr(series, name)
        if id(column) not in seen:
            seen.add(id(column))
            bad |= is_bad(column)
    return bad
