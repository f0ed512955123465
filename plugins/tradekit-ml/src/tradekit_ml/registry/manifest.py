"""What a version of a model was made of, as its manifest says."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tradekit import DataError
from tradekit_ml.models.files import json_bytes, json_of

__all__ = ["Interval", "Manifest", "Origin", "Surroundings", "manifest_of", "surroundings"]

_FORMAT = 1
_LIBRARIES = ("tradekit", "tradekit-ml", "numpy", "lightgbm", "xgboost-cpu", "xgboost", "onnxruntime", "river")


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of time, `start <= t < end`, in UTC nanoseconds."""

    start: int
    """Belongs to it."""
    end: int
    """Doesn't."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model was trained on, and how: the part of a manifest that whoever trains it knows.

    Together with the options of the model it is enough to train it again.
    """

    features: str
    """The specification of the features as canonical JSON, such as `FeatureSet.json`; its sha256 is the `feature_hash`."""
    label: Mapping[str, Any]
    """What the labels are."""
    data_hash: str
    """Of the market data, such as that of a run's manifest."""
    seed: int
    """Of all that was drawn."""
    train: tuple[Interval, ...]
    """What it has learnt from."""
    test: tuple[Interval, ...] = ()
    """What it was scored on."""
    purge: int = 0
    """How long before a test interval nothing was learnt from, beyond what labels take themselves (nanoseconds)."""
    embargo: int = 0
    """How long after a test interval nothing was learnt from (nanoseconds)."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else the training was told, such as the split."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Out of sample, by name."""
    trials: tuple[str, ...] = ()
    """Which trials of the ledger led to it."""
    parent: str | None = None
    """The version that it replaces, if it was retrained."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where it was trained: predictions may differ in the last bits elsewhere, which the golden rows show."""

    python: str
    """Its version."""
    system: str
    """Such as `Linux`."""
    machine: str
    """Such as `x86_64`."""
    libraries: Mapping[str, str]
    """The versions of those that models are made with."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is known of one version of a model; its own hash is the version's name."""

    name: str
    """The model's name in the registry, which people choose."""
    model: str
    """The name of its class, such as `lightgbm`."""
    task: str
    """What the labels are: `regression` or `classification`."""
    options: Mapping[str, Any]
    """Those of its class."""
    origin: Origin
    """What it was trained on, and how."""
    files: Mapping[str, str]
    """The sha256 of each file beside the manifest."""
    attachments: tuple[str, ...]
    """Those of the files that are not the model's own."""
    surroundings: Surroundings
    """Where it was trained."""

    def to_bytes(self) -> bytes:
        """Return it as it stands in `manifest.json`: the same bytes for the same manifest."""
        return json_bytes({"format": _FORMAT, **asdict(self)})

    @property
    def feature_hash(self) -> str:
        """Return the sha256 of the feature specification; a strategy with another one is refused."""
        return hashlib.sha256(self.origin.features.encode()).hexdigest()

    @property
    def version(self) -> str:
        """Return the first twelve hex digits of its sha256, which are the name of its folder."""
        return hashlib.sha256(self.to_bytes()).hexdigest()[:12]


_ADAPTER = TypeAdapter(Manifest)


def surroundings() -> Surroundings:
    """Return the versions of Python and of the libraries that models are made with, and the machine's kind."""
    return Surroundings(platform.python_version(), platform.system(), platform.machine(), dict(_versions()))


def manifest_of(content: bytes, where: str) -> Manifest:
    """Return the manifest that `Manifest.to_bytes` wrote; `where` it is from is for messages. Raises `DataError`."""
    head = json_of(content, where, {"format": int})
    if head.pop("format") != _FORMAT:
        raise DataError(f"{where} has another format than {_FORMAT}, which this version reads")
    try:
        found = _ADAPTER.validate_python(head)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{where} is no manifest: {'.'.join(map(str, first['loc']))!r}: {first['msg']}") from error
    if found.to_bytes() != content:
        raise DataError(f"{where} is not as it was written: it has keys or a layout that no version of tradekit-ml writes")
    return found


def _versions() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            yield name, version(name)
