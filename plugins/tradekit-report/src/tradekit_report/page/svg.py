"""Charts as inline SVG: no script draws them, they print, and the page's colours are theirs through classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from tradekit_report.page.levels import envelope

__all__ = ["Plot", "nice_ticks", "span_of", "time_ticks"]

Floats = NDArray[np.float64]
Ticks = Sequence[tuple[float, str]]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TEXT = 13
_DAY = 86_400_000_000_000


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers from `low` to `high`, about as many as `most`."""
    if not high > low:
        return [low]
    raw = (high - low) / max(most, 1)
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * one for one in _STEPS if size * one >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def time_ticks(first: int, last: int, most: int = 7) -> list[tuple[float, str]]:
    """Return moments in UTC nanoseconds at which a year, a month or a day begins, with what they are called."""
    days = (last - first) / _DAY
    for unit, steps in (("D", (1, 2, 7, 14)), ("M", (1, 2, 3, 6)), ("Y", (1, 2, 5, 10, 20, 50))):
        length = {"D": 1.0, "M": 30.4, "Y": 365.25}[unit]
        for step in steps:
            if days / (length * step) <= most:
                return _time_ticks(first, last, unit, step)
    return []


def _time_ticks(first: int, last: int, unit: str, step: int) -> list[tuple[float, str]]:
    start = int(np.array(first, "datetime64[ns]").astype(f"datetime64[{unit}]").astype(np.int64))
    found = []
    for k in range(start - start % step, start + 100_000, step):
        moment = np.array(k).astype(f"datetime64[{unit}]")
        at = int(moment.astype("datetime64[ns]").astype(np.int64))
        if at > last:
            break
        if at >= first:
            found.append((float(at), _name(moment, unit)))
    return found


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _name(moment: NDArray[np.datetime64], unit: str) -> str:
    year, month, day = (int(part) for part in str(moment.astype("datetime64[D]")).lstrip("-").split("-"))
    if unit == "Y" or (unit == "M" and month == 1):
        return str(year)
    return _MONTHS[month - 1] if unit == "M" else f"{day} {_MONTHS[month - 1]}"


def span_of(*arrays: Floats | None, margin: float = 0.05, include: Sequence[float] = ()) -> tuple[float, float]:
    """Return from where to where a scale goes that holds all finite values, with some room above and below."""
    parts = [array[np.isfinite(array)] for array in arrays if array is not None]
    known = np.concatenate([*parts, np.array(include, dtype=np.float64)])
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = margin * (high - low) or (abs(high) * 0.05 or 1.0)
    return low - room, high + room


