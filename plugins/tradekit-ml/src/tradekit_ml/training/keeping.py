"""Fitted models in the registry, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from tradekit import DataError
from tradekit_ml.explaining import Importance
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.models.files import json_bytes
from tradekit_ml.registry import Loaded, Origin, Registry
from tradekit_ml.training.fitted import Fitted, Job, Scale, chain_bytes, chain_of

__all__ = ["keep", "kept_importance", "load_fitted", "named_version"]

_SCALE, _TRANSFORM, _IMPORTANCE = "scale.json", "transform.npz", "importance.json"


def keep(registry: Registry, name: str, trained: tuple[Fitted, Job], origin: Origin, importance: Sequence[Importance]) -> str:
    """Keep a fitted model under a name, with what its answers are read by and what its features matter, and return the version."""
    fitted, job = trained
    attachments = {
        **chain_bytes(fitted.chain),
        _SCALE: json_bytes({**asdict(fitted.scale), "until": fitted.until}),
        _IMPORTANCE: json_bytes([asdict(one) for one in importance]),
    }
    return registry.add(name, fitted.model, origin, fitted.prepared(job.rows), attachments)


def kept_importance(loaded: Loaded) -> tuple[Importance, ...]:
    """Return what the features of a model mattered when it was scored; nothing if it wasn't kept."""
    content = loaded.attachments.get(_IMPORTANCE, b"[]")
    return tuple(Importance(**one) for one in json.loads(content))


def named_version(text: str) -> tuple[str, str]:
    """Return name and version of a model written as `NAME` or `NAME@VERSION`; the latest one where none is given.

    >>> named_version("btc@champion")
    ('btc', 'champion')
    """
    name, _, version = text.partition("@")
    return name, version or "latest"


def load_fitted(folder: Path, text: str, features: FeatureSet) -> tuple[Fitted, Loaded]:
    """Return a model that was kept, if it has learnt from just these features. Raises `DataError` for anything else."""
    name, version = named_version(text)
    return _loaded(folder, name, Registry(folder).resolve(name, version), features)


@lru_cache(maxsize=8)
def _loaded(folder: Path, name: str, version: str, features: FeatureSet) -> tuple[Fitted, Loaded]:
    """Return a version, which never changes, so that the many copies of a strategy that prove a run check it once."""
    loaded = Registry(folder).load(name, version, features.json)
    missing = sorted({_SCALE, _TRANSFORM} - set(loaded.attachments))
    if missing:
        what = f"version {loaded.version!r} of model {name!r} has no {missing[0]!r}"
        raise DataError(f"{what}, so a strategy can't read its answers; train it by 'tradekit ml train'")
    told = json.loads(loaded.attachments[_SCALE])
    until = int(told.pop("until"))
    chain = chain_of({_TRANSFORM: loaded.attachments[_TRANSFORM]})
    return Fitted(loaded.model, chain, Scale(**told), loaded.reference, until), loaded
