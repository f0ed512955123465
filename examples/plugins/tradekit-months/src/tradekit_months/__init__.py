"""Plug the reporter months into tradekit."""

from tradekit import Reporter, hookimpl

from tradekit_months.reporter import Months

TRADEKIT_API = 1


@hookimpl
def tradekit_reporters() -> list[type[Reporter]]:
    """Return the reporter of this package."""
    return [Months]
