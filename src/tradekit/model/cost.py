"""What trading costs, as numbers that the compiled loop reads."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import IntEnum
from typing import Literal

from tradekit.model.bars import Floats

__all__ = ["CostKind", "CostTerm"]


class CostKind(IntEnum):
    """The terms of cost that the compiled simulator knows."""

    FEE_RATE = 0
    FEE_PER_UNIT = 1
    SLIPPAGE_RATE = 2
    MAKER_RATE = 3
    TAKER_RATE = 4
    FEE_MINIMUM = 5
    PAST_VOLUME = 6
    HALF_SPREAD = 7
    IMPACT = 8


@dataclass(frozen=True, slots=True)
class CostTerm:
    """One term of cost, with a coefficient for each instrument: float64 [instrument], finite, and >= 0 unless said otherwise.

    Fees, in the instrument's quote currency:

    - `FEE_RATE`: a fraction of the value of each fill (0.001 is 10 bps). `TAKER_RATE` adds to it where the order takes, and
      `MAKER_RATE` where it has waited in the book. That of makers may be negative, which is a rebate, as long as a maker and a
      taker together pay 0 or more.
    - `FEE_PER_UNIT`: an amount for each unit (share, coin, contract) filled.
    - `FEE_MINIMUM`: the least that an order pays of all fees of its model, however many fills it has.
    - `PAST_VOLUME`: what was traded in the 30 days before the first bar, in account currency; it counts for `from_volume`.

    Slippage, which only orders that take suffer: those at the market, stops, and limits that meet the market when they arrive:

    - `SLIPPAGE_RATE`: the price is worse by this fraction of it.
    - `HALF_SPREAD`: the price is worse by this much, in the quote currency.
    - `IMPACT`: the price is worse by `coefficient x (Q / V) ** exponent` of it, times the volatility of a day if it is
      `is_volatility_scaled`.

    The two before `IMPACT` may have a row for each bar as well, float64 [time, instrument], used for the fills in that bar and only
    read where the instrument has one. Terms of one kind from several cost models add up.
    """

    kind: CostKind
    values: Floats
    _: KW_ONLY
    currency: str = "quote"
    """What a fee is taken in: `quote`, `base` (purchases pay it in units received, sales in the quote currency), or the name of a
    currency of the account."""
    from_volume: float = 0.0
    """A rate or an amount for each unit holds from this volume on, of what the model's instruments were traded for in the 30 whole
    UTC days before: in account currency. Of each kind, the model's terms with the largest volume that is reached are charged."""
    exponent: float = 1.0
    """Of `IMPACT`, > 0."""
    per: Literal["bar", "day"] = "bar"
    """What `IMPACT` compares with. `bar`: Q is the size of the fill, V the volume of its bar, and Q / V at most 1. `day`: Q is what
    the order has filled so far, this fill included, and V the mean volume of a day. Where V is 0 or not known, Q / V is 1."""
    is_volatility_scaled: bool = False
    window: int = 20
    """The UTC days before the current one over which the volume and the volatility of a day are estimated, >= 2."""
