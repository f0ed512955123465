"""What this package adds to tradekit."""

from tradekit import DataSource, hookimpl
from tradekit_dumps.binance import BinanceRecording
from tradekit_dumps.bybit import BybitArchive
from tradekit_dumps.databento import Databento
from tradekit_dumps.hyperliquid import HyperliquidRecording

TRADEKIT_API = 1


@hookimpl
def tradekit_data_sources() -> list[type[DataSource]]:
    """Read recordings and archives."""
    return [BinanceRecording, BybitArchive, Databento, HyperliquidRecording]
