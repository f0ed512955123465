"""Worlds and scripts for both simulators, made up from a seed, and what the simulator makes of them.

Prices lie on quarters, volumes and sizes on whole numbers, so that both come to the same numbers wherever they do the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np

from oracle.play import LIMITED, STOPPED, Outcome, Script
from oracle.words import Ask, Bar, Cancel, Fill, Link, New, Replace, Target, World
from stage import MINUTE, Played, bars_of, play
from tradekit.errors import OrderError
from tradekit.model.event import EventKind
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, OrderKind, Terms, Trail
from tradekit.simulator.context import Context
from tradekit.simulator.setup import AccountTerms, Finer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AT_ONCE = ("ioc", "fok")
SORTS = ("plain", "finer", "prints", "late", "leverage")


@dataclass(frozen=True)
class Case:
    """A world and what is asked for in it."""

    world: World
    script: Script


class Dice:
    """Draws from a seed."""

    def __init__(self, seed: int, sort: str) -> None:
        self.random = random.Random(f"{sort} {seed}")  # noqa: S311 - a test is no secret
        self.sort = sort

    def often(self, part: float) -> bool:
        return self.random.random() < part

    def whole(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def pick(self, *options: Any) -> Any:
        return self.random.choice(options)

    def near(self, price: float, least: int = -12, most: int = 12) -> float:
        """Draw a price so many quarters away."""
        return price + self.whole(least, most) / 4

    def case(self) -> Case:
        rows, is_margin = self.whole(3, 9), self.sort == "leverage" or self.often(0.5)
        bars = self.bars(rows, self.whole(2, 4) if self.sort == "finer" else self.whole(1, 5) if self.sort == "prints" else 1)
        closes = tuple(bar.close for bar in bars if bar.is_last_of_row)
        world = World(
            bars,
            closes,
            tuple(bar.closes for bar in bars if bar.is_last_of_row),
            tuple(int(n) for n in np.cumsum([self.often(0.3) for _ in range(rows)])),
            self.rules(),
            float(self.pick(500, 1000, 100_000)),
            is_margin,
            float(self.pick(2, 5, 20)) if self.sort == "leverage" else 1.0,
            self.pick(None, 0.25, 0.5),
            1.0,
            *self.pick((0.0, 0.0), (0.001, 0.002), (-0.0005, 0.001)),
            self.pick(0.0, 0.0, 1.0),
            self.pick(0.0, 0.0, 0.001),
            self.pick(0.0, 0.0, 0.125),
            *(self.pick((None, None), (0.05, 0.01)) if self.sort == "leverage" else (None, None)),
        )
        pace = self.whole(1, 4)
        script = {row: [self.ask(row, closes[row], is_margin) for _ in range(self.whole(0, pace))] for row in range(rows - 1)}
        return Case(world, script)

    def bars(self, rows: int, parts: int) -> tuple[Bar, ...]:
        """Draw bars that begin at 100, as many to a row."""
        found, close = [], 100.0
        for k in range(rows * parts):
            row, part = divmod(k, parts)
            high = low = opened = close if self.often(0.5) else self.near(close, -6, 6)
            close = opened
            if self.sort != "prints":
                close = self.near(opened)
                low, high = self.near(min(opened, close), -8, 0), self.near(max(opened, close), 0, 8)
            volume = float(self.pick(0, 3, 4, 10, 16, 40, 200))
            length = MINUTE // parts
            start = row * MINUTE + part * length
            found.append(Bar(opened, high, low, close, volume, start, start + length, row, part == 0, part == parts - 1))
        return tuple(found)

    def rules(self) -> FillRules:
        """Draw rules of filling."""
        return FillRules(
            insufficient_funds=self.pick("cut", "cut", "reject"),
            limit_fills=self.pick("through", "touch"),
            path=self.pick("worst", "worst", "nearest-first", "high-first", "low-first"),
            participation=self.pick(None, None, 0.25, 0.5),
            latency_ns=self.pick(1, MINUTE // 4, MINUTE // 2, MINUTE, MINUTE * 3 // 2) if self.sort == "late" else 0,
            queue_ahead=self.pick(None, 0.0, 3.0, 10.0) if self.sort == "prints" else None,
        )

    def ask(self, row: int, near: float, is_margin: bool) -> Ask:
        """Draw something to ask for."""
        how, which = self.whole(0, 13), self.whole(0, 5)
        if how < 9:
            return self.order(row, near, is_margin)
        if how == 9:
            return Cancel(which)
        if how <= 11:
            changes = {"limit": self.near(near), "stop": self.near(near), "quantity": float(self.whole(1, 9))}
            return Replace(which, tuple((name, value) for name, value in changes.items() if self.often(0.4)))
        if how == 12:
            return Link(which, self.whole(0, 5))
        return Target(float(self.whole(-6 if is_margin else 0, 6)))

    def order(self, row: int, near: float, is_margin: bool) -> New:
        """Draw an order of any kind that makes sense."""
        side, kind, prices = self.pick(1, -1), self.pick(*OrderKind), {}
        if kind in LIMITED:
            prices["limit"] = self.near(near)
        if kind in STOPPED:
            prices["stop"] = self.near(near)
        if kind in (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT):
            prices["take_profit"] = self.near(near)
        if kind is OrderKind.TRAILING_STOP:
            prices["stop"] = self.trail()
        size = float(self.whole(1, 9) * (10 if self.sort == "leverage" else 1))
        terms = self.terms(kind, row, size) if self.often(0.5) else Terms()
        has_bracket = self.often(0.4) and not terms.reduce_only and (is_margin or side > 0)
        bracket = self.bracket(near, side) if has_bracket else None
        return New(side, size, **prices, bracket=bracket, terms=terms, after=self.pick(None, None, None, 0, 1, 2))

    def trail(self) -> Trail:
        return Trail(amount=self.whole(1, 12) / 4) if self.often(0.5) else Trail(percent=float(self.whole(1, 3)))

    def bracket(self, near: float, side: int) -> Bracket:
        loss = self.pick(None, near - side * self.whole(1, 16) / 4, self.trail())
        profit = near + side * self.whole(1, 16) / 4 if loss is None or self.often(0.6) else None
        return Bracket(loss, profit)

    def terms(self, kind: OrderKind, row: int, size: float) -> Terms:
        """Draw terms that an order of this kind may have."""
        at = self.pick(None, None, "open", "close") if kind in (OrderKind.MARKET, OrderKind.LIMIT) else None
        time_in_force = "gtc" if at else self.pick("gtc", "gtc", "ioc", "fok", "day", "gtd")
        until = EPOCH + timedelta(seconds=60 * (row + 1) + self.pick(30, 60, 75, 180)) if time_in_force == "gtd" else None
        may_rest = kind in LIMITED and at is None
        post_only = may_rest and time_in_force not in AT_ONCE and self.often(0.3)
        display = float(self.whole(1, int(size))) if may_rest and self.often(0.3) else None
        return Terms(time_in_force, until, at, post_only, self.often(0.3), display)


def case_of(seed: int, sort: str) -> Case:
    """Return the case of a seed."""
    return Dice(seed, sort).case()


def simulate(case: Case) -> Outcome:
    """Run a case through the simulator, and tell it as the oracle does."""
    run, open_orders = played(case)
    fills = []
    for entry, (place, role) in zip(run.entries(EventKind.FILL), run.places, strict=True):
        fills.append(Fill(entry.row, entry.order, entry.a, entry.b, place, role == "maker", entry.c, entry.d))
    return Outcome(fills, [(order.status, order.reason, order.filled) for order in run.orders], run.equity, open_orders)


def played(case: Case) -> tuple[Played, list[list[int]]]:
    """Run a case through the simulator; return the run and what was open at each close."""
    world, open_orders = case.world, []
    exits: set[int] = set()

    def on_bar(ctx: Context) -> None:
        before = sorted(ctx["X"].open_orders)
        open_orders.append(before)
        replaced: set[int] = set()
        for ask in case.script.get(ctx.index, ()):
            put(ctx, ask, before, replaced, exits)

    columns = [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in world.bars]
    parts = len(world.bars) // len(world.closes)
    rows = [whole_bar(columns[row * parts : (row + 1) * parts]) for row in range(len(world.closes))]
    number = np.array([world.sessions], dtype=np.int32)
    is_last = np.append(np.diff(number[0]) > 0, True).astype(np.int8)[np.newaxis]
    run = play(
        {"X": rows},
        on_bar,
        [Instrument("X", tick=world.tick, lot=world.lot)],
        capital=world.capital,
        is_margin=world.is_margin,
        leverage=world.leverage,
        fills=world.rules,
        maker_rate=world.maker_rate,
        taker_rate=world.taker_rate,
        minimum=world.minimum,
        slippage_rate=world.slippage_rate,
        half_spread=world.half_spread,
        terms=AccountTerms(world.maintenance, world.liquidation_fee),
        sessions=SimpleNamespace(number=number, is_last=is_last, calendar_of=np.zeros(1, dtype=np.int32)),
        finer=None
        if parts == 1
        else Finer(bars_of({"X": columns}, MINUTE // parts), np.arange(len(rows) + 1, dtype=np.int64) * parts),
    )
    return run, open_orders


def whole_bar(parts: list[tuple[float, ...]]) -> tuple[float, ...]:
    """Return the bar that finer ones make up."""
    opened, high, low, close, volume = zip(*parts, strict=True)
    return (opened[0], max(high), min(low), close[-1], sum(volume))


def put(ctx: Context, ask: Ask, before: list[int], replaced: set[int], exits: set[int]) -> None:
    """Ask the simulator for something, unless it makes no sense by now."""
    view = ctx["X"]
    if isinstance(ask, New):
        after = before[ask.after % len(before)] if ask.after is not None and before else None
        prices = {"limit": ask.limit, "stop": ask.stop, "take_profit": ask.take_profit}
        buy_or_sell = view.buy if ask.side > 0 else view.sell
        number = buy_or_sell(ask.size, **prices, bracket=ask.bracket, terms=replace(ask.terms, after=after))
        if ask.bracket is not None:
            exits.update(
                range(number + 1, number + 1 + sum(price is not None for price in (ask.bracket.stop_loss, ask.bracket.take_profit)))
            )
    elif isinstance(ask, Target):
        view.target(quantity=ask.units)
    elif not before:
        return
    elif isinstance(ask, Link):
        try:
            ctx.one_cancels_other(before[ask.first % len(before)], before[ask.second % len(before)])
        except OrderError:
            return  # one of them is over, or linked already, or they are the same
    else:
        number = before[ask.which % len(before)]
        if number not in view.open_orders:
            return
        if isinstance(ask, Cancel):
            ctx.cancel(number)
        elif number not in replaced:
            replaced.add(number)
            order = ctx.order(number)
            allowed = {"limit": order.kind in LIMITED, "stop": order.kind in STOPPED, "quantity": number not in exits}
            new = ctx.replace(number, **{name: value for name, value in ask.changes if allowed[name]})
            if number in exits:
                exits.add(new)
