"""The parts of the reference that `tradekit.testing` says, and the table of what its contracts catch."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from md_tables import escaped, table

import tradekit.testing
from tradekit.testing import ComponentContract, markets

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from caught import Caught, run_broken

__all__ = ["caught_plugins", "contracts", "made_up_markets"]

CONTRACTS: tuple[type[ComponentContract], ...] = tuple(
    getattr(tradekit.testing, name) for name in tradekit.testing.__all__ if name.endswith("Contract")
)


def contracts() -> str:
    """Return a section for each contract: what may be stated, and its rules."""
    return "\n\n".join(section for contract in CONTRACTS for section in _contract(contract))


def _contract(contract: type[ComponentContract]) -> Iterator[str]:
    yield f"## `{contract.__name__}`"
    yield inspect.cleandoc(contract.__doc__ or "")
    if facts := list(_stated(contract)):
        yield table(("may be stated", "meaning"), facts)
    rules = [
        (f"`{number}`", _sentence(proves), _sentence(why))
        for number, (proves, _, why) in ((number, text.partition("\n\n")) for number, text in rules_of(contract).items())
    ]
    yield table(("rule", "proves", "why"), rules)


def rules_of(contract: type[ComponentContract]) -> dict[str, str]:
    """Return the rules that a contract adds to those of every component, by number, with their docstrings."""
    names = [name for name in vars(contract) if name.startswith("test_")]
    return {name.split("_")[1]: inspect.getdoc(getattr(contract, name)) or "" for name in names}


def _stated(contract: type[ComponentContract]) -> Iterator[tuple[str, str]]:
    """Yield the facts and the fixtures of a contract, which an author may override, with what is said about them."""
    (node,) = ast.parse(inspect.getsource(contract)).body
    body = node.body if isinstance(node, ast.ClassDef) else []
    for statement, follower in pairwise(body):
        is_told = isinstance(follower, ast.Expr) and isinstance(follower.value, ast.Constant)
        if isinstance(statement, ast.AnnAssign) and is_told:
            yield f"`{ast.unparse(statement.target)}`", _sentence(str(ast.literal_eval(follower.value)))
    for statement in body:
        if isinstance(statement, ast.FunctionDef) and any("fixture" in ast.unparse(one) for one in statement.decorator_list):
            told = (ast.get_docstring(statement) or "").partition("\n")[0]
            yield f"fixture `{statement.name}`", _sentence(told)


def _sentence(text: str) -> str:
    return escaped(" ".join(text.split()))


def made_up_markets() -> str:
    """Return what makes markets, in one line each."""
    rows = []
    for name in markets.__all__:
        found = getattr(markets, name)
        if callable(found):
            signature = str(inspect.signature(found)).partition(" -> ")[0]
            names = re.sub(r": '[^']*'| = [^,)]+", "", signature)
            rows.append((f"`{name}{names}`", _sentence(inspect.getdoc(found) or "")))
    return table(("call", "meaning"), rows)


def caught_plugins() -> str:
    """Return which rule caught which broken plugin, as the tests found it."""
    rows = [
        (
            f"`{one.breaks}`",
            f"`{one.plugin}`",
            _sentence(one.wrong),
            _sentence(one.failed[one.breaks].partition("\n")[0]),
            _others(one),
        )
        for one in sorted(run_broken(), key=lambda one: (one.breaks[:3] != "cmp", one.breaks, one.plugin))
    ]
    return table(("rule", "broken plugin", "what is wrong with it", "what the rule says", "also caught by"), rows)


def _others(one: Caught) -> str:
    return ", ".join(f"`{rule}`" for rule in sorted(one.failed) if rule != one.breaks)
