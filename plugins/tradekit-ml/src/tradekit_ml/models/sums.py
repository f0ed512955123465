"""Sums of products in one order, so that a row by itself and the same row in a batch give the same bits.

A matrix product of BLAS adds in an order that depends on how many rows there are. Here the features of a row are added one after
the other, whatever is computed beside it.
"""

from __future__ import annotations

from math import exp, log, log1p

import numpy as np
import numpy.typing as npt

__all__ = ["logits", "row_sums", "sigmoid", "sigmoids", "solve", "sums", "weighted_products"]

Floats = npt.NDArray[np.float64]

_CHUNK = 2048
"""Rows that are added up together, so that the sums stay in the cache."""


def sums(rows: Floats, weights: Floats, start: Floats) -> Floats:
    """Return `start + row[0] * weights[0] + row[1] * weights[1] + ...` for each row: [row, output] from [feature, output]."""
    found = np.empty((len(rows), weights.shape[1]))
    for first in range(0, len(rows), _CHUNK):
        some, total = rows[first : first + _CHUNK], found[first : first + _CHUNK]
        total[:] = start
        for feature, weight in enumerate(weights):
            total += some[:, feature : feature + 1] * weight
    return found


def row_sums(row: Floats, weights: Floats, start: Floats) -> Floats:
    """Return what `sums` gives for one row [feature], to the last bit: `accumulate` adds from the first to the last."""
    terms = np.empty((len(weights) + 1, len(start)))
    terms[0] = start
    np.multiply(row[:, None], weights, out=terms[1:])
    total: Floats = np.add.accumulate(terms, axis=0)[-1]
    return total


def sigmoid(value: float) -> float:
    """Return `1 / (1 + exp(-value))`, without overflow."""
    if value >= 0:
        return 1 / (1 + exp(-value))
    small = exp(value)
    return small / (1 + small)


def sigmoids(values: Floats) -> Floats:
    """Return `sigmoid` of each value: NumPy's own `exp` may differ in the last bit with how many values it gets."""
    return np.fromiter(map(sigmoid, values.tolist()), np.float64, len(values))


def logits(chances: Floats) -> Floats:
    """Return the log-odds of each probability, which is above 0 and below 1 or NaN."""
    return np.fromiter((log(chance) - log1p(-chance) for chance in chances.tolist()), np.float64, len(chances))


def weighted_products(rows: Floats, weights: Floats) -> Floats:
    """Return the sum over rows of `weight * row' row`, [feature, feature], in an order that doesn't depend on threads."""
    products: Floats = np.einsum("ni,nj->ij", rows, rows * weights[:, None])
    return products


def solve(matrix: Floats, vector: Floats) -> Floats:
    """Return x with `matrix x = vector`, for a symmetric positive definite matrix, by Cholesky's decomposition.

    LAPACK's may take other steps with more threads, and so give other bits in another process.
    """
    size = len(vector)
    lower = np.zeros((size, size))
    for k in range(size):
        column = matrix[k:, k] - np.einsum("ij,j->i", lower[k:, :k], lower[k, :k])
        lower[k:, k] = column / np.sqrt(column[0])
    found = vector.copy()
    for k in range(size):
        found[k] = (found[k] - (lower[k, :k] * found[:k]).sum()) / lower[k, k]
    for k in reversed(range(size)):
        found[k] = (found[k] - (lower[k + 1 :, k] * found[k + 1 :]).sum()) / lower[k, k]
    return found
