"""Where in a bar the market meets an order. All prices are as a buyer sees them: lower is better."""

from __future__ import annotations

import math
from dataclasses import dataclass

from oracle.words import PROFITS, STOPS, Bar, Order, World

EVEN = 1e-9


@dataclass(frozen=True)
class Meeting:
    """A price at which an order can be filled, before slippage, and whether it has rested there."""

    price: float
    is_maker: bool


def down(price: float, tick: float | None) -> float:
    """Return a price on the grid, not above the one given."""
    return price if tick is None or math.isinf(price) else math.floor(price / tick + EVEN) * tick


def up(price: float, tick: float | None) -> float:
    """Return a price on the grid, not below the one given."""
    return -down(-price, tick)


def is_through(world: World, price: float, level: float) -> bool:
    """Say whether a price that was reached has gone through a level; where touching is enough, whether it has touched it."""
    return price <= level if world.rules.limit_fills == "touch" else price < level


def is_served(world: World, order: Order, low: float, is_print: bool) -> bool:
    """Say whether prices down to one reach a limit; a print at it is for those who stand in the queue there."""
    in_queue = is_print and world.rules.queue_ahead is not None and low == order.limit
    return in_queue or is_through(world, low, order.limit)


def stop_of(world: World, order: Order, best: float | None = None) -> float:
    """Return where a stop is, which for a trailing one depends on the best price that it has seen."""
    if order.trail is None:
        return order.stop
    seen = order.best if best is None else best
    distance = order.trail.amount if order.trail.amount is not None else abs(seen) * order.trail.percent / 100
    return up(seen + distance, world.tick)


def sets_off(world: World, order: Order, price: float) -> bool:
    """Say whether a price sets off a stop, by being as bad, or a take-profit, by being better."""
    if order.kind in STOPS:
        return price >= stop_of(world, order)
    return price < order.stop


def met_at(world: World, order: Order, price: float) -> Meeting | None:
    """Let the market stand at a price: set the order off if it waits for that, and say whether it can be filled there."""
    if order.is_waiting:
        if not sets_off(world, order, price):
            return None
        order.is_set_off = True
    if order.limit is None:
        return Meeting(price, False)
    return Meeting(price, order.has_rested) if price < order.limit else None


def reached(world: World, order: Order, bar: Bar) -> float | None:
    """Return where a bar sets off an order that has been there since the open."""
    if order.kind in PROFITS:
        return order.stop if is_through(world, bar.low, order.stop) else None
    before = stop_of(world, order)
    if bar.high >= before:
        return before
    if order.trail is None:
        return None
    moved = stop_of(world, order, min(order.best, bar.low))
    return moved if bar.high >= moved else None


def met_inside(world: World, order: Order, bar: Bar) -> Meeting | None:
    """Meet a limit order that has been there since the open, where the way of the price is not known: the range is enough."""
    is_met = order.limit is not None and is_served(world, order, bar.low, bar.low == bar.high)
    return Meeting(order.limit, True) if is_met else None


def met_newborn(world: World, order: Order, price: float, bar: Bar) -> Meeting | None:
    """Meet an order that comes to life at a price inside a bar and waits for none: what helps happens if the close proves it."""
    if order.limit is None:
        # One that was set off before leaves there if that is worse, and the bar goes there.
        is_worse = order.kind in STOPS and price < order.stop <= bar.high
        return Meeting(order.stop if is_worse and order.stop >= bar.low else price, False)
    if price < order.limit:
        return Meeting(price, order.has_rested)
    return Meeting(order.limit, True) if is_through(world, bar.close, order.limit) else None


def reached_later(world: World, order: Order, price: float, bar: Bar) -> float | None:
    """Return where a bar sets off an order that came to life inside it: what hurts happens if it can."""
    if sets_off(world, order, price):
        return price
    if order.kind in PROFITS:
        return order.stop if is_through(world, bar.close, order.stop) else None
    stop = stop_of(world, order)
    return stop if bar.high >= stop else None


def path_of(world: World, bar: Bar) -> list[float]:
    """Return the prices that a bar of known path goes to in straight lines, after its open."""
    first = {"high-first": bar.high, "low-first": bar.low}.get(world.rules.path)
    if first is None:
        first = bar.high if bar.high - bar.open <= bar.open - bar.low else bar.low
    return [first, bar.low if first == bar.high else bar.high, bar.close]


def met_ahead(world: World, order: Order, price: float, ahead: list[float]) -> tuple[int, float, float] | None:
    """Return where straight lines from a price meet an order first: the line, the distance on it, and the price."""
    best = order.best
    for line, end in enumerate(ahead):
        low, high, at = min(price, end), max(price, end), None
        if order.is_waiting and order.kind in STOPS:
            if order.trail is not None:
                best = min(best, price)
            stop = stop_of(world, order, best)
            at = max(stop, price) if high >= stop else None
        elif order.limit is not None or order.is_waiting:
            level = order.stop if order.is_waiting else order.limit
            is_print = not order.is_waiting and len({price, *ahead}) == 1
            is_met = is_served(world, order, low, is_print) if not order.is_waiting else is_through(world, low, level)
            at = min(level, price) if price < level or is_met else None
        else:
            at = price
        if at is not None:
            return line, abs(at - price), at
        price = end
    return None
