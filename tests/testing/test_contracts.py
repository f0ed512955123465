"""Each numbered rule of a contract catches the plugin that breaks it, and says so in words that help."""

import inspect
import re

import pytest

import tradekit.testing
from caught import Caught, run_broken
from tradekit.testing import ComponentContract

CONTRACTS = [found for name in tradekit.testing.__all__ if name.endswith("Contract") for found in [getattr(tradekit.testing, name)]]
RULE = re.compile(r"test_((?:[a-z]{3})\d\d)_\w+")


def rules(contract: type[ComponentContract]) -> dict[str, str]:
    """Return the rules that a contract adds, with their docstrings."""
    own = {name: value for name, value in vars(contract).items() if name.startswith("test_")}
    return {RULE.fullmatch(name)[1]: inspect.getdoc(value) for name, value in own.items()}


ALL = [rule for contract in CONTRACTS for rule in rules(contract)]


@pytest.fixture(scope="module")
def caught() -> dict[str, Caught]:
    return {f"{one.contract}.{one.plugin}": one for one in run_broken()}


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


def test_every_rule_has_a_plugin_that_breaks_it(caught: dict[str, Caught]) -> None:
    assert sorted({one.breaks for one in caught.values()}) == sorted(ALL)


def test_broken_plugin_is_caught_by_the_rule_that_it_breaks(caught: dict[str, Caught]) -> None:
    found = {name: sorted(one.failed) for name, one in caught.items()}
    assert found == {name: sorted({one.breaks, *one.also}) for name, one in caught.items()}


def test_rule_that_is_broken_names_evidence_and_a_way_out(caught: dict[str, Caught]) -> None:
    for name, one in caught.items():
        said = one.failed[one.breaks]
        assert re.fullmatch(r"\S.*\n  evidence: \S.*\n  way out: \S.*", said, re.DOTALL), f"{name}: {said}"
