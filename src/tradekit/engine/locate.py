"""Find the lines of a run file on which its keys stand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

__all__ = ["Key", "key_lines", "key_text"]

Key = tuple[str | int, ...]
"""The path to a value: `("execution", "costs", 0, "bps")` is `execution.costs[0].bps`."""

_CLOSING = ("]", "}", '"""', "'''")
"""One of these is on the last line of every statement that has several."""


def key_text(key: Key) -> str:
    """Return a key as a person writes it.

    >>> key_text(("execution", "costs", 0, "bps"))
    'execution.costs[0].bps'
    >>> key_text(("data", "columns", "close price"))
    'data.columns."close price"'
    """
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = part.replace("-", "").replace("_", "")
            plain = part if bare.isalnum() and bare.isascii() else f'"{part}"'
            text += f".{plain}" if text else plain
    return text


def key_lines(text: str) -> dict[Key, int]:
    """Return the line, counted from 1, on which each key of a TOML document is first given.

    The document must be valid: it is cut into statements, each of which TOML's own parser reads, so that a line is never a guess.
    What stands inside a value of several lines has the line on which that value begins.
    """
    lines: dict[Key, int] = {}
    table: Key = ()
    entries: dict[Key, int] = {}
    for line, statement in _statements(text):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _table_key(parsed, entries)
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], line)
        else:
            for key in _keys(table, parsed):
                lines.setdefault(key, line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with its first line; a statement that is cut short never parses, so the first that does is whole."""
    begin, pending = 0, ""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not pending:
            begin = number
        pending += line + "\n"
        if number > begin and not any(mark in line for mark in _CLOSING):
            continue  # saves parsing a long list again for each of its lines
        try:
            parsed = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        if parsed:
            yield begin, pending
        pending = ""


def _table_key(parsed: object, entries: dict[Key, int]) -> Key:
    """Return the table that a header opens; `entries` counts the tables of each list so far."""
    key: Key = ()
    while isinstance(parsed, dict) and parsed:
        [(name, parsed)] = parsed.items()
        key += (name,)
        if isinstance(parsed, list):
            entries[key] = entries.get(key, 0) + 1
            parsed = parsed[0]
        if key in entries:
            key += (entries[key] - 1,)
    return key


def _keys(table: Key, value: object) -> Iterator[Key]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*table, name)
            yield from _keys((*table, name), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*table, index)
            yield from _keys((*table, index), inner)
