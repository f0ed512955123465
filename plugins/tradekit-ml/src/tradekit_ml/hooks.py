"""What this package adds to tradekit."""

from tradekit import Indicator, hookimpl
from tradekit_ml.features.catalogue import INDICATORS
from tradekit_ml.regimes.filtered import GarchVolatility, HiddenStates
from tradekit_ml.regimes.modes import Regime

TRADEKIT_API = 1


@hookimpl
def tradekit_indicators() -> list[type[Indicator]]:
    """Give the features of one instrument and the regimes of a market, which strategies may declare as well."""
    return [*INDICATORS, Regime, HiddenStates, GarchVolatility]
