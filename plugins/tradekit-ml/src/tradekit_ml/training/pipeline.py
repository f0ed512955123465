"""The whole way from a run file to a model in the registry: data, guards, scores, the kernel's own backtest, and the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tradekit
from tradekit import Bars, ConfigError, DataError, LabelSplit, Result, RunInputs, read_run
from tradekit_ml.explaining import Importance, permutation_importance
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.guards.findings import Finding, refuse_leaks
from tradekit_ml.guards.inspection import Training, inspect_features, inspect_training
from tradekit_ml.labels.labels import Labels
from tradekit_ml.registry import Interval, Origin, Registry
from tradekit_ml.training.fitted import Fitted, Job, fit, job_of
from tradekit_ml.training.keeping import keep
from tradekit_ml.training.recipe import Recipe
from tradekit_ml.training.scoring import SplitScore, predicted, score, splits_of, totals

__all__ = ["Places", "Study", "Trained", "check_features", "column_names", "study", "train"]

Floats = NDArray[np.float64]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Study:
    """A recipe with its data: what a training of it is made of."""

    inputs: RunInputs
    recipe: Recipe
    features: FeatureSet
    values: Floats
    """Of the features, float64 [time, instrument, feature]."""
    labels: Labels
    splits: tuple[LabelSplit, ...]

    def compute(self, bars: Bars) -> Floats:
        """Return the features on other bars."""
        return self.features.values(bars, self.inputs.interval, self.inputs.calendars[0])

    def training(self) -> Training:
        """Return all of it, as guards need it."""
        recipe, weights = self.recipe, self.labels.weight
        return Training(
            bars=self.inputs.bars,
            names=self.features.names,
            compute=self.compute,
            relabel=recipe.labeler().label,
            splits=self.splits,
            fit_predict=lambda x, y, split: predicted(recipe, x, y, weights, split)[1],
        )


@dataclass(frozen=True)
class Trained:
    """What came of a training."""

    name: str
    version: str
    folder: Path
    study: Study
    scores: tuple[SplitScore, ...]
    totals: Mapping[str, float]
    importance: tuple[Importance, ...]
    result: Result | None
    """Of the kernel's backtest of the same file; `None` if none was asked for."""
    rows: int
    """Labels that the kept model has learnt from."""


def study(path: str | Path, overrides: Iterable[str] = ()) -> Study:
    """Read a run file whose strategy has a recipe, its data, and make features, labels and splits.

    Raises `ConfigError` for another strategy, and `DataError` for data that are too few.
    """
    inputs = read_run(path, overrides)
    recipe = inputs.strategy.options
    if not isinstance(recipe, Recipe):
        what = f"{path}: strategy {inputs.strategy.name!r} has no recipe of a model"
        raise ConfigError(f"{what}; name one that has, such as strategy.name = 'ml'")
    if len(set(inputs.calendars)) > 1:
        raise ConfigError(f"{path}: its instruments have several calendars {inputs.calendars!r}; train a model for each of them")
    features = recipe.feature_set()
    values = features.values(inputs.bars, inputs.interval, inputs.calendars[0])
    labels = _with_features(recipe.labeler().label(inputs.bars), values)
    return Study(inputs, recipe, features, values, labels, splits_of(recipe, labels, inputs.bars))


def _with_features(labels: Labels, values: Floats) -> Labels:
    """Return the labels that have a feature: not those of bars on which all of them warm up."""
    known = np.flatnonzero(np.isfinite(values[labels.bar, labels.instrument]).any(axis=1))
    if not len(known):
        raise DataError("no label has a feature: all features are still warming up at the end of the data; give it more bars")
    return labels.taken(known)


def check_features(path: str | Path, overrides: Iterable[str] = ()) -> tuple[Study, list[Finding]]:
    """Return the study, and what is wrong with its features."""
    found = study(path, overrides)
    return found, inspect_features(found.compute, found.features.names, found.inputs.bars, found.recipe.seed)


@dataclass(frozen=True, slots=True)
class Places:
    """Where what comes of a training goes."""

    name: str | None = None
    """Of the model in the registry; without it, that of the run."""
    registry: Path | None = None
    """The folder of the registry; without it, the one that the strategy names."""
    runs: Path | None = None
    """Where the backtest is kept; without it, none is made."""


