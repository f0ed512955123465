"""One training: from features and labels that are known by now to a model that answers with a score."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError
from tradekit_ml.features.transforms import TransformChain
from tradekit_ml.labels.labels import Labels
from tradekit_ml.models import Model
from tradekit_ml.registry import Reference
from tradekit_ml.training.recipe import Recipe

__all__ = ["Fitted", "Job", "Scale", "chain_bytes", "chain_of", "fit", "job_of", "job_on"]

Floats = NDArray[np.float64]
_LEAST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Scale:
    """How an answer of the model becomes a score: what says nothing is `centre`, and `spread` away from it is 1."""

    centre: float
    spread: float
    usual_loss: float
    """The mean squared loss of always answering the mean of the labels."""

    @classmethod
    def of(cls, values: Floats, weights: Floats, neutral: float | None) -> Scale:
        """Return that of labels; without a `neutral` one, their mean says nothing."""
        mean = float(np.average(values, weights=weights))
        variance = float(np.average((values - mean) ** 2, weights=weights))
        return cls(mean if neutral is None else neutral, float(np.sqrt(variance)), variance)


@dataclass(frozen=True, eq=False)
class Job:
    """A training with all that it depends on: the same job makes the same model, wherever it is done."""

    kind: type[Model]
    options: str
    """Of the model, as JSON."""
    transforms: tuple[str, ...]
    rows: Floats
    labels: Floats
    weights: Floats
    scale: Scale
    seed: int
    until: int
    """When the last label was known: UTC nanoseconds."""

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of everything."""
        about = json.dumps(
            [self.kind.name, self.options, self.transforms, self.rows.shape, asdict(self.scale), self.seed, self.until]
        )
        found = hashlib.sha256(about.encode())
        for array in (self.rows, self.labels, self.weights):
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True)
class Fitted:
    """A model that has learnt, with what is done to its rows before, and how its answers are read."""

    model: Model
    chain: TransformChain
    scale: Scale
    reference: Reference
    """What its rows and answers were like in the training, after the transforms."""
    until: int
    """When the last label that it has learnt from was known: UTC nanoseconds."""

    def prepared(self, rows: Floats) -> Floats:
        """Return rows of features, as they come from the bars, as the model takes them; infinite values are missing ones."""
        return self.chain.apply(np.where(np.isinf(rows), np.nan, rows))

    def scores(self, answers: Floats) -> Floats:
        """Return answers in standard deviations of the labels from what says nothing, within -1 and 1."""
        found: Floats = np.clip((answers - self.scale.centre) / self.scale.spread, -1.0, 1.0)
        return found


def job_of(recipe: Recipe, features: Floats, labels: Labels) -> Job:
    """Return the training on labels that are all known, with features float64 [time, instrument, feature] of their bars.

    Raises `DataError` as `job_on` does.
    """
    rows = features[labels.bar, labels.instrument]
    return job_on(recipe, rows, labels.value, labels.weight, int(labels.t1.max()))


def job_on(recipe: Recipe, rows: Floats, values: Floats, weights: Floats, until: int) -> Job:
    """Return the training on rows [row, feature] and their labels, of which the last was known at `until`.

    Rows in which a value is missing are left out where the model doesn't take such, and those without any value always. Raises
    `DataError` where too few are left, or all labels are alike.
    """
    model = recipe.unfitted
    known = np.isfinite(rows)
    kept = np.flatnonzero(known.any(axis=1) if model.takes_nan else known.all(axis=1))
    rows, values, weights = np.where(known, rows, np.nan)[kept], values[kept], weights[kept]
    if len(rows) < _LEAST_ROWS:
        what = f"{len(rows)} of {len(known)} rows have what model {model.name!r} needs"
        raise DataError(f"{what}, and a training needs {_LEAST_ROWS}; give it more bars, or features with fewer holes")
    if np.ptp(values) == 0.0:
        raise DataError(f"all {len(values)} labels are {float(values[0])!r}, so there is nothing to learn; use another label")
    scale = Scale.of(values, weights, _neutral(recipe))
    return Job(
        kind=type(model),
        options=model.options.model_dump_json(),
        transforms=recipe.transforms,
        rows=rows,
        labels=values,
        weights=weights,
        scale=scale,
        seed=recipe.seed,
        until=until,
    )


def _neutral(recipe: Recipe) -> float | None:
    """Return the label that says neither up nor down; `None` where only the mean of all can say."""
    labeler = recipe.labeler()
    if labeler.name == "triple-barrier":
        return None
    return 0.5 if labeler.options.value == "up" else 0.0


@lru_cache(maxsize=128)
def fit(job: Job) -> Fitted:
    """Do a training. One that was done before in this process is not done again: it would come to the same.

    A run proves that its decisions don't look ahead by making them again on shortened bars, with the same trainings.
    """
    model = job.kind(job.kind.Options.model_validate_json(job.options))
    chain = TransformChain.fit(job.transforms, job.rows, np.arange(len(job.rows)))
    rows = chain.apply(job.rows)
    model.fit(rows, job.labels, job.weights, job.seed)
    return Fitted(model, chain, job.scale, Reference.of(rows, model.predict(rows)), job.until)


def chain_bytes(chain: TransformChain) -> Mapping[str, bytes]:
    """Return fitted transforms as files by name."""
    with tempfile.TemporaryDirectory() as folder:
        name = chain.dump(Path(folder))
        return {name: (Path(folder) / name).read_bytes()}


def chain_of(files: Mapping[str, bytes]) -> TransformChain:
    """Return the transforms whose files these are. Raises `DataError` for what they can't be."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return TransformChain.load(Path(folder))
