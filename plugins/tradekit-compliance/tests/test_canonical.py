"""Canonical bytes are those of RFC 8785, held against another implementation of it; what is not in the profile is refused."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tradekit_compliance.audit.canonical import canonical, read_canonical

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.", min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_bytes_of_the_profile_are_those_of_another_implementation(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)
    assert read_canonical(canonical(value)) == value


@pytest.mark.parametrize(
    ("content", "why"),
    [
        # What the vectors of RFC 8785 have that is not in the profile: floats, names beyond a-z, arrays at the top, blanks.
        (b'[56,{"1":[],"10":null,"d":true}]', "it is no object"),
        (b'{"\xc3\xb6":1}', "has other characters than"),
        (b'{"numbers":[333333333.3333333]}', "is no integer"),
        (b'{"a":1e30}', "is no integer"),
        (b'{"a":4.50}', "is no integer"),
        (b'{"a":-0}', "other bytes"),
        (b'{"b":1,"a":2}', "other bytes"),
        (b'{"a":1,"a":1}', "other bytes"),
        (b'{"a":"\\u0041"}', "other bytes"),
        (b'{"a":"\\/"}', "other bytes"),
        (b'{ "a":1}', "other bytes"),
        (b'{"a":9007199254740993}', "beyond"),
        (b'{"a":Infinity}', "is no integer"),
        (b'{"a":"\\ud800"}', "surrogates not allowed"),
        (b'{"a":"\xff"}', "invalid start byte"),
        (b'\xef\xbb\xbf{"a":1}', "Expecting value"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_canonical(content)
