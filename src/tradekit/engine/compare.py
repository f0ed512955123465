"""Compare two runs from their folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradekit.engine.folder import TABLES, read_manifest, read_metrics
from tradekit.engine.trials import data_hash

__all__ = ["Comparison", "compare"]

_Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs share and where they differ: settings and figures as (first, second), the rest in words."""

    is_same: bool
    settings: Mapping[str, _Pair]
    """Those that differ, by the key that a person writes."""
    differences: tuple[str, ...]
    """What no setting tells, one clause each."""
    same_tables: tuple[str, ...]
    metrics: Mapping[str, _Pair]
    """All figures, in their own order."""

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as JSON has it."""
        return {
            "same": self.is_same,
            "settings": {key: list(pair) for key, pair in self.settings.items()},
            "differences": list(self.differences),
            "same_tables": list(self.same_tables),
            "metrics": {key: list(pair) for key, pair in self.metrics.items()},
        }


def compare(first: Path, second: Path) -> Comparison:
    """Compare settings, components, data, tables and figures. Raises `RunError` for a folder that is no run."""
    left, right = read_manifest(first), read_manifest(second)
    figures, others = read_metrics(first), read_metrics(second)
    return Comparison(
        is_same=left["digest"] == right["digest"],
        settings=dict(_different(_settings(left), _settings(right))),
        differences=tuple(_differences(left, right)),
        same_tables=tuple(name for name in TABLES if left["files"].get(f"{name}.parquet") == right["files"].get(f"{name}.parquet")),
        metrics={key: (figures.get(key), others.get(key)) for key in {**figures, **others}},
    )


def _differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[str]:
    """Yield what no setting tells: other versions, other data behind the same name, another driver, other tables."""
    versions = _different(_versions(left), _versions(right))
    yield from (f"{name} is from {a} in the first, from {b} in the second" for name, (a, b) in versions if a and b)
    for symbol, (a, b) in _different(_data(left), _data(right)):
        if a is None or b is None:
            yield f"{symbol} is only in the {'first' if b is None else 'second'}"
        else:
            yield f"the data of {symbol} differ"
    if left["status"] != right["status"]:
        yield f"the first is {left['status']}, the second {right['status']}"
    drivers = [manifest["plan"].partition(":")[0] for manifest in (left, right)]
    if drivers[0] != drivers[1]:
        yield f"the first took the {drivers[0]}, the second the {drivers[1]}"


def _settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by the key that a person writes; what overrides did to them is in them."""
    return {key: value for key, value in _flat(manifest["config"]).items() if not key.startswith("overrides")}


def _versions(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {f"{use['kind']} {use['name']}": f"{use['package']} {use['version']}" for use in manifest["components"]}


def _data(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {entry["symbol"]: data_hash(entry) for entry in manifest["data"]}


def _different(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[tuple[str, _Pair]]:
    for key in {**left, **right}:
        if left.get(key) != right.get(key):
            yield key, (left.get(key), right.get(key))


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested settings by the key that a person writes: `risk[0].limit`."""
    if isinstance(value, Mapping):
        pairs = [(f"{prefix}.{key}" if prefix else key, inner) for key, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        pairs = [(f"{prefix}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {prefix: value}
    return {key: leaf for name, inner in pairs for key, leaf in _flat(inner, name).items()}
