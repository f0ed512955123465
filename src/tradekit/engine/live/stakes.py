"""What a live account holds, and whose of its strategies it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tradekit.model.instrument import Instrument
from tradekit.simulator.outside import Outside
from tradekit.simulator.setup import Setup
from tradekit.simulator.shares import joined

__all__ = ["Stakes", "our_money", "owners_in", "stakes_in"]


class Stakes:
    """The positions and the money of an account: of all of it, as the venue knows it, and of each of several strategies.

    `places` has, by symbol, where the simulation has an instrument: once, or once for each strategy.
    """

    def __init__(self, outside: Outside, setup: Setup) -> None:
        self.outside = outside
        self.setup = setup
        self.places: dict[str, list[int]] = {one.symbol: [] for one in setup.instruments}
        for i, one in enumerate(setup.instruments):
            self.places[one.symbol].append(i)
        self._traded = {symbol: places[0] for symbol, places in self.places.items()}

    @property
    def are_shared(self) -> bool:
        """Whether several strategies trade the account."""
        return len(self.setup.shares) > 1

    def share_of(self, place: int) -> int | None:
        """Return which of several strategies a place is of, by its number; `None` where there is one."""
        return place // self.setup.share_size if self.are_shared else None

    def position(self, symbol: str) -> float:
        """Return the signed units that the account holds of an instrument."""
        return sum(units for _, units in self._held(symbol))

    def adopt(self, symbol: str, units: float, price: float, share: int = 0) -> None:
        """Take over a position from an earlier session."""
        self.outside.adopt(self.places[symbol][share], units, price)

    def traded(self, order: int) -> None:
        """Take note of whose order was filled last in its instrument."""
        if not self.are_shared:
            return
        look = self.outside.look(order)
        self._traded[look["symbol"]] = look["place"]

    def paying(self, symbol: str) -> list[tuple[int, float]]:
        """Return who pays or gets money for what is held of an instrument, and what part of it; all together 1.

        Where nobody holds anything any more, it is who traded it last.
        """
        held, total = self._held(symbol), self.position(symbol)
        if total == 0.0:
            return [(self._traded[symbol], 1.0)]
        return [(place, units / total) for place, units in held if units != 0.0]

    def losing(self, symbol: str, size: float) -> list[tuple[int, float]]:
        """Return whose positions a trade that none of them has asked for makes smaller, and by how much; all together `size`."""
        opposite = [(place, units) for place, units in self._held(symbol) if units * size < 0.0]
        total = abs(sum(units for _, units in opposite))
        if len(opposite) < 2 or total < abs(size):
            return [(opposite[0][0] if opposite else self._traded[symbol], size)]
        return [(place, size * abs(units) / total) for place, units in opposite]

    def account(self) -> dict[str, Any]:
        """Return the money and the positions, as the next session takes them over; of several strategies, those of each besides."""
        held = {symbol: joined([self.outside.holding(place) for place in own]) for symbol, own in self.places.items()}
        found = {"capital": self.outside.cash(), "positions": _not_flat(held)}
        return found | {"shares": self._shares()} if self.setup.shares else found

    def money(self) -> Decimal:
        """Return the cash less what open positions against margin were opened for: see `our_money`."""
        held = [(one, *self.outside.holding(place)) for place, one in enumerate(self.setup.instruments)]
        return our_money(held, self.outside.cash())

    def _held(self, symbol: str) -> list[tuple[int, float]]:
        return [(place, self.outside.position(place)) for place in self.places[symbol]]

    def _shares(self) -> dict[str, Any]:
        found = {}
        for k, share in enumerate(self.setup.shares):
            held = {symbol: self.outside.holding(own[k]) for symbol, own in self.places.items()}
            found[share.name] = {
                "capital": self.outside.share_cash(k),
                "positions": _not_flat(held),
                "is_halted": self.outside.is_share_halted(k),
            }
        return found


def _not_flat(held: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {symbol: one for symbol, one in held.items() if one[0] != 0.0}


def owners_in(left: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return what a session has left to whom: by the names of several strategies, or all of it to one without a name."""
    return left.get("shares") or {"": left}


def stakes_in(left: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Return symbol, units and average price of each position that a session has left, those of several strategies one by one."""
    held = [owner["positions"] for owner in owners_in(left).values()]
    return [(symbol, units, price) for own in held for symbol, (units, price) in own.items() if units]


def our_money(held: Iterable[tuple[Instrument, float, float]], cash: float) -> Decimal:
    """Return cash less what open positions were opened for; `held` are instruments with units and average prices.

    Unlike cash alone this does not depend on the order of trades, which may come in another one than they were made in.
    """
    paid = (one.multiplier * units * price for one, units, price in held if one.is_derivative and units)
    return Decimal(repr(cash - sum(paid)))
