"""Run again with another future, at many moments, and compare what was done until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.compose import ComposedRun
from tradekit.engine.decisions import Difference, first_difference
from tradekit.engine.drive import Progress
from tradekit.engine.indicators import differs
from tradekit.engine.lookahead.bars import with_other_future
from tradekit.engine.lookahead.deciding import Decided, Form, calls_in, decide, decide_until, forms_of
from tradekit.engine.lookahead.reading import data_among, noting_opened
from tradekit.engine.lookahead.ticks import OtherTicks
from tradekit.engine.market import MarketData
from tradekit.engine.together import refuse_several
from tradekit.errors import StrategyError
from tradekit.model.bars import Bars, Times

__all__ = ["LookAhead", "Moved", "Verdict", "first_lookahead", "search"]

_MOMENTS = 20


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

    calls: tuple[str, ...]
    """The method by which it was decided, or all those by which it may have been."""
    changed_after: int
    """Up to when both runs had the same data (UTC nanoseconds); of bars, the close of the last that was the same."""
    difference: Difference | None
    error: str = ""
    """What the run with another future raised, where it did."""
    moved: tuple[Moved, ...] = ()
    """The indicators that differ up to then, the one that differs first before the others."""

    def __str__(self) -> str:
        later, who = f"with other data after {time_text(self.changed_after)}", calls_text(self.calls)
        indicators = f"; moved: {'; '.join(map(str, self.moved))}" if self.moved else ""
        if self.error:
            return f"{who}: {later} the run fails: {self.error}"
        does = "decides" if len(self.calls) == 1 else "decide"
        if self.difference is None:
            return f"{who} {does} the same {later}, but what is read does not stay{indicators}"
        first, second = (one or "nothing" for one in (self.difference.first, self.difference.second))
        return f"{who} {does}: {first}; but {later}: {second}{indicators}"


@dataclass(frozen=True)
class Verdict:
    """What a search for look-ahead came to."""

    found: LookAhead | None
    calls: tuple[str, ...]
    """The methods by which the strategy decides, of all forms that were tried."""
    moments: int
    """After how many moments all later data were replaced; of all forms together."""
    decisions: int
    """How many decisions were held against those of a run with another future, each counted once."""
    indicators: tuple[str, ...]
    read: tuple[str, ...] = ()
    """Files of the run's data that the strategy opened by itself: what is in them can't be replaced."""


def calls_text(calls: Sequence[str]) -> str:
    """Return the names of methods as a sentence has them."""
    return " and ".join(f"{name}()" for name in calls)


def first_lookahead(
    composed: ComposedRun, market: MarketData, moments: Sequence[int] | None = None, seed: int = 0
) -> LookAhead | None:
    """Run each form again with all data after several moments replaced, and return the first decision before that is another one.

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
    """Run each form again with all data after several moments replaced, and hold what was decided and read until then against it.

    `moments` are times up to which data stay (UTC nanoseconds), or how many of them: when the strategy decided, before that, and
    some between. Raises what the run itself raises on its own data.
    """
    refuse_several(composed.strategy, "the search for look-ahead")
    forms = forms_of(composed.strategy, on_ticks=market.tape is not None)
    calls = tuple(name for form in forms for name in calls_in(composed.strategy, form))
    other = _others(market, seed)
    found: LookAhead | None = None
    done, decisions = 0, 0
    names: dict[str, None] = {}
    read: dict[str, None] = {}
    for place, form in enumerate(forms):
        with noting_opened() as opened:
            known = decide(composed, market, form)
        names |= dict.fromkeys(known.names)
        read |= dict.fromkeys(data_among(opened, composed.source))
        times = moments if isinstance(moments, Sequence) else _moments(known, market, moments or _MOMENTS, seed)
        for time in times:
            progress(done, len(times) * len(forms) if not place else done + len(times))
            one = _compared(composed, other(time), known, (form, time))
            done += 1
            # An indicator that moved: perhaps at another moment a decision does, too.
            found = one if one is not None and (found is None or one.difference is not None or one.error) else found
            if found is not None and (found.difference is not None or found.error):
                return Verdict(found, calls, done, decisions, tuple(names), tuple(read))
        decisions += len(known.until(times[-1])) if len(times) else 0
    return Verdict(found, calls, done, decisions, tuple(names), tuple(read))


def _others(market: MarketData, seed: int) -> Callable[[int], MarketData]:
    """Return what makes a market with another future after a time."""
    if market.tape is not None:
        ticks = OtherTicks(market)
        return lambda time: ticks.after(time, seed)
    closes = market.bars.close_time
    return lambda time: with_other_future(market, int(np.searchsorted(closes, time, "right")) - 1, seed)


def _compared(composed: ComposedRun, market: MarketData, known: Decided, where: tuple[Form, int]) -> LookAhead | None:
    """Run a form on a market with another future, and return what is another thing before it."""
    form, time = where
    calls = calls_in(composed.strategy, form)
    try:
        again = decide_until(composed, market, form, time)
    except StrategyError as error:
        return LookAhead(calls, time, None, str(error))
    if again.error is not None and again.failed_at <= time:
        return LookAhead(calls, time, None, str(again.error))
    moved = tuple(_moved(known, again, time, market.bars))
    found = first_difference(known.until(time), again.until(time), (known.read, again.read))
    if found is None:
        return LookAhead(calls, time, None, moved=moved) if moved else None
    call = (known if found.first is not None else again).called.get(found.time)
    return LookAhead(calls if call is None else (call,), time, found, moved=moved)


def _moved(known: Decided, again: Decided, time: int, bars: Bars) -> Iterator[Moved]:
    """Yield the indicators that differ up to a time, each where it does first; the earliest before the others."""
    found = []
    rows = int(np.searchsorted(bars.close_time, time, "right"))
    for name, place in known.names.items():
        first, second = (decided.values[place, :, :rows].T for decided in (known, again))
        changed = np.argwhere(differs(second, first))
        if len(changed):
            at, i = (int(k) for k in changed[0])
            found.append(Moved(name, bars.symbols[i], int(bars.close_time[at]), float(first[at, i]), float(second[at, i])))
    yield from sorted(found, key=lambda one: one.time)


def _moments(decided: Decided, market: MarketData, count: int, seed: int) -> list[int]:
    """Return after which times to replace the data: right after decisions, where one that needs what comes next must change.

    Half of them are the first decisions and others among the rest, a tenth what happened before; the others lie anywhere.
    """
    times = np.unique([decision.time for decision in decided.decisions]).astype(np.int64)
    clock: Times = market.bars.close_time
    if market.tape is not None:
        clock = np.unique(np.concatenate((clock, market.tape.time, times)))
    rows = len(clock)
    orders = np.searchsorted(clock, times).tolist()
    part = max(count // 4, 1)
    chosen = {*orders[:part], *(orders[len(orders) * k // part] for k in range(part) if orders)}
    chosen |= {row - 1 for row in orders[: max(count // 10, 1)]} | {rows // 3, rows // 2, rows * 5 // 6}
    chosen = {row for row in chosen if 0 <= row < rows - 1}
    generator = np.random.default_rng((seed, rows))
    for row in generator.permutation(max(rows - 1, 0)).tolist():
        if len(chosen) >= min(count, rows - 1):
            break
        chosen.add(row)
    return [int(time) for time in clock[sorted(chosen)]]
