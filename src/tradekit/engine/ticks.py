"""Runs on ticks: which strategies can go through one, and what they are called for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from tradekit.data.interval import parse_interval
from tradekit.engine.problems import Problem
from tradekit.engine.tables import DataTable
from tradekit.errors import StrategyError
from tradekit.model.bars import Bars
from tradekit.model.fills import FillRules
from tradekit.model.tape import Tape
from tradekit.model.timeline import Finer
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.tape_loop import TickCalls

__all__ = ["calls_of", "has_ticks", "kinds_lacking", "prints_of", "tick_problems"]

_CALLS: Mapping[str, str] = {"on_trade": "trades", "on_quote": "quotes", "on_book": "book"}
"""What each method needs among `data.ticks`."""
_MS = 1_000_000
_BARS_ONLY = ("path", "limit_fills", "queue_ahead")
"""What on a book, or on quotes, is known."""


def has_ticks(strategy: Strategy) -> bool:
    """Say whether a strategy has any of the methods that only a run on ticks calls."""
    return any(_overrides(type(strategy), name) for name in (*_CALLS, "on_timer"))


def kinds_lacking(strategy: type[Strategy], kinds: Sequence[str]) -> list[str]:
    """Return what `data.ticks` lacks for all methods of a strategy to be called; for timers anything will do."""
    lacking = [kind for _, kind in _uncalled(strategy, kinds)]
    return lacking or (["trades"] if _overrides(strategy, "on_timer") and not kinds else [])


def tick_problems(data: DataTable, strategy: Strategy, rules: FillRules | None) -> Iterator[Problem]:
    """Yield why a strategy can't run on the ticks that a run file names, or needs some that it doesn't."""
    who = f"strategy {strategy.name!r}"
    kinds = data.ticks or ()
    for name, kind in _uncalled(type(strategy), kinds):
        what = f"{who} has {name}(), which is called for each of data.ticks {kind!r}"
        yield Problem(("data", "ticks"), f"{what}, and they are not there; set data.ticks = {[*kinds, kind]}")
    if _overrides(type(strategy), "on_timer") and not kinds:
        yield Problem(("data", "ticks"), f"{who} has on_timer(), which only a run on ticks calls; set data.ticks = ['trades']")
    if not kinds:
        return
    if not has_ticks(strategy) and not _overrides(type(strategy), "on_bar"):
        what = f"{who} has only targets(), which goes through bars, and the run goes through data.ticks {list(kinds)}"
        yield Problem(("strategy", "name"), f"{what}; leave data.ticks out, or give it on_bar() or on_trade()")
    if rules is not None and set(kinds) != {"trades"}:
        for name in _BARS_ONLY:
            if getattr(rules, name) != getattr(FillRules(), name):
                what = f"execution.{name} says what bars and trades leave open, and data.ticks {list(kinds)} tell it"
                yield Problem(("execution", name), f"{what}; leave it out")


def calls_of(strategy: Strategy) -> TickCalls:
    """Return what a strategy is called for. Raises `StrategyError` for a timer that is none."""
    found = {name: getattr(strategy, name) for name in ("on_bar", *_CALLS, "on_timer") if _overrides(type(strategy), name)}
    timers = {str(name): _period(strategy, str(name), text) for name, text in strategy.timers().items()}
    if bool(timers) != ("on_timer" in found):
        what = "has on_timer(), and timers() returns none" if not timers else "has timers(), and no on_timer() to call"
        raise StrategyError(f"strategy {strategy.name!r} {what}; give it both, or neither")
    return TickCalls(**found, timers=timers)


def prints_of(tape: Tape, symbols: Sequence[str]) -> Finer | None:
    """Return the trades of a tape that holds nothing else as bars without extent, a row each; `None` for another tape."""
    if tape.has_depth:
        return None
    price = np.full((len(tape), len(symbols)), np.nan)
    size = price.copy()
    rows = np.arange(len(tape))
    price[rows, tape.instrument] = tape.trades["price"][tape.place]
    size[rows, tape.instrument] = tape.trades["size"][tape.place]
    return Finer(Bars(tuple(symbols), tape.time, tape.time + 1, price, price, price, price, size), tape.first)


def _uncalled(strategy: type[Strategy], kinds: Sequence[str]) -> list[tuple[str, str]]:
    """Return the methods of a strategy that none of some kinds of tick calls, with the kind that each needs."""
    return [(name, kind) for name, kind in _CALLS.items() if _overrides(strategy, name) and kind not in kinds]


def _overrides(strategy: type[Strategy], name: str) -> bool:
    return getattr(strategy, name) is not getattr(Strategy, name)


def _period(strategy: Strategy, name: str, text: object) -> int:
    """Return the nanoseconds of a timer."""
    found = re.fullmatch(r"([1-9][0-9]{0,5})ms", text) if isinstance(text, str) else None
    if found is not None:
        return int(found[1]) * _MS
    try:
        return parse_interval(text if isinstance(text, str) else repr(text))
    except ValueError as error:
        what = f"timer {name!r} of strategy {strategy.name!r} is {text!r}, which is not a time such as '100ms', '5s' or '1m'"
        raise StrategyError(what) from error
