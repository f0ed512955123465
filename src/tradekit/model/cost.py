"""What trading costs, as numbers that the compiled loop reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tradekit.model.bars import Floats

__all__ = ["CostKind", "CostTerm"]


class CostKind(IntEnum):
    """The terms of cost that the compiled simulator knows."""

    FEE_RATE = 0
    FEE_PER_UNIT = 1
    SLIPPAGE_RATE = 2


@dataclass(frozen=True, slots=True)
class CostTerm:
    """One term of cost, with a coefficient for each instrument: float64 [instrument], finite, >= 0.

    - `FEE_RATE`: fee as a fraction of the value of each fill (0.001 is 10 bps).
    - `FEE_PER_UNIT`: fee for each unit (share, coin) filled, in account currency.
    - `SLIPPAGE_RATE`: market and stop orders fill worse than the reference price by this fraction of it.

    Terms of one kind from several cost models add up.
    """

    kind: CostKind
    values: Floats
