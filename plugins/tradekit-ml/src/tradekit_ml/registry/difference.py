"""What is different between two manifests, key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tradekit_ml.registry.manifest import Manifest

__all__ = ["Difference", "compare", "compare_features", "flat"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of the manifest that two versions differ in; `None` where it is absent."""

    key: str
    """Such as `origin.seed`, or `origin.features.2.lag`."""
    first: str | None
    second: str | None

    def __str__(self) -> str:
        return f"{self.key}: {self.first or 'absent'} and {self.second or 'absent'}"


def compare(first: Manifest, second: Manifest) -> tuple[Difference, ...]:
    """Return where two manifests differ, by key; specifications of features are looked into."""
    return _compared(dict(flat(_opened(first))), dict(flat(_opened(second))))


def compare_features(first: str, second: str) -> tuple[Difference, ...]:
    """Return where two specifications of features differ, by key."""
    return _compared(dict(flat(_parsed(first), "features")), dict(flat(_parsed(second), "features")))


def flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the single values of nested mappings and lists as JSON text, each under a key with dots."""
    if isinstance(value, dict | list | tuple) and value:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            yield from flat(part, f"{key}.{name}" if key else str(name))
    else:
        yield key, json.dumps(value, ensure_ascii=False)


def _compared(first: dict[str, str], second: dict[str, str]) -> tuple[Difference, ...]:
    keys = dict.fromkeys((*first, *second))
    return tuple(Difference(key, first.get(key), second.get(key)) for key in keys if first.get(key) != second.get(key))


def _opened(manifest: Manifest) -> dict[str, Any]:
    found = asdict(manifest)
    found["origin"]["features"] = _parsed(manifest.origin.features)
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # a specification of somebody else's, in a form of their own
        return text
