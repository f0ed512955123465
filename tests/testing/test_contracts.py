"""The rules of each contract have numbers, and say what they prove and why."""

import inspect
import re

import pytest

import tradekit.testing
from tradekit.testing import ComponentContract

CONTRACTS = [found for name in tradekit.testing.__all__ if name.endswith("Contract") for found in [getattr(tradekit.testing, name)]]
RULE = re.compile(r"test_((?:[a-z]{3})\d\d)_\w+")


def rules(contract: type[ComponentContract]) -> dict[str, str]:
    """Return the rules that a contract adds, with their docstrings."""
    own = {name: value for name, value in vars(contract).items() if name.startswith("test_")}
    return {RULE.fullmatch(name)[1]: inspect.getdoc(value) for name, value in own.items()}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_rules_of_a_contract_are_numbered_without_gaps(contract: type[ComponentContract]) -> None:
    numbers = [int(rule[3:]) for rule in rules(contract)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({rule[:3] for rule in rules(contract)}) == 1


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_rule_says_what_it_proves_and_why(contract: type[ComponentContract]) -> None:
    for rule, text in rules(contract).items():
        proves, _, why = text.partition("\n\n")
        assert proves.endswith("."), rule
        assert why.endswith("."), rule
