"""Prove that no decision depends on what comes after it: run again with another future, and compare what was done until then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.calls import run_on_bar
from tradekit.engine.compose import ComposedRun
from tradekit.engine.decisions import Decision, Difference, decisions_in, first_difference
from tradekit.engine.market import MarketData
from tradekit.engine.plan import targets_of
from tradekit.engine.prepare import prepare
from tradekit.errors import StrategyError
from tradekit.journal.record import Record
from tradekit.journal.tables import journal_table
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.model.memory import MEMORY
from tradekit.plugin.contracts import Component, Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

__all__ = ["Decided", "Form", "LookAhead", "decide", "first_lookahead", "forms_of", "other_future", "with_other_future"]

Form = Literal["on_bar", "targets"]
_FIRST = 8  # how many of the first decisions the future is replaced after
_SPREAD = 4  # how many more, from among the rest


@dataclass(frozen=True)
class Decided:
    """What one form of a strategy did in a run, and the record of all that came of it."""

    decisions: tuple[Decision, ...]
    record: Record

    def until(self, time: int) -> list[Decision]:
        """Return what was decided up to a time, that one included (UTC nanoseconds)."""
        return [decision for decision in self.decisions if decision.time <= time]


@dataclass(frozen=True)
class LookAhead:
    """A decision that is another one when what comes after it is, though nothing was changed before it."""

    form: Form
    changed_after: int
    """The close of the last bar that was the same in both runs (UTC nanoseconds)."""
    difference: Difference | None
    error: str = ""
    """What the run with another future raised, where it did."""

    def __str__(self) -> str:
        later = f"with other bars after {time_text(self.changed_after)}"
        if self.difference is None:
            return f"{self.form}(): {later} the run fails: {self.error}"
        first, second = (one or "nothing" for one in (self.difference.first, self.difference.second))
        return f"{self.form}() decides: {first}; but {later}: {second}"


def forms_of(strategy: Strategy) -> tuple[Form, ...]:
    """Return the forms that a strategy has."""
    has: dict[Form, bool] = {
        "on_bar": type(strategy).on_bar is not Strategy.on_bar,
        "targets": type(strategy).targets is not Strategy.targets,
    }
    return tuple(form for form, is_there in has.items() if is_there)


def _renewed(composed: ComposedRun) -> ComposedRun:
    """Return the same run with unused components, because strategies, rules and models may keep state; without reporters."""

    def again(component: Component) -> Component:
        return type(component)(component.options)

    changes: dict[str, object] = {
        "strategy": again(composed.strategy),
        "rules": tuple(map(again, composed.rules)),
        "costs": tuple(map(again, composed.costs)),
        "reporters": (),
    }
    return replace(composed, **changes)  # type: ignore[arg-type]  # each is of the class that it was of


def decide(composed: ComposedRun, market: MarketData, form: Form) -> Decided:
    """Run one form of the strategy over all bars, from an unused state, and return what it did."""
    prepared = prepare(_renewed(composed), market)
    simulation = Simulation(prepared.setup)
    rows = len(prepared.setup.bars)
    if form == "on_bar":
        run_on_bar(Context(simulation, prepared.setup), prepared.strategy, (0, rows))
    else:
        run_targets(simulation, targets_of(prepared), 0, rows)
    record = Record.of(simulation, prepared.setup)
    return Decided(tuple(decisions_in(journal_table(record))), record)


def first_lookahead(
    composed: ComposedRun, market: MarketData, moments: Sequence[int] | None = None, seed: int = 0
) -> LookAhead | None:
    """Run each form again with all data after several rows replaced, and return the first decision before that is another one.

    `moments` are the last rows that stay; without them, rows on which the strategy decided, and some between. `None` says that
    all decisions stay. Raises what the run itself raises on its own data.
    """
    for form in forms_of(composed.strategy):
        known = decide(composed, market, form)
        for row in _moments(known, market.bars) if moments is None else moments:
            changed_after = int(market.bars.close_time[row])
            try:
                again = decide(composed, with_other_future(market, row, seed), form)
            except StrategyError as error:
                return LookAhead(form, changed_after, None, str(error))
            found = first_difference(known.until(changed_after), again.until(changed_after))
            if found is not None:
                return LookAhead(form, changed_after, found)
    return None


def _moments(decided: Decided, bars: Bars) -> list[int]:
    """Return after which rows to replace the data: right after decisions, where one that needs the next bar must change."""
    rows = len(bars)
    times = np.unique([decision.time for decision in decided.decisions]).astype(np.int64)
    orders = np.searchsorted(bars.close_time, times).tolist()
    spread = [orders[len(orders) * part // _SPREAD] for part in range(_SPREAD)] if orders else []
    chosen = {*orders[:_FIRST], *spread, *(row - 1 for row in orders[:2]), rows // 3, rows // 2, rows * 5 // 6}
    return sorted(row for row in chosen if 0 <= row < rows - 1)


def with_other_future(market: MarketData, row: int, seed: int = 0) -> MarketData:
    """Return the market with all bars after `row` replaced by others that could have been: see `other_future`.

    Where an instrument has no bar is drawn anew, too, unless its prices are adjusted. Scheduled actions and finer bars stay.
    """
    if market.adjusted is market.bars:
        bars = other_future(market.bars, row, seed)
        return replace(market, bars=bars, adjusted=bars, memory=MEMORY)
    bars = other_future(market.bars, row, seed, has_other_holes=False)
    columns = []
    for name in PRICE_COLUMNS:
        own, adjusted = getattr(market.bars, name), getattr(market.adjusted, name)
        ratio = np.divide(adjusted, own, out=np.ones_like(own), where=own > 0)
        columns.append(np.concatenate((adjusted[: row + 1], (getattr(bars, name) * ratio)[row + 1 :])))
    times = market.bars.open_time, market.bars.close_time
    return replace(market, bars=bars, adjusted=Bars(bars.symbols, *times, *columns), memory=MEMORY)


def other_future(bars: Bars, row: int, seed: int = 0, *, has_other_holes: bool = True) -> Bars:
    """Return bars whose rows after `row` are others: a random walk on from the last closes, which moves about as much as before.

    Times stay as they are, and with `has_other_holes` False so does where an instrument has no bar.
    """
    generator = np.random.default_rng((seed, row))
    return Bars(bars.symbols, bars.open_time, bars.close_time, *_other(bars, row, generator, has_other_holes))


def _other(bars: Bars, row: int, generator: np.random.Generator, has_other_holes: bool) -> Iterator[Floats]:
    """Yield open, high, low, close and volume, [time, instrument], with other values after `row`."""
    first, rest, size = row + 1, len(bars) - row - 1, len(bars.symbols)
    last, spread, volume = np.empty(size), np.empty(size), np.empty(size)
    for i in range(size):
        own = bars.own(i, bars.close)
        is_past = np.count_nonzero(bars.exists[:first, i])
        # An instrument that begins later has no past to go on from: its own first price serves.
        last[i] = own[is_past - 1] if is_past else own[0]
        moves = np.diff(np.log(own[: max(is_past, 3)]))
        spread[i] = max(float(np.std(moves)) if len(moves) else 0.0, 0.002)
        volume[i] = np.median(bars.own(i, bars.volume))
    close = last * np.exp(np.cumsum(generator.normal(0.0, spread, (rest, size)), axis=0))
    opened = np.concatenate((last[np.newaxis], close[:-1])) * np.exp(generator.normal(0.0, spread / 4, (rest, size)))
    reach = np.abs(generator.normal(0.0, spread / 2, (2, rest, size)))
    high, low = np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) / (1 + reach[1])
    is_hole = ~bars.exists[first:]
    if has_other_holes and size > 1 and is_hole.any():
        is_hole = generator.permuted(is_hole, axis=0)
        is_hole[is_hole.all(axis=1)] = False
    made = (opened, high, low, close, np.round(volume * np.exp(generator.normal(0.0, 0.3, (rest, size)))))
    for name, values in zip([field.name for field in fields(Bars)[3:]], made, strict=True):
        values[is_hole] = np.nan
        yield np.concatenate((getattr(bars, name)[:first], values))