def train(path: str | Path, overrides: Iterable[str] = (), places: Places = Places(), tell: Tell = lambda _said: None) -> Trained:
    """Go the whole way, and stop at a leak with `LeakError`.

    With `places.runs`, the kernel runs the same file, with costs and fills as it says, so that the walk-forward result is in money.
    The model that is kept has learnt from the newest labels, of as many bars as the recipe's window. `tell` is told what is done.
    """
    overrides = tuple(overrides)
    tell("reading the data, making features and labels")
    found = study(path, overrides)
    recipe = found.recipe
    tell("guards: looking for leaks")
    refuse_leaks(inspect_training(found.training(), recipe.seed))
    tell(f"scoring {len(found.splits)} splits")
    scores, _ = score(recipe, found.values, found.labels, found.splits)
    importance = _importance(found)
    result = None
    if places.runs is not None:
        tell("backtest, with costs")
        result = tradekit.run(path, overrides, places.runs)
    tell("training on the newest labels")
    job = _newest(found)
    fitted = fit(job)
    summary = {**totals(scores), **_figures(result)}
    home = Registry(places.registry if places.registry is not None else Path(getattr(recipe, "registry", "models")))
    named = places.name or found.inputs.name
    version = keep(home, named, (fitted, job), _origin(found, summary, _parent(home, named)), importance)
    return Trained(named, version, home.folder / named / version, found, tuple(scores), summary, importance, result, len(job.rows))


def _newest(found: Study) -> Job:
    labels, window = found.labels, found.recipe.window
    if window:
        labels = labels.taken(labels.bar >= len(found.inputs.bars) - window)
    return job_of(found.recipe, found.values, labels)


def _importance(found: Study) -> tuple[Importance, ...]:
    """Return what each feature matters on the test of the last split, to a model that doesn't know it."""
    labels, split = found.labels, found.splits[-1]
    rows = found.values[labels.bar, labels.instrument]
    fitted, _ = predicted(found.recipe, rows, labels.value, labels.weight, split)
    tested = fitted.prepared(rows[split.test])
    samples = tested, labels.value[split.test], labels.weight[split.test]
    if fitted.model.task == "classification" and len(np.unique(samples[1])) < 2:
        return ()
    return permutation_importance(fitted.model, samples, column_names(fitted, found.features), found.recipe.seed, repeats=3)


def column_names(fitted: Fitted, features: FeatureSet) -> tuple[str, ...]:
    """Return what the columns are called that the model sees: the features, or the components that were made of them."""
    count = fitted.model.feature_count or 0
    return features.names if count == len(features) else tuple(f"component {k + 1}" for k in range(count))


def _figures(result: Result | None) -> dict[str, float]:
    """Return the figures of the backtest that are kept with the model."""
    if result is None:
        return {}
    names = ("total_return", "sharpe", "max_drawdown", "trades")
    return {f"run_{name}": float(value) for name in names if (value := result.metrics.get(name)) is not None}


def _parent(registry: Registry, name: str) -> str | None:
    return registry.resolve(name, "latest") if (registry.folder / name / "latest").is_file() else None


def _origin(found: Study, scores: Mapping[str, float], parent: str | None) -> Origin:
    recipe, labels, bars = found.recipe, found.labels, found.inputs.bars
    kept = Recipe.model_validate({key: getattr(recipe, key) for key in Recipe.model_fields})
    params: dict[str, Any] = kept.model_dump(mode="json", exclude={"features", "groups", "against", "label", "model", "seed"})
    length = int(np.median(bars.close_time - bars.open_time))
    return Origin(
        features=found.features.json,
        label=json.loads(found.recipe.labeler().json),
        data_hash=found.inputs.data,
        seed=recipe.seed,
        train=(Interval(int(labels.t0.min()), int(labels.t1.max()) + 1),),
        test=tuple(Interval(int(labels.t0[one.test].min()), int(labels.t1[one.test].max()) + 1) for one in found.splits),
        embargo=recipe.embargo * length,
        params={**params, "interval": found.inputs.interval, "symbols": list(bars.symbols)},
        scores=dict(scores),
        parent=parent,
    )
