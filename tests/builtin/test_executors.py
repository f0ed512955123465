"""The executor that needs no venue."""

import pytest
from pydantic import ValidationError

from tradekit import FillRules
from tradekit.builtin.executors import Simulated


def test_simulated_by_default_takes_the_pessimistic_fills():
    assert Simulated().fill_rules() == FillRules(insufficient_funds="cut", limit_fills="through")


@pytest.mark.parametrize("funds", ["cut", "reject"])
@pytest.mark.parametrize("limits", ["through", "touch"])
def test_simulated_fill_rules_are_its_options(funds, limits):
    made = Simulated(Simulated.Options(insufficient_funds=funds, limit_fills=limits))
    assert made.fill_rules() == FillRules(funds, limits)


def test_simulated_options_become_the_fill_rules_of_the_simulator():
    options = Simulated.Options(path="high-first", participation="none", latency_ms=2.5, queue_ahead=40)
    rules = Simulated(options).fill_rules()
    assert rules == FillRules(path="high-first", participation=None, latency_ns=2_500_000, queue_ahead=40)
    assert Simulated(Simulated.Options(participation=0.025)).fill_rules().participation == 0.025


@pytest.mark.parametrize("wrong", [0, -0.1, 1.5])
def test_simulated_participation_that_is_no_part_is_refused(wrong):
    with pytest.raises(ValidationError, match="must be above 0 and at most 1"):
        Simulated.Options(participation=wrong)
