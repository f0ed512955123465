"""The loop over trades, quotes and book updates: what happens in the markets, in the run, and at the venue, in one order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.model.tape import TickKind

if cython.compiled:
    from cython.cimports.tradekit.simulator.arrivals import Arrivals
    from cython.cimports.tradekit.simulator.depth import Depth, Levels
    from cython.cimports.tradekit.simulator.depth_matching import DepthMatcher
    from cython.cimports.tradekit.simulator.loops import check_rows
    from cython.cimports.tradekit.simulator.ticks import Quote, Trade
else:
    from tradekit.simulator.arrivals import Arrivals
    from tradekit.simulator.depth import Depth, Levels
    from tradekit.simulator.depth_matching import DepthMatcher
    from tradekit.simulator.loops import check_rows
    from tradekit.simulator.ticks import Quote, Trade

if TYPE_CHECKING:
    from tradekit.model.tape import Tape
    from tradekit.simulator.context import Context
    from tradekit.simulator.setup import Setup

__all__ = ["TapeLoop", "TickCalls"]

_TRADE = cython.declare(cython.int, TickKind.TRADE)
_QUOTE = cython.declare(cython.int, TickKind.QUOTE)
_NEVER = cython.declare(cython.longlong, 1 << 62)


@dataclass(frozen=True)
class TickCalls:
    """What a strategy wants to be called for, `None` where it doesn't; `timers` are periods in nanoseconds by name."""

    on_bar: Callable[[Any], object] | None = None
    on_trade: Callable[[Any, Any], object] | None = None
    on_quote: Callable[[Any, Any], object] | None = None
    on_book: Callable[[Any, Any], object] | None = None
    on_timer: Callable[[Any, str], object] | None = None
    timers: dict[str, int] = field(default_factory=dict)


