"""The endpoints that everybody may ask: what is listed, the book, trades, candles and prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.bybit.forms import INTERVALS, candle_row, id_of, rows, text, ticker_form, trade_form
from tradekit_venue.bybit.request import Endpoint, Request
from tradekit_venue.engine.listing import Listing

__all__ = ["ENDPOINTS"]

ZERO = Decimal(0)


def server_time(request: Request) -> dict[str, str]:
    """Tell the time."""
    now = request.now()
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


def instruments(request: Request) -> dict[str, Any]:
    """Tell what is listed, and the rules."""
    return {"category": request.category, "list": [instrument_form(one) for one in request.named()], "nextPageCursor": ""}


def instrument_form(listing: Listing) -> dict[str, Any]:
    """Return the rules of a market."""
    market = listing.market
    return {
        "symbol": id_of(market),
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "innovation": "0",
        "status": "Trading" if listing.is_open else "PreLaunch",
        "marginTrading": "none",
        "lotSizeFilter": {
            "basePrecision": text(market.lot),
            "quotePrecision": "0.00000001",
            "minOrderQty": text(market.lot),
            "maxOrderQty": text(market.max_quantity),
            "minOrderAmt": text(market.min_notional),
            "maxOrderAmt": "4000000",
        },
        "priceFilter": {"tickSize": text(market.tick)},
    }


def book(request: Request) -> dict[str, Any]:
    """Return the book, as it is after its last update."""
    listing, limit, now = request.listing(), request.params.limit(1, 200), request.now()
    return {
        "s": id_of(listing.market),
        "b": rows(listing.book.bids.depth(limit)),
        "a": rows(listing.book.asks.depth(limit)),
        "ts": now,
        "u": listing.update,
        "seq": listing.update,
        "cts": now,
    }


def trades(request: Request) -> dict[str, Any]:
    """Return the last trades, newest first."""
    tape = list(request.listing().tape)[-request.params.limit(60, 60) :]
    return {"category": request.category, "list": [trade_form(trade) for trade in reversed(tape)]}


def klines(request: Request) -> dict[str, Any]:
    """Return candles, newest first; the first one may be unfinished."""
    params, listing = request.params, request.listing()
    interval = INTERVALS[params.word("interval", tuple(INTERVALS))]
    start, end = params.optional("start"), params.optional("end")
    kept = [
        one
        for one in listing.candles.of(interval)
        if (start is None or one.open_time >= start) and (end is None or one.open_time <= end)
    ]
    # With both ends given, the newest are told; so are they with none.
    limit = params.limit(200, 1000)
    chosen = kept[:limit] if start is not None and end is None else kept[-limit:]
    return {
        "category": request.category,
        "symbol": id_of(listing.market),
        "list": [candle_row(candle) for candle in reversed(chosen)],
    }


def tickers(request: Request) -> dict[str, Any]:
    """Return the prices of a market, or of all."""
    return {"category": request.category, "list": [with_book(listing, request.now()) for listing in request.named()]}


def with_book(listing: Listing, now: int) -> dict[str, Any]:
    """Return prices with the best bid and ask."""
    bid, ask = ((side.depth(1) or [(ZERO, ZERO)])[0] for side in (listing.book.bids, listing.book.asks))
    best = {"bid1Price": bid[0], "bid1Size": bid[1], "ask1Price": ask[0], "ask1Size": ask[1]}
    return ticker_form(listing, now) | {name: text(value) for name, value in best.items()}


ENDPOINTS = {
    ("GET", "market/time"): Endpoint(server_time),
    ("GET", "market/instruments-info"): Endpoint(instruments),
    ("GET", "market/orderbook"): Endpoint(book),
    ("GET", "market/recent-trade"): Endpoint(trades),
    ("GET", "market/kline"): Endpoint(klines),
    ("GET", "market/tickers"): Endpoint(tickers),
}
"""By method and path below `v5`."""
