"""Runs that differ in the options of their strategy alone, in array form: what all of them have in common is made once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tradekit.engine.compose import ComposedRun, strategy_with
from tradekit.engine.indicators import declared, shared_columns
from tradekit.engine.market import MarketData
from tradekit.engine.prepare import Prepared, prepare, run_warmup
from tradekit.engine.shared import Shared
from tradekit.engine.sweep.params import Setting
from tradekit.model.result import ComponentUse
from tradekit.plugin.contracts import RiskRule, Strategy
from tradekit.plugin.discovery import Registry
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation

__all__ = ["Variants"]


class Variants:
    """The runs of one file on one market; threads may share it. `suits` tells whether there can be any.

    Without rules that judge in Python, which the array form can't have, nothing but the strategy keeps state between bars.
    """

    def __init__(self, composed: ComposedRun, market: MarketData, shared: Shared, registry: Registry) -> None:
        self.composed = composed
        self.market = market
        self.shared = shared
        own = composed.config.strategy
        found = (one for one in registry.components if (one.kind, one.name) == (own.kind, own.name))
        self.registry = replace(registry, components=tuple(found))
        self.prepared = prepare(composed, market, shared)
        none = np.empty((0, len(market.bars.symbols), len(market.bars)))
        self.setup = replace(self.prepared.setup, names={}, values=none)
        self.setups: dict[int, Setup] = {}
        self.own = threading.local()

    @staticmethod
    def suits(composed: ComposedRun) -> bool:
        """Say whether nothing but a strategy need be made anew; a rule may want to see each that is."""
        return all(type(rule).begin is RiskRule.begin for rule in composed.rules)

    def made(self, options: Mapping[str, Setting]) -> tuple[Strategy, ComponentUse] | None:
        """Return the strategy with other options, checked; `None` where composing the file would tell why it can't be had."""
        return strategy_with(self.composed, options, self.registry)

    def run_of(self, strategy: Strategy) -> Prepared:
        """Return the run of a strategy. Raises what `prepare` does."""
        size, market = self.composed.config.data.size, self.market
        indicators = declared(strategy, size)
        warmup = run_warmup(self.composed, strategy, indicators)
        columns = shared_columns(indicators, market.adjusted, size, market.sessions, self.shared)
        setup = self.setups.get(warmup) or self.setups.setdefault(warmup, replace(self.setup, warmup=warmup))
        return Prepared(setup, strategy, self.prepared.benchmark, self.prepared.assumptions, columns)

    def simulation(self, place: int) -> Simulation:
        """Return a simulation that the thread uses for one run after the other: as many are under way at once as it has places."""
        found: list[Simulation] = vars(self.own).setdefault("simulations", [])
        found += [Simulation(self.setup) for _ in range(len(found), place + 1)]
        return found[place]
