"""What a component class must be, checked when it is found: a slip shows when a package is loaded, not in the middle of a run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import NamedTuple

from tradekit.errors import PluginError
from tradekit.plugin.contracts import Component, CostModel, DataSource, Executor, Indicator, Reporter, RiskRule, Strategy
from tradekit.plugin.options import Options

__all__ = ["KINDS", "Kind", "check_component"]


class Kind(NamedTuple):
    """How components of a kind come in: by which hook, and subclassing which contract."""

    hook: str
    contract: type[Component]


KINDS: Mapping[str, Kind] = {
    "data source": Kind("tradekit_data_sources", DataSource),
    "indicator": Kind("tradekit_indicators", Indicator),
    "strategy": Kind("tradekit_strategies", Strategy),
    "risk rule": Kind("tradekit_risk_rules", RiskRule),
    "executor": Kind("tradekit_executors", Executor),
    "cost model": Kind("tradekit_cost_models", CostModel),
    "reporter": Kind("tradekit_reporters", Reporter),
}
"""The kinds of component, under the words that people type, in the order in which they are listed."""

_KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_component(kind: str, candidate: object) -> type[Component]:
    """Return `candidate` if it is a complete component class of `kind`; raise `PluginError` with the first thing it lacks.

    It must be a subclass of the kind's contract with no abstract method left, have a docstring of its own, a `name` in
    kebab-case and an `Options` class that is closed and frozen with every field described, and take its options as its only
    argument. A strategy must override `on_bar`, `targets`, both, or a method that is called on ticks; a risk rule `limits` or
    `check`, and not both.
    """
    contract = KINDS[kind].contract
    if not (isinstance(candidate, type) and issubclass(candidate, contract)):
        raise PluginError(f"hook {KINDS[kind].hook!r} returned {candidate!r}; expected subclasses of tradekit.{contract.__name__}")
    component: type[Component] = candidate
    who = f"{kind} {component.__name__!r}"
    if missing := sorted(getattr(component, "__abstractmethods__", ())):
        listed = ", ".join(repr(method) for method in missing)
        raise PluginError(f"{who} lacks {listed}, which tradekit.{contract.__name__} leaves to it")
    _check_name(component, who)
    if not (component.__doc__ or "").strip():
        raise PluginError(f"{who} has no docstring; its first line is what 'tradekit plugins' prints")
    _check_options(component, who)
    _check_forms(component, who)
    return component


def _check_name(component: type[Component], who: str) -> None:
    name = getattr(component, "name", None)
    if name is None:
        raise PluginError(f"{who} has no name; give it one in kebab-case, such as name = 'sma-cross'")
    if not (isinstance(name, str) and _KEBAB_CASE.fullmatch(name)):
        raise PluginError(f"{who} has the name {name!r}; expected kebab-case, such as 'sma-cross'")


def _check_options(component: type[Component], who: str) -> None:
    _check_fields(component.Options, who)
    try:
        inspect.signature(component).bind(component.Options)
    except TypeError as error:
        raise PluginError(f"{who} can't be made from its options ({error}); let its __init__ take only 'options'") from error


def _check_fields(options: object, who: str, prefix: str = "") -> None:
    """Check an Options class and, as they are tables in its table, those that its fields hold."""
    if not (isinstance(options, type) and issubclass(options, Options)):
        raise PluginError(f"{who} has Options that are not a subclass of tradekit.Options")
    if options.model_config.get("extra") != "forbid" or not options.model_config.get("frozen"):
        raise PluginError(f"{who} has Options that let unknown keys in or can be changed; keep extra='forbid' and frozen=True")
    for field, info in options.model_fields.items():
        if not (info.description or "").strip():
            name = prefix + field
            raise PluginError(f"{who} has option {name!r} without a description; add description='...' to its Field, with its unit")
        if isinstance(info.annotation, type) and issubclass(info.annotation, Options):
            _check_fields(info.annotation, who, f"{prefix}{field}.")


_FORMS = ("on_bar", "targets", "on_trade", "on_quote", "on_book", "on_timer")
"""What a strategy decides with."""


def _check_forms(component: type[Component], who: str) -> None:
    if issubclass(component, Strategy):
        if all(getattr(component, name) is getattr(Strategy, name) for name in _FORMS):
            raise PluginError(f"{who} decides nothing; give it on_bar, targets, or both")
    elif issubclass(component, RiskRule):
        has_limits, has_check = component.limits is not RiskRule.limits, component.check is not RiskRule.check
        if has_limits and has_check:
            raise PluginError(f"{who} has both limits and check; give it one of them")
        if not (has_limits or has_check):
            raise PluginError(f"{who} judges nothing; give it limits or check")
