"""Prove that no decision depends on what comes after it: run again with another future, and compare what was done until then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.calls import run_on_bar
from tradekit.engine.compose import ComposedRun
from tradekit.engine.decisions import Decision, Difference, Values, decisions_in, first_difference
from tradekit.engine.drive import Progress
from tradekit.engine.indicators import UNPROVEN, differs
from tradekit.engine.market import MarketData
from tradekit.engine.plan import targets_of
from tradekit.engine.prepare import prepare
from tradekit.errors import ConfigError, StrategyError
from tradekit.journal.record import Record
from tradekit.journal.tables import journal_table
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.model.memory import MEMORY
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.simulation import Simulation

__all__ = [
    "Decided",
    "Form",
    "LookAhead",
    "Moved",
    "Verdict",
    "decide",
    "first_lookahead",
    "forms_of",
    "other_future",
    "search",
    "with_other_future",
]

Form = Literal["on_bar", "targets"]
_MOMENTS = 20


@dataclass(frozen=True)
class Decided:
    """What one form of a strategy did in a run, the record of all that came of it, and the indicators that it read.

    `values` are float64 [value, instrument, time], and `names` says which is which. A run that failed has its `error`, and what was
    decided until then.
    """

    decisions: tuple[Decision, ...]
    record: Record
    names: Mapping[str, int]
    values: Floats
    read: Values
    """Tells what its indicators were at a time, of a symbol."""
    error: StrategyError | None = None

    def until(self, time: int) -> list[Decision]:
        """Return what was decided up to a time, that one included (UTC nanoseconds)."""
        return [decision for decision in self.decisions if decision.time <= time]


@dataclass(frozen=True, slots=True)
class Moved:
    """An indicator that had another value when what came after it was another."""

    name: str
    symbol: str
    time: int
    """The close of the first bar on which it differs (UTC nanoseconds)."""
    first: float
    second: float

    def __str__(self) -> str:
        return f"{self.name} of {self.symbol} at {time_text(self.time)}: {self.first:.12g}, then {self.second:.12g}"


@dataclass(frozen=True)
class LookAhead:
    """A decision, or an indicator, that is another one when what comes after it is, though nothing was changed before it."""

    form: Form
    changed_after: int
    """The close of the last bar that was the same in both runs (UTC nanoseconds)."""
    difference: Difference | None
    error: str = ""
    """What the run with another future raised, where it did."""
    moved: tuple[Moved, ...] = ()
    """The indicators that differ up to then, the one that differs first before the others."""

    def __str__(self) -> str:
        later = f"with other bars after {time_text(self.changed_after)}"
        indicators = f"; moved: {'; '.join(map(str, self.moved))}" if self.moved else ""
        if self.error:
            return f"{self.form}(): {later} the run fails: {self.error}"
        if self.difference is None:
            return f"{self.form}() decides the same {later}, but what it reads does not stay{indicators}"
        first, second = (one or "nothing" for one in (self.difference.first, self.difference.second))
        return f"{self.form}() decides: {first}; but {later}: {second}{indicators}"


@dataclass(frozen=True)
class Verdict:
    """What a search for look-ahead came to."""

    found: LookAhead | None
    forms: tuple[Form, ...]
    moments: int
    """After how many bars all later data were replaced; of all forms together."""
    decisions: int
    """How many decisions were held against those of a run with another future, each counted once."""
    indicators: tuple[str, ...]


def forms_of(strategy: Strategy) -> tuple[Form, ...]:
    """Return the forms that a strategy has."""
    has: dict[Form, bool] = {
        "on_bar": type(strategy).on_bar is not Strategy.on_bar,
        "targets": type(strategy).targets is not Strategy.targets,
    }
    return tuple(form for form, is_there in has.items() if is_there)


def decide(composed: ComposedRun, market: MarketData, form: Form) -> Decided:
    """Run one form of the strategy over all bars, from an unused state, and return what it did. Raises what the run raises."""
    found = _decide(composed, market, form)
    if found.error is not None:
        raise found.error
    return found


def _decide(composed: ComposedRun, market: MarketData, form: Form) -> Decided:
    """Do the same, but for what `on_bar` raises: that ends the run, and what was decided until then stands."""
    prepared = prepare(composed.renewed(), market, UNPROVEN)
    simulation = Simulation(prepared.setup)
    rows = len(prepared.setup.bars)
    failure = None
    if form == "on_bar":
        try:
            run_on_bar(Context(simulation, prepared.setup), prepared.strategy, (0, rows))
        except StrategyError as error:
            failure = error
    else:
        run_targets(simulation, targets_of(prepared), 0, rows)
    record = Record.of(simulation, prepared.setup)
    names, values, bars = prepared.setup.names, prepared.setup.values, market.bars

    def read(time: int, symbol: str) -> dict[str, float]:
        row = int(np.searchsorted(bars.close_time, time, "right")) - 1
        if not symbol or row < 0:
            return {}
        i = bars.index_of(symbol)
        return {name: float(values[place, i, row]) for name, place in names.items()}

    return Decided(tuple(decisions_in(journal_table(record), read)), record, names, values, read, failure)


def first_lookahead(
    composed: ComposedRun, market: MarketData, moments: Sequence[int] | None = None, seed: int = 0
) -> LookAhead | None:
    """Run each form again with all data after several rows replaced, and return the first decision before that is another one.

    See `search`, which tells more.
    """
    return search(composed, market, moments, seed).found


def search(
    composed: ComposedRun,
    market: MarketData,
    moments: Sequence[int] | int | None = None,
    seed: int = 0,
    progress: Progress = lambda _done, _total: None,
) -> Verdict:
    """Run each form again with all data after several rows replaced, and hold what was decided and read until then against it.

    `moments` are the last rows that stay, or how many of them: rows on which the strategy decided, those before, and some between.
    Raises what the run itself raises on its own data.
    """
    ticks = composed.config.data.ticks
    if ticks is not None:
        raise ConfigError(f"the search for look-ahead goes through bars only, and data.ticks is {list(ticks)}; leave it out")
    forms = forms_of(composed.strategy)
    moved: LookAhead | None = None
    done, decisions = 0, 0
    names: dict[str, None] = {}
    for place, form in enumerate(forms):
        known = decide(composed, market, form)
        names |= dict.fromkeys(known.names)
        rows = moments if isinstance(moments, Sequence) else _moments(known, market.bars, moments or _MOMENTS, seed)
        for row in rows:
            progress(done, len(rows) * len(forms) if not place else done + len(rows))
            found = _compared(composed, market, known, (form, row, seed))
            done += 1
            if found is not None and (found.difference is not None or found.error):
                return Verdict(found, forms, done, decisions, tuple(names))
            # An indicator that moved: perhaps at another moment a decision does, too.
            moved = moved or found
        decisions += len(known.until(int(market.bars.close_time[rows[-1]]))) if len(rows) else 0
    return Verdict(moved, forms, done, decisions, tuple(names))


def _compared(composed: ComposedRun, market: MarketData, known: Decided, where: tuple[Form, int, int]) -> LookAhead | None:
    """Run a form with other data after a row, and return what is another thing before it."""
    form, row, seed = where
    changed_after = int(market.bars.close_time[row])
    try:
        again = _decide(composed, with_other_future(market, row, seed), form)
    except StrategyError as error:
        return LookAhead(form, changed_after, None, str(error))
    if again.error is not None and len(again.record.bars) <= row + 1:
        return LookAhead(form, changed_after, None, str(again.error))
    moved = tuple(_moved(known, again, row, market.bars))
    found = first_difference(known.until(changed_after), again.until(changed_after), (known.read, again.read))
    return LookAhead(form, changed_after, found, moved=moved) if found is not None or moved else None


def _moved(known: Decided, again: Decided, row: int, bars: Bars) -> Iterator[Moved]:
    """Yield the indicators that differ up to a row, each where it does first; the earliest before the others."""
    found = []
    for name, place in known.names.items():
        first, second = (decided.values[place, :, : row + 1].T for decided in (known, again))
        changed = np.argwhere(differs(second, first))
        if len(changed):
            at, i = (int(k) for k in changed[0])
            found.append(Moved(name, bars.symbols[i], int(bars.close_time[at]), float(first[at, i]), float(second[at, i])))
    yield from sorted(found, key=lambda one: one.time)


def _moments(decided: Decided, bars: Bars, count: int, seed: int) -> list[int]:
    """Return after which rows to replace the data: right after decisions, where one that needs the next bar must change.

    Half of them are the first decisions and others among the rest, a tenth the rows before; the others lie anywhere.
    """
    rows = len(bars)
    times = np.unique([decision.time for decision in decided.decisions]).astype(np.int64)
    orders = np.searchsorted(bars.close_time, times).tolist()
    part = max(count // 4, 1)
    chosen = {*orders[:part], *(orders[len(orders) * k // part] for k in range(part) if orders)}
    chosen |= {row - 1 for row in orders[: max(count // 10, 1)]} | {rows // 3, rows // 2, rows * 5 // 6}
    anywhere = np.random.default_rng((seed, rows)).permutation(max(rows - 1, 0)).tolist()
    chosen = {row for row in chosen if 0 <= row < rows - 1}
    for row in anywhere:
        if len(chosen) >= min(count, rows - 1):
            break
        chosen.add(row)
    return sorted(chosen)


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
