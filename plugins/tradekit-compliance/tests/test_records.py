"""Records keep what they were made of, through JSON and back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradekit_compliance.audit.canonical import canonical, read_canonical
from tradekit_compliance.audit.coding import decode, encode, number_text, time_of, time_text
from tradekit_compliance.audit.records import KINDS, Filled, Ordered, RunBegun

ORDERED = Ordered(
    time=1_700_000_000_123_456_789,
    order=3,
    symbol="BTC/USDT",
    kind="limit",
    quantity=Decimal("-0.00000001"),
    limit=Decimal("37000.10"),
    conditions={"time_in_force": "ioc"},
    values={"Größe": Decimal("1E-8"), "close": Decimal(37001)},
)
BEGUN = RunBegun(
    "a",
    "live",
    "event",
    "USD",
    Decimal(100_000),
    config={"risk[0].limit": 0.5, "data.instruments": ["A", "B"], "run.seed": None},
    components=({"kind": "strategy", "name": "sma-cross", "package": "tradekit", "version": "0.1.0"},),
    data=({"symbol": "A", "rows": 3},),
)


@pytest.mark.parametrize("record", [ORDERED, BEGUN])
def test_record_through_canonical_json_is_the_same(record: Ordered | RunBegun) -> None:
    assert decode(record.KIND, read_canonical(canonical(encode(record)))) == record


def test_record_with_its_defaults_leaves_them_out() -> None:
    assert encode(Ordered(0, 0, "A", "market")) == {
        "time": "1970-01-01T00:00:00.000000000Z",
        "order": 0,
        "symbol": "A",
        "kind": "market",
    }


def test_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a record 'order.asked' has no field 'colour'"):
        decode("order.asked", {**encode(ORDERED), "colour": "red"})


def test_missing_field_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a record 'order.filled'.*missing"):
        decode(Filled.KIND, {"order": 1})


def test_kinds_have_names_of_their_own() -> None:
    assert all(name == kind.KIND for name, kind in KINDS.items())


@given(st.integers(min_value=0, max_value=2**62))
def test_time_as_text_and_back_is_the_same(time: int) -> None:
    assert time_of(time_text(time)) == time


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_float_as_text_and_back_is_the_same(value: float) -> None:
    assert float(number_text(value)) == value
    assert "e" not in number_text(value).lower()
