"""What is traded, and the venue's rules for it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Instrument"]


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
