"""Plug the strategy pairs into tradekit."""

from tradekit import Strategy, hookimpl

from tradekit_pairs.strategy import Pairs

TRADEKIT_API = 1


@hookimpl
def tradekit_strategies() -> list[type[Strategy]]:
    """Return the strategy of this package."""
    return [Pairs]
