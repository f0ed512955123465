"""The dialects that there are, by their names."""

from __future__ import annotations

from tradekit_venue.binance_spot.dialect import BinanceSpot
from tradekit_venue.binance_usdm.dialect import BinanceUsdm
from tradekit_venue.bybit.dialect import Bybit, BybitLinear
from tradekit_venue.dialect import Dialect
from tradekit_venue.kraken.dialect import Kraken
from tradekit_venue.okx.dialect import Okx, OkxSwap

__all__ = ["DIALECTS"]

DIALECTS: dict[str, type[Dialect]] = {
    "binance": BinanceSpot,
    "binance-usdm": BinanceUsdm,
    "bybit": Bybit,
    "bybit-linear": BybitLinear,
    "kraken": Kraken,
    "okx": Okx,
    "okx-swap": OkxSwap,
}
