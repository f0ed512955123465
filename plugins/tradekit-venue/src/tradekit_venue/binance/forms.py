"""Trades and candles in the form that Binance gives them, at spot and of perpetuals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Side, Trade

__all__ = ["amount", "candle_event", "candle_form", "id_of", "trade_form"]

CENT = Decimal("1e-8")


def amount(value: Decimal) -> str:
    """Return an amount with eight decimals."""
    return format(value.quantize(CENT), "f")


def id_of(market: Market) -> str:
    """Return the name of a market, such as BTCUSDT."""
    return market.base + market.quote


def trade_form(trade: Trade) -> dict[str, Any]:
    """Return a trade as everybody sees it."""
    return {
        "id": trade.id,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(trade.value),
        "time": trade.time,
        "isBuyerMaker": trade.taker_side is Side.SELL,
        "isBestMatch": True,
    }


def candle_form(candle: Candle) -> list[Any]:
    """Return a candle as REST gives it."""
    prices = [amount(value) for value in (candle.open, candle.high, candle.low, candle.close, candle.volume)]
    taken = [amount(candle.bought), amount(candle.bought_value)]
    return [candle.open_time, *prices, candle.end - 1, amount(candle.value), candle.trades, *taken, "0"]


def candle_event(market: Market, interval: str, candle: Candle, is_final: bool, time: int) -> dict[str, Any]:
    """Return a candle as its stream gives it."""
    k = {
        "t": candle.open_time,
        "T": candle.end - 1,
        "s": id_of(market),
        "i": interval,
        "f": -1,
        "L": -1,
        "o": amount(candle.open),
        "c": amount(candle.close),
        "h": amount(candle.high),
        "l": amount(candle.low),
        "v": amount(candle.volume),
        "n": candle.trades,
        "x": is_final,
        "q": amount(candle.value),
        "V": amount(candle.bought),
        "Q": amount(candle.bought_value),
        "B": "0",
    }
    return {"e": "kline", "E": time, "s": id_of(market), "k": k}
