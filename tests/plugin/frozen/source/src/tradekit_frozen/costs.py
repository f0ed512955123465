"""A cost model."""

import numpy as np
import tradekit
from tradekit import CostKind, CostModel, CostTerm, Field


class Ticket(CostModel):
    """Charge a fee on value, and one for each unit."""

    name = "frozen-ticket"

    class Options(tradekit.Options):
        bps: float = Field(5.0, ge=0, description="basis points of the value of a fill")
        per_unit: float = Field(0.01, ge=0, description="money for each unit")

    def terms(self, instruments):
        count = len(instruments)
        return [
            CostTerm(CostKind.FEE_RATE, np.full(count, self.options.bps * 1e-4)),
            CostTerm(CostKind.FEE_PER_UNIT, np.full(count, self.options.per_unit)),
        ]

    def describe(self):
        return f"Each fill pays {self.options.bps:g} bps and {self.options.per_unit:g} for each unit."
