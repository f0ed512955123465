"""The bytes of a record: a profile of RFC 8785 (JSON Canonicalization Scheme) that leaves nothing to choose.

Of JSON it takes objects whose names are made of `a-z`, `0-9`, `_` and `.`, arrays, texts, `true`, `false`, `null`, and integers
up to 2**53 - 1 either way; no other numbers: prices, sizes and money are texts. Within this profile the standard library's
sorted, separator-free JSON is byte for byte what RFC 8785 asks for.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["canonical", "read_canonical"]

_GREATEST = 2**53 - 1
_NAME = re.compile(r"[a-z0-9_.]+")
# Records hold no value that holds itself, and looking for one in each would take a third of the time.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False)
_names: set[str] = set()
"""Names that were seen to be good: the same few come in each record."""


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a value of the profile.

    What is not in the profile is not looked for: the fields of records see to it, and `read_canonical` refuses it. Raises
    `ValueError` or `TypeError` for what JSON can't hold at all.
    """
    return _ENCODER.encode(value).encode("utf-8")


def read_canonical(content: bytes) -> dict[str, Any]:
    """Return the object that canonical bytes hold. Raises `ValueError`, saying why, for bytes that are not canonical.

    The value is written again and has to give the same bytes, so that names that come twice, other escapes, other numbers and
    blanks are all found.
    """
    decoder = _STRICT if _LONG_NUMBER.search(content) else _DECODER
    value = decoder.decode(content.decode("utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"it is no object: {value!r:.40}")  # noqa: TRY004 - what was read is wrong, not what was passed
    if canonical(value) != content:
        raise ValueError("written again it gives other bytes")
    return value


def _checked_names(value: dict[str, Any]) -> dict[str, Any]:
    if not _names.issuperset(value):
        for name in value:
            if not _NAME.fullmatch(name):
                raise ValueError(f"the name {name!r} has other characters than a-z, 0-9, '_' and '.'")
            if len(_names) < 1000:
                _names.add(name)
    return value


def _integer(text: str) -> int:
    found = int(text)
    if not -_GREATEST <= found <= _GREATEST:
        raise ValueError(f"the integer {text} is beyond 2**53 - 1; such numbers are written as texts")
    return found


def _no_float(text: str) -> Any:
    raise ValueError(f"the number {text} is no integer; other numbers are written as texts")


# Looking at each integer costs time, and only where there is something like a long one can one be too large.
_LONG_NUMBER = re.compile(rb"[:,\[]-?[0-9]{16}")
_DECODER = json.JSONDecoder(object_hook=_checked_names, parse_float=_no_float, parse_constant=_no_float)
_STRICT = json.JSONDecoder(object_hook=_checked_names, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float)
