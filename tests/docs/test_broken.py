"""Each rule of a contract catches the plugin that breaks it and says so in words that help, and the page on contracts shows it."""

import re
from pathlib import Path
from types import ModuleType

import tradekit.testing
from caught import run_broken

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "contracts.md"
CONTRACTS = [getattr(tradekit.testing, name) for name in tradekit.testing.__all__ if name.endswith("Contract")]
RULE = re.compile(r"test_((?:[a-z]{3})\d\d)_\w+")


def test_broken_plugins_are_caught_by_the_rules_that_they_break(generator: ModuleType) -> None:
    """All at once, and the page that shows them: they take long to run, and processes share nothing."""
    caught = {f"{one.contract}.{one.plugin}": one for one in run_broken()}
    rules = [found[1] for contract in CONTRACTS for name in vars(contract) if (found := RULE.fullmatch(name))]
    assert sorted({one.breaks for one in caught.values()}) == sorted(rules)
    found = {name: sorted(one.failed) for name, one in caught.items()}
    assert found == {name: sorted({one.breaks, *one.also}) for name, one in caught.items()}
    for name, one in caught.items():
        said = one.failed[one.breaks]
        assert re.fullmatch(r"\S.*\n  evidence: \S.*\n  way out: \S.*", said, re.DOTALL), f"{name}: {said}"
    page = PAGE.read_text("utf-8")
    assert generator.rewritten(page) == page, "run: python docs/generate.py"
