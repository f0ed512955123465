from typing import Any

import pytest
from tradekit_ccxt.streaming import ended

KLINE = {"e": "kline", "s": "BTCUSDT", "k": {"t": 1000, "s": "BTCUSDT", "i": "1m", "x": True}}


@pytest.mark.parametrize(
    ("exchange", "message", "expected"),
    [
        ("binance", KLINE, [("BTCUSDT", 1000)]),
        ("binanceusdm", {"stream": "btcusdt@kline_1m", "data": KLINE}, [("BTCUSDT", 1000)]),
        ("binance", {**KLINE, "k": {**KLINE["k"], "x": False}}, []),  # type: ignore[dict-item]  # it is a table
        ("binance", {"e": "trade"}, []),
        ("binance", "ping", []),
        ("binance", [1], []),
        ("bybit", {"topic": "kline.1.BTCUSDT", "data": [{"start": 1000, "confirm": True}]}, [("BTCUSDT", 1000)]),
        ("bybit", {"topic": "kline.1.BTCUSDT", "data": [{"start": 1000, "confirm": False}]}, []),
        ("bybit", {"op": "subscribe", "success": True}, []),
        ("okx", {"arg": {"channel": "candle1m", "instId": "BTC-USDT"}, "data": [["1000", "1", "1"]]}, [("BTC-USDT", 1000)]),
        ("okx", {"arg": {"channel": "candle1m", "instId": "BTC-USDT"}, "data": [["1000", "1", "0"]]}, []),
        ("okx", {"event": "subscribe", "arg": {"channel": "candle1m", "instId": "BTC-USDT"}}, []),
        ("kraken", {"channel": "ohlc", "data": [{"symbol": "BTC/USDT"}]}, []),
    ],
)
def test_bars_that_are_over_are_those_that_the_exchange_says_so_of(exchange: str, message: Any, expected: list[Any]) -> None:
    assert list(ended(exchange, message)) == expected
