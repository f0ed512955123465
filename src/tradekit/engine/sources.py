"""A data source by itself, for commands: named with its options, or described in the [data] table of a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradekit.engine.components import Made, make
from tradekit.engine.document import Document, read_document
from tradekit.engine.overrides import apply_overrides, parse_override
from tradekit.engine.problems import Problem, shown
from tradekit.engine.runfile import ComponentTable
from tradekit.engine.tables import DataTable
from tradekit.engine.validation import validate
from tradekit.errors import ConfigError
from tradekit.plugin.contracts import DataSource
from tradekit.plugin.discovery import Registry, discover

__all__ = ["NamedSource", "open_source", "source_name"]


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A data source that is ready to be asked, and what its file says about what to ask for."""

    source: DataSource
    symbols: tuple[str, ...] = ()
    """The instruments that the file asks for."""
    interval: str | None = None
    """The interval that the file asks for, such as `1h`."""


def open_source(named: str, overrides: Iterable[str] = (), registry: Registry | None = None) -> NamedSource:
    """Make a data source, named by a TOML file with a [data] table (a run file is one), or by itself.

    `overrides` are `KEY=VALUE`: keys of the file, such as `data.limit=500`, or options of the source, such as `limit=500`. Without
    a `registry` of components, those of all installed packages are known. Raises `ConfigError` for what is wrong with them, and
    `PluginError` for a source that isn't installed.
    """
    if not named.endswith(".toml"):
        document = _written(named, overrides)
        table = ComponentTable("data source", named, document.values, (), "source", ())
        made, problems = make(table, discover() if registry is None else registry, document.folder)
        return NamedSource(_source(document, made, problems))
    document = read_document(named, overrides)
    found = document.values.get("data")
    if not isinstance(found, dict):
        raise ConfigError(f"{named}: table [data] is missing; it names the data source and its options")
    asked, wrong = _asked(found)
    table = _component(document, found)
    made, problems = make(table, discover(_packages(document)) if registry is None else registry, document.folder)
    source = _source(document, made, [*wrong, *problems])
    return NamedSource(source, tuple(asked.get("instruments") or ()), asked.get("interval"))


def source_name(named: str, overrides: Iterable[str] = ()) -> str:
    """Return what a data source is called that `open_source` would make. Raises `ConfigError` for a file that names none."""
    if not named.endswith(".toml"):
        return named
    document = read_document(named, overrides)
    found = document.values.get("data")
    return _component(document, found if isinstance(found, dict) else {}).name


def _written(name: str, overrides: Iterable[str]) -> Document:
    """Return what was typed as if it stood in a file; paths in it start in the current folder."""
    values, applied = apply_overrides({}, [parse_override(text) for text in overrides])
    return Document(Path(name), "", values, written={}, overrides=applied)


def _component(document: Document, table: Mapping[str, Any]) -> ComponentTable:
    """Return which source a [data] table names, and the options that are not keys of the kernel."""
    name = table.get("source")
    if not isinstance(name, str) or not name:
        document.fail([Problem(("data", "source"), f"data.source must be the name of a data source in quotes, got {shown(name)}")])
    options = {key: value for key, value in table.items() if key != "source" and key not in DataTable.model_fields}
    return ComponentTable("data source", name, options, ("data",), "source", tuple(DataTable.model_fields))


def _source(document: Document, made: Made | None, problems: Sequence[Problem]) -> DataSource:
    if problems or made is None:
        document.fail(problems)
    if not isinstance(made.component, DataSource):
        raise TypeError(f"{made.component!r} is no data source")
    return made.component


def _asked(table: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the instruments and the interval of a [data] table, checked as those of a run are; neither must be there."""
    own = {key: table[key] for key in ("instruments", "interval") if key in table}
    made, problems = validate(DataTable, {"interval": "1d", **own}, ("data",), "[data]")
    return ({key: getattr(made, key) for key in own} if made is not None else {}), problems


def _packages(document: Document) -> list[str] | None:
    """Return the packages that a run file narrows its plugins to."""
    run = document.values.get("run")
    only = run.get("plugins") if isinstance(run, dict) else None
    return only if isinstance(only, list) and all(isinstance(name, str) for name in only) else None
