"""The hooks. Each takes nothing and returns a list of classes; each is called once, while a run is composed."""

from __future__ import annotations

import pluggy

from tradekit.plugin.contracts import CostModel, DataSource, Executor, Indicator, Reporter, RiskRule, Strategy

__all__ = ["API", "hookimpl"]

API = 1
"""The number that a plugin states as `TRADEKIT_API`. It changes only when an installed plugin would have to."""

hookspec = pluggy.HookspecMarker("tradekit")
hookimpl = pluggy.HookimplMarker("tradekit")


@hookspec
def tradekit_data_sources() -> list[type[DataSource]]:
    """Return the data sources that this package provides."""
    return []


@hookspec
def tradekit_indicators() -> list[type[Indicator]]:
    """Return the indicators that this package provides."""
    return []


@hookspec
def tradekit_strategies() -> list[type[Strategy]]:
    """Return the strategies that this package provides."""
    return []


@hookspec
def tradekit_risk_rules() -> list[type[RiskRule]]:
    """Return the risk rules that this package provides."""
    return []


@hookspec
def tradekit_executors() -> list[type[Executor]]:
    """Return the executors that this package provides."""
    return []


@hookspec
def tradekit_cost_models() -> list[type[CostModel]]:
    """Return the cost models that this package provides."""
    return []


@hookspec
def tradekit_reporters() -> list[type[Reporter]]:
    """Return the reporters that this package provides."""
    return []
