"""What is traded, and the venue's rules for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Instrument", "InstrumentKind"]

InstrumentKind = Literal["spot", "equity", "perpetual", "future"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """A thing that can be traded, with the venue's rules for orders in it.

    `None` means that the rule is not known: prices and sizes are then left as they are, and the result says so.
    """

    symbol: str
    tick: float | None = None
    """Smallest price step, in the quote currency."""
    lot: float | None = None
    """Smallest size step, in units of the instrument."""
    min_notional: float | None = None
    """Smallest value of an order (price times size), in the quote currency."""
    kind: InstrumentKind = "spot"
    """Of a spot or an equity the units are bought and paid for; a perpetual or a future is held against margin."""
    multiplier: float = 1.0
    """Units of the underlying thing in one contract: value is price times size times this."""
    currency: str | None = None
    """The currency that it is settled in; `None` is the account's."""
    base: str | None = None
    """The currency that a unit of it is, such as BTC of BTC/USDT; fees may be taken in it."""
    initial_margin: float | None = None
    """Share of a position's value that opening it ties up."""
    maintenance_margin: float | None = None
    """Share of a position's value below which the margin must not fall."""
    borrow_rate: float | None = None
    """What borrowing it for a short sale costs, as a fraction of its value a year."""
    calendar: str | None = None
    """Name of the trading calendar, as exchange_calendars has it; `None` trades at any time."""

    @property
    def is_derivative(self) -> bool:
        """Whether it is held against margin instead of being bought."""
        return self.kind in ("perpetual", "future")
