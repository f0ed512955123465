"""Describe a component's options, for people and for the reference pages."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from tradekit.plugin.contracts import Component
from tradekit.plugin.options import Options

__all__ = ["OptionFacts", "describe_options"]

_BOUNDS = {
    "gt": "> {}",
    "ge": ">= {}",
    "lt": "< {}",
    "le": "<= {}",
    "multiple_of": "a multiple of {}",
    "min_length": "length >= {}",
    "max_length": "length <= {}",
    "pattern": "matches {}",
}


@dataclass(frozen=True, slots=True)
class OptionFacts:
    """One option: its type and what is allowed, in words, and its default as JSON has it (`None` if it has none)."""

    name: str
    type: str
    required: bool
    default: Any
    allowed: str
    description: str


def describe_options(component: type[Component]) -> tuple[OptionFacts, ...]:
    """Return the options of a component, in the order in which its author wrote them.

    Where one holds options of its own, as a table in a table, these are listed in its place, under names such as `columns.time`.
    """
    return tuple(_all_facts(component.Options, ""))


def _all_facts(options: type[Options], prefix: str) -> Iterator[OptionFacts]:
    for field, info in options.model_fields.items():
        name = prefix + (info.alias or field)
        if isinstance(info.annotation, type) and issubclass(info.annotation, Options):
            yield from _all_facts(info.annotation, f"{name}.")
        else:
            yield _facts(name, info)


def _facts(name: str, info: FieldInfo) -> OptionFacts:
    annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    return OptionFacts(
        name=name,
        type=_type(info.annotation),
        required=info.is_required(),
        default=_default(info),
        allowed=", ".join(dict.fromkeys(_allowed(annotation))),
        description=info.description or "",
    )


def _default(info: FieldInfo) -> Any:
    if info.is_required() or info.default_factory_takes_validated_data:
        return None
    return to_jsonable_python(info.get_default(call_default_factory=True), fallback=str)


def _type(annotation: Any) -> str:
    members = _members(annotation)
    if len(members) > 1:
        return " | ".join(dict.fromkeys(_choices(member) or _type(member) for member in members))
    origin, arguments = get_origin(members[0]), get_args(members[0])
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " | ".join(dict.fromkeys(type(argument).__name__ for argument in arguments))
    if origin is not None:
        inner = ", ".join("..." if argument is ... else _type(argument) for argument in arguments)
        return f"{getattr(origin, '__name__', str(origin))}[{inner}]"
    if isinstance(members[0], type) and issubclass(members[0], Options):
        return "table"
    return getattr(members[0], "__name__", str(members[0]))


def _allowed(annotation: Any) -> Iterator[str]:
    members = _members(annotation)
    if len(members) > 1:
        for member in members:
            if not _choices(member):
                yield from _allowed(member)
    elif choices := _choices(members[0]):
        yield choices
    else:
        arguments = get_args(members[0])
        if get_origin(members[0]) is Annotated:
            arguments, constraints = arguments[:1], arguments[1:]
            for constraint in constraints:
                yield from _bounds(constraint)
        # What a table may be keyed by is no value of the option.
        for argument in arguments[1:] if get_origin(members[0]) is dict else arguments:
            yield from _allowed(argument)


def _members(annotation: Any) -> list[Any]:
    """Return the types of a union without `None`, which a run file can't say: it leaves the key out."""
    if get_origin(annotation) in (Union, types.UnionType):
        return [member for member in get_args(annotation) if member is not types.NoneType]
    return [annotation]


def _choices(annotation: Any) -> str:
    """Return the values of a `Literal` or an enumeration, as a run file has them; nothing for another type."""
    if get_origin(annotation) is Literal:
        values = list(get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        values = [member.value for member in annotation]
    else:
        return ""
    return " | ".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


def _bounds(constraint: object) -> Iterator[str]:
    for part in constraint.metadata if isinstance(constraint, FieldInfo) else (constraint,):
        for attribute, words in _BOUNDS.items():
            bound = getattr(part, attribute, None)
            if bound is not None:
                yield words.format(getattr(bound, "pattern", bound))