class Plot:
    """One chart: two scales, and what is drawn on them, as SVG."""

    def __init__(
        self,
        size: tuple[int, int],
        x: tuple[float, float],
        y: tuple[float, float],
        margin: tuple[int, int, int, int] = (10, 12, 26, 58),
    ) -> None:
        """`margin` is top, right, bottom, left."""
        self.width, self.height = size
        self.top, self.right, self.bottom, self.left = margin
        self.xs, self.ys = x, y
        self._parts: list[str] = []

    def x(self, value: float) -> float:
        """Return where a value is from left to right."""
        low, high = self.xs
        return self.left + (value - low) / ((high - low) or 1.0) * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Return where a value is from top to bottom."""
        low, high = self.ys
        return self.height - self.bottom - (value - low) / ((high - low) or 1.0) * (self.height - self.top - self.bottom)

    def y_axis(self, name: Callable[[float], str], most: int = 5) -> None:
        """Draw a line across for each round number, and name it at the left."""
        for tick in nice_ticks(*self.ys, most):
            at = self.y(tick)
            kind = "zero" if tick == 0 else "grid"
            self._parts.append(f'<path class="{kind}" d="M{self.left} {at:.1f}H{self.width - self.right}"/>')
            self.text(self.left - 8, at + 4.5, name(tick), "end")

    def x_axis(self, ticks: Ticks, is_ruled: bool = False) -> None:
        """Name moments or values below the chart."""
        foot = self.height - self.bottom
        for value, name in ticks:
            at = self.x(value)
            if is_ruled:
                self._parts.append(f'<path class="grid" d="M{at:.1f} {self.top}V{foot}"/>')
            if self.left - 1 <= at <= self.width - self.right + 1:
                anchor = "end" if at > self.width - self.right - 18 else "middle"
                self.text(at, foot + 18, name, anchor)

    def line(self, x: Floats, y: Floats, kind: str) -> None:
        """Draw a line, however long, with all its extremes; it is broken where there is no value."""
        columns = 2 * (self.width - self.left - self.right)
        if len(y) <= columns:
            self._path(x, y, kind)
            return
        # Of each column the lowest and the highest, at the two halves of it.
        step = -(-len(y) // (columns // 2))
        found = envelope(y, max(step, 2))
        places = x[:: found.step]
        half = 0.5 * np.diff(places, append=x[-1])
        self._path(np.column_stack((places, places + half)).ravel(), np.column_stack((found.low, found.high)).ravel(), kind)

    def area(self, x: Floats, y: Floats, kind: str, base: float = 0.0) -> None:
        """Fill what is between a line and `base`."""
        if not len(x):
            return
        columns = self.width - self.left - self.right
        found = envelope(y, max(-(-len(y) // columns), 1))
        far = np.where(np.abs(np.nan_to_num(found.low) - base) >= np.abs(np.nan_to_num(found.high) - base), found.low, found.high)
        places, values = x[:: found.step], np.nan_to_num(far, nan=base)
        points = "L".join(f"{self.x(a):.1f} {self.y(b):.1f}" for a, b in zip(places, values, strict=True))
        foot = self.y(base)
        self._parts.append(f'<path class="{kind}" d="M{self.x(places[0]):.1f} {foot:.1f}L{points}V{foot:.1f}Z"/>')

    def between(self, x: Floats, low: Floats, high: Floats, kind: str) -> None:
        """Fill what is between two lines of a few hundred points."""
        there = [f"{self.x(a):.1f} {self.y(b):.1f}" for a, b in zip(x, high, strict=True)]
        back = [f"{self.x(a):.1f} {self.y(b):.1f}" for a, b in zip(x[::-1], low[::-1], strict=True)]
        self._parts.append(f'<path class="{kind}" d="M{"L".join([*there, *back])}Z"/>')

    def bar(self, left: float, right: float, value: float, kind: str, base: float = 0.0, tip: str = "") -> None:
        """Draw an upright bar from `base` to a value, with a title that tells it."""
        a, b = self.x(left), self.x(right)
        top, foot = sorted((self.y(value), self.y(base)))
        self._rect(a, top, b - a, max(foot - top, 0.5), kind, tip)

    def lying(self, low: float, high: float, value: float, kind: str, tip: str = "") -> None:
        """Draw a bar that lies, from 0 to a value."""
        a, b = sorted((self.x(0.0), self.x(value)))
        top, foot = sorted((self.y(low), self.y(high)))
        self._rect(a, top, max(b - a, 0.5), foot - top, kind, tip)

    def cell(self, x: tuple[float, float], y: tuple[float, float], kind: str, tip: str = "") -> None:
        """Draw a field of a map."""
        a, b = self.x(x[0]), self.x(x[1])
        top, foot = self.y(y[1]), self.y(y[0])
        self._rect(a, top, b - a, foot - top, kind, tip)

    def band(self, first: float, last: float, kind: str) -> None:
        """Shade the chart from one place to another, over its whole height."""
        a, b = self.x(first), self.x(last)
        self._rect(a, self.top, max(b - a, 1.0), self.height - self.top - self.bottom, kind, "")

    def _rect(self, x: float, y: float, width: float, height: float, kind: str, tip: str) -> None:
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._parts.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}">{title}</rect>'
        )

    def dots(self, x: Floats, y: Floats, kind: str, radius: float = 2.5) -> None:
        """Draw dots, in one path; those that would lie within a pixel of one another are one."""
        known = np.isfinite(x) & np.isfinite(y)
        places = {(round(self.x(a)), round(self.y(b))): (a, b) for a, b in zip(x[known].tolist(), y[known].tolist(), strict=True)}
        half = f"a{radius} {radius} 0 1 0 "
        points = "".join(
            f"M{self.x(a) - radius:.1f} {self.y(b):.1f}{half}{2 * radius} 0{half}{-2 * radius} 0" for a, b in places.values()
        )
        if points:
            self._parts.append(f'<path class="{kind}" d="{points}"/>')

    def upright(self, value: float, kind: str, name: str = "") -> None:
        """Draw a line from top to bottom, with its name at the top."""
        at = self.x(value)
        self._parts.append(f'<path class="{kind}" d="M{at:.1f} {self.top}V{self.height - self.bottom}"/>')
        if name:
            # Where a line stands, there is more room on the side that is farther from the middle.
            is_right = (at < self.width * 0.55 and at > self.left + 110) or at > self.width * 0.8
            self.text(at + (-5 if is_right else 5), self.top + 11, name, "end" if is_right else "start")

    def across(self, value: float, kind: str) -> None:
        """Draw a line from left to right."""
        self._parts.append(f'<path class="{kind}" d="M{self.left} {self.y(value):.1f}H{self.width - self.right}"/>')

    def text(self, x: float, y: float, text: str, anchor: str = "start", kind: str = "label") -> None:
        """Write a text."""
        self._parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>')

    def _path(self, x: Floats, y: Floats, kind: str) -> None:
        pieces, is_down = [], False
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            if not math.isfinite(b):
                is_down = False
                continue
            pieces.append(f"{'L' if is_down else 'M'}{self.x(a):.1f} {self.y(b):.1f}")
            is_down = True
        if pieces:
            self._parts.append(f'<path class="{kind}" d="{"".join(pieces)}"/>')

    def render(self, label: str) -> Markup:
        """Return the chart; `label` is what a reader is told who can't see it."""
        return Markup(  # noqa: S704 - all texts in it are escaped
            f'<svg viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(label, quote=True)}" '
            f'font-size="{_TEXT}">{"".join(self._parts)}</svg>'
        )
