"""Prove that no decision depends on what comes after it: run again with another future, and compare what was done until then."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import zip_longest
from typing import Literal

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.calls import run_on_bar
from tradekit.engine.compose import ComposedRun
from tradekit.engine.market import MarketData
from tradekit.engine.plan import targets_of
from tradekit.engine.prepare import prepare
from tradekit.errors import StrategyError
from tradekit.journal.events import events
from tradekit.journal.record import Record
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.model.event import Event, EventKind
from tradekit.model.memory import MEMORY
from tradekit.plugin.contracts import Component, Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

__all__ = [
    "Decided",
    "Difference",
    "Form",
    "decide",
    "described",
    "first_difference",
    "forms_of",
    "moments_of",
    "other_future",
    "renewed",
    "same_events",
    "with_other_future",
]

Form = Literal["on_bar", "targets"]
_FIRST = 8  # how many of the first decisions the future is replaced after
_SPREAD = 4  # how many more, from among the rest
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Decided:
    """What one form of a strategy did in a run: each event, and the row of the clock on which it happened."""

    events: tuple[Event, ...]
    rows: tuple[int, ...]

    def until(self, row: int) -> tuple[Event, ...]:
        """Return what happened on rows up to `row`, that one included."""
        return tuple(event for event, at in zip(self.events, self.rows, strict=True) if at <= row)


@dataclass(frozen=True)
class Difference:
    """What was done otherwise before the data changed; `None` stands where one run did nothing more."""

    form: Form
    changed_after: int
    """The close of the last bar that was the same in both runs (UTC nanoseconds)."""
    before: Event | None
    after: Event | None
    error: str = ""
    """What the run with another future raised, where it did."""

    def __str__(self) -> str:
        later = f"with other bars after {time_text(self.changed_after)}"
        if self.error:
            return f"{self.form}(): {later} the run fails: {self.error}"
        return f"{self.form}(): it {described(self.before)}, but {later} it {described(self.after)}"


def described(event: Event | None) -> str:
    """Return what was done in words, such as `orders +3 X at 2024-01-31`."""
    if event is None:
        return "does nothing more until then"
    quantity = event.numbers.get("quantity")
    what = "orders" if event.kind is EventKind.ORDER else f"has a {event.kind.text} of"
    amount = "" if quantity is None else f" {quantity:+.10g}"
    return f"{what}{amount} {event.symbol or ''} at {time_text(event.time)} ({event.text or event.kind.text})".replace("  ", " ")


def forms_of(strategy: Strategy) -> tuple[Form, ...]:
    """Return the forms that a strategy has."""
    has: dict[Form, bool] = {
        "on_bar": type(strategy).on_bar is not Strategy.on_bar,
        "targets": type(strategy).targets is not Strategy.targets,
    }
    return tuple(form for form, is_there in has.items() if is_there)


def renewed(composed: ComposedRun) -> ComposedRun:
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
    prepared = prepare(renewed(composed), market)
    simulation = Simulation(prepared.setup)
    rows = len(prepared.setup.bars)
    if form == "on_bar":
        run_on_bar(Context(simulation, prepared.setup), prepared.strategy, (0, rows))
    else:
        run_targets(simulation, targets_of(prepared), 0, rows)
    record = Record.of(simulation, prepared.setup)
    return Decided(tuple(events(record)), tuple(record.log["row"].tolist()))


def first_difference(
    composed: ComposedRun, market: MarketData, moments: Sequence[int] | None = None, seed: int = 0
) -> Difference | None:
    """Run each form again with all data after several rows replaced, and return the first thing that it did otherwise before.

    `moments` are the last rows that stay; without them, rows on which the strategy decided, and some between. `None` says that
    nothing was done otherwise. Raises what the run itself raises on its own data.
    """
    for form in forms_of(composed.strategy):
        known = decide(composed, market, form)
        for row in moments_of(known, len(market.bars)) if moments is None else moments:
            changed_after = int(market.bars.close_time[row])
            try:
                again = decide(composed, with_other_future(market, row, seed), form)
            except StrategyError as error:
                return Difference(form, changed_after, None, None, str(error))
            pair = same_events(known.until(row), again.until(row))
            if pair is not None:
                return Difference(form, changed_after, *pair)
    return None


def moments_of(decided: Decided, rows: int) -> list[int]:
    """Return after which rows to replace the data: right after decisions, where one that needs the next bar must change."""
    orders = sorted({row for event, row in zip(decided.events, decided.rows, strict=True) if event.kind is EventKind.ORDER})
    spread = [orders[len(orders) * part // _SPREAD] for part in range(_SPREAD)] if orders else []
    chosen = {*orders[:_FIRST], *spread, *(row - 1 for row in orders[:2]), rows // 3, rows // 2, rows * 5 // 6}
    return sorted(row for row in chosen if 0 <= row < rows - 1)


def same_events(first: Sequence[Event], second: Sequence[Event]) -> tuple[Event | None, Event | None] | None:
    """Return the first two events that differ by more than rounding; `None` if all are the same."""
    for one, other in zip_longest(first, second):
        if one is None or other is None or not _is_same(one, other):
            return one, other
    return None


def _is_same(one: Event, other: Event) -> bool:
    if replace(one, numbers={}) != replace(other, numbers={}) or one.numbers.keys() != other.numbers.keys():
        return False
    return all(math.isclose(value, other.numbers[name], rel_tol=_ROUNDING) for name, value in one.numbers.items())


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
