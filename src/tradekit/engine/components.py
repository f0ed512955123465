"""Make the components that a run file names: find each, check its options, call its constructor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from tradekit.engine.locate import key_text
from tradekit.engine.problems import Problem
from tradekit.engine.runfile import ComponentTable
from tradekit.engine.validation import validate
from tradekit.errors import PluginError, TradekitError
from tradekit.model.result import ComponentUse
from tradekit.plugin.contracts import Component
from tradekit.plugin.discovery import Provided, Registry
from tradekit.plugin.options import Options
from tradekit.plugin.packages import reason

__all__ = ["Made", "ask", "broken", "make"]

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Made:
    """A component that is ready to be used, where the run file asks for it, and what the result says about it."""

    table: ComponentTable
    component: Component
    use: ComponentUse


def make(table: ComponentTable, registry: Registry, folder: Path) -> tuple[Made | None, list[Problem]]:
    """Return the component that a table of a run file asks for, or the problems that stand in its way."""
    try:
        provided = registry.find(table.kind, table.name)
    except PluginError as error:
        key = (*table.key, table.label)
        return None, [Problem(key, f"{key_text(key)}: {error}", PluginError)]
    hidden = [name for name in provided.cls.Options.model_fields if name == table.label or name in table.reserved]
    if hidden:
        what = f"its option {hidden[0]!r} can't be set, because a run file uses that key itself"
        return None, [broken(table, provided, what)]
    try:
        options, problems = _options(provided, table, registry, folder)
        if options is None:
            return None, problems
        component = provided.cls(options)
    except TradekitError as error:
        return None, [_refusal(table, error)]
    except Exception as error:  # noqa: BLE001 - raised again, with all other problems of the file
        return None, [broken(table, provided, f"it can't be made: {reason(error, provided.cls.__module__)}", error)]
    return Made(
        table, component, ComponentUse(table.kind, table.name, provided.package, provided.version, _as_json(options, folder))
    ), []


def ask(made: Made, method: Callable[[], Answer]) -> tuple[Answer | None, list[Problem]]:
    """Return what a component's method answers, or the problem that it raised."""
    try:
        return method(), []
    except TradekitError as error:
        return None, [_refusal(made.table, error)]
    except Exception as error:  # noqa: BLE001 - raised again, with all other problems of the file
        what = f"{method.__name__}() raised {reason(error, type(made.component).__module__)}"
        return None, [broken(made.table, made.use, what, error)]


def broken(table: ComponentTable, origin: Provided | ComponentUse, what: str, cause: Exception | None = None) -> Problem:
    """Return the problem of a component that breaks its contract: its package is at fault, not the run file."""
    who = f"{origin.kind} {origin.name!r} of package {origin.package!r} {origin.version}"
    return Problem(table.key, f"{key_text(table.key)}: {who} is broken: {what}", PluginError, cause)


def _refusal(table: ComponentTable, error: TradekitError) -> Problem:
    return Problem(table.key, f"{key_text(table.key)}: {error}", type(error), error)


def _options(provided: Provided, table: ComponentTable, registry: Registry, folder: Path) -> tuple[Options | None, list[Problem]]:
    def elsewhere(name: str) -> str:
        others = [other for other in registry.components if other.kind == provided.kind and name in other.cls.Options.model_fields]
        return f"{name!r} is an option of {', '.join(repr(other.name) for other in others)}" if others else ""

    model = provided.cls.Options
    owner = f"{provided.kind} {provided.name!r}"
    options = _located([model], table.options, folder) if _holds_paths(model) else table.options
    return validate(model, options, table.key, owner, table.reserved, elsewhere)


@cache
def _holds_paths(model: type[BaseModel]) -> bool:
    """Say whether anything in a table may be a path."""
    seen: set[type[BaseModel]] = set()
    waiting: list[object] = [model]
    while waiting:
        annotation = waiting.pop()
        if annotation is Path:
            return True
        waiting += get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
            seen.add(annotation)
            waiting += [field.annotation for field in annotation.model_fields.values()]
    return False


def _located(annotations: Sequence[object], value: Any, folder: Path) -> Any:
    """Return a value that may be of any of these types, with each path in it taken from `folder`; `~` is the user's home."""
    kinds = list(_alternatives(annotations))
    literals = {choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)}
    inner = [get_args(kind) for kind in kinds if get_args(kind) and get_origin(kind) is not Literal]
    if isinstance(value, str):
        return str(folder / Path(value).expanduser()) if Path in kinds and value not in literals else value
    if isinstance(value, list):
        return [_located([argument for arguments in inner for argument in arguments], entry, folder) for entry in value]
    if isinstance(value, dict):
        models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        fields = {name: field.annotation for model in models for name, field in model.model_fields.items()}
        entries = [arguments[-1] for arguments in inner]
        return {name: _located([fields[name]] if name in fields else entries, entry, folder) for name, entry in value.items()}
    return value


def _alternatives(annotations: Sequence[object]) -> Iterator[object]:
    """Yield the types that unions are made of, one by one."""
    for annotation in annotations:
        if get_origin(annotation) in (Union, UnionType):
            yield from _alternatives(get_args(annotation))
        elif get_origin(annotation) is Annotated:
            yield from _alternatives(get_args(annotation)[:1])
        else:
            yield annotation


def _as_json(options: Options, folder: Path) -> dict[str, Any]:
    """Return all options as JSON has them; paths below the run file's folder stay relative to it, so that results compare."""

    def portable(value: Any) -> Any:
        if isinstance(value, Path):
            return value.relative_to(folder).as_posix() if value.is_relative_to(folder) else value.as_posix()
        if isinstance(value, dict):
            return {name: portable(entry) for name, entry in value.items()}
        if isinstance(value, list | tuple):
            return [portable(entry) for entry in value]
        return value

    plain: dict[str, Any] = to_jsonable_python(portable(options.model_dump()), fallback=str)
    return plain
