"""What this package adds to tradekit."""

from tradekit import Indicator, Strategy, hookimpl
from tradekit_ml.features.catalogue import INDICATORS
from tradekit_ml.regimes.filtered import GarchVolatility, HiddenStates
from tradekit_ml.regimes.modes import Regime
from tradekit_ml.strategies.hybrid import MlHybrid
from tradekit_ml.strategies.ml import Ml

TRADEKIT_API = 1


@hookimpl
def tradekit_indicators() -> list[type[Indicator]]:
    """Give the features of one instrument and the regimes of a market, which strategies may declare as well."""
    return [*INDICATORS, Regime, HiddenStates, GarchVolatility]


@hookimpl
def tradekit_strategies() -> list[type[Strategy]]:
    """Trade by what a model says."""
    return [Ml, MlHybrid]
