"""Cost models that are broken in one way each."""

import numpy as np

from tradekit import CostKind, CostModel, CostTerm
from tradekit.testing import CostModelContract


class Plain(CostModel):
    """Charge 10 basis points."""

    def terms(self, instruments):
        return [CostTerm(CostKind.FEE_RATE, np.full(len(instruments), 0.001))]

    def describe(self):
        return "Each fill pays 10 bps."


class Single(Plain):
    """Give one coefficient for all instruments."""

    name = "single"

    def terms(self, instruments):
        return [CostTerm(CostKind.FEE_RATE, np.array([0.001]))]


class TestSingle(CostModelContract):
    component = Single
    breaks = "cst01"
    also = ("cst05",)  # which asks whether they can be charged, too


class Positional(Plain):
    """Charge the first instrument more than the others, whichever it is."""

    name = "positional"

    def terms(self, instruments):
        rates = np.full(len(instruments), 0.001)
        rates[0] = 0.002
        return [CostTerm(CostKind.FEE_RATE, rates)]


class TestPositional(CostModelContract):
    component = Positional
    breaks = "cst02"


class Vague(Plain):
    """Describe itself without a figure."""

    name = "vague"

    def describe(self):
        return "Each fill pays something."


class TestVague(CostModelContract):
    component = Vague
    breaks = "cst03"


class Averaging(Plain):
    """Take the spread from the mean range of all bars, those that are still to come included."""

    name = "averaging"

    def terms_on(self, instruments, bars):
        return [CostTerm(CostKind.HALF_SPREAD, np.nanmean(bars.high - bars.low, axis=0) / 10)]


class TestAveraging(CostModelContract):
    component = Averaging
    breaks = "cst04"


class Spreading(Plain):
    """Add up ranges so that one missing bar spoils all that come after it."""

    name = "spreading"

    def terms_on(self, instruments, bars):
        count = np.arange(1, len(bars) + 1)[:, np.newaxis]
        return [CostTerm(CostKind.HALF_SPREAD, np.cumsum(bars.high - bars.low, axis=0) / count / 10)]


class TestSpreading(CostModelContract):
    component = Spreading
    breaks = "cst05"
