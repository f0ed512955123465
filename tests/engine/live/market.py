"""A market that moves under a live run, a strategy that does a bit of everything, and a process that dies anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from engine.live.play import MINUTE, Stage
from tradekit import Bracket, OrderStatus, Strategy

SYMBOL = "BTC/USDT"
_STEP = Decimal("0.002")


class Busy(Strategy):
    """Do, on each bar, one of the things that a strategy can do, drawn at random."""

    name = "busy"

    def on_bar(self, ctx):
        view, draw = ctx[SYMBOL], ctx.random
        price, what = view.close, draw.integers(8)
        if what <= 1 and view.position == 0.0:
            ctx.buy(1.0, bracket=Bracket(stop_loss=round(price * 0.997, 2), take_profit=round(price * 1.003, 2)))
        elif what == 2:
            ctx.buy(float(draw.integers(1, 4)), limit=round(price * (1.0 - 0.002 * draw.random()), 2))
        elif what == 3 and view.position > 0.0:
            ctx.sell(view.position / 2, limit=round(price * (1.0 + 0.002 * draw.random()), 2))
        elif what == 4 and view.open_orders:
            view.cancel(view.open_orders[0])
        elif what == 5 and view.open_orders:
            order = ctx.order(view.open_orders[0])
            if order.limit is not None and order.bracket is None:
                ctx.replace(order.id, limit=round(price * (0.999 if order.quantity > 0 else 1.001), 2))
        elif what == 6:
            ctx.exit()


@dataclass
class Market:
    """Lets the venue trade along the script: in each minute the open, the low, the high and the close; sizes are cut at random."""

    stage: Stage
    seed: int = 0
    done: int = 0

    async def run(self) -> None:
        """Trade on, at the times of the script."""
        series = self.stage.script[SYMBOL]
        while self.done < 4 * len(series):
            row, part = divmod(self.done, 4)
            due = int(series.open_time[row]) + part * MINUTE // 4
            wait = (due - self.stage.clock()) / 1e9
            if wait > 0:
                await asyncio.sleep(wait)
            self.trade(row, part)
            self.done += 1

    def trade(self, row: int, part: int) -> None:
        series = self.stage.script[SYMBOL]
        price = Decimal(f"{(series.open, series.low, series.high, series.close)[part][row]:.2f}")
        venue = self.stage.venue
        rng = np.random.default_rng((self.seed, row, part))
        for venue_id, order in list(venue.orders.items()):
            # Now and then only a part of what rests is filled at first.
            rest = order.quantity - order.filled
            if order.status is OrderStatus.OPEN and abs(rest) > 1 and rng.random() < 0.5 and venue.reaches(venue_id, price):
                venue.fill(venue_id, (rest / 2).quantize(_STEP), price)
        venue.trade(SYMBOL, price)


class Killed(BaseException):
    """The process is dead."""


@dataclass
class Killer:
    """Kills the process at one of the moments at which something of it can be seen from outside: before or after any of them."""

    at: int
    moments: int = 0
    is_dead: bool = False
    where: str = ""

    def moment(self, what: str) -> None:
        if not self.is_dead:
            self.moments += 1
            if self.moments - 1 == self.at:
                self.is_dead, self.where = True, what
        if self.is_dead:
            raise Killed(what)

    def watch(self, session: Any) -> None:
        """Stand between a session and everything that outlives it."""
        store, executor = session.books.store, session.executor
        store.append = self._around("append", store.append)
        executor._call = self._call(executor._call)

    def _around(self, what: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def done(*args: Any, **options: Any) -> Any:
            self.moment(f"before {what}")
            found = work(*args, **options)
            self.moment(f"after {what}")
            return found

        return done

    def _call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def done(method: str, work: Callable[[], Any]) -> Any:
            self.moment(f"before {method}")

            def seen() -> Any:
                self.moment(f"{method} arrives")
                return work()

            found = await call(method, seen)
            self.moment(f"after {method}")
            return found

        return done
