"""The executor that needs no venue."""

import pytest

from tradekit import FillRules
from tradekit.builtin.executors import Simulated


def test_simulated_by_default_takes_the_pessimistic_fills():
    assert Simulated().fill_rules() == FillRules(insufficient_funds="cut", limit_fills="through")


@pytest.mark.parametrize("funds", ["cut", "reject"])
@pytest.mark.parametrize("limits", ["through", "touch"])
def test_simulated_fill_rules_are_its_options(funds, limits):
    made = Simulated(Simulated.Options(insufficient_funds=funds, limit_fills=limits))
    assert made.fill_rules() == FillRules(funds, limits)
