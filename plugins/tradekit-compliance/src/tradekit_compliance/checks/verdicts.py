"""What checks have in common: what an order makes of a position, and how what is not known is answered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tradekit import Account, Order, OrderKind, Verdict

__all__ = ["MISSING", "Exposure", "Missing", "exposure", "price_of", "refused", "unknown", "value_of", "warned"]

Missing = Literal["block", "warn"]
MISSING = "what becomes of an order that can't be judged for want of data: block refuses it, warn lets it pass with a warning"

_DUST = 1e-9


@dataclass(frozen=True, slots=True)
class Exposure:
    """Units of a position on the side of an order, negative if on the other: before it and after it, open orders included.

    `reducing` is how many units of the order only make the position smaller.
    """

    before: float
    after: float
    reducing: float

    @property
    def grows(self) -> bool:
        """Whether the order makes the position larger than it is now, on either side."""
        return abs(self.after) > abs(self.before) * (1 + _DUST)


def exposure(order: Order, account: Account) -> Exposure:
    """Return what an order makes of a position if it is filled whole.

    As in the kernel's own limits, open orders of its side count as filled, and of the other side what is sure to reduce.
    """
    side = 1.0 if order.quantity > 0 else -1.0
    position = account.positions.get(order.symbol)
    held = side * position.quantity if position else 0.0
    waiting = 0.0
    for one in account.open_orders:
        if one.symbol != order.symbol or one.id == order.id:
            continue
        left = side * (one.quantity - one.filled)
        if left > 0:
            waiting += left
        elif held > 0 and one.kind is OrderKind.MARKET:
            held = max(0.0, held + left)
    before = held + waiting
    size = abs(order.quantity)
    return Exposure(before, before + size, min(size, max(0.0, -before)))


def price_of(symbol: str, account: Account) -> float | None:
    """Return the last price of an instrument; `None` if there is none that makes sense."""
    price = account.prices.get(symbol, math.nan)
    return price if 0 < price < math.inf else None


def value_of(symbol: str, units: float, account: Account) -> float | None:
    """Return what units are worth in account currency; `None` without a price.

    What one unit is worth at a price of 1 is known of positions that are held; of others it is taken to be 1.
    """
    price = price_of(symbol, account)
    position = account.positions.get(symbol)
    return None if price is None else units * price * (position.unit if position else 1.0)


def refused(order: Order, reducing: float, reason: str, numbers: Mapping[str, float]) -> Verdict:
    """Refuse an order, or let pass of it what only reduces a position."""
    size = abs(order.quantity)
    if reducing > 0 and 0 < reducing / size < 1:
        return Verdict.resize(math.copysign(reducing, order.quantity), f"{reason}; what reduces the position passes", numbers)
    if reducing >= size:
        return Verdict.accept(f"{reason}, but it only reduces a position", numbers)
    return Verdict.reject(reason, numbers)


def unknown(missing: Missing, what: str, numbers: Mapping[str, float] | None = None) -> Verdict:
    """Answer an order that can't be judged: `what` says what is not known."""
    if missing == "block":
        return Verdict.reject(f"UNKNOWN: {what}", numbers)
    return warned(f"UNKNOWN: {what}", numbers)


def warned(what: str, numbers: Mapping[str, float] | None = None) -> Verdict:
    """Let an order pass, with a warning that stays in the journal."""
    return Verdict.accept(f"warning: {what}", numbers)
