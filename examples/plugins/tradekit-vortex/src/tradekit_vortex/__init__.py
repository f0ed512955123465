"""Plug the indicator vortex into tradekit."""

from tradekit import Indicator, Strategy, hookimpl

from tradekit_vortex.indicator import Vortex
from tradekit_vortex.strategy import VortexTrend

TRADEKIT_API = 1


@hookimpl
def tradekit_indicators() -> list[type[Indicator]]:
    """Return the indicator of this package."""
    return [Vortex]


@hookimpl
def tradekit_strategies() -> list[type[Strategy]]:
    """Return a strategy that decides by it."""
    return [VortexTrend]
