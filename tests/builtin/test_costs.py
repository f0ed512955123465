"""The cost models that come with the kernel."""

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit import CostKind, Instrument
from tradekit.builtin.costs import Fee, Slippage

TWO = (Instrument("A"), Instrument("B"))


def terms(model):
    return {term.kind: term.values.tolist() for term in model.terms(TWO)}


def test_fee_terms_are_a_rate_and_an_amount_for_each_instrument():
    found = terms(Fee(Fee.Options(bps=10, per_unit=0.005)))
    assert found == {CostKind.FEE_RATE: [pytest.approx(0.001)] * 2, CostKind.FEE_PER_UNIT: [0.005, 0.005]}


def test_slippage_terms_are_a_rate_for_each_instrument():
    assert terms(Slippage(Slippage.Options(bps=5))) == {CostKind.SLIPPAGE_RATE: [pytest.approx(0.0005)] * 2}


@pytest.mark.parametrize("model", [Fee(Fee.Options(bps=10)), Slippage(Slippage.Options(bps=5))])
def test_terms_are_float64(model):
    assert all(term.values.dtype == np.float64 for term in model.terms(TWO))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bps": 10}, "Each fill pays a fee of 10 bps of its value."),
        ({"per_unit": 0.005}, "Each fill pays a fee of 0.005 for each unit."),
        ({"bps": 2.5, "per_unit": 1}, "Each fill pays a fee of 2.5 bps of its value and 1 for each unit."),
        ({"bps": 0}, "Fills pay no fee."),
    ],
)
def test_fee_describe_says_the_figures(options, sentence):
    assert Fee(Fee.Options(**options)).describe() == sentence


def test_slippage_describe_says_the_figure():
    expected = "Market and stop orders fill 5 bps worse than the reference price; limit orders don't slip."
    assert Slippage(Slippage.Options(bps=5)).describe() == expected


def test_fee_without_any_figure_is_refused():
    with pytest.raises(ValidationError, match=r"a fee needs bps, per_unit or both; a run without costs has costs = \[\]"):
        Fee.Options()


@pytest.mark.parametrize(
    ("cls", "options"), [(Fee, {"bps": -1}), (Fee, {"per_unit": -1}), (Slippage, {"bps": 10_000}), (Slippage, {})]
)
def test_costs_out_of_range_are_refused(cls, options):
    with pytest.raises(ValidationError):
        cls.Options(**options)
