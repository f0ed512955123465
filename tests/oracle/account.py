"""The money of one account that holds one instrument."""

from __future__ import annotations

import math

from oracle.prices import EVEN, down, up
from oracle.words import Bar, World


class Account:
    """Cash and a position, and what they allow."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.cash = world.capital
        self.position = 0.0
        self.last = 0.0

    def equity(self, price: float) -> float:
        """Return what the account is worth where the instrument costs so much."""
        return self.cash + self.position * price

    def fee(self, units: float, price: float, is_maker: bool, paid: float, worked: float) -> float:
        """Return the fee of a fill, by the rates; an order pays the minimum at least, over all its fills."""
        rate = self.world.maker_rate if is_maker else self.world.taker_rate
        whole_order = worked + rate * units * price
        return (max(whole_order, self.world.minimum) if self.world.minimum else whole_order) - paid

    def most(self, side: int, units: float, price: float) -> float:
        """Return how many of these units the account has the money for, in whole lots.

        What it pays for at the dearest fee passes whole; what is cut, to what is left once the minimum is set aside.
        """
        world = self.world
        rate = max(world.taker_rate, world.maker_rate, 0.0)
        fee = max(rate * units * price, world.minimum)
        if not world.is_margin:
            if side < 0:
                return units if fee <= units * price + self.cash + EVEN else 0.0
            if units * price + fee <= self.cash + EVEN:
                return units
            return whole(max(self.cash - world.minimum, 0.0) / (price * (1 + rate)), world.lot)
        reducing = min(self.reducible(side), units)
        if units <= reducing + EVEN:
            return units
        kept = abs(self.position) * price if reducing == 0 else 0.0
        room = world.leverage * (self.equity(price) - world.minimum - reducing * rate * price) - kept
        most = max(room / (price * (1 + world.leverage * rate)), 0.0)
        return units if units - reducing <= most + EVEN else whole(reducing + most, world.lot)

    def reducible(self, side: int) -> float:
        """Return how many units would only make the position smaller."""
        return max(-side * self.position, 0.0)

    def fill(self, side: int, units: float, price: float, fee: float) -> None:
        """Pay and get."""
        self.cash -= side * units * price + fee
        self.position += side * units
        if abs(self.position) < 1e-9:
            self.position = 0.0

    def maintenance(self, price: float) -> float:
        """Return the margin that the position must keep."""
        share = self.world.maintenance
        if share is None:
            share = min(0.25, 0.5 / self.world.leverage)
        return abs(self.position) * price * share

    def liquidation_price(self, bar: Bar) -> float | None:
        """Return where a bar leaves the account without its maintenance margin, if it does."""
        worst = bar.low if self.position > 0 else bar.high
        if not self.position or self.equity(worst) >= self.maintenance(worst):
            return None
        spare = self.equity(bar.open) - self.maintenance(bar.open)
        short = self.maintenance(worst) - self.equity(worst)
        way = spare / (spare + short) if spare > 0 else 0.0
        price = bar.open + (worst - bar.open) * way
        if self.position > 0:
            return max(down(price, self.world.tick), bar.low)
        return min(up(price, self.world.tick), bar.high)


def whole(units: float, lot: float | None) -> float:
    """Return units in whole lots, toward zero."""
    return units if lot is None else math.floor(units / lot + 1e-9) * lot
