"""The bytes of a record: a profile of RFC 8785 (JSON Canonicalization Scheme) that leaves nothing to choose.

Of JSON it takes objects whose names are made of `a-z`, `0-9`, `_` and `.`, arrays, texts, `true`, `false`, `null`, and integers
up to 2**53 - 1 either way; no other numbers: prices, sizes and money are texts. Within this profile the standard library's
sorted, separator-free JSON is byte for byte what RFC 8785 asks for.
"""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["canonical", "profile_breach", "read_canonical"]

_GREATEST = 2**53 - 1
_NAME = re.compile(r"[a-z0-9_.]+")
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a value of the profile; `profile_breach` says whether it is one. Raises `ValueError` if not.

    Only what can't be written at all is found here: checking each value of each record would cost more than writing it does.
    """
    return _ENCODER.encode(value).encode("utf-8")


def read_canonical(content: bytes) -> dict[str, Any]:
    """Return the object that canonical bytes hold. Raises `ValueError`, saying why, for bytes that are not canonical.

    The value is written again and has to give the same bytes, so that names that come twice, other escapes, other numbers and
    blanks are all found.
    """
    value = json.loads(content.decode("utf-8"), parse_float=_no_float, parse_constant=_no_float)
    if not isinstance(value, dict):
        raise ValueError(f"it is no object: {value!r:.40}")
    if breach := profile_breach(value):
        raise ValueError(breach)
    if canonical(value) != content:
        raise ValueError("written again it gives other bytes")
    return value


def profile_breach(value: Any) -> str:
    """Return what of a value is not in the profile, or an empty text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                return f"the name {name!r} has other characters than a-z, 0-9, '_' and '.'"
            if breach := profile_breach(inner):
                return breach
        return ""
    if isinstance(value, list | tuple):
        return next((breach for breach in map(profile_breach, value) if breach), "")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str):
        return "" if value.isascii() or not _has_surrogate(value) else f"the text {value!r:.40} is no Unicode"
    if isinstance(value, int):
        return "" if -_GREATEST <= value <= _GREATEST else f"the integer {value} is beyond 2**53 - 1; write it as a text"
    return f"{value!r} is a {type(value).__name__}; write numbers as texts"


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _no_float(text: str) -> Any:
    raise ValueError(f"the number {text} is no integer; numbers are written as texts")