class TapeLoop:
    """Runs a simulation on the tape of a setup, row after row of its clock.

    Of one time, a bar that closes comes before all that is dated at its close; then trades, quotes and books; then what reaches the
    venue; then timers. `doing` is the name of what was called last.
    """

    def __init__(self, context: Context, setup: Setup, calls: TickCalls) -> None:
        self.context = context
        self.simulation = context.simulation
        tape = setup.tape
        if tape is None:
            raise ValueError("this setup has no tape")
        self.read(tape)
        self.symbols = [instrument.symbol for instrument in setup.instruments]
        self.matcher = DepthMatcher(setup, self.simulation, tape.has_trades)
        self.arrivals = Arrivals(self.matcher)
        self.depths = self.matcher.depths
        self.has_depth = tape.has_depth
        self.has_drawdown_limit = self.simulation.gate.has_drawdown_limit
        self.context.show_depths(self.depths if self.has_depth else None)
        self.close_time = setup.bars.close_time
        self.on_bar = calls.on_bar
        self.on_timer: Any = calls.on_timer
        self.on_trade, self.on_quote, self.on_book = calls.on_trade, calls.on_quote, calls.on_book
        self.warmup = setup.warmup
        self.timers = list(calls.timers)
        self.period = np.array(list(calls.timers.values()), dtype=np.int64)
        opened = int(setup.bars.open_time[0]) if len(setup.bars) else 0
        self.alarm = np.array([-(-opened // period) * period for period in calls.timers.values()], dtype=np.int64)
        self.next_timer = int(min(self.alarm, default=_NEVER))
        self.listener: Any = None
        self.doing = "on_bar"
        self.heard = 0
        self.at = 0

    def read(self, tape: Tape) -> None:
        """Take the columns of a tape."""
        self.time, self.kind, self.instrument, self.place = tape.time, tape.kind, tape.instrument, tape.place
        self.first = tape.first
        trades, quotes = tape.trades, tape.quotes
        self.trade_price, self.trade_size, self.trade_side = trades["price"], trades["size"], trades["side"]
        self.bid, self.bid_size = quotes["bid"], quotes["bid_size"]
        self.ask, self.ask_size = quotes["ask"], quotes["ask_size"]
        self.levels = Levels(tape.book)
        self.update = tape.update

    def run(self, start: int, stop: int, listener: Any = None) -> None:
        """Run rows `start <= row < stop`; the loop ends early, after a row, once `simulation.stop_requested` is set.

        `listener`, if given, is called with the number of the first new log entry after all that made some.
        """
        check_rows(self.simulation, start, stop)
        self.listener = listener
        self.heard = self.simulation.log.count
        for row in range(start, stop):
            self.run_row(row)
            if self.simulation.stop_requested:
                return

    def run_row(self, row: int) -> int:
        simulation = self.simulation
        self.context.row = row
        simulation.begin_row(row)
        if self.has_depth:
            self.arrivals.begin_row(row)
        end = cython.declare(cython.longlong, self.close_time[row])
        stop = cython.declare(cython.Py_ssize_t, self.first[row + 1])
        while True:
            moment = cython.declare(cython.longlong, self.time[self.at] if self.at < stop else end)
            if self.arrivals.next_due < moment or self.next_timer < moment:
                self.go_between()
            elif self.at >= stop:
                break
            else:
                self.happen(row)
                self.at += 1
        if not self.has_depth and simulation.book.open_count > 0:
            simulation.matcher.match_close(row)
        simulation.close_bar(row)
        if self.context.refresh(row) and self.on_bar is not None:
            self.doing = "on_bar"
            self.on_bar(self.context)
        return self.settle()

    def go_between(self) -> int:
        """Let something reach the venue, or a timer ring, before the next that happens in the markets."""
        if self.arrivals.next_due <= self.next_timer:
            self.arrivals.pass_due()
            return self.tell()
        ringing = 0
        for k in range(self.alarm.shape[0]):
            if self.alarm[k] < self.alarm[ringing]:
                ringing = k
        self.simulation.log.now = self.alarm[ringing]
        self.alarm[ringing] += self.period[ringing]
        self.next_timer = self.alarm[0]
        for k in range(self.alarm.shape[0]):
            if self.alarm[k] < self.next_timer:
                self.next_timer = self.alarm[k]
        for i in range(self.simulation.size):
            if self.is_ready(i):
                self.begin_call("on_timer")
                self.on_timer(self.context, self.timers[ringing])
                return self.settle()
        return 0

    def happen(self, row: int) -> int:
        """Let the next trade, quote or update of a book happen, and tell the strategy."""
        n = self.at
        i = cython.declare(cython.Py_ssize_t, self.instrument[n])
        place = cython.declare(cython.Py_ssize_t, self.place[n])
        self.simulation.log.now = self.time[n]
        if self.kind[n] == _TRADE:
            return self.trade(i, place, row)
        depth = cython.declare(Depth, self.depths[i])
        if self.kind[n] == _QUOTE:
            depth.bid_side.quote(self.bid[place], self.bid_size[place])
            depth.ask_side.quote(-self.ask[place], self.ask_size[place])
            self.matcher.change(i)
            self.watch_drawdown()
            if self.on_quote is not None and self.is_ready(i):
                self.begin_call("on_quote")
                self.on_quote(self.context, self.quote_at(place, i))
                return self.settle()
            return self.tell()
        depth.apply(self.levels, self.update[place], self.update[place + 1])
        self.matcher.change(i)
        self.watch_drawdown()
        if self.on_book is not None and self.is_ready(i):
            self.begin_call("on_book")
            self.on_book(self.context, depth)
            return self.settle()
        return self.tell()

    def quote_at(self, place: int, i: int) -> object:
        """Return a quote as a strategy sees it."""
        bid, ask = self.bid[place], self.ask[place]
        return Quote(self.symbols[i], self.time[self.at], bid, self.bid_size[place], ask, self.ask_size[place])

    def trade(self, i: int, place: int, row: int) -> int:
        price, size, side = self.trade_price[place], self.trade_size[place], self.trade_side[place]
        if self.has_depth:
            self.matcher.trade(i, price, size, side)
        else:
            simulation = self.simulation
            if simulation.book.open_count > 0:
                simulation.matcher.match_bar(self.at, row)
            self.matcher.mark(i, price)
            simulation.matcher.watch_margin(self.at)
        self.watch_drawdown()
        if self.on_trade is not None and self.is_ready(i):
            self.begin_call("on_trade")
            self.on_trade(self.context, Trade(self.symbols[i], self.time[self.at], price, size, side))
            return self.settle()
        return self.tell()

    def watch_drawdown(self) -> int:
        """Let limits on drawdown see what the account is worth now, and send what a halt asks for."""
        simulation = self.simulation
        if not self.has_drawdown_limit or simulation.ledger.held == 0:
            return 0
        halted = simulation.gate.watch(simulation.ledger.equity())
        if halted == 0:
            return 0
        simulation.stop_risk(halted == 2, 0, simulation.size)
        return self.settle()

    def is_ready(self, i: int) -> bool:
        """Say whether an instrument is warmed up and has a price, so that orders in it make sense."""
        last = self.simulation.ledger.last[i]
        return last == last and self.simulation.market.seen[i] >= self.warmup

    def begin_call(self, name: str) -> None:
        """Value the account before a strategy looks at it."""
        self.simulation.mark_equity()
        self.doing = name

    def settle(self) -> int:
        """Send what the strategy asks for on its way."""
        if self.simulation.is_asked:
            self.simulation.mark_equity()
            self.simulation.decide()
        if self.has_depth and self.simulation.book.open_count > 0:
            self.arrivals.schedule()  # a cancel is under way without a decision
        return self.tell()

    def tell(self) -> int:
        """Tell the listener what is new in the log."""
        if self.listener is not None and self.simulation.log.count > self.heard:
            heard, self.heard = self.heard, self.simulation.log.count
            self.listener(heard)
        return 0
