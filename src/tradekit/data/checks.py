"""What is wrong with a series of bars, and what the run file's policy does about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tradekit.data.calendars import is_off_session
from tradekit.data.interval import DAY, interval_text, time_text
from tradekit.data.sound import is_sound
from tradekit.errors import DataError
from tradekit.model.bars import BAR_COLUMNS, PRICE_COLUMNS, Series, Times
from tradekit.model.reference import SessionTimes
from tradekit.plugin.options import Options

__all__ = ["Policy", "check_form", "check_series", "check_spacing"]

_SHOWN = 5
_MANY = 1000
_FEW = 3
"""With fewer bars, none of them may be next to another by chance, such as a Friday and a Monday."""


class Policy(Options):
    """What to do with bars that can't be right. By default each kind of defect is refused; every repair is counted and stated."""

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


@dataclass(slots=True)
class _Inspection:
    """A series on its way through the checks, and what has been found and done."""

    symbol: str
    series: Series
    policy: Policy
    rows: Times
    refused: list[str] = field(default_factory=list)
    ways_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find(self, kind: str, what: str, bad: NDArray[np.bool_]) -> str:
        """Take note of defects and return what the policy wants done about them, or an empty string."""
        count = int(np.count_nonzero(bad))
        if not count:
            return ""
        choice: str = getattr(self.policy, kind)
        if choice == "refuse":
            self.refused.append(f"{_bars(count)} with {what}{self._shown(np.flatnonzero(bad)[:_SHOWN], count)}")
            allowed = get_args(Policy.model_fields[kind].annotation)[1:]
            self.ways_out.append(f"{kind} = {' or '.join(repr(name) for name in allowed)}")
            return ""
        return choice

    def note(self, count: int, done: str, what: str, kind: str) -> None:
        """Put one sentence into the result."""
        self.notes.append(f"{self.symbol}: {_bars(count)} {done}: {what} (policy {kind} = {getattr(self.policy, kind)!r})")

    def take(self, index: NDArray[np.bool_] | Times) -> None:
        """Keep or reorder bars."""
        columns = {name: getattr(self.series, name)[index] for name in BAR_COLUMNS}
        self.series = replace(self.series, **columns)
        self.rows = self.rows[index]

    def _shown(self, positions: Times, count: int) -> str:
        lines = [f"\n    bar {self.rows[at] + 1}, {time_text(self.series.open_time[at])}: {self._values(at)}" for at in positions]
        return ":" + "".join(lines) + (f"\n    and {count - len(lines)} more" if count > len(lines) else "")

    def _values(self, at: int) -> str:
        return ", ".join(f"{name} {getattr(self.series, name)[at]:.10g}" for name in PRICE_COLUMNS)


def check_series(
    symbol: str, series: Series, policy: Policy, rows: Times | None = None, calendar: SessionTimes | None = None
) -> tuple[Series, tuple[str, ...]]:
    """Return a series that is fit for use, and one sentence for each repair that `policy` asked for.

    `rows` are the positions that the bars had in their source, for messages; with a `calendar`, bars must lie in its sessions.
    Raises `DataError` with the number of bars of each kind of defect and the first of them, if there is any that the policy does
    not repair.
    """
    found = _Inspection(symbol, series, policy, np.arange(len(series)) if rows is None else rows)
    checks = (_check_missing, _check_finite, _check_positive, _check_volume, _check_ohlc, _check_order, _check_overlap)
    for check in () if is_sound(series) else checks:
        check(found)
    if calendar is not None:
        what = f"no session of calendar {calendar.name!r} at their time"
        _drop(found, "off_session", what, is_off_session(found.series, calendar))
    if found.refused:
        listed = "".join(f"\n  {entry}" for entry in found.refused)
        raise DataError(
            f"the bars of {symbol!r} from {series.origin or 'its source'!r} are refused{listed}\n"
            f"mend them at their source, or name a policy that the result will state: [data.policy] {', '.join(found.ways_out)}"
        )
    return found.series, tuple(found.notes)


def _drop(found: _Inspection, kind: str, what: str, bad: NDArray[np.bool_]) -> str:
    """Drop what the policy wants dropped; return any other choice that it makes."""
    choice = found.find(kind, what, bad)
    if choice == "drop":
        found.take(~bad)
        found.note(int(np.count_nonzero(bad)), "dropped", what, kind)
    return choice


def _check_missing(found: _Inspection) -> None:
    _drop(found, "missing", "a value missing", _any(found.series, np.isnan, PRICE_COLUMNS))


