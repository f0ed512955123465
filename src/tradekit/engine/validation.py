"""Check tables of a run file against pydantic models, and say what is wrong in the words of a run file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tradekit.engine.locate import Key, key_text
from tradekit.engine.problems import IN_QUOTES, Problem, shown
from tradekit.errors import ConfigError, PluginError, nearest

__all__ = ["nested_models", "unknown_key", "validate"]

_EXACT = 2**53

Model = TypeVar("Model", bound=BaseModel)

_MUST = {
    "bool": "be true or false",
    "date": "be a date such as 2021-01-31",
    "datetime": "be a date with a time, such as 2021-01-31T14:30:00Z",
    "decimal": "be a number",
    "dict": "be a table",
    "dataclass": "be a table",
    "finite": "be a finite number",
    "float": "be a number",
    "frozen": "be a list",
    "int": "be a whole number",
    "list": "be a list",
    "mapping": "be a table",
    "model": "be a table",
    "none": "be left out",
    "path": f"be a path {IN_QUOTES}",
    "set": "be a list",
    "string": f"be a text {IN_QUOTES}",
    "time": "be a time of day such as 14:30:00",
    "tuple": "be a list",
    "url": f"be a URL {IN_QUOTES}",
}
"""By the first word of pydantic's error types, such as `int_type` and `int_parsing`."""

_BOUNDS = {
    "greater_than": "be greater than {gt}",
    "greater_than_equal": "be at least {ge}",
    "less_than": "be less than {lt}",
    "less_than_equal": "be at most {le}",
    "multiple_of": "be a multiple of {multiple_of}",
    "string_too_short": "have at least {min_length} characters",
    "string_too_long": "have at most {max_length} characters",
    "string_pattern_mismatch": "match {pattern!r}",
    "too_short": "have at least {min_length} entries",
    "too_long": "have at most {max_length} entries",
    "time_delta_parsing": "be a duration such as PT1H30M",
    "time_delta_type": "be a duration such as PT1H30M",
}


def _nowhere(name: str) -> str:  # noqa: ARG001 - it stands for one that knows
    return ""


def validate(
    model: type[Model],
    values: Mapping[str, Any],
    key: Key,
    owner: str,
    also: Sequence[str] = (),
    elsewhere: Callable[[str], str] = _nowhere,
) -> tuple[Model | None, list[Problem]]:
    """Return the model made of a table's values, or the problems that stand in its way.

    Types are taken strictly: neither `"20"` nor `true` nor `20.0` is a whole number. `owner` says whose keys these are, such as
    `strategy 'sma-cross'`; `also` names keys of the same table that others read, and `elsewhere` tells whose an unknown key is.
    """
    table = _Table(model, values, key, owner, tuple(also), elsewhere)
    problems = [problem for problem in _strictly(table) if problem.error is ConfigError]
    if problems:
        return None, problems
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, list(_problems(error, table))


def _strictly(table: _Table) -> Iterator[Problem]:
    """Yield what a strict reading finds.

    It reads JSON, because only there do strictness and lists for tuples, text for paths and dates go together. That it also
    refuses some defaults, which are no JSON, means nothing.
    """
    try:
        table.model.model_validate_json(json.dumps(table.values, default=_as_text), strict=True)
    except ValidationError as error:
        yield from _problems(error, table)


def _as_text(value: object) -> str:
    if isinstance(value, (date, time)):
        return value.isoformat()
    raise TypeError(f"no value of a run file: {value!r}")


def unknown_key(key: Key, owner: str, allowed: Iterable[str], elsewhere: str = "") -> Problem:
    """Return the problem of a key that its table doesn't have; `elsewhere` says where it belongs, if that is known."""
    names = list(allowed)
    what = f"allowed in {owner}: {', '.join(names)}" if names else f"{owner} has none"
    hint = f"; {elsewhere}" if elsewhere else nearest(str(key[-1]), names)
    return Problem(key, f"unknown key {key_text(key)}; {what}{hint}")


