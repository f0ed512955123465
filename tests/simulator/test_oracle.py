"""The simulator against the oracle: a second one, slow and plain, written from the documentation alone."""

import pytest
from hypothesis import given, settings

from oracle.play import consult
from oracle.scripts import cases, simulate

EXAMPLES = 200


def agree(case):
    mine, other = simulate(case), consult(case.world, case.script)
    assert rounded(mine.fills) == rounded(other.fills)
    assert mine.open_orders == other.open_orders
    assert [(status.name, reason.name, round(units, 6)) for status, reason, units in mine.ends] == [
        (status.name, reason.name, round(units, 6)) for status, reason, units in other.ends
    ]
    assert mine.equity == pytest.approx(other.equity, rel=1e-9, abs=1e-6)


def rounded(fills):
    return [
        (f.row, f.order, round(f.quantity, 6), round(f.price, 6), f.place, f.is_maker, round(f.fee, 6), round(f.slippage, 6))
        for f in fills
    ]


@given(case=cases())
@settings(max_examples=EXAMPLES, deadline=None)
def test_bars_alone(case):
    agree(case)
