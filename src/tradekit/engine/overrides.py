"""Overrule keys of a run file from the command line: `--set strategy.fast=30`."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tradekit.engine.locate import Key, key_text
from tradekit.errors import ConfigError

__all__ = ["Override", "apply_overrides", "parse_override"]

_EXAMPLES = "such as strategy.fast=30 or risk[0].limit=0.3"
_FIRST = r"""(?P<bare>[A-Za-z0-9_-]+)|"(?P<double>[^"]+)"|'(?P<single>[^']+)'"""
_KEY_PART = re.compile(rf"(?:{_FIRST})\s*")
_NEXT_PART = re.compile(rf"(?:\[\s*(?P<index>\d+)\s*\]|\.\s*(?:{_FIRST}))\s*")


@dataclass(frozen=True, slots=True)
class Override:
    """A key of the run file and the value that it gets; `text` is what was typed."""

    key: Key
    value: Any
    text: str


def parse_override(text: str) -> Override:
    """Read `KEY=VALUE`.

    The key is a path as the messages about run files write it: `strategy.fast`, `risk[0].limit` (or `risk.0.limit`),
    `data.columns."close price"`. The value is a TOML value (`30`, `0.5`, `true`, `2021-01-01`, `[]`, `"text"`); anything else is
    taken as text, so that text needs no quotes. Raises `ConfigError` for what can't be read.
    """
    key: Key = ()
    rest = text.strip()
    while match := (_NEXT_PART if key else _KEY_PART).match(rest):
        index = match.groupdict().get("index")
        key += (int(index),) if index else (match["bare"] or match["double"] or match["single"],)
        rest = rest[match.end() :]
    if not key or rest[:1] not in ("=", ""):
        raise ConfigError(f"--set {text!r} does not begin with a key of the run file; write KEY=VALUE, {_EXAMPLES}")
    if not rest:
        raise ConfigError(f"--set {text!r} has no value; write KEY=VALUE, {_EXAMPLES}")
    return Override(key, _parse_value(rest[1:].strip(), text), text)


def _parse_value(written: str, text: str) -> object:
    try:
        parsed = tomllib.loads(f"value = {written}")
    except tomllib.TOMLDecodeError as error:
        if written[:1] in ("[", "{", '"', "'"):
            raise ConfigError(f"--set {text!r} has a value that is not valid TOML; text in it needs quotes: {error}") from None
        return written
    return parsed["value"] if len(parsed) == 1 else written


def apply_overrides(document: Mapping[str, Any], overrides: Iterable[Override]) -> tuple[dict[str, Any], tuple[Override, ...]]:
    """Return a copy of a run file's values with overrides applied in their order, and the overrides with each key as it was found.

    A key or table that is not there yet is added; whether there is such a key is checked with the rest of the file. Raises
    `ConfigError` where a path leads through something that is no table, or to an entry that a list doesn't have.
    """
    values = copy.deepcopy(dict(document))
    applied = []
    for override in overrides:
        key = _found_key(values, override)
        holder: Any = values
        for part in key[:-1]:
            holder = holder.setdefault(part, {}) if isinstance(holder, dict) else holder[part]
        holder[key[-1]] = copy.deepcopy(override.value)
        applied.append(Override(key, override.value, override.text))
    return values, tuple(applied)


def _found_key(values: dict[str, Any], override: Override) -> Key:
    """Return the override's key with `risk.0` as `risk[0]`, after making sure that its path can be walked."""
    key: Key = ()
    holder: Any = values
    for part in override.key:
        found = _entry(holder, part, key, override) if isinstance(holder, list) else _name(holder, part, key, override)
        if isinstance(holder, list):
            holder = holder[int(found)]
        else:
            holder = holder.get(found, {})
        key += (found,)
    return key


def _entry(holder: list[Any], part: str | int, key: Key, override: Override) -> int:
    index = part if isinstance(part, int) else int(part) if part.isdecimal() else None
    if index is None or index >= len(holder):
        allowed = f"0 to {len(holder) - 1}" if len(holder) > 1 else "0" if holder else "none, because the list is empty"
        raise ConfigError(f"--set {override.text}: {key_text(key)} is a list and has no entry {part!r}; allowed: {allowed}")
    return index


def _name(holder: object, part: str | int, key: Key, override: Override) -> str:
    if not isinstance(holder, dict):
        raise ConfigError(f"--set {override.text}: {key_text(key)} is {holder!r}, not a table, so it has no key {part!r}")
    if isinstance(part, int):
        names = ", ".join(holder) or "none"
        raise ConfigError(
            f"--set {override.text}: {key_text(key)} is a table, not a list, so it has no entry [{part}]; its keys: {names}"
        )
    return part
