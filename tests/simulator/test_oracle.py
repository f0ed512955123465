"""The simulator against the oracle: a second one, slow and plain, written from the documentation alone."""

import pytest

from oracle.play import consult
from oracle.scripts import SORTS, case_of, simulate

pytestmark = pytest.mark.proof("simulator")

CLOSE = {"rel": 1e-9, "abs": 1e-6}


def told(fill):
    return fill.row, fill.order, fill.place, fill.is_maker


def numbers(fill):
    return fill.quantity, fill.price, fill.fee, fill.slippage


def assert_agree(case):
    mine, theirs = simulate(case), consult(case.world, case.script)
    assert [told(fill) for fill in mine.fills] == [told(fill) for fill in theirs.fills]
    for fill, other in zip(mine.fills, theirs.fills, strict=True):
        assert numbers(fill) == pytest.approx(numbers(other), **CLOSE)
    assert mine.open_orders == theirs.open_orders
    assert [end[:2] for end in mine.ends] == [end[:2] for end in theirs.ends]
    assert [end[2] for end in mine.ends] == pytest.approx([end[2] for end in theirs.ends], **CLOSE)
    assert mine.equity == pytest.approx(theirs.equity, **CLOSE)


@pytest.mark.parametrize("sort", SORTS)
def test_simulator_and_oracle_agree_on_scripts(sort, matrix):
    for seed in matrix.seeds(sample=200, whole=4_000):
        try:
            assert_agree(case_of(seed, sort))
        except Exception as error:
            error.add_note(f"case_of({seed}, {sort!r})")
            raise


def test_scripts_reach_every_corner():
    """Agreement on what never happens proves nothing."""
    outcomes = [(case_of(seed, sort), simulate(case_of(seed, sort))) for sort in SORTS for seed in range(150)]
    fills = [fill for _, outcome in outcomes for fill in outcome.fills]
    assert {(fill.place, fill.is_maker) for fill in fills} == {
        ("open", False), ("open", True), ("inside", False), ("inside", True), ("close", False)
    }  # fmt: skip
    ends = {end[:2] for _, outcome in outcomes for end in outcome.ends}
    assert len(ends) > 20
