"""An executor."""

import tradekit
from tradekit import Executor, Field, FillRules


class Patient(Executor):
    """Simulate fills of a part of each bar's volume."""

    name = "frozen-patient"

    class Options(tradekit.Options):
        share: float = Field(0.2, gt=0, le=1, description="part of a bar's volume")

    def fill_rules(self):
        return FillRules(participation=self.options.share)
