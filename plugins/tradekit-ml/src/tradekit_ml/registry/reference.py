"""What features and scores were like in training: what drift is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from tradekit import DataError
from tradekit_ml.models.files import arrays_of, bytes_of

__all__ = ["Reference"]

Floats = npt.NDArray[np.float64]

_ARRAYS = ("edges", "shares", "missing", "score_edges", "score_shares")


@dataclass(frozen=True, slots=True)
class Reference:
    """The distribution of each feature, and of the model's own scores, over the rows that it was trained on.

    A bin holds what lies above the edge before it, up to and including its own. Edges are quantiles; where many values are equal,
    edges are, too, and the bins between them are empty. Missing values are in no bin: the shares of a feature and what it misses
    add up to 1.
    """

    edges: Floats
    """[feature, bin - 1]; NaN for a feature that was always missing."""
    shares: Floats
    """[feature, bin]: how much of the rows was in each bin."""
    missing: Floats
    """[feature]: how much of the rows had no value."""
    score_edges: Floats
    """[bin - 1]"""
    score_shares: Floats
    """[bin]"""

    @classmethod
    def of(cls, rows: Floats, scores: Floats, bins: int = 10) -> Self:
        """Measure the rows [row, feature] that a model was trained on, and its scores of them."""
        found = [_measured(column, bins) for column in np.column_stack((rows, scores)).T]
        edges, shares = np.stack([edges for edges, _ in found]), np.stack([shares for _, shares in found])
        return cls(edges[:-1], shares[:-1], np.isnan(rows).mean(axis=0), edges[-1], shares[-1])

    def to_bytes(self) -> bytes:
        """Return it as an .npz."""
        return bytes_of({name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def of_bytes(cls, content: bytes, where: str) -> Self:
        """Return what `to_bytes` gave; `where` it is from is for messages. Raises `DataError`."""
        arrays = arrays_of(content, where, _ARRAYS)
        bins = arrays["score_shares"].shape[-1]
        features = len(arrays["missing"]) if arrays["missing"].ndim else 0
        shapes = ((features, bins - 1), (features, bins), (features,), (bins - 1,), (bins,))
        if any(arrays[name].shape != shape for name, shape in zip(_ARRAYS, shapes, strict=True)):
            raise DataError(f"{where} holds arrays whose shapes don't fit each other")
        return cls(*(arrays[name] for name in _ARRAYS))


def _measured(column: Floats, bins: int) -> tuple[Floats, Floats]:
    known = np.sort(column[~np.isnan(column)])
    if not len(known):
        return np.full(bins - 1, np.nan), np.zeros(bins)
    # Quantiles that are values of the column: what is interpolated between equal numbers may miss them by a bit.
    edges = known[[max(0, -(-len(known) * k // bins) - 1) for k in range(1, bins)]]
    counts = np.diff(np.concatenate(([0], np.searchsorted(known, edges, side="right"), [len(known)])))
    return edges, counts / len(column)
