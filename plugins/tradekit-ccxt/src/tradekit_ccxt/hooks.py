"""What this package adds to tradekit."""

from tradekit import DataSource, Executor, hookimpl
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.source import CcxtSource

TRADEKIT_API = 1


@hookimpl
def tradekit_data_sources() -> list[type[DataSource]]:
    """Read what exchanges tell everybody."""
    return [CcxtSource]


@hookimpl
def tradekit_executors() -> list[type[Executor]]:
    """Trade on an account at an exchange."""
    return [CcxtExecutor]
