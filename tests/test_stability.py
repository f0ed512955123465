"""What is promised to plugin authors: contracts of API 1 only grow, and what goes is announced two minor releases ahead."""

import ast
import inspect
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pluggy
import pytest

import tradekit
from tradekit.plugin import hookspecs
from tradekit.plugin.discovery import discover

SRC = Path(tradekit.__file__).parent

CONTRACTS = {
    "DataSource": (
        "bars",
        {
            "venue_time": "self",
            "instruments": "self",
            "bars": "self, request",
            "funding": "self, symbols",
            "actions": "self, symbols",
            "trades": "self, request",
            "quotes": "self, request",
            "book": "self, request",
        },
    ),
    "Indicator": (
        "step warmup",
        {"step": "self", "compute": "self, *columns", "feed": "self, state, *columns", "every": "self, interval"},
    ),
    "Strategy": ("", {"indicators": "self", "sells_short": "self", "on_bar": "self, ctx", "targets": "self, bars, ind"}),
    "RiskRule": ("", {"limits": "self", "check": "self, order, account"}),
    "CostModel": ("describe terms", {"terms": "self, instruments", "terms_on": "self, instruments, bars", "describe": "self"}),
    "Executor": ("fill_rules", {"fill_rules": "self"}),
    "Reporter": ("", {"record": "self, event", "report": "self, result, folder"}),
}
"""The contracts of API 1: what a class must have, and the methods with their parameters. Entries are added, never changed."""


def parameters(function) -> list[str]:
    """Return the parameters that a caller of API 1 gives, and those that it would have to."""
    found = inspect.signature(function).parameters.values()
    return [str(one.replace(annotation=inspect.Parameter.empty)) for one in found if one.default is inspect.Parameter.empty]


@pytest.mark.parametrize("name", CONTRACTS)
def test_contract_of_api_1_asks_for_nothing_more(name: str) -> None:
    abstract, methods = CONTRACTS[name]
    contract = getattr(tradekit, name)
    assert sorted(getattr(contract, "__abstractmethods__", ())) == abstract.split()
    for method, expected in methods.items():
        assert ", ".join(parameters(getattr(contract, method))) == expected, f"{name}.{method}"


def test_contracts_of_api_1_are_those_of_the_hooks() -> None:
    hooks = [getattr(hookspecs, name) for name in dir(hookspecs) if name.startswith("tradekit_")]
    returned = {re.sub(r"list\[type\[(\w+)\]\]", r"\1", inspect.signature(hook).return_annotation) for hook in hooks}
    assert returned == set(CONTRACTS)
    assert hookspecs.API == 1
    assert all(not inspect.signature(hook).parameters for hook in hooks)


def deprecations(source: str) -> Iterator[tuple[int, str]]:
    """Give the line and the text of each `DeprecationWarning` that a module makes."""
    for node in ast.walk(ast.parse(source)):
        called = node.func if isinstance(node, ast.Call) else None
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []
        names = [part.id for part in ([called] if called else []) + arguments if isinstance(part, ast.Name)]
        if "DeprecationWarning" in names or "PendingDeprecationWarning" in names:
            yield (
                node.lineno,
                " ".join(part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)),
            )


def mistake(text: str, version: str) -> str:
    """Return what is wrong with a deprecation in a version; `gone in tradekit X.Y` is what it must say."""
    told = re.search(r"gone in tradekit (\d+)\.(\d+)\b", text)
    if told is None:
        return "it doesn't say 'gone in tradekit X.Y'"
    if "use " not in text:
        return "it doesn't say what to use instead"
    major, minor = (int(part) for part in version.split(".")[:2])
    if (int(told[1]), int(told[2])) <= (major, minor):
        return "that release is here"
    return ""


def test_deprecations_of_the_kernel_name_the_release_and_the_way_out() -> None:
    found = [(path, *one) for path in SRC.rglob("*.py") for one in deprecations(path.read_text("utf-8"))]
    assert [(path.name, line, wrong) for path, line, text in found if (wrong := mistake(text, tradekit.__version__))] == []


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("warnings.warn('f() will be gone in tradekit 0.3; use g()', DeprecationWarning, stacklevel=2)", ""),
        ("hookspec(warn_on_impl=DeprecationWarning('will be gone in tradekit 1.0; use x'))", ""),
        ("warnings.warn('f() is old; use g()', DeprecationWarning)", "it doesn't say 'gone in tradekit X.Y'"),
        ("warnings.warn('f() will be gone in tradekit 0.3', category=DeprecationWarning)", "it doesn't say what to use instead"),
        ("warnings.warn('f() will be gone in tradekit 0.1; use g()', DeprecationWarning)", "that release is here"),
    ],
)
def test_deprecation_of_each_sort_is_read(call: str, expected: str) -> None:
    (found,) = {text for _, text in deprecations(call)}
    assert mistake(found, "0.1.0") == expected


def too_near(changelog: str, version: str) -> list[str]:
    """Return the removals that a changelog announces less than two minor releases ahead; `version` is the unreleased one."""
    found = []
    for release in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        major, minor = (re.match(r"\[(\d+)\.(\d+)", release) or re.match(r"(\d+)\.(\d+)", version)).groups()
        announced = release.partition("### Deprecated\n")[2].partition("\n### ")[0]
        gone = re.finditer(r".*gone in tradekit (\d+)\.(\d+).*", announced)
        found += [one[0] for one in gone if int(one[1]) <= int(major) and int(one[2]) < int(minor) + 2]
    return found


def test_two_minor_releases_lie_between_deprecation_and_removal() -> None:
    assert too_near((SRC.parents[1] / "CHANGELOG.md").read_text("utf-8"), tradekit.__version__) == []


def test_removal_that_is_announced_too_late_is_found() -> None:
    changelog = """
## [Unreleased]

### Deprecated

- `f()` will be gone in tradekit 0.5.
- `g()` will be gone in tradekit 0.6.

## [0.3.0]

### Deprecated

- `h()` will be gone in tradekit 0.4.

### Fixed

- `i()` is gone in tradekit 0.3.
"""
    assert too_near(changelog, "0.4.0") == ["- `f()` will be gone in tradekit 0.5.", "- `h()` will be gone in tradekit 0.4."]


PLUGIN = """
from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Old(Strategy):
    "Do nothing."

    name = "old"

    def on_bar(self, ctx):
        pass


@hookimpl
def tradekit_strategies():
    return [Old]
"""


def test_hook_that_is_deprecated_works_and_warns_the_package_that_has_it(site, monkeypatch) -> None:
    message = "tradekit_strategies() will be gone in tradekit 9.9; use tradekit_plans()"

    @pluggy.HookspecMarker("tradekit")(warn_on_impl=DeprecationWarning(message))
    def deprecated():
        return []

    monkeypatch.setattr(hookspecs, "tradekit_strategies", deprecated)
    site.install("acme-old", PLUGIN)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        registry = discover(["acme-old"])
    assert registry.find("strategy", "old").package == "acme-old"
    assert registry.broken == ()
    assert message in {str(one.message) for one in caught}
