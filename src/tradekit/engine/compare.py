"""Compare two runs, from their folders or their results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradekit.engine.decisions import Difference, decisions_of, first_difference, values_of
from tradekit.engine.folder import TABLES, about_result, read_manifest, read_metrics, read_result
from tradekit.engine.trials import data_hash
from tradekit.model.result import Result

__all__ = [
    "Comparison",
    "Pair",
    "RunDifferences",
    "compare",
    "compare_results",
    "differences",
    "different",
    "flat_settings",
    "settings_that_differ",
]

Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs share and where they differ: settings and figures as (first, second), the rest in words."""

    is_same: bool
    settings: Mapping[str, Pair]
    """Those that differ, by the key that a person writes."""
    differences: tuple[str, ...]
    """What no setting tells, one clause each."""
    same_tables: tuple[str, ...]
    metrics: Mapping[str, Pair]
    """All figures, in their own order."""
    decision: Difference | None
    """The first decision that differs."""

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as JSON has it."""
        return {
            "same": self.is_same,
            "settings": {key: list(pair) for key, pair in self.settings.items()},
            "differences": list(self.differences),
            "same_tables": list(self.same_tables),
            "metrics": {key: list(pair) for key, pair in self.metrics.items()},
            "decision": None if self.decision is None else self.decision.as_json(),
        }


def compare(first: Path, second: Path) -> Comparison:
    """Compare settings, components, data, tables and figures. Raises `RunError` for a folder that is no run."""
    left, right = read_manifest(first), read_manifest(second)
    figures, others = read_metrics(first), read_metrics(second)
    same_tables = tuple(name for name in TABLES if left["files"].get(f"{name}.parquet") == right["files"].get(f"{name}.parquet"))
    return Comparison(
        is_same=left["digest"] == right["digest"],
        settings=settings_that_differ(left, right),
        differences=tuple(differences(left, right)),
        same_tables=same_tables,
        metrics={key: (figures.get(key), others.get(key)) for key in {**figures, **others}},
        decision=None if "journal" in same_tables else _decision(first, second),
    )


@dataclass(frozen=True, slots=True)
class RunDifferences:
    """What two runs were made of differently.

    `settings` are those that differ, as (first, second) by the key that a person writes, `None` where one side has none; `others`
    is what no setting tells, one clause each: other data, versions of components, drivers.
    """

    settings: Mapping[str, Pair]
    others: tuple[str, ...]


def compare_results(first: Result, second: Result) -> RunDifferences:
    """Return what two results were made of differently, as `tradekit runs compare` tells it."""
    left, right = about_result(first), about_result(second)
    return RunDifferences(settings_that_differ(left, right), tuple(differences(left, right)))


def _decision(first: Path, second: Path) -> Difference | None:
    left, right = read_result(first), read_result(second)
    known = values_of(left), values_of(right)
    return first_difference(decisions_of(left, known[0]), decisions_of(right, known[1]), known)


def settings_that_differ(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Pair]:
    """Return the settings in which two manifests differ, by the key that a person writes."""
    return dict(different(_settings(left), _settings(right)))


def differences(
    left: Mapping[str, Any], right: Mapping[str, Any], sides: tuple[str, str] = ("the first", "the second")
) -> Iterator[str]:
    """Yield what no setting tells of two manifests: other data behind the same name, other versions, another driver."""
    one, other = sides
    for symbol, (a, b) in different(_data(left), _data(right)):
        if a is None or b is None:
            yield f"{symbol} is only in {one if b is None else other}"
        else:
            yield f"the data of {symbol} differ"
    versions = different(_versions(left), _versions(right))
    yield from (f"{name} is from {a} in {one}, from {b} in {other}" for name, (a, b) in versions if a and b)
    if left["status"] != right["status"]:
        yield f"{one} is {left['status']}, {other} {right['status']}"
    drivers = [manifest["plan"].partition(":")[0] for manifest in (left, right)]
    if drivers[0] != drivers[1]:
        yield f"{one} took the {drivers[0]}, {other} the {drivers[1]}"


def _settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings by the key that a person writes; what overrides did to them is in them."""
    return {key: value for key, value in flat_settings(manifest["config"]).items() if not key.startswith("overrides")}


def _versions(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {f"{use['kind']} {use['name']}": f"{use['package']} {use['version']}" for use in manifest["components"]}


def _data(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {entry["symbol"]: data_hash(entry) for entry in manifest["data"]}


def different(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[tuple[str, Pair]]:
    """Yield the keys whose values differ, with both; a key that one side lacks is `None` there."""
    for key in {**left, **right}:
        if left.get(key) != right.get(key):
            yield key, (left.get(key), right.get(key))


def flat_settings(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return nested settings by the key that a person writes: `risk[0].limit`."""
    if isinstance(value, Mapping):
        pairs = [(f"{prefix}.{key}" if prefix else key, inner) for key, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        pairs = [(f"{prefix}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {prefix: value}
    return {key: leaf for name, inner in pairs for key, leaf in flat_settings(inner, name).items()}
