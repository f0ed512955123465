"""How much each label counts: labels that overlap tell in part the same, old ones less, and large moves more.

A label lives from row `first` to row `last`, both included, of its instrument's bars. M. López de Prado, Advances in Financial
Machine Learning (2018), chapter 4.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError

__all__ = ["concurrency", "draw_probabilities", "return_weights", "sequential_bootstrap", "time_decay", "uniqueness"]

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def concurrency(first: Rows, last: Rows) -> Rows:
    """Return how many labels live on each row, from 0 to the last row on which one does; snippet 4.1.

    >>> concurrency(np.array([0, 2, 4]), np.array([2, 3, 5])).tolist()
    [1, 1, 2, 1, 1, 1]
    """
    _check(first, last)
    change = np.zeros(int(last.max(initial=-1)) + 2, dtype=np.int64)
    np.add.at(change, first, 1)
    np.add.at(change, last + 1, -1)
    return np.cumsum(change)[:-1]


def uniqueness(first: Rows, last: Rows) -> Floats:
    """Return for each label the mean over its rows of 1 / the labels that live there: 1 for one that overlaps none; snippet 4.2."""
    alive = concurrency(first, last)
    return _means(1.0 / np.maximum(alive, 1), first, last)


def draw_probabilities(first: Rows, last: Rows, drawn: Rows) -> Floats:
    """Return how likely each label is drawn next, if those at the places `drawn` have been; section 4.5.

    >>> first, last = np.array([0, 2, 4]), np.array([2, 3, 5])
    >>> (draw_probabilities(first, last, np.array([1])) * 14).round(9).tolist()
    [5.0, 3.0, 6.0]
    """
    _check(first, last)
    alive = np.zeros(int(last.max(initial=-1)) + 1)
    for place in drawn.tolist():
        alive[first[place] : last[place] + 1] += 1.0
    likely = _means(1.0 / (alive + 1.0), first, last)
    found: Floats = likely / likely.sum()
    return found


def sequential_bootstrap(first: Rows, last: Rows, draws: int, seed: int) -> Rows:
    """Return the places of `draws` labels, drawn one after the other with replacement, those that overlap drawn ones less likely.

    The same seed gives the same draws. A draw takes time in proportion to the labels.
    """
    _check(first, last)
    if not len(first):
        raise DataError(f"there are no labels from which to draw {draws}")
    generator = np.random.default_rng(seed)
    alive = np.zeros(int(last.max()) + 1)
    found = np.empty(draws, dtype=np.int64)
    for k in range(draws):
        likely = np.cumsum(_means(1.0 / (alive + 1.0), first, last))
        # Rounding may leave the draw a hair above the last sum.
        place = min(int(np.searchsorted(likely, generator.random() * likely[-1], side="right")), len(first) - 1)
        alive[first[place] : last[place] + 1] += 1.0
        found[k] = place
    return found


def time_decay(unique: Floats, t1: Rows, oldest: float) -> Floats:
    """Return weights that fall in a straight line with the uniqueness gathered since: 1 for the newest, `oldest` for the oldest.

    `oldest` 1 is no decay. One below 0 gives that share of the oldest no weight at all. `t1` says which is how old. Snippet 4.11.
    """
    if not -1.0 < oldest <= 1.0:
        raise DataError(f"the weight of the oldest label is {oldest!r}; it must be more than -1 and at most 1")
    order = np.argsort(t1, kind="stable")
    gathered = np.cumsum(unique[order])
    total = float(gathered[-1]) if len(gathered) else 1.0
    slope = (1.0 - oldest) / total if oldest >= 0.0 else 1.0 / ((oldest + 1.0) * total)
    found = np.empty(len(unique))
    found[order] = np.maximum(1.0 - slope * total + slope * gathered, 0.0)
    return found


def return_weights(returns: Floats, first: Rows, last: Rows) -> Floats:
    """Return weights by how far the price has moved while a label lived, shared among those that did; mean 1; snippet 4.10.

    `returns` are log returns by row.
    """
    alive = concurrency(first, last)
    shared = np.where(np.isfinite(returns[: len(alive)]), returns[: len(alive)], 0.0) / np.maximum(alive, 1)
    sums = np.abs(_means(shared, first, last) * (last - first + 1))
    total = float(sums.sum())
    found: Floats = sums * (len(sums) / total) if total > 0.0 else np.ones(len(sums))
    return found


def _means(values: Floats, first: Rows, last: Rows) -> Floats:
    """Return the means of values from row `first` to row `last`."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    found: Floats = (sums[last + 1] - sums[first]) / (last - first + 1)
    return found


def _check(first: Rows, last: Rows) -> None:
    if len(first) != len(last):
        raise DataError(f"labels have {len(first)} first rows and {len(last)} last ones; give each one of both")
    wrong = np.flatnonzero((first < 0) | (last < first))
    if len(wrong):
        at = int(wrong[0])
        raise DataError(f"label {at} lives from row {int(first[at])} to row {int(last[at])}; rows count from 0, first to last")
