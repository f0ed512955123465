"""The endpoints that everybody may ask: what is listed, the book, trades, candles and prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.bybit.forms import INTERVALS, best_form, candle_row, id_of, rows, text, ticker_form, trade_form
from tradekit_venue.bybit.params import wrong
from tradekit_venue.bybit.request import Endpoint, Request
from tradekit_venue.bybit.wallet import MOST_VALUE
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import decimals
from tradekit_venue.engine.perpetual import FUNDING_EVERY_MS, Perpetual

__all__ = ["ENDPOINTS"]


def server_time(request: Request) -> dict[str, str]:
    """Tell the time."""
    now = request.now()
    return {"timeSecond": str(now // 1000), "timeNano": str(now * 1_000_000)}


def instruments(request: Request) -> dict[str, Any]:
    """Tell what is listed, and the rules."""
    is_coming = request.params.text("status", "") == "PreLaunch"
    listed = [] if is_coming and request.category == "linear" else request.named()
    return {"category": request.category, "list": [instrument_form(one) for one in listed], "nextPageCursor": ""}


def instrument_form(listing: Listing) -> dict[str, Any]:
    """Return the rules of a market."""
    market = listing.market
    if isinstance(market, Perpetual):
        return perpetual_form(market, listing.is_open)
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


def perpetual_form(market: Perpetual, is_open: bool) -> dict[str, Any]:
    """Return the rules of a perpetual."""
    most = text(market.max_quantity)
    sizes = {"minOrderQty": text(market.lot), "qtyStep": text(market.lot), "minNotionalValue": text(market.min_notional)}
    return {
        "symbol": id_of(market),
        "contractType": "LinearPerpetual",
        "status": "Trading" if is_open else "Closed",
        "baseCoin": market.base,
        "quoteCoin": market.quote,
        "settleCoin": market.quote,
        "launchTime": "1585526400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(decimals(market.tick)),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": str(market.max_leverage), "leverageStep": "1"},
        "priceFilter": {"minPrice": text(market.tick), "maxPrice": text(market.max_price), "tickSize": text(market.tick)},
        "lotSizeFilter": {**sizes, **dict.fromkeys(("maxOrderQty", "postOnlyMaxOrderQty", "maxMktOrderQty"), most)},
        "unifiedMarginTrade": True,
        "fundingInterval": FUNDING_EVERY_MS // 60_000,
        "copyTrading": "none",
    }


def funding(request: Request) -> dict[str, Any]:
    """Return the funding rates that have been paid, also before the venue opened, newest first."""
    listing, params, now = request.listing(), request.params, request.now()
    start, end, limit = params.optional("startTime"), params.optional("endTime"), params.limit(200, 200)
    if start is not None and end is None:
        raise wrong("endTime")
    paid = listing.rates_until(now)
    times = [time for time in sorted(paid) if (start is None or time >= start) and (end is None or time <= end)]
    found = [
        {"symbol": id_of(listing.market), "fundingRate": text(paid[time]), "fundingRateTimestamp": str(time)}
        for time in reversed(times[-limit:])
    ]
    return {"category": request.category, "list": found}


def risk_limit(request: Request) -> dict[str, Any]:
    """Return what leverage and margin go with which value: here there is one tier for all."""
    markets = [listing.market for listing in request.named()]
    found = [
        {
            "id": 1,
            "symbol": id_of(market),
            "riskLimitValue": MOST_VALUE,
            "maintenanceMargin": text(market.maintenance),
            "initialMargin": text(round(1 / Decimal(market.max_leverage), 4)),
            "isLowestRisk": 1,
            "maxLeverage": str(market.max_leverage),
            "mmDeduction": "",
        }
        for market in markets
        if isinstance(market, Perpetual)
    ]
    return {"category": request.category, "list": found, "nextPageCursor": ""}


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
    now = request.now()
    return {"category": request.category, "list": [ticker_form(one, now) | best_form(one) for one in request.named()]}


ENDPOINTS = {
    ("GET", "market/time"): Endpoint(server_time),
    ("GET", "market/instruments-info"): Endpoint(instruments),
    ("GET", "market/orderbook"): Endpoint(book),
    ("GET", "market/recent-trade"): Endpoint(trades),
    ("GET", "market/kline"): Endpoint(klines),
    ("GET", "market/tickers"): Endpoint(tickers),
    ("GET", "market/funding/history"): Endpoint(funding),
    ("GET", "market/risk-limit"): Endpoint(risk_limit),
}
"""By method and path below `v5`."""
