"""What is fitted to features before a model sees them: to rows of the training alone, and stored in an open file with the model.

A fitted transform treats each row by itself, with the same operations whether it comes alone or among others, so a live row gets
the numbers that the backtest had, to the bit. NaN stays NaN.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from tradekit import ConfigError, DataError
from tradekit_ml.features.windows import Floats

__all__ = ["TRANSFORMS", "Pca", "Scaler", "Transform", "TransformChain", "Winsor"]

_FILE, _FORMAT = "transform.npz", 1


@dataclass(frozen=True, eq=False)
class Transform:
    """A fitted transform of rows, float64 [n, feature]; what it has learnt is in `arrays`."""

    name: ClassVar[str]
    arrays: Mapping[str, Floats]

    @classmethod
    def fit(cls, x: Floats) -> Self:
        """Return it fitted to rows of the training; raise `DataError` for rows from which nothing can be learnt."""
        raise NotImplementedError

    def apply(self, x: Floats) -> Floats:
        """Return the rows transformed; `x` stays as it is."""
        raise NotImplementedError


class Winsor(Transform):
    """Hold each feature within its quantiles 1 % and 99 % of the training, so that no outlier carries a model away."""

    name = "winsor"

    @classmethod
    def fit(cls, x: Floats) -> Self:
        low, high = np.nanquantile(_known(x, cls.name), (0.01, 0.99), axis=0)
        return cls({"low": low, "high": high})

    def apply(self, x: Floats) -> Floats:
        found: Floats = np.clip(x, self.arrays["low"], self.arrays["high"])
        return found


class Scaler(Transform):
    """Take away the mean of the training and divide by its standard deviation; a feature that never moved becomes 0."""

    name = "scaler"

    @classmethod
    def fit(cls, x: Floats) -> Self:
        known = _known(x, cls.name)
        mean, deviation = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
        # Rounding leaves a trace of spread in what is constant, which would be blown up.
        is_still = deviation <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
        return cls({"mean": mean, "scale": np.where(is_still, 0.0, 1.0 / np.where(is_still, 1.0, deviation))})

    def apply(self, x: Floats) -> Floats:
        found: Floats = (x - self.arrays["mean"]) * self.arrays["scale"]
        return found


class Pca(Transform):
    """Turn features into their principal components: as many as explain 95 % of the variance of the training, the largest first.

    Scale before it. The sign of a component is such that its largest weight is positive. A row with a NaN becomes NaN.
    """

    name = "pca"

    @classmethod
    def fit(cls, x: Floats) -> Self:
        rows = _known(x, cls.name)
        whole = rows[np.isfinite(rows).all(axis=1)]
        if len(whole) < 2:
            raise DataError(f"transform 'pca' can't be fitted to {len(whole)} rows without NaN; it needs 2 or more")
        mean = whole.mean(axis=0)
        _, size, axes = np.linalg.svd(whole - mean, full_matrices=False)
        share = np.cumsum(size**2) / max(float(np.sum(size**2)), 1e-300)
        kept = axes[: int(np.searchsorted(share, 0.95)) + 1]
        largest = kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)]
        return cls({"mean": mean, "axes": kept * np.where(largest < 0.0, -1.0, 1.0)[:, np.newaxis]})

    def apply(self, x: Floats) -> Floats:
        centred, axes = x - self.arrays["mean"], self.arrays["axes"]
        found = np.zeros((len(x), len(axes)))
        # Feature by feature, and not as a product of matrices, whose rounding depends on how many rows there are.
        for k in range(axes.shape[1]):
            found += centred[:, k : k + 1] * axes[:, k]
        return found


TRANSFORMS: dict[str, type[Transform]] = {kind.name: kind for kind in (Winsor, Scaler, Pca)}
"""Those that there are, by name."""


@dataclass(frozen=True, eq=False)
class TransformChain:
    """Transforms one after the other, fitted to the rows of one training; `fitted_to` is the SHA-256 of those rows."""

    steps: tuple[Transform, ...]
    features: int
    fitted_to: str
    rows: int
    """How many rows it was fitted to."""

    @classmethod
    def fit(cls, names: Sequence[str], x: Floats, train: NDArray[np.int64]) -> Self:
        """Return transforms fitted to the rows `train` of `x`, and to no other row.

        Raises `ConfigError` for a name that is none, and `DataError` for rows from which nothing can be learnt.
        """
        rows = np.ascontiguousarray(x[train], dtype=np.float64)
        found, told, count = [], hashlib.sha256(rows.tobytes()).hexdigest(), len(rows)
        for name in names:
            if name not in TRANSFORMS:
                raise ConfigError(f"no transform {name!r}; allowed: {', '.join(TRANSFORMS)}")
            found.append(TRANSFORMS[name].fit(rows))
            rows = found[-1].apply(rows)
        return cls(tuple(found), x.shape[1], told, count)

    def apply(self, x: Floats) -> Floats:
        """Return rows transformed, float64 [n, feature]; raise `DataError` for another number of features."""
        if x.ndim != 2 or x.shape[1] != self.features:
            raise DataError(f"transforms fitted to {self.features} features can't take rows of shape {x.shape}")
        for step in self.steps:
            x = step.apply(x)
        return x

    def dump(self, folder: Path) -> str:
        """Write it into a folder and return the file's name; the same transforms make the same bytes."""
        about = {
            "format": _FORMAT,
            "steps": [step.name for step in self.steps],
            "features": self.features,
            "fitted_to": self.fitted_to,
            "rows": self.rows,
        }
        arrays = {f"{k}.{name}": values for k, step in enumerate(self.steps) for name, values in sorted(step.arrays.items())}
        text = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
        with (folder / _FILE).open("wb") as file:
            np.savez(file, allow_pickle=False, about=text, **arrays)
        return _FILE

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return what was written into a folder; raise `DataError` for what this version can't read."""
        path = folder / _FILE
        try:
            with np.load(path, allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                arrays = {name: file[name] for name in file.files if name != "about"}
            if about["format"] != _FORMAT:
                raise DataError(f"{str(path)!r} is of format {about['format']!r}, and this version reads {_FORMAT}; train anew")
            steps = tuple(
                TRANSFORMS[name]({key.partition(".")[2]: values for key, values in arrays.items() if key.startswith(f"{k}.")})
                for k, name in enumerate(about["steps"])
            )
            return cls(steps, about["features"], about["fitted_to"], about["rows"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise DataError(f"{str(path)!r} holds no transforms: {error}") from error


def _known(x: Floats, who: str) -> Floats:
    """Return the rows; raise `DataError` if a feature has no value in any of them."""
    empty = np.flatnonzero(~np.isfinite(x).any(axis=0))
    if len(empty) or not len(x):
        what = f"column {int(empty[0])} has no value" if len(x) else "there are none"
        raise DataError(f"transform {who!r} can't be fitted to {len(x)} rows of the training: {what}")
    return x
