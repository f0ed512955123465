"""What trading costs: fees and slippage in proportion to what is traded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from pydantic import model_validator

import tradekit
from tradekit import CostKind, CostModel, CostTerm, Field, Instrument

__all__ = ["Fee", "Slippage"]

_BPS = 1e-4


class Fee(CostModel):
    """Charge each fill a fraction of its value, an amount for each unit, or both.

    Rates are in basis points: 10 bps are 0.1 % of price times units.
    """

    name = "fee"

    class Options(tradekit.Options):
        """What a fill is charged."""

        bps: float = Field(0.0, ge=0, le=10_000, description="fee on the value of each fill, in basis points (10 is 0.1 %)")
        per_unit: float = Field(0.0, ge=0, description="fee for each unit (share, coin) filled, in account currency")

        @model_validator(mode="after")
        def _charges_something(self) -> Self:
            if not self.model_fields_set:
                raise ValueError("a fee needs bps, per_unit or both; a run without costs has costs = []")
            return self

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return a rate and an amount for each unit, the same for every instrument."""
        count = len(instruments)
        return (
            CostTerm(CostKind.FEE_RATE, np.full(count, self.options.bps * _BPS)),
            CostTerm(CostKind.FEE_PER_UNIT, np.full(count, self.options.per_unit)),
        )

    def describe(self) -> str:
        """Return the fees in one sentence."""
        parts = []
        if self.options.bps:
            parts.append(f"{self.options.bps:g} bps of its value")
        if self.options.per_unit:
            parts.append(f"{self.options.per_unit:g} for each unit")
        return f"Each fill pays a fee of {' and '.join(parts)}." if parts else "Fills pay no fee."


class Slippage(CostModel):
    """Fill market and stop orders worse than the reference price, by a fraction of it.

    Limit orders fill at their limit or better, so they don't slip.
    """

    name = "slippage"

    class Options(tradekit.Options):
        """How far prices slip."""

        bps: float = Field(ge=0, lt=10_000, description="how much worse the price is, in basis points of it (5 is 0.05 %)")

    def terms(self, instruments: Sequence[Instrument]) -> Sequence[CostTerm]:
        """Return the fraction, the same for every instrument."""
        return (CostTerm(CostKind.SLIPPAGE_RATE, np.full(len(instruments), self.options.bps * _BPS)),)

    def describe(self) -> str:
        """Return the slippage in one sentence."""
        return f"Market and stop orders fill {self.options.bps:g} bps worse than the reference price; limit orders don't slip."
