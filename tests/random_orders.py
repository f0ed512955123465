"""A run made up from a seed that asks for orders of every kind, under every rule of filling, and keeps account of them.

As a script it plays the seeds up to its argument and prints what came of each, to the bit.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from random_play import HOUR, Random, fingerprint, random_bars, random_costs, random_rules
from stage import Played, play
from tradekit.errors import OrderError
from tradekit.model.bars import Bars
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import Bracket, Terms, Trail
from tradekit.simulator.context import Context, View
from tradekit.simulator.setup import Finer

BAR = 5 * HOUR


@dataclass
class Plan:
    """What a run asked for: orders by their numbers."""

    terms: dict[int, Terms] = field(default_factory=dict)
    exits: dict[int, int] = field(default_factory=dict)
    """The entry of each exit."""
    replaced: dict[int, int] = field(default_factory=dict)
    """What each replacement replaces."""
    rings: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    """The row on which orders were linked, and which."""
    waiting: dict[int, int] = field(default_factory=dict)
    """What each order waits for."""
    statuses: list[list[int]] = field(default_factory=list)
    """Those of all orders at the close of each bar, before anything is asked for there."""

    def first(self, order: int) -> int:
        """Return the order that this one, or what it replaces, has replaced first."""
        while order in self.replaced:
            order = self.replaced[order]
        return order


def random_finer(rng: Random, bars: Bars) -> Finer:
    """Return finer bars that make up those of a run: up to four each, or as many trades, with holes."""
    rows, size = bars.close.shape
    counts = rng.integers(1, 5, rows)
    first = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    total, are_trades = int(first[-1]), bool(rng.random() < 0.3)
    columns = np.full((5, total, size), np.nan)
    for row in range(rows):
        for i in np.flatnonzero(bars.exists[row]):
            own = np.sort(rng.choice(counts[row], rng.integers(1, counts[row] + 1), replace=False)) + first[row]
            low, high = bars.low[row, i], bars.high[row, i]
            points = np.round(rng.uniform(low, high, (len(own), 4)), 2).clip(low, high)
            points[0, 0], points[-1, 1] = bars.open[row, i], bars.close[row, i]
            if are_trades:
                points[:] = points[:, :1]
            columns[0, own, i], columns[3, own, i] = points[:, 0], points[:, 1]
            columns[1, own, i], columns[2, own, i] = points.max(axis=1), points.min(axis=1)
            columns[4, own, i] = bars.volume[row, i] * rng.dirichlet(np.ones(len(own)))
    length = np.repeat(BAR // counts, counts)
    opened = np.repeat(bars.open_time, counts) + (np.arange(total) - np.repeat(first[:-1], counts)) * length
    closed = opened + (1 if are_trades else length)
    return Finer(Bars(bars.symbols, opened, closed, *(np.ascontiguousarray(column) for column in columns)), first)


def random_sessions(rng: Random, rows: int, size: int) -> Any:
    """Return sessions of two calendars."""
    number = np.cumsum(rng.random((2, rows)) < 0.3, axis=1).astype(np.int32)
    is_last = np.zeros((2, rows), dtype=np.int8)
    is_last[:, :-1] = np.diff(number, axis=1) > 0
    return SimpleNamespace(number=number, is_last=is_last, calendar_of=rng.integers(0, 2, size).astype(np.int32))


def random_fills(rng: Random) -> FillRules:
    """Return rules of filling of all sorts."""
    return FillRules(
        insufficient_funds="cut" if rng.random() < 0.7 else "reject",
        limit_fills="touch" if rng.random() < 0.5 else "through",
        path=("worst", "nearest-first", "high-first", "low-first")[rng.integers(4)],
        participation=(None, 1e-6, 1e-4, 0.1)[rng.integers(4)],
        latency_ns=(0, 0, 1, HOUR, BAR, 7 * HOUR)[rng.integers(6)],
        queue_ahead=(None, None, 0.0, 100.0)[rng.integers(4)],
    )


class Asker:
    """Asks for things at random, and writes them down in a plan."""

    def __init__(self, rng: Random, plan: Plan, has_sizing: bool) -> None:
        self.rng = rng
        self.plan = plan
        self.has_sizing = has_sizing

    def ask(self, ctx: Context, view: View) -> None:
        """Ask for something that may make no sense."""
        open_orders = [number for shown in ctx for number in shown.open_orders]
        how = int(self.rng.integers(14))
        try:
            if how == 0:
                view.target(quantity=float(self.rng.choice([-1.0, 0.0, 1.0, 3.0])) * self.size(ctx, view))
            elif how == 1 and self.rng.random() < 0.3:
                view.cancel()
            elif how in (1, 2) and open_orders:
                ctx.cancel(int(self.rng.choice(open_orders)))
            elif how in (3, 4) and open_orders:
                self.replace(ctx, view, int(self.rng.choice(open_orders)))
            elif how == 5 and len(open_orders) > 1:
                self.link(ctx, tuple(int(order) for order in self.rng.choice(open_orders, self.rng.integers(2, 4))))
            else:
                self.order(ctx, view, open_orders)
        except OrderError:
            pass  # the rule of a size of 0, a link made twice, terms that contradict each other

    def size(self, ctx: Context, view: View) -> float:
        price = view.close if view.close == view.close else 1.0
        near = round(ctx.equity / 100 / price, 2) + 0.01
        return float(self.rng.choice([near, near * 10, near * 3.3333, 1e6, 0.001, abs(view.position), abs(view.position) * 2]))

    def near(self, view: View) -> float:
        """Return a price that the next bars may reach."""
        price = view.close if view.close == view.close else 50.0
        return price * float(np.exp(self.rng.normal(0, 0.02)))

    def trail(self, view: View) -> Trail:
        return Trail(amount=self.near(view) / 50) if self.rng.random() < 0.5 else Trail(percent=float(self.rng.uniform(0.1, 5)))

    def link(self, ctx: Context, orders: tuple[int, ...]) -> None:
        ctx.one_cancels_other(*orders)
        self.plan.rings.append((ctx.index, orders))

    def replace(self, ctx: Context, view: View, order: int) -> None:
        """Replace an order, by prices that may not fit it."""
        changes: dict[str, Any] = {}
        options = {
            "quantity": self.size(ctx, view),
            "limit": self.near(view),
            "stop": self.near(view),
            "take_profit": self.near(view),
        }
        for name, value in options.items():
            if self.rng.random() < 0.3:
                changes[name] = self.trail(view) if name == "stop" and self.rng.random() < 0.3 else value
        new = ctx.replace(order, **changes)
        self.plan.replaced[new] = order
        if order in self.plan.exits:
            self.plan.exits[new] = self.plan.exits[order]
        if order in self.plan.terms:
            self.plan.terms[new] = self.plan.terms[order]

    def order(self, ctx: Context, view: View, open_orders: list[int]) -> None:
        """Place an order of any kind."""
        prices: dict[str, Any] = {name: self.near(view) for name in ("limit", "stop", "take_profit") if self.rng.random() < 0.35}
        if "stop" in prices and self.rng.random() < 0.4:
            prices["stop"] = self.trail(view)
        is_buy = self.rng.random() < 0.5
        bracket = self.bracket(view, is_buy) if self.rng.random() < 0.3 else None
        terms = self.terms(ctx, view, open_orders) if self.rng.random() < 0.6 else None
        size = None if self.has_sizing and self.rng.random() < 0.2 else self.size(ctx, view)
        number = (view.buy if is_buy else view.sell)(size, **prices, bracket=bracket, terms=terms)
        if terms is not None:
            self.plan.terms[number] = terms
            if terms.after is not None:
                self.plan.waiting[number] = terms.after
        if bracket is not None:
            for place in range((bracket.stop_loss is not None) + (bracket.take_profit is not None)):
                self.plan.exits[number + 1 + place] = number

    def bracket(self, view: View, is_buy: bool) -> Bracket:
        side = 1 if is_buy else -1
        price = self.near(view)
        stop = [None, price * (1 - side * 0.01), price * (1 - side * 0.03), self.trail(view)][self.rng.integers(4)]
        profit = [None, price * (1 + side * 0.01), price * (1 + side * 0.03)][self.rng.integers(3)]
        return Bracket(stop, profit)

    def terms(self, ctx: Context, view: View, open_orders: list[int]) -> Terms:
        time_in_force = ("gtc", "gtc", "ioc", "fok", "day", "gtd")[self.rng.integers(6)]
        after = [*open_orders, 0]
        return Terms(
            time_in_force,
            until=self.until(ctx) if time_in_force == "gtd" else None,
            at=(None, None, None, "open", "close")[self.rng.integers(5)],
            post_only=bool(self.rng.random() < 0.2),
            reduce_only=bool(self.rng.random() < 0.3),
            display=self.size(ctx, view) if self.rng.random() < 0.2 else None,
            after=int(self.rng.choice(after)) if self.rng.random() < 0.3 else None,
        )

    def until(self, ctx: Context) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=(ctx.index + 1) * 5 + float(self.rng.choice([2.5, 5.0, 20.0])))


@cache
def random_orders(seed: int, rows: int = 60) -> tuple[Played, Plan]:
    """Play the run of a seed; return it with what it asked for."""
    rng, plan = np.random.default_rng((seed, 7)), Plan()
    size = int(rng.integers(1, 4))
    bars = random_bars(rng, rows, size)
    facts = {"tick": [None, 0.01, 0.05], "lot": [None, 0.001, 1.0], "min_notional": [None, 50.0]}
    instruments = [
        Instrument(symbol, **{name: options[rng.integers(len(options))] for name, options in facts.items()})
        for symbol in bars.symbols
    ]
    rules = random_rules(rng) if rng.random() < 0.5 else []
    has_sizing = bool(rules) and any(limit.kind.is_sizing for limit in rules[0].limits)
    pace, asker = rng.uniform(0.05, 0.5), Asker(rng, plan, has_sizing)

    def on_bar(ctx: Context) -> None:
        plan.statuses.append(ctx.simulation.book.columns()["status"].tolist())
        for view in ctx:
            while rng.random() < pace:
                asker.ask(ctx, view)

    run = play(
        bars,
        on_bar,
        instruments,
        capital=float(rng.choice([1_000.0, 100_000.0])),
        is_margin=bool(rng.random() < 0.6),
        leverage=float(rng.choice([1.0, 3.0])),
        rules=rules,
        fee_rate=float(rng.choice([0.0, 0.001])),
        slippage_rate=float(rng.choice([0.0, 0.0005])),
        **(random_costs(rng, rows, size) if rng.random() < 0.3 else {}),
        fills=random_fills(rng),
        finer=random_finer(rng, bars) if rng.random() < 0.4 else None,
        sessions=random_sessions(rng, rows, size),
        warmup=int(rng.choice([0, 3])),
        volatility=np.where(np.arange(rows) < 5, np.nan, np.abs(rng.normal(0.3, 0.2, (size, rows)))),
    )
    return run, plan


if __name__ == "__main__":
    from tradekit.simulator.build import is_compiled

    sys.stdout.write("compiled\n" if is_compiled() else "uncompiled\n")
    for number in range(int(sys.argv[1])):
        sys.stdout.write(fingerprint(random_orders(number)[0]) + "\n")
