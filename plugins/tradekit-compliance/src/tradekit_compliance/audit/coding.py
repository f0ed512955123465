"""How the fields of a record stand in JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, get_type_hints

from tradekit_compliance.audit.records import KINDS, Record

__all__ = ["decimal_of", "decode", "encode", "number_text", "time_of", "time_text"]

_SECOND = 1_000_000_000


def time_text(time: int) -> str:
    """Return UTC nanoseconds as ISO 8601 with all nine digits."""
    seconds, nanoseconds = divmod(time, _SECOND)
    return f"{_second_text(seconds)}.{nanoseconds:09d}Z"


@lru_cache(maxsize=1024)
def _second_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def time_of(text: str) -> int:
    """Return the UTC nanoseconds that `time_text` has written."""
    moment = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
    return int(moment.timestamp()) * _SECOND + int(text[20:29])


def number_text(value: Decimal | float) -> str:
    """Return a number without an exponent: of a float the shortest decimal that is read back as the same float."""
    text = float.__repr__(value) if isinstance(value, float) else str(value)
    if "e" in text or "E" in text:
        text = format(Decimal(text), "f")
    if "n" in text or "N" in text:
        raise ValueError(f"{value!r} is no number that a record can hold")
    return text.removesuffix(".0")


def decimal_of(value: float | None) -> Decimal | None:
    """Return a float of the simulator as a record has it; `None` for NaN."""
    return None if value is None or value != value else Decimal(number_text(value))


Coder = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _of(kind: type) -> Coder:
    """Return what lets only values of a type through: a number that slipped into a text would not be the same everywhere."""

    def write(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return write


class _Field(NamedTuple):
    """A field of a record: its default, and how its value is written and read."""

    name: str
    default: Any
    write: Coder
    read: Coder


def encode(record: Record) -> dict[str, Any]:
    """Return a record as the `data` of an entry, without what has its default. Raises `TypeError` for a value of another type."""
    found = {}
    for name, default, write, _ in _FIELDS[record.KIND]:
        value = getattr(record, name)
        if value != default:
            found[name] = write(value)
    return found


def decode(kind: str, data: Mapping[str, Any]) -> Record:
    """Return the record that `data` holds. Raises `KeyError` for an unknown kind, `ValueError` for what doesn't fit it."""
    made = KINDS[kind]
    known = {field.name: field.read for field in _FIELDS[kind]}
    if unknown := set(data) - set(known):
        raise ValueError(f"a record {kind!r} has no field {min(unknown)!r}")
    try:
        return made(**{name: known[name](value) for name, value in data.items()})
    except TypeError as error:
        raise ValueError(f"a record {kind!r}: {error}") from error


def _pairs(write: Coder) -> Coder:
    return lambda mapping: [[name, write(value)] for name, value in mapping.items()]


def _mapping(read: Coder) -> Coder:
    return lambda pairs: {name: read(value) for name, value in pairs}


def _or_none(one: Coder) -> Coder:
    return lambda value: None if value is None else one(value)


def _each(one: Coder, gather: Callable[[Iterable[Any]], Any]) -> Coder:
    return lambda many: gather(one(item) for item in many)


def _json_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)


_TEXTS = (_pairs(_of(str)), _mapping(_same))
_ANYTHING = (_pairs(_json_text), _mapping(json.loads))
_CODERS: dict[Any, tuple[Coder, Coder]] = {
    str: (_of(str), _same),
    int: (_of(int), _same),
    bool: (_of(bool), _same),
    Decimal: (number_text, Decimal),
    Decimal | None: (_or_none(number_text), _or_none(Decimal)),
    Mapping[str, Decimal]: (_pairs(number_text), _mapping(Decimal)),
    Mapping[str, str]: _TEXTS,
    Mapping[str, Any]: _ANYTHING,
    tuple[int, ...]: (list, tuple),
    tuple[str, ...]: (list, tuple),
    tuple[Mapping[str, str], ...]: (_each(_TEXTS[0], list), _each(_TEXTS[1], tuple)),
    tuple[Mapping[str, Any], ...]: (_each(_ANYTHING[0], list), _each(_ANYTHING[1], tuple)),
}
"""How fields of a type are written and read. Mappings are lists of pairs: their names may be anything, and keep their order."""


def _field(field: Field[Any], hint: Any) -> _Field:
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    write, read = (time_text, time_of) if field.name == "time" else _CODERS[hint]
    return _Field(field.name, default, write, read)


def _fields_of(made: type[Any]) -> tuple[_Field, ...]:
    hints = get_type_hints(made)
    return tuple(_field(field, hints[field.name]) for field in fields(made))


_FIELDS = {kind: _fields_of(made) for kind, made in KINDS.items()}
