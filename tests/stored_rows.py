"""Rows of each kind of data, to put into a store."""

import numpy as np

from tradekit import Actions, BookUpdates, FundingRates, Quotes, Series, Trades
from tradekit.data.store.keys import DataKey

HOUR = 3_600_000_000_000
KEY = DataKey("binance", "BTC/USDT", "bars", "1h")


def at(text: str) -> int:
    """Return a time as nanoseconds."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def hours(start: str, count: int, price: float = 100.0) -> Series:
    """Return bars of an hour, each one higher than the one before."""
    opened = at(start) + HOUR * np.arange(count)
    close = price + np.arange(count)
    return Series(opened, opened + HOUR, close - 0.5, close + 1, close - 1, close, np.full(count, 10.0), origin="a test")


def of_kind(kind: str, start: str = "2024-01-31T20:00", count: int = 8) -> object:
    """Return rows of any kind, an hour apart, so that they reach into a second month."""
    time = at(start) + HOUR * np.arange(count)
    price = 100.0 + np.arange(count)
    size = np.arange(count) + 0.5
    side = np.where(np.arange(count) % 2, 1, -1).astype(np.int8)
    number = np.arange(count, dtype=np.int64)
    made = {
        "bars": lambda: hours(start, count),
        "trades": lambda: Trades(time, price, size, "a test", side, number),
        "quotes": lambda: Quotes(time, price, size, price + 1, size, "a test"),
        "book": lambda: BookUpdates(time, number, side, price, size, number == 0, "a test"),
        "funding": lambda: FundingRates(time, price / 1e6, np.where(number % 2, np.nan, price), "a test"),
        "actions": lambda: Actions(time, np.zeros(count, np.int32), size, "a test"),
    }
    return made[kind]()
