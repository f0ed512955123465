"""How the fields of a record stand in JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, get_type_hints

from tradekit_compliance.audit.records import KINDS, Record

__all__ = ["decimal_of", "decode", "encode", "number_text", "time_of", "time_text"]

_SECOND = 1_000_000_000


def time_text(time: int) -> str:
    """Return UTC nanoseconds as ISO 8601 with all nine digits."""
    seconds, nanoseconds = divmod(time, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"


def time_of(text: str) -> int:
    """Return the UTC nanoseconds that `time_text` has written."""
    moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    return int(moment.timestamp()) * _SECOND + int(text[20:29])


def number_text(value: Decimal | float) -> str:
    """Return a number without an exponent: of a float the shortest decimal that is read back as the same float."""
    text = repr(value) if isinstance(value, float) else str(value)
    if "e" in text or "E" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def decimal_of(value: float | None) -> Decimal | None:
    """Return a float of the simulator as a record has it; `None` for NaN."""
    return None if value is None or value != value else Decimal(number_text(value))


class _Field(NamedTuple):
    """A field of a record: its default, and how its value is written and read; texts and such stand as they are."""

    name: str
    default: Any
    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any] | None


def encode(record: Record) -> dict[str, Any]:
    """Return a record as the `data` of an entry: what has its default is left out."""
    found = {}
    for name, default, write, _ in _FIELDS[record.KIND]:
        value = getattr(record, name)
        if value != default:
            found[name] = value if write is None else write(value)
    return found


def decode(kind: str, data: Mapping[str, Any]) -> Record:
    """Return the record that `data` holds. Raises `KeyError` for an unknown kind, `ValueError` for what doesn't fit it."""
    made = KINDS[kind]
    known = {field.name: field for field in _FIELDS[kind]}
    if unknown := set(data) - set(known):
        raise ValueError(f"a record {kind!r} has no field {min(unknown)!r}")
    given = {name: value if known[name].read is None else known[name].read(value) for name, value in data.items()}  # type: ignore[misc] - asked for in the same breath
    try:
        return made(**given)
    except TypeError as error:
        raise ValueError(f"a record {kind!r}: {error}") from error


def _pairs(write: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], list[list[Any]]]:
    return lambda mapping: [[name, write(value)] for name, value in mapping.items()]


def _mapping(read: Callable[[Any], Any]) -> Callable[[Iterable[Any]], dict[str, Any]]:
    return lambda pairs: {name: read(value) for name, value in pairs}


def _json_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)


def _codec(name: str, hint: Any) -> tuple[Callable[[Any], Any] | None, Callable[[Any], Any] | None]:
    """Return how a field is written and read. Mappings are lists of pairs: their names may be anything, and keep their order."""
    if name == "time":
        return time_text, time_of
    if hint in (Decimal, Decimal | None):
        return number_text, Decimal
    simple: dict[Any, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
        Mapping[str, Decimal]: (number_text, Decimal),
        Mapping[str, str]: (str, str),
        Mapping[str, Any]: (_json_text, json.loads),
    }
    if hint in simple:
        write, read = simple[hint]
        return _pairs(write), _mapping(read)
    if hint == tuple[int, ...]:
        return list, tuple
    for inner, (write, read) in simple.items():
        if hint == tuple[inner, ...]:
            pairs, mapping = _pairs(write), _mapping(read)
            return (lambda many, one=pairs: [one(item) for item in many]), (lambda many, one=mapping: tuple(one(i) for i in many))
    return None, None


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


_FIELDS = {
    kind: tuple(
        _Field(field.name, _default(field), *_codec(field.name, get_type_hints(made)[field.name])) for field in fields(made)
    )
    for kind, made in KINDS.items()
}
