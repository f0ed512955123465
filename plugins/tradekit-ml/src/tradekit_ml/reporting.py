"""What commands say of trainings and models, in words and as JSON has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tradekit_ml.explaining import Importance, contributions
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.labels.labels import label_uniqueness
from tradekit_ml.models.files import arrays_of
from tradekit_ml.models.lightgbm_model import LightGbm
from tradekit_ml.registry import Manifest, Registry
from tradekit_ml.training.keeping import kept_importance
from tradekit_ml.training.pipeline import Trained

__all__ = ["Explained", "day", "explained", "manifest_told", "told", "trained_json"]

_SHOWN = 10


def day(time: int) -> str:
    """Return the day of UTC nanoseconds."""
    return str(np.datetime64(time, "ns").astype("datetime64[D]"))


def told(found: Trained) -> Iterator[str]:
    """Yield the lines of a page on a training."""
    study, recipe = found.study, found.study.recipe
    bars = study.inputs.bars
    span = f"{day(int(bars.open_time[0]))} to {day(int(bars.close_time[-1]))}"
    yield f"data       {', '.join(bars.symbols)}: {len(bars):,} bars of {study.inputs.interval}, {span}"
    yield f"features   {len(study.features)}, hash {study.features.sha256[:12]}"
    yield f"label      {_options(recipe.label)}: {len(study.labels):,}, worth {_unique(found):,.0f} that don't overlap"
    yield f"model      {_options(recipe.model)}, seed {recipe.seed}"
    yield "guards     no leak found"
    yield ""
    yield f"{'test':<25} {'trained on':>10} {'tested':>7} {'purged':>7} {'IC':>7} {'AUC':>6} {'skill':>8}"
    for one in found.scores[-_SHOWN:]:
        when = f"{day(one.start)} to {day(one.end)}"
        yield f"{when:<25} {one.trained:>10,} {one.tested:>7,} {one.purged:>7,} {one.ic:>7.3f} {one.auc:>6.3f} {one.skill:>8.3f}"
    if len(found.scores) > _SHOWN:
        yield f"(the last {_SHOWN} of {len(found.scores)} tests)"
    yield ""
    yield _verdict(found)
    if found.result is not None:
        metrics = found.result.metrics
        yield f"backtest   {_percent(metrics.get('total_return'))} after costs, Sharpe {_number(metrics.get('sharpe'))}"
    yield f"kept       {found.name}@{found.version}, which has learnt from {found.rows:,} labels, in {found.folder}"


def _unique(found: Trained) -> float:
    return float(label_uniqueness(found.study.labels).sum())


def _verdict(found: Trained) -> str:
    """Say in a sentence whether the tests show more than chance does."""
    total = found.totals
    ic, error = total["ic"], total.get("ic_error")
    said = f"IC {ic:.3f}" + (f" with a standard error of {error:.3f}" if error is not None else "")
    if error is None:
        return f"tests      {said}: a single test can't tell an edge from chance"
    if ic > 2.0 * error:
        return f"tests      {said}: more than chance gives, in {total['positive_splits']:.0%} of {total['splits']:.0f} tests"
    return f"tests      {said}: no more than chance gives"


def trained_json(found: Trained) -> dict[str, Any]:
    """Return a training as JSON has it."""
    return {
        "name": found.name,
        "version": found.version,
        "folder": str(found.folder),
        "data": found.study.inputs.data,
        "features": {"names": list(found.study.features.names), "sha256": found.study.features.sha256},
        "labels": len(found.study.labels),
        "learnt_from": found.rows,
        "tests": [asdict(one) for one in found.scores],
        "scores": dict(found.totals),
        "importance": [asdict(one) for one in found.importance],
    }


def manifest_told(manifest: Manifest) -> Iterator[str]:
    """Yield the lines of a page on a version of a model."""
    origin, where = manifest.origin, manifest.surroundings
    features = FeatureSet.from_json(origin.features)
    yield f"{manifest.name}@{manifest.version}  {manifest.model}, {manifest.task}"
    yield f"options    {_options(manifest.options)}"
    yield f"label      {_options({'name': origin.label['label'], **origin.label['options']})}"
    yield f"features   {len(features)}, hash {manifest.feature_hash[:12]}: {', '.join(features.names)}"
    yield f"data       {origin.data_hash[:12]}, {', '.join(origin.params.get('symbols', []))} {origin.params.get('interval', '')}"
    yield f"learnt     {'; '.join(f'{day(one.start)} to {day(one.end)}' for one in origin.train)}"
    yield f"scored on  {len(origin.test)} tests: {_options({key: round(value, 4) for key, value in origin.scores.items()})}"
    yield f"seed       {origin.seed}"
    yield f"parent     {origin.parent or 'none'}"
    yield f"files      {', '.join(manifest.files)}"
    yield f"made with  Python {where.python} on {where.system} {where.machine}, {_options(where.libraries)}"


@dataclass(frozen=True)
class Explained:
    """Which features matter to a model."""

    version: str
    model: str
    permutation: tuple[Importance, ...]
    """On the last test of its training; nothing if it wasn't kept."""
    contributions: tuple[Importance, ...]
    """On its golden rows; nothing for another model than LightGBM's."""


def explained(registry: Registry, name: str, version: str) -> Explained:
    """Return which features matter to a model, after all checks of it. Raises `DataError` for one that can't be used."""
    loaded = registry.load(name, version)
    features = FeatureSet.from_json(loaded.manifest.origin.features)
    count = loaded.model.feature_count or 0
    names = features.names if count == len(features) else tuple(f"component {k + 1}" for k in range(count))
    added: tuple[Importance, ...] = ()
    if isinstance(loaded.model, LightGbm):
        golden = (registry.folder / name / loaded.version / "golden.npz").read_bytes()
        added = contributions(loaded.model, arrays_of(golden, "the golden rows", ("rows", "answers"))["rows"], names)
    return Explained(loaded.version, loaded.manifest.model, kept_importance(loaded), added)


def _options(options: Any) -> str:
    given = dict(options)
    name = given.pop("name", None)
    told = ", ".join(f"{key}={value}" for key, value in given.items())
    return f"{name} ({told})" if name and told else str(name or told)


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.2%}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"
