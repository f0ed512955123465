"""What a cash account holds covers what it sells: which of its orders may be at the venue, and how much of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradekit.engine.live.legs import Legs
from tradekit.engine.live.look import PLAIN, Look, exact, look_at, whole
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Flag
from tradekit.simulator.outside import Outside

__all__ = ["Cover", "level_of"]

_PROFITS = (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT)
_REDUCE_ONLY, _TRIGGERED = int(Flag.REDUCE_ONLY), int(Flag.TRIGGERED)
_NOTHING = Decimal(0)


class Cover:
    """Gives the coins of a cash account to the orders that sell them.

    A venue keeps what a resting order sells aside for it, and has no orders that end with the position. So two exits of the same
    coins can't both rest there: the second would be refused, or sell what is somebody else's. What goes at the market comes first,
    then an order whose price has been reached, then stops, then the rest, each in the order in which they were given. One that gets
    less than it could sell is watched by the run: once its price is reached, it takes the coins of those behind it.

    Where a strategy shares the account, coins are those of its own. A fee in the coin makes them fewer than what was bought.
    """

    def __init__(self, outside: Outside, legs: Legs, instruments: Mapping[str, Instrument], is_cash: bool) -> None:
        self.outside = outside
        self.legs = legs
        self.instruments = instruments
        self.is_cash = is_cash

    def binds(self, look: Look) -> bool:
        """Say whether an order sells what has to be there."""
        return self.is_cash and look.left < 0.0 and not self.instruments[look.symbol].is_derivative

    def coins(self, look: Look) -> Decimal:
        """Return what there is to sell of the instrument of an order, in whole lots."""
        held = self.outside.position(look.place)
        return whole(held, self.instruments[look.symbol].lot) if held > 0.0 else _NOTHING

    def given(self, looks: Iterable[Look]) -> dict[int, Decimal]:
        """Return how much each of some orders may sell, by their numbers; `looks` are all that may be at the venue now."""
        found: dict[int, Decimal] = {}
        free: dict[int, Decimal] = {}
        for look in sorted((look for look in looks if self.binds(look)), key=_rank):
            coins = free.setdefault(look.place, self.coins(look))
            found[look.number] = min(self.wanted(look), coins)
            free[look.place] = coins - found[look.number]
        return found

    def wanted(self, look: Look) -> Decimal:
        """Return how much an order would sell if there were enough."""
        return -exact(look.left, self.instruments[look.symbol].lot)

    def is_short(self, look: Look, given: Decimal) -> bool:
        """Say whether an order gets less than there is for it, because others come first."""
        return given < min(self.wanted(look), self.coins(look))

    def free(self, look: Look) -> Decimal:
        """Return how many coins no order at the venue keeps aside."""
        selling = [leg for leg in self.legs.working.values() if leg.intent.symbol == look.symbol and leg.remaining < 0]
        aside = sum((leg.remaining for leg in selling if look_at(self.outside, leg.order).place == look.place), _NOTHING)
        return max(self.coins(look) + aside, _NOTHING)

    def end(self, look: Look) -> bool:
        """End an order that has nothing to sell and will not get anything; say whether it was one."""
        is_reduction = look.flags & _REDUCE_ONLY != 0
        is_due = is_reduction or look.is_market or look.flags & _TRIGGERED
        if not is_due or look.is_idle or look.is_awaited or self.coins(look) or self.legs.is_doubtful(look.symbol):
            return False
        if any(not leg.is_settled for leg in self.legs.of(look.number)):
            return False
        if is_reduction:
            self.outside.ended(look.number, OrderStatus.CANCELLED, Reason.NOTHING_TO_REDUCE)
        else:
            self.outside.ended(look.number, OrderStatus.REJECTED, Reason.SHORT_IN_CASH_ACCOUNT)
        return True


def _rank(look: Look) -> tuple[int, int]:
    """Return which orders get coins before which."""
    if look.is_market:
        return 0, look.number
    if look.flags & _TRIGGERED:
        return 1, look.number
    return (3 if look.kind in PLAIN or look.kind in _PROFITS else 2), look.number


def level_of(look: Look, outside: Outside) -> tuple[float, bool]:
    """Return the price that an order waits for, NaN for none, and whether it waits for it to rise."""
    is_buy, is_profit = look.left > 0.0, look.kind in _PROFITS
    if look.kind is OrderKind.LIMIT:
        return look.limit, not is_buy
    return outside.level(look.number), is_buy != is_profit
