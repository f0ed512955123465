"""A module that imports a large library at its top."""

import pandas as pd

from broken.sound import Echo
from tradekit.testing import IndicatorContract


class Heavy(Echo):
    """Import pandas at the top of its module."""

    name = "heavy"

    def frame(self, values):
        return pd.DataFrame(values)


class TestHeavy(IndicatorContract):
    component = Heavy
    breaks = "cmp05"
