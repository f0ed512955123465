"""Guards of splits, and of what is fitted: the test may be in neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tradekit import LabelSplit
from tradekit_ml.guards.findings import Finding, time_text

__all__ = ["Prepare", "fit_findings", "split_findings"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Prepare = Callable[[Floats, Floats, Rows], Floats]
"""What is done to features before a model sees them: from all rows, all labels and the places of the training, to all rows."""


_ADVICE = "fit to the rows of the training alone, and keep a row's own label out of its features"


def split_findings(t0: Rows, t1: Rows, splits: Sequence[LabelSplit]) -> list[Finding]:
    """Return a finding for each split in which a label of the training is in the test, or overlaps one of it.

    A label overlaps another from the time at which it begins to that at which it is known, both included; how many rows lie
    between two labels says nothing of that.
    """
    found = []
    for number, split in enumerate(splits):
        order = np.argsort(t0[split.test], kind="stable")
        begins = t0[split.test][order]
        # The latest end of all test labels that begin no later than each.
        latest = np.maximum.accumulate(t1[split.test][order])
        place = np.searchsorted(begins, t1[split.train], side="right") - 1
        meets = (place >= 0) & (latest[place] >= t0[split.train])
        if not meets.any():
            continue
        at = int(split.train[np.flatnonzero(meets)[0]])
        span = f"from {time_text(int(t0[at]))} to {time_text(int(t1[at]))}"
        what = f"trains on {int(meets.sum()):,} labels that overlap its test, the first {span}"
        found.append(
            Finding("split", f"split {number}", f"{what}; purge by t0 and t1, as purged_k_fold and purged_walk_forward do")
        )
    return found


def fit_findings(prepare: Prepare, names: Sequence[str], x: Floats, y: Floats, split: LabelSplit, seed: int = 0) -> list[Finding]:
    """Prepare features again with other rows and labels outside of the training: what the training gets may not change.

    Nor may a row's own label change its own features, as an encoding by labels does that doesn't leave it out. Return a finding for
    each feature that changes, or for all of them if what comes out are not the features that went in.
    """
    generator = np.random.default_rng(seed)
    train = split.train
    is_outside = np.ones(len(x), dtype=np.bool_)
    is_outside[train] = False
    before = prepare(x.copy(), y.copy(), train)
    other_x, other_y = x.copy(), y.copy()
    other_x[is_outside] = other_x[is_outside] * 3.0 + generator.normal(0.0, 10.0, other_x[is_outside].shape)
    other_y[is_outside] = _others(y, int(is_outside.sum()), generator)
    after = prepare(other_x, other_y, train)
    if before.shape != after.shape:
        what = f"gives rows of shape {before.shape} or {after.shape}, by rows that it may not know"
        return [Finding("fit", "the transform", f"{what}; {_ADVICE}")]
    changed = _differs(before[train], after[train])
    found = {
        k: f"is fitted to rows outside of the training, with which {int(changed[:, k].sum()):,} of its values change"
        for k in np.flatnonzero(changed.any(axis=0)).tolist()
    }
    own_y, some = y.copy(), generator.choice(len(train), size=min(len(train), 16), replace=False)
    for place in some.tolist():
        row = train[place]
        own_y[row] = float(_others(y, 1, generator, y[row])[0])
        changed = _differs(before[train], prepare(x.copy(), own_y, train)[train])
        own_y[row] = y[row]
        # What changes on all rows at once, such as a scale, holds nothing of the one.
        for k in np.flatnonzero(changed[place] & ~changed.all(axis=0)).tolist():
            found.setdefault(k, "has its own label in it: its value changes with the label of its row")
    is_same = len(names) == before.shape[1]
    culprits = {k: f"feature {names[k]!r}" if is_same else f"column {k} of the transform" for k in found}
    return [Finding("fit", culprits[k], f"{what}; {_ADVICE}") for k, what in found.items()]


def _others(y: Floats, count: int, generator: np.random.Generator, but: float | None = None) -> Floats:
    """Return labels as there are, drawn at random; not the one that is there."""
    choices = np.unique(y[np.isfinite(y)])
    choices = choices[choices != but] if but is not None and len(choices) > 1 else choices
    return generator.choice(choices, size=count)


def _differs(before: Floats, after: Floats) -> NDArray[np.bool_]:
    """Say where values differ by more than rounding: 1e-9 of the largest of their column."""
    slack = 1e-9 * np.max(np.abs(before), axis=0, initial=0.0, where=np.isfinite(before))
    with np.errstate(invalid="ignore"):
        same: NDArray[np.bool_] = (before == after) | (np.abs(before - after) <= slack) | (np.isnan(before) & np.isnan(after))
    return ~same
