"""Guards of features and labels: neither may change with bars that come later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, DataError
from tradekit_ml.guards.findings import Finding, time_text
from tradekit_ml.labels.labels import Labels

__all__ = ["Compute", "label_findings", "poison_findings", "poisoned", "prefix_findings"]

Floats = NDArray[np.float64]
Compute = Callable[[Bars], Floats]
"""Features of bars, float64 [time, instrument, feature], such as `FeatureSet.values`."""


def prefix_findings(compute: Compute, names: Sequence[str], bars: Bars, moments: int = 12, seed: int = 0) -> list[Finding]:
    """Compute features again on bars that end at random moments: no value may change. Return a finding for each that does.

    All rows before each end are compared, so a leak shows wherever it is. Rounding, 1e-9 of a feature's largest value, may be.
    """
    whole = _checked(compute(bars), names, bars)
    found: dict[str, Finding] = {}
    for length in _moments(bars, moments, seed):
        part = _checked(compute(bars.rows(0, length)), names, bars.rows(0, length))
        how = f"when the bars end at {time_text(int(bars.close_time[length - 1]))}"
        for finding in _changed("prefix", names, bars, whole[:length], part, how):
            found.setdefault(finding.culprit, finding)
    return list(found.values())


def poison_findings(compute: Compute, names: Sequence[str], bars: Bars, moments: int = 4, seed: int = 0) -> list[Finding]:
    """Compute features again on bars that are others after random moments: no value before may change.

    It finds what behaves on shortened bars only. Return one finding for each feature that changes.
    """
    whole = _checked(compute(bars), names, bars)
    found: dict[str, Finding] = {}
    for length in _moments(bars, moments, seed + 1):
        again = _checked(compute(poisoned(bars, length, seed)), names, bars)
        how = f"when all bars after {time_text(int(bars.close_time[length - 1]))} are others"
        for finding in _changed("poison", names, bars, whole[:length], again[:length], how):
            found.setdefault(finding.culprit, finding)
    return list(found.values())


def label_findings(relabel: Callable[[Bars], Labels], bars: Bars, moments: int = 4, seed: int = 0) -> list[Finding]:
    """Make labels again on bars that are others after random moments: those that say that they were known by then may not change.

    A label that changes is known later than its `t1` says, and no split by `t1` can keep it out of a training. A label must also
    begin no earlier than the close at which it was decided: what a price did before the order could be filled earns nothing.
    """
    labels = relabel(bars)
    early = np.flatnonzero(labels.t0 < bars.close_time[labels.bar])
    if len(early):
        at = int(early[0])
        begins, decided = time_text(int(labels.t0[at])), time_text(int(bars.close_time[labels.bar[at]]))
        what = f"begins at {begins}, before the close at {decided} at which it is decided"
        return [Finding("label", "the label", f"{what}; count from the fill, the next bar's open")]
    for length in _moments(bars, moments, seed + 2):
        first, second = (one.taken(one.last < length) for one in (labels, relabel(poisoned(bars, length, seed))))
        keys = [one.bar * len(bars.symbols) + one.instrument for one in (first, second)]
        shared, mine, theirs = np.intersect1d(keys[0], keys[1], return_indices=True)
        differs = np.flatnonzero(first.value[mine] != second.value[theirs])
        if len(differs) or len(shared) < max(map(len, keys)):
            when = time_text(int(bars.close_time[length - 1]))
            count = len(differs) + max(map(len, keys)) - len(shared)
            what = f"is said to be known by {when}, but {count:,} of {len(first):,} such labels change with bars after that"
            return [Finding("label", "the label", f"{what}; let t1 be when all that it depends on has been seen")]
    return []


def poisoned(bars: Bars, length: int, seed: int) -> Bars:
    """Return bars of which all after the first `length` are others: a wilder walk with other volumes; the same are missing."""
    generator = np.random.default_rng((seed, length))
    shape = (len(bars) - length, len(bars.symbols))
    moves = np.abs(np.diff(np.log(bars.close), axis=0))
    usual = np.nanmedian(moves) if np.isfinite(moves).any() else 0.0
    size = max(float(usual), 1e-4)
    factor = np.exp(np.cumsum(generator.normal(0.0, 2.0 * size, shape), axis=0))
    reach = np.exp(np.abs(generator.normal(0.0, size, (2, *shape))))
    columns = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close", "volume")}
    for name in ("open", "high", "low", "close"):
        columns[name][length:] *= factor
    columns["high"][length:] *= reach[0]
    columns["low"][length:] /= reach[1]
    columns["volume"][length:] = columns["volume"][length:] * generator.uniform(0.2, 5.0, shape) + 1.0
    return replace(bars, **columns)


def _changed(guard: str, names: Sequence[str], bars: Bars, whole: Floats, again: Floats, how: str) -> list[Finding]:
    """Return a finding for each feature of which a value differs, with the first that does."""
    known = np.where(np.isfinite(whole), np.abs(whole), 0.0)
    slack = 1e-9 * known.max(axis=(0, 1), initial=0.0)
    with np.errstate(invalid="ignore"):
        same = (whole == again) | (np.abs(whole - again) <= slack) | (np.isnan(whole) & np.isnan(again))
    found = []
    for k in np.flatnonzero(~same.all(axis=(0, 1))).tolist():
        row, i = (int(place) for place in np.argwhere(~same[:, :, k])[0])
        value = f"on {bars.symbols[i]!r} at {time_text(int(bars.close_time[row]))} it is {float(whole[row, i, k])!r}"
        what = f"sees the future: {value}, and {float(again[row, i, k])!r} {how}"
        found.append(Finding(guard, f"feature {names[k]!r}", f"{what}; compute a value from its own bar and those before it"))
    return found


def _moments(bars: Bars, moments: int, seed: int) -> list[int]:
    """Return after how many bars to end or change the data: random moments of the last two thirds, and right before the end.

    A few are in holes, where what fills them in from both sides shows, and in the middle of a jump in time, such as a weekend.
    """
    count = len(bars)
    if count < 3:
        raise DataError(f"guards can't look for leaks in {count} bars; give them more")
    generator = np.random.default_rng(seed)
    drawn = generator.integers(max(count // 3, 1), count, moments)
    steps = np.diff(bars.open_time, prepend=bars.open_time[0])
    odd = np.flatnonzero(~bars.exists.all(axis=1))[1:], np.flatnonzero(steps > np.median(steps))
    ends = [generator.choice(rows, size=min(len(rows), 3), replace=False) for rows in (odd[0] + 1, odd[1])]
    chosen = np.concatenate((drawn, *ends, [count - 1]))
    return sorted(set(chosen[(chosen > 0) & (chosen < count)].tolist()))


def _checked(values: Floats, names: Sequence[str], bars: Bars) -> Floats:
    expected = (len(bars), len(bars.symbols), len(names))
    if values.shape != expected:
        raise DataError(f"features have the shape {values.shape}, expected [time, instrument, feature] {expected}")
    return values
