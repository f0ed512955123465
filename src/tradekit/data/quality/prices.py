"""Prices and volumes of bars that are possible, but hardly true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import time_text
from tradekit.data.quality.finding import Finding, counted
from tradekit.model.bars import PRICE_COLUMNS, Floats, Series, Times
from tradekit.model.memory import BLOCK

__all__ = ["Jump", "doubtful_prices", "doubtful_volumes", "jumps", "local_scale", "spikes"]

Rows = NDArray[np.intp]

_FEWEST = 8
"""With fewer bars nothing is usual, so nothing can be unusual."""
_BLOCK = 128
_NORMAL = 1.4826
"""What makes the standard deviation of normal values of their median absolute deviation."""
_SPIKE = 20.0
_VOLUME_SPIKE = 8.0
_BACK = 0.3
_LEAST = 0.005
_STEPS = 10
_SCALE = np.log(20.0)
_ROUNDING = 1e-9
_ODD = np.uint64(0x9E3779B97F4A7C15)
_TWICE = np.log(2.0)
_WICK = np.log(5.0)
_SLACK = 0.03
_LONGEST = 100
_SHARE = 0.5
_RUN = 10
_CHANCE = 0.01
_MOST_STILL = 0.9
_SHOWN = 5


def local_scale(returns: Floats) -> Floats:
    """Return the usual size of returns around each: 1.4826 times the median of their absolute values, by blocks of 128.

    Of a block and its two neighbours the largest counts, and never less than the median of all that are not 0.
    """
    size = np.abs(returns)
    moved = size[size > 0]
    least = float(np.median(moved)) if len(moved) else np.inf
    blocks = len(size) // _BLOCK
    if blocks < 2:
        return np.full(len(size), max(_NORMAL * float(np.median(size)) if len(size) else 0.0, least))
    each = np.median(size[: blocks * _BLOCK].reshape(blocks, _BLOCK), axis=1)
    wide = each.copy()
    wide[1:] = np.maximum(wide[1:], each[:-1])
    wide[:-1] = np.maximum(wide[:-1], each[1:])
    usual = np.maximum(_NORMAL * wide, least)
    return np.concatenate((np.repeat(usual, _BLOCK), np.full(len(size) - blocks * _BLOCK, usual[-1])))


def spikes(values: Floats, least: float, times: float = _SPIKE) -> tuple[Rows, Floats]:
    """Return the rows whose value leaps away and comes back at once, and by how much (in logarithms). Values are above 0.

    A spike is more than `times` the usual change away from the row before and the row after, and these agree to within three tenths
    of that; it is larger than `least`.
    """
    if len(values) < _FEWEST:
        return np.zeros(0, np.intp), np.zeros(0)
    # By blocks: memory that is asked for anew each time takes longer to come than all that is computed here.
    rows = np.concatenate([_leaps(np.log(values[at : at + BLOCK + 2]), least) + at for at in range(0, len(values) - 2, BLOCK)])
    if not len(rows):
        return rows, np.zeros(0)
    change = np.diff(np.log(values))
    there, back = change[:-1], change[1:]
    size = np.minimum(np.abs(there[rows]), np.abs(back[rows]))
    is_spike = (size > times * local_scale(change)[rows]) & (np.abs(there[rows] + back[rows]) < _BACK * size)
    rows, size = rows[is_spike], size[is_spike]
    return rows + 1, np.where(there[rows] > 0, size, -size)


def _leaps(logs: Floats, least: float) -> Rows:
    """Return the rows after which a large change is followed by one the other way: few are, and only those need a closer look."""
    change = np.diff(logs)
    there, back = change[:-1], change[1:]
    rows = np.flatnonzero(np.abs(there) > least)
    return rows[(np.abs(back[rows]) > least) & (there[rows] * back[rows] < 0)]


@dataclass(frozen=True, slots=True)
class Jump:
    """Where one bar lies wholly above or below the one before it, by a factor of two or nearly so."""

    row: int
    factor: float
    """What the price was multiplied by, from the close before to the open."""
    whole: int
    """n, if it is near to n:1 or 1:n; otherwise 0."""


def jumps(series: Series) -> list[Jump]:
    """Return all jumps of a series, in order."""
    if len(series) < 2:
        return []
    apart = (series.low[1:] > series.high[:-1]) | (series.high[1:] < series.low[:-1])
    rows = np.flatnonzero(apart)
    change = np.log(series.open[rows + 1] / series.close[rows])
    inside = np.log(series.close[rows + 1] / series.close[rows])
    is_far = np.minimum(np.abs(change), np.abs(inside)) > _TWICE - _SLACK
    found = []
    for row, size in zip((rows[is_far] + 1).tolist(), change[is_far].tolist(), strict=True):
        ratio = float(np.exp(abs(size)))
        n = round(ratio)
        is_whole = n >= 2 and abs(np.log(ratio / n)) < _SLACK
        found.append(Jump(row, float(np.exp(size)), n if is_whole else 0))
    return found


def doubtful_prices(series: Series, explained: Times) -> Iterator[Finding]:
    """Yield what is doubtful about prices; rows that are `explained` by a split or a dividend jump by right."""
    if len(series) < 2:
        return
    found = [jump for jump in jumps(series) if jump.row not in explained]
    rows, size = spikes(series.close, _LEAST)
    if found or len(rows):
        found = [jump for jump in found if _many_steps(series, np.array([jump.row]))[0]]
        told = _many_steps(series, rows)
        rows, size = rows[told], size[told]
    pairs, lone = _paired(found)
    in_pair = np.zeros(len(series), dtype=np.bool_)
    for first, after in pairs:
        in_pair[first.row : after.row] = True
    is_gross = np.abs(size) > _TWICE - _SLACK
    in_pair[rows[is_gross]] = True
    wrong = np.flatnonzero(in_pair)
    if len(wrong):
        yield _finding("wrong-scale", series, wrong, "at about twice or half the price of those before and after, or further off")
    mild = np.union1d(rows[~is_gross], np.flatnonzero(_wicks(series)))
    if len(mild := mild[~in_pair[mild]]):
        yield _finding("outlier", series, mild, "far from those before and after, which agree")
    splits = [jump for jump in lone if jump.whole and not in_pair[jump.row] and not in_pair[jump.row - 1]]
    if splits:
        which = ", ".join(_ratio(jump) for jump in splits[:_SHOWN])
        at = np.array([jump.row for jump in splits])
        yield _finding("split-like-jump", series, at, f"after a jump like a split that nothing explains ({which})")
    if len(again := _repeated(series)):
        yield _finding("repeated-block", series, again, "that repeat, three or more in a row, earlier ones")


def doubtful_volumes(series: Series) -> Iterator[Finding]:
    """Yield what is doubtful about volumes, and bars in which nothing happens."""
    if len(series) < _FEWEST:
        return
    volume = series.volume
    flat = (series.high == series.low) & (series.open == series.close)
    is_still = np.zeros(len(series), dtype=np.bool_)
    again = (volume[1:] == 0) | (volume[1:] == volume[:-1])
    is_still[1:] = flat[1:] & (series.close[1:] == series.close[:-1]) & again
    if len(rows := _long_runs(is_still)):
        yield _finding("stale", series, rows, "in runs that only repeat the close before them")
    none = volume == 0
    if np.count_nonzero(none) > _SHARE * len(series):
        return
    if len(rows := np.flatnonzero(none & flat)):
        yield _finding("no-trades", series, rows, "flat and without volume")
    if len(rows := np.flatnonzero(none & ~flat)):
        yield _finding("missing-volume", series, rows, "without volume though the price moved")
    if len(rows := _volume_spikes(volume)):
        yield _finding("volume-spike", series, rows, "with a volume out of all proportion to those around")


def _paired(found: list[Jump]) -> tuple[list[tuple[Jump, Jump]], list[Jump]]:
    """Return jumps that a later one takes back, with it, and the others."""
    pairs, lone, at = [], [], 0
    while at < len(found):
        one = found[at]
        after = found[at + 1] if at + 1 < len(found) else None
        is_back = after is not None and abs(np.log(one.factor * after.factor)) < _BACK * abs(np.log(one.factor))
        if after is not None and is_back and after.row - one.row <= _LONGEST:
            pairs.append((one, after))
            at += 2
        else:
            lone.append(one)
            at += 1
    return pairs, lone


def _many_steps(series: Series, rows: Rows) -> NDArray[np.bool_]:
    """Return for each row whether the close changed by ten of the smallest steps in the data or more, or by a factor of twenty.

    One tick doubles a penny: that says nothing.
    """
    prices = np.unique(series.close)
    steps = np.diff(prices)
    step = float(np.min(steps[steps > prices[1:] * _ROUNDING], initial=np.inf))
    after, before = series.close[rows], series.close[rows - 1]
    many: NDArray[np.bool_] = np.abs(after - before) > _STEPS * step - step / 2
    by_scale: NDArray[np.bool_] = np.abs(np.log(after / before)) > _SCALE
    return many | by_scale


def _wicks(series: Series) -> NDArray[np.bool_]:
    """Return bool [bar]: does its high or low lie 5 times away from its open and close and from the bars around it."""
    far = np.exp(_WICK)
    if not (series.high > far * series.low).any():
        return np.zeros(len(series), dtype=np.bool_)
    top, bottom = np.maximum(series.open, series.close), np.minimum(series.open, series.close)
    beyond: NDArray[np.bool_] = (series.high > far * top) | (series.low * far < bottom)
    return beyond


def _repeated(series: Series) -> Rows:
    """Return the rows of blocks of three or more bars that are equal, in all values, to earlier ones.

    Bars that are flat, have no volume, or the same one as the bar before, may be equal by chance and are left out.
    """
    if len(series) < 2 * 3:
        return np.zeros(0, np.intp)
    # A number for each row and then for each three rows, by which equal ones are found; whether they are is then looked at.
    mixed = _bits(series.close) * _ODD
    mixed ^= _bits(series.volume)
    three = mixed[:-2] * _ODD
    three ^= mixed[1:-1]
    three *= _ODD
    three ^= mixed[2:]
    ordered = np.sort(three)
    is_twice = ordered[1:] == ordered[:-1]
    if not is_twice.any():
        return np.zeros(0, np.intp)
    rows = np.flatnonzero(np.isin(three, ordered[1:][is_twice]))
    rows = rows[np.logical_and.reduce([_is_telling(series, rows + at) for at in range(3)])]
    values = np.stack([getattr(series, name)[rows + at] for name in PRICE_COLUMNS for at in range(3)], axis=1)
    _, first = np.unique(values, axis=0, return_index=True)
    later = np.delete(rows, first)
    return np.unique(np.concatenate((later, later + 1, later + 2)))


def _bits(column: Floats) -> NDArray[np.uint64]:
    return np.ascontiguousarray(column).view(np.uint64)


def _is_telling(series: Series, rows: Rows) -> NDArray[np.bool_]:
    """Return for each row whether it can hardly be equal to another by chance."""
    other = series.volume[rows] != series.volume[np.maximum(rows - 1, 0)]
    telling: NDArray[np.bool_] = (series.high[rows] > series.low[rows]) & (series.volume[rows] > 0) & (other | (rows == 0))
    return telling


def _runs(is_in: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Return the first row of each run, and how long it is."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_in, [False]))))
    return edges[::2], edges[1::2] - edges[::2]


def _long_runs(is_still: NDArray[np.bool_]) -> Rows:
    """Return the rows of runs of ten or more that chance would make less than once in a hundred such series."""
    first, length = _runs(is_still)
    if not len(first) or length.max() < _RUN:
        return np.zeros(0, np.intp)
    odds = len(is_still) * _share_around(is_still, first) ** length
    chosen = (length >= _RUN) & (odds < _CHANCE)
    keep = np.zeros(len(is_still) + 1, dtype=np.int64)
    np.add.at(keep, first[chosen], 1)
    np.add.at(keep, first[chosen] + length[chosen], -1)
    return np.flatnonzero(np.cumsum(keep[:-1]))


def _share_around(is_in: NDArray[np.bool_], at: Rows) -> Floats:
    """Return the share of rows that are in, of some hundreds around each of the given ones, and 0.9 at most."""
    total = np.concatenate(([0], np.cumsum(is_in)))
    first, last = np.maximum(at - 2 * _BLOCK, 0), np.minimum(at + 2 * _BLOCK, len(is_in))
    share: Floats = np.minimum((total[last] - total[first]) / (last - first), _MOST_STILL)
    return share


def _volume_spikes(volume: Floats) -> Rows:
    traded = np.flatnonzero(volume > 0)
    if len(traded) < _BLOCK:
        return np.zeros(0, np.intp)
    values = volume if len(traded) == len(volume) else volume[traded]
    rows, size = spikes(values, np.log(100.0), _VOLUME_SPIKE)
    return traded[rows[size > 0]]


def _ratio(jump: Jump) -> str:
    return f"1:{jump.whole}" if jump.factor < 1 else f"{jump.whole}:1"


def _finding(check: str, series: Series, rows: Rows, what: str) -> Finding:
    times = series.open_time[rows]
    where = f"at {time_text(times[0])}" if len(rows) == 1 else f"the first at {time_text(times[0])}"
    shown = tuple(
        f"{time_text(series.open_time[at])}: " + ", ".join(f"{name} {getattr(series, name)[at]:.10g}" for name in PRICE_COLUMNS)
        for at in rows[:_SHOWN].tolist()
    )
    return Finding(check, len(rows), f"{counted(len(rows))} {what}, {where}", times, shown=shown)
