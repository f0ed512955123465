"""What this package adds to tradekit."""

from tradekit import Indicator, hookimpl
from tradekit_ml.regimes.filtered import GarchVolatility, HiddenStates
from tradekit_ml.regimes.modes import Regime

TRADEKIT_API = 1


@hookimpl
def tradekit_indicators() -> list[type[Indicator]]:
    """Tell the mode of a market, its hidden state, and how much it will move."""
    return [Regime, HiddenStates, GarchVolatility]
