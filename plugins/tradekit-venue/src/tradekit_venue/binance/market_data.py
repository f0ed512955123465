"""The endpoints that everybody may ask, at spot and of perpetuals: the book, trades, candles and prices."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, candle_form, id_of, trade_form
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.engine.candles import DAY, INTERVALS, Candle
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import Side, Trade

__all__ = ["ENDPOINTS", "depth", "each", "klines", "server_rules", "wanted"]

ZERO = Decimal(0)


def ping(_: Request) -> dict[str, Any]:
    """Answer."""
    return {}


def server_time(request: Request) -> dict[str, Any]:
    """Tell the time."""
    return {"serverTime": request.now()}


def server_rules(request: Request) -> dict[str, Any]:
    """Return what `exchangeInfo` begins with."""
    return {
        "timezone": "UTC",
        "serverTime": request.now(),
        "rateLimits": request.limits.rules(),
        "exchangeFilters": [],
    }


def depth(request: Request) -> dict[str, Any]:
    """Return the book, as it is after its last update."""
    listing = request.listing()
    limit = request.params.limit(100, 5000)
    sides = {"bids": listing.book.bids, "asks": listing.book.asks}
    levels = {name: [[amount(price), amount(size)] for price, size in side.depth(limit)] for name, side in sides.items()}
    return {"lastUpdateId": listing.update, **levels}


def trades(request: Request) -> list[dict[str, Any]]:
    """Return the last trades."""
    return [trade_form(trade) for trade in list(request.listing().tape)[-request.params.limit(500, 1000) :]]


def old_trades(request: Request) -> list[dict[str, Any]]:
    """Return trades from a number on."""
    return [trade_form(trade) for trade in picked(request)]


def aggregate_trades(request: Request) -> list[dict[str, Any]]:
    """Return trades, each as an aggregate of itself alone."""
    return [
        {
            "a": trade.id,
            "p": amount(trade.price),
            "q": amount(trade.quantity),
            "f": trade.id,
            "l": trade.id,
            "T": trade.time,
            "m": trade.taker_side is Side.SELL,
            "M": True,
        }
        for trade in picked(request)
    ]


def picked(request: Request) -> list[Trade]:
    """Return trades from a number or a time on, or else the last ones."""
    params = request.params
    first, start, end = params.optional("fromId"), params.optional("startTime"), params.optional("endTime")
    found = [
        trade
        for trade in request.listing().tape
        if (first is None or trade.id >= first) and (start is None or trade.time >= start) and (end is None or trade.time <= end)
    ]
    limit = params.limit(500, 1000)
    return found[-limit:] if first is None and start is None else found[:limit]


def klines(request: Request) -> list[list[Any]]:
    """Return candles; the last one may be unfinished."""
    params = request.params
    interval = params.text("interval")
    if interval not in INTERVALS:
        raise RefusedError(-1120, "Invalid interval.")
    found = request.listing().candles.between(
        interval, params.optional("startTime"), params.optional("endTime"), params.limit(500, 1000)
    )
    return [candle_form(candle) for candle in found]


def each(form: Callable[[Listing, Request], dict[str, Any]]) -> Callable[[Request], Any]:
    """Return an endpoint that gives a form of one market, of some, or of all."""

    def answer(request: Request) -> Any:
        if "symbol" in request.params:
            return form(request.listing(), request)
        return [form(listing, request) for listing in wanted(request)]

    return answer


def wanted(request: Request) -> list[Listing]:
    """Return the markets that `symbol` or `symbols` names, or all."""
    if "symbol" in request.params:
        return [request.listing()]
    if "symbols" not in request.params:
        return list(request.venue.exchange.listings.values())
    try:
        names = json.loads(request.params.text("symbols"))
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RefusedError(-1100, "Illegal characters found in parameter 'symbols'; legal range is a list of symbols.")
    return [request.listing_of(name) for name in names]


def price(listing: Listing, _: Request) -> dict[str, Any]:
    """Return the last price."""
    return {"symbol": id_of(listing.market), "price": amount(listing.last or ZERO)}


def book_ticker(listing: Listing, _: Request) -> dict[str, Any]:
    """Return the best bid and ask."""
    bid, ask = ((side.depth(1) or [(ZERO, ZERO)])[0] for side in (listing.book.bids, listing.book.asks))
    return {
        "symbol": id_of(listing.market),
        "bidPrice": amount(bid[0]),
        "bidQty": amount(bid[1]),
        "askPrice": amount(ask[0]),
        "askQty": amount(ask[1]),
    }


def day(listing: Listing, request: Request) -> dict[str, Any]:
    """Return what the last 24 hours were like, by the finest candles that are kept."""
    now = request.venue.clock.now()
    candles = listing.candles.between(listing.candles.finest, now - DAY, None, 1_000_000)
    last = listing.last or ZERO
    whole = Candle(now - DAY, now, last, last, last, last)
    if candles:
        whole = Candle(candles[0].open_time, now, candles[0].open, candles[0].high, candles[0].low, candles[0].close)
        for candle in candles:
            whole.add(candle)
    book = book_ticker(listing, request)
    change = last - whole.open
    return {
        **book,
        "priceChange": amount(change),
        "priceChangePercent": format(round(change / whole.open * 100, 3) if whole.open else ZERO, "f"),
        "weightedAvgPrice": amount(whole.value / whole.volume if whole.volume else last),
        "prevClosePrice": amount(whole.open),
        "lastPrice": amount(last),
        "lastQty": amount(listing.tape[-1].quantity if listing.tape else ZERO),
        "openPrice": amount(whole.open),
        "highPrice": amount(whole.high),
        "lowPrice": amount(whole.low),
        "volume": amount(whole.volume),
        "quoteVolume": amount(whole.value),
        "openTime": now - DAY,
        "closeTime": now,
        "firstId": listing.tape[0].id if listing.tape else -1,
        "lastId": listing.tape[-1].id if listing.tape else -1,
        "count": whole.trades,
    }


ENDPOINTS = {
    ("GET", "ping"): Endpoint(ping),
    ("GET", "time"): Endpoint(server_time),
    ("GET", "depth"): Endpoint(depth, 5),
    ("GET", "trades"): Endpoint(trades, 25),
    ("GET", "historicalTrades"): Endpoint(old_trades, 25),
    ("GET", "aggTrades"): Endpoint(aggregate_trades, 4),
    ("GET", "klines"): Endpoint(klines, 2),
    ("GET", "ticker/24hr"): Endpoint(each(day), 2),
    ("GET", "ticker/price"): Endpoint(each(price), 2),
    ("GET", "ticker/bookTicker"): Endpoint(each(book_ticker), 2),
}
"""By method and path below the root of a dialect."""
