"""What a run is made of, in the words of a snapshot; and what was known when something was decided in it."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np

from tradekit.engine.compose import ComposedRun
from tradekit.engine.decisions import Terms, Values
from tradekit.engine.environment import code_of, environment_of
from tradekit.engine.market import MarketData
from tradekit.engine.outcome import facts_of
from tradekit.engine.plan import Plan
from tradekit.engine.trials import data_hash
from tradekit.model.order import Bracket, OrderKind, Trail
from tradekit.model.order import Terms as OrderTerms
from tradekit.simulator.context import Context
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation

__all__ = ["about_run", "conditions_of", "market_values"]

_FACTS = ("symbol", "origin", "rows", "first", "last")
_USES = ("kind", "name", "package", "version")
_USUAL = {part: [(one.name, one.default) for one in fields(part)] for part in (OrderTerms, Bracket)}


def about_run(composed: ComposedRun, market: MarketData, plan: Plan) -> dict[str, Any]:
    """Return settings, components, data, installed versions and code."""
    data = facts_of(market, composed.run_file.folder)
    return {
        "name": composed.config.run.name,
        "plan": f"{plan.driver} driver: {plan.reason}",
        "config": composed.settings(),
        "components": [{key: getattr(use, key) for key in _USES} for use in composed.uses],
        "data": [{key: fact[key] for key in _FACTS} | {"sha256": data_hash(fact)} for fact in data],
        "environment": environment_of(use.package for use in composed.uses),
        "code": code_of(composed.parts),
    }


def market_values(setup: Setup, share: int | None = None) -> Values:
    """Return what tells the last close of an instrument, and its indicators on it: those of one of several strategies."""
    size = setup.share_size
    first, names = (0, setup.names) if share is None else (share * size, setup.shares[share].names)
    place = {symbol: first + i for i, symbol in enumerate(setup.bars.symbols[:size])}

    def known(time: int, symbol: str) -> dict[str, float]:
        row = int(np.searchsorted(setup.bars.close_time, time, "right")) - 1
        if symbol not in place or row < 0:
            return {}
        i = place[symbol]
        found = {"close": setup.bars.close[row, i], **{name: setup.values[at, i, row] for name, at in names.items()}}
        return {name: float(value) for name, value in found.items() if math.isfinite(value)}

    return known


def conditions_of(simulation: Simulation, context: Context, number: int) -> Terms:
    """Return the conditions of an order that are not the usual ones, its exits included."""
    order = context.order(number)
    found: dict[str, float | str] = {}
    if order.kind is OrderKind.TRAILING_STOP:
        amount, rate = simulation.book.trail(number)
        found["trail"] = amount if math.isfinite(amount) else f"{100.0 * rate:.12g} %"
    for part in (order.terms, order.bracket):
        for name, usual in _USUAL[type(part)] if part is not None else ():
            value = getattr(part, name)
            if value is not None and value != usual:
                found[name] = _condition(value)
    return found


def _condition(value: object) -> float | str:
    if isinstance(value, bool):
        return "yes"
    if isinstance(value, Trail):
        return f"trail {value.amount:.12g}" if value.amount is not None else f"trail {value.percent:.12g} %"
    if isinstance(value, datetime):
        return value.isoformat()
    return float(value) if isinstance(value, int | float) else str(value)