@dataclass(frozen=True, slots=True)
class _Table:
    """The table being checked."""

    model: type[BaseModel]
    values: Mapping[str, Any]
    key: Key
    owner: str
    also: tuple[str, ...]
    elsewhere: Callable[[str], str]

    def resolve(self, location: Sequence[str | int], is_missing: bool) -> tuple[Key, Any, bool]:
        """Return the key and the value that pydantic's location means, and whether the value is a default.

        Locations also name branches of unions, which are no keys.
        """
        key: Key = ()
        value: Any = self.values
        for part in location:
            if isinstance(value, Mapping) and part in value:
                value = value[str(part)]
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            elif is_missing and part == location[-1]:
                value = None
            elif isinstance(value, Mapping) and part in self.fields(key):
                return (*key, part), None, True
            else:
                continue
            key += (part,)
        return key, value, False

    def fields(self, key: Key) -> list[str]:
        """Return the names of the fields that the table at `key`, or each table of a list, may have."""
        models: Sequence[type[BaseModel]] = (self.model,)
        for part in key:
            inside = [inner for model in models for inner in nested_models(model, part)]
            if any(part in model.model_fields for model in models):
                models = inside
        return list(dict.fromkeys(name for model in models for name in model.model_fields))

    def holder(self, key: Key) -> tuple[str, list[str]]:
        """Return who holds a key, in words, and the names of the keys that are allowed there."""
        names = self.fields(key[:-1])
        return (self.owner, [*names, *self.also]) if len(key) == 1 else (key_text(self.key + key[:-1]), names)


@cache
def nested_models(model: type[BaseModel], field: str | int) -> tuple[type[BaseModel], ...]:
    """Return the models that a field's type is made of, such as the entries of a list of tables."""

    def walk(annotation: object) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        for argument in get_args(annotation):
            yield from walk(argument)

    return tuple(walk(model.model_fields[str(field)].annotation)) if field in model.model_fields else ()


def _problems(error: ValidationError, table: _Table) -> Iterator[Problem]:
    """Yield one problem for each key; what the branches of a union demand is put together."""
    said: dict[Key, str] = {}
    demands: dict[Key, list[str]] = {}
    for detail in error.errors(include_url=False, include_input=False):
        kind = detail["type"]
        key, value, is_default = table.resolve(detail["loc"], kind == "missing")
        if is_default:
            what = f"{table.owner} is broken: it refuses its own default of {key_text(table.key + key)}"
            yield Problem(table.key + key, what, PluginError)
        elif kind == "missing":
            said[key] = _missing(table, key)
        elif kind == "extra_forbidden":
            elsewhere = table.elsewhere(str(key[-1])) if len(key) == 1 else ""
            said[key] = unknown_key(table.key + key, *table.holder(key), elsewhere).text
        else:
            wanted = demands.setdefault(key, [])
            wanted.append(_demand(detail, value))
            said[key] = _sentence(key_text(table.key + key), value, list(dict.fromkeys(wanted)))
    for key, text in said.items():
        # A branch of a union that got further into the value is the one that was meant.
        if not any(len(other) > len(key) > 0 and other[: len(key)] == key for other in said):
            yield Problem(table.key + key, text)


def _missing(table: _Table, key: Key) -> str:
    field = table.model.model_fields.get(str(key[0])) if len(key) == 1 else None
    meaning = f": {field.description}" if field is not None and field.description else ""
    return f"{key_text(table.key + key)} is missing; {table.holder(key)[0]} needs it{meaning}"


def _demand(detail: ErrorDetails, value: object) -> str:
    """Return what was demanded of a value: `must ...`, or a validator's own sentence."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    if kind in ("too_short", "string_too_short") and context["min_length"] == 1:
        return "must not be empty"
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected'].replace('True', 'true').replace('False', 'false')}"
    if kind in _BOUNDS:
        return "must " + _BOUNDS[kind].format(**{name: _plain(bound) for name, bound in context.items()})
    word = kind.split("_")[0]
    if word == "int" and isinstance(value, float) and math.isfinite(value):
        return "must be a whole number, without a decimal point"
    return f"must {_MUST[word]}" if word in _MUST else str(detail["msg"])


def _plain(bound: object) -> object:
    """Return a bound as a person writes it: pydantic makes 1.0 of the 1 that stands beside a float."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() and abs(bound) < _EXACT else bound


def _sentence(name: str, value: object, wanted: list[str]) -> str:
    whole_word = re.compile(rf"(?<![\w.]){re.escape(shown(value))}(?![\w.])")
    own_words = [demand for demand in wanted if not demand.startswith("must ")]
    is_said = bool(own_words) and (isinstance(value, Mapping) or any(map(whole_word.search, own_words)))
    choices = [choice for demand in wanted if demand.startswith("must be '") for choice in re.findall("'([^']*)'", demand)]
    tail = ("" if is_said else f", got {shown(value)}") + (nearest(value, choices) if isinstance(value, str) else "")
    for start in ("must be ", "must "):
        if all(demand.startswith(start) for demand in wanted):
            return f"{name} {start}{' or '.join(demand.removeprefix(start) for demand in wanted)}{tail}"
    said = f"{' or '.join(wanted)}{tail}"
    return f"{name}: {said}" if name else said  # the options of a source that is named by itself have no table
