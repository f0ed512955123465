"""Both components of this package keep the contracts of their kinds."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.source import CcxtSource
from tradekit_venue.clock import Clock
from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.market import Market
from tradekit_venue.recording import Print, Recording
from tradekit_venue.serving import serving
from tradekit_venue.venue import Venue

from tradekit.testing import DataSourceContract, ExecutorContract

OPENED_MS = 1_700_000_040_000
MINUTE_MS = 60_000


class TestCcxtSource(DataSourceContract):
    component = CcxtSource
    symbols = ("BTC/USDT",)
    interval = "1m"
    kinds = ("bars", "trades")
    start = "2023-11-14T21:20:00"
    end = "2023-11-14T22:14:59"
    failing = ({"exchange": "binanse"}, {"exchange": "binance", "url": "http://127.0.0.1:9", "timeout_s": 0.5})

    @pytest.fixture
    def settings(self, url: str) -> Mapping[str, Any]:
        return {"exchange": "binance", "url": url, "limit": 25, "per_second": 10_000.0}

    @pytest.fixture
    def url(self) -> Iterator[str]:
        bars = []
        for k in range(60):
            begin, price = OPENED_MS - (60 - k) * MINUTE_MS, Decimal(30_000 + 40 * (k % 12))
            bars.append(Candle(begin, begin + MINUTE_MS, price, price + 10, price - 10, price + 5, Decimal(3)))
        prints = iter([Print(OPENED_MS + 500 * k, Decimal(30_100 + k), Decimal("0.25")) for k in range(60)])
        venue = Venue(Clock(OPENED_MS + 40_000), checks_timing=False)
        venue.replay(Recording(Market("BTC", "USDT"), OPENED_MS, OPENED_MS + MINUTE_MS, "1m", tuple(bars), prints, Decimal(1)))
        venue.catch_up()
        with serving(venue) as place:
            yield place.url


class TestCcxtExecutor(ExecutorContract):
    component = CcxtExecutor
    options = ({"exchange": "binance", "keys": "main"},)
