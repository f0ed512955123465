"""Collect what is wrong with a run file, and say all of it at once, each mistake with its place."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, NoReturn

from tradekit.engine.locate import Key, key_lines
from tradekit.errors import ConfigError, TradekitError

if TYPE_CHECKING:
    from tradekit.engine.overrides import Override

__all__ = ["IN_QUOTES", "Places", "Problem", "raise_problems", "shown"]

IN_QUOTES = "in quotes"
"""How a sentence says that a value must be text, so that `--set` can show how a shell lets quotes pass."""
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the key it is about, and a sentence that names that key, the bad value and what is allowed."""

    key: Key
    text: str
    error: type[TradekitError] = ConfigError
    cause: Exception | None = None


class Places:
    """Tells where a key of a run file was set: on a line of it, or by an override."""

    def __init__(self, text: str, overrides: Iterable[Override]) -> None:
        self._lines = key_lines(text)
        self._overrides = {override.key: override.text for override in overrides}

    def line(self, key: Key) -> int:
        """Return the line of a key, or that of the innermost table around it; 0 for what no line of the file says."""
        lengths = range(len(key), 0, -1)
        if self.override(key):
            return 0
        return next((self._lines[key[:length]] for length in lengths if key[:length] in self._lines), 0)

    def override(self, key: Key) -> str:
        """Return the override that set a key or brought its table in, as it was typed; empty if none did."""
        lengths = range(len(key), 0, -1)
        setting = next((self._overrides[key[:length]] for length in lengths if key[:length] in self._overrides), "")
        if setting or key in self._lines:
            return setting
        return next((text for other, text in self._overrides.items() if other[: len(key)] == key), "")

    def quoted(self, key: Key) -> str:
        """Return the override that set just this key with its value in quotes, as it is typed in a shell; empty if none did so."""
        name, _, value = self._overrides.get(key, "").partition("=")
        value = value.strip()
        if not value or value[0] in "[{":  # a list or a table is no text that only lacks its quotes
            return ""
        return f"--set {shlex.quote(f'{name.strip()}={json.dumps(value, ensure_ascii=False)}')}"

    def of(self, key: Key) -> str:
        """Return the place of a key in words, such as `line 4`; empty if it has none."""
        if override := self.override(key):
            return f"--set {_cut(override)}"
        line = self.line(key)
        return f"line {line}" if line else ""


def shown(value: object) -> str:
    """Return a value much as it stands in a run file, cut to one short line.

    >>> shown(True), shown("x"), shown(1.5)
    ('true', "'x'", '1.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _cut(repr(value))


def _typed(problem: Problem, places: Places) -> str:
    """Return how a text is typed after `--set`, where that was left out: the shell takes away quotes that are not quoted."""
    typed = places.quoted(problem.key) if IN_QUOTES in problem.text else ""
    return f"; type {typed}" if typed else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def raise_problems(path: str, places: Places, problems: Sequence[Problem]) -> NoReturn:
    """Raise one error that says all problems, in the order of the file.

    It is a `ConfigError` unless every problem is of one other class, such as components that are not installed.
    """
    ordered = sorted(problems, key=lambda problem: (bool(places.override(problem.key)), places.line(problem.key)))
    kinds = {problem.error for problem in ordered}
    error = kinds.pop() if len(kinds) == 1 else ConfigError
    cause = next((problem.cause for problem in ordered if problem.cause is not None), None)
    said = [(places.of(problem.key), problem.text + _typed(problem, places)) for problem in ordered]
    if len(said) == 1:
        [(place, text)] = said
        raise error(f"{path}, {place}: {text}" if place else f"{path}: {text}") from cause
    lines = [f"  {place}: {text}" if place else f"  {text}" for place, text in said]
    raise error("\n".join([f"{path} has {len(lines)} problems:", *lines])) from cause
