"""Plug the data source two-regimes into tradekit."""

from tradekit import DataSource, hookimpl

from tradekit_two_regimes.data_source import TwoRegimes

TRADEKIT_API = 1


@hookimpl
def tradekit_data_sources() -> list[type[DataSource]]:
    """Return the data source of this package."""
    return [TwoRegimes]
