"""Read a run file as TOML, with every way in which that can go wrong said in words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from tradekit.engine.overrides import Override, apply_overrides, parse_override
from tradekit.engine.problems import Places, Problem, raise_problems
from tradekit.errors import ConfigError, nearest, system_reason

__all__ = ["Document", "read_document"]

_PLACE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_TWICE = re.compile("^(Cannot declare .* twice|Cannot overwrite a value|Cannot mutate immutable namespace .*)$")


@dataclass(frozen=True)
class Document:
    """A run file as it was written: its text, and its values with the overrides applied."""

    path: Path
    """As the user gave it."""
    text: str
    values: Mapping[str, Any]
    written: Mapping[str, Any]
    """The values without the overrides."""
    overrides: tuple[Override, ...] = ()

    @cached_property
    def folder(self) -> Path:
        """The absolute folder of the file: paths in it start there."""
        return self.path.absolute().parent

    def fail(self, problems: Sequence[Problem]) -> NoReturn:
        """Raise one error that says all of `problems`, each with its line."""
        raise_problems(str(self.path), Places(self.text, self.overrides), problems)


def read_document(path: str | Path, overrides: Iterable[str] = ()) -> Document:
    """Read a run file and apply overrides such as `strategy.fast=30`.

    Raises `ConfigError` if there is no such file, if it can't be read, is no UTF-8 or no TOML, is empty, or if an override can't be
    applied.
    """
    path = Path(path)
    text = _decode(path, _read(path))
    written = _parse(path, text)
    if not written:
        raise ConfigError(f"{path}: the run file is empty; 'tradekit init DIR' writes one that works")
    values, applied = apply_overrides(written, [parse_override(override) for override in overrides])
    return Document(path, text, values, written, applied)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        beside = [other.name for other in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise ConfigError(f"no run file {str(path)!r}{nearest(path.name, beside)}") from None
    except IsADirectoryError:
        inside = sorted(other.name for other in path.glob("*.toml"))
        hint = f", such as {str(path / inside[0])!r}" if inside else ""
        raise ConfigError(f"{str(path)!r} is a folder, not a run file; name a .toml file{hint}") from None
    except OSError as error:
        raise ConfigError(f"run file {str(path)!r} can't be read: {system_reason(error)}") from error


def _decode(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise ConfigError(f"{path}: the run file is not UTF-8 but looks like UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; save the run file as UTF-8"
        ) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        # The line break makes the parser name a line for mistakes at the very end, too.
        return tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError as error:
        lines = text.replace("\r\n", "\n").split("\n")
        place = _PLACE.search(str(error))
        reason = str(error)[: place.start()] if place else str(error)
        begin = _broken_statement(lines)
        if place and place["line"]:
            line = int(place["line"])
            where = f"line {line}, column {place['column']}" + (f", in what begins on line {begin}" if line > begin else "")
        else:
            line, where = begin, f"line {begin}"
        raise ConfigError(f"{path}, {where}: {_reason(reason, lines[line - 1].strip())}") from None


def _broken_statement(lines: list[str]) -> int:
    """Return the line on which the first statement that is no TOML begins: all before it is valid."""
    for length in range(len(lines) - 1, 0, -1):
        try:
            tomllib.loads("\n".join(lines[:length]))
        except tomllib.TOMLDecodeError:
            continue
        return length + 1
    return 1


def _reason(reason: str, line: str) -> str:
    """Return what TOML's parser found, in the words of a run file."""
    if _TWICE.search(reason):
        if line.startswith("["):
            return f"table {line} is there twice; put its keys together, or write [[...]] each time if it is a list of tables"
        key = line.split("=")[0].strip()
        return f"key {key!r} is there twice in its table"
    if reason == r"Illegal character '\n'":
        return "not valid TOML: a text in quotes must end on its line"
    hint = "; text needs quotes" if reason == "Invalid value" else ""
    return f"not valid TOML: {reason[:1].lower()}{reason[1:]}{hint}"