def _check_finite(found: _Inspection) -> None:
    _drop(found, "non_finite", "an infinite value", _any(found.series, np.isinf, PRICE_COLUMNS))


def _check_positive(found: _Inspection) -> None:
    _drop(found, "non_positive", "a price of 0 or less", _any(found.series, lambda column: column <= 0.0, PRICE_COLUMNS[:4]))


def _check_volume(found: _Inspection) -> None:
    bad = found.series.volume < 0.0
    if _drop(found, "negative_volume", "a volume below 0", bad) == "zero":
        found.series = replace(found.series, volume=np.where(bad, 0.0, found.series.volume))
        found.note(int(np.count_nonzero(bad)), "given volume 0", "a volume below 0", "negative_volume")


def _check_ohlc(found: _Inspection) -> None:
    bars = found.series
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    # With a missing value each comparison is false: such a bar has been reported already.
    bad = (bars.high < top) | (bars.low > bottom) | (bars.high < bars.low)
    if _drop(found, "ohlc", "open or close not between low and high", bad) == "widen":
        high, low = np.maximum(top, np.maximum(bars.high, bars.low)), np.minimum(bottom, np.minimum(bars.high, bars.low))
        found.series = replace(bars, high=np.where(bad, high, bars.high), low=np.where(bad, low, bars.low))
        found.note(int(np.count_nonzero(bad)), "widened", "open or close not between low and high", "ohlc")


def _check_order(found: _Inspection) -> None:
    """Look for bars out of order, and for times that are there twice; in that order, because equal times are found side by side."""
    steps = np.diff(found.series.open_time)
    is_backward = np.concatenate(([False], steps < 0))
    count = int(np.count_nonzero(is_backward))
    what = "a time before that of the bar above"
    if count and count == len(steps):
        what += " (the newest come first)"
    choice = found.find("unsorted", what, is_backward)
    order = np.argsort(found.series.open_time, kind="stable") if count else None
    if choice == "sort" and order is not None:
        found.take(order)
        found.note(count, "sorted", what, "unsorted")
        order = None
    _check_duplicates(found, order)


def _check_duplicates(found: _Inspection, order: Times | None) -> None:
    times = found.series.open_time if order is None else found.series.open_time[order]
    again = np.concatenate(([False], np.diff(times) == 0))
    bad = again
    if order is not None:
        bad = np.empty_like(again)
        bad[order] = again
    what = "the time of another bar"
    choice = found.find("duplicates", what, bad)
    if choice and order is None:
        # The bars of one time are neighbours: drop all but the first, or all but the last.
        found.take(~again if choice == "first" else ~np.concatenate((again[1:], [False])))
        found.note(int(np.count_nonzero(again)), "dropped", what, "duplicates")


def _check_overlap(found: _Inspection) -> None:
    bars = found.series
    steps = np.diff(bars.open_time)
    if (steps <= 0).any():
        return
    early = np.concatenate((bars.open_time[1:] < bars.close_time[:-1], [False]))
    if not early.any():
        return
    interval = int(bars.close_time[0] - bars.open_time[0])
    what = f"an end after the next one's beginning (they are {interval_text(interval)} long, and {_commonest(steps)}"
    what += "; if they begin at midnight of some place, set tz)" if interval % DAY == 0 else ")"
    if found.find("overlap", what, early) == "cut":
        found.series = replace(bars, close_time=np.where(early, np.append(bars.open_time[1:], 0), bars.close_time))
        found.note(int(np.count_nonzero(early)), "ended earlier", "an end after the next one's beginning", "overlap")


def check_spacing(symbol: str, series: Series, interval: int, policy: Policy) -> None:
    """Raise `DataError` if no two bars follow each other after `interval` nanoseconds, which is then not theirs."""
    if policy.spacing == "accept" or len(series) < _FEW:
        return
    for times in (series.open_time[:_MANY], series.open_time):  # nearly always the first bars will do
        if (np.abs(np.diff(times)) == interval).any():
            return
    steps = np.diff(np.unique(series.open_time)).astype(np.int64, copy=False)
    if len(steps) and not (steps == interval).any():
        raise DataError(
            f"no two bars of {symbol!r} from {series.origin or 'its source'!r} are {interval_text(interval)} apart; "
            f"{_commonest(steps)}; set interval to what they are, or [data.policy] spacing = 'accept'"
        )


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


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count:,} bars"
