"""What this package adds to tradekit."""

from tradekit import Indicator, hookimpl
from tradekit_ml.features.catalogue import INDICATORS

TRADEKIT_API = 1


@hookimpl
def tradekit_indicators() -> list[type[Indicator]]:
    """Give the features of one instrument, which strategies may declare as well."""
    return list(INDICATORS)
