"""The endpoints that everybody may ask: what is listed, the book, trades, candles and prices."""

from __future__ import annotations

from typing import Any

from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.okx.forms import (
    BARS,
    book_rows,
    candle_row,
    family_of,
    id_of,
    kind_of,
    size,
    text,
    ticker_form,
    trade_form,
)
from tradekit_venue.okx.request import Endpoint, Request

__all__ = ["ENDPOINTS"]

RECENT = 1440
"""So many of the last candles are among the recent ones; all are among the old ones."""
EMPTY = (
    "alias",
    "auctionEndTime",
    "contTdSwTime",
    "expTime",
    "maxPlatOILmt",
    "openType",
    "optType",
    "posLmtAmt",
    "posLmtPct",
    "preMktSwTime",
    "stk",
)
"""What is empty of all markets here: none expires, is an option, or is opened by an auction."""
SPOT_ONLY = ("baseCcy", "quoteCcy")
SWAP_ONLY = ("ctMult", "ctType", "ctVal", "ctValCcy", "instFamily", "lever", "settleCcy", "uly")


def server_time(request: Request) -> list[dict[str, str]]:
    """Tell the time."""
    return [{"ts": str(request.now())}]


def instruments(request: Request) -> list[dict[str, Any]]:
    """Tell what is listed, and the rules."""
    request.params.word("instType", ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"))
    names = list(request.venue.exchange.listings)
    return [instrument_form(one) | {"instIdCode": names.index(one.market.symbol) + 1} for one in request.listings()]


def instrument_form(listing: Listing) -> dict[str, Any]:
    """Return the rules of a market."""
    market = listing.market
    most = size(market, market.max_quantity)
    sizes = dict.fromkeys(("maxIcebergSz", "maxLmtSz", "maxMktSz", "maxStopSz", "maxTriggerSz", "maxTwapSz"), most)
    return {
        **dict.fromkeys(EMPTY, ""),
        **sizes,
        "instType": kind_of(market),
        "instId": id_of(market),
        **currencies_form(market),
        "category": "1",
        "futureSettlement": False,
        "listTime": "1548133413000",
        "lotSz": size(market, market.lot),
        "minSz": size(market, market.lot),
        "tickSz": text(market.tick),
        "maxLmtAmt": "20000000",
        "maxMktAmt": "1000000",
        "ruleType": "normal",
        "state": "live" if listing.is_open else "suspend",
        "tradeQuoteCcyList": [market.quote] if kind_of(market) == "SPOT" else [],
    }


def currencies_form(market: Market) -> dict[str, str]:
    """Return what a market trades: a currency against another, or contracts that are settled in one."""
    if not isinstance(market, Perpetual):
        return {**dict.fromkeys(SWAP_ONLY, ""), "baseCcy": market.base, "quoteCcy": market.quote}
    return {
        **dict.fromkeys(SPOT_ONLY, ""),
        "ctMult": "1",
        "ctType": "linear",
        "ctVal": text(market.contract),
        "ctValCcy": market.base,
        "instFamily": family_of(market),
        "lever": str(market.max_leverage),
        "settleCcy": market.quote,
        "uly": family_of(market),
    }


def ticker(request: Request) -> list[dict[str, Any]]:
    """Return the prices of a market."""
    return [ticker_form(request.listing(), request.now())]


def tickers(request: Request) -> list[dict[str, Any]]:
    """Return the prices of all markets of a kind."""
    return [ticker_form(listing, request.now()) for listing in request.listings()]


def books(request: Request) -> list[dict[str, Any]]:
    """Return the book."""
    levels = request.params.optional("sz")
    return [{**book_rows(request.listing(), min(levels or 1, 400)), "ts": str(request.now())}]


def trades(request: Request) -> list[dict[str, Any]]:
    """Return the last trades, newest first."""
    return [trade_form(trade) for trade in list(request.listing().tape)[-request.params.limit(500, 500) :][::-1]]


def candles(request: Request) -> list[list[str]]:
    """Return recent candles, newest first; the first one may be unfinished."""
    found = wanted(request, request.listing().candles.of(interval(request))[-RECENT:])
    return [candle_row(request.listing().market, one, one.end <= request.venue.clock.now()) for one in found]


def old_candles(request: Request) -> list[list[str]]:
    """Return candles that are over, newest first."""
    now = request.venue.clock.now()
    found = wanted(request, [one for one in request.listing().candles.of(interval(request)) if one.end <= now])
    return [candle_row(request.listing().market, one, True) for one in found]


def interval(request: Request) -> str:
    """Return the interval that is asked for."""
    return BARS[request.params.word("bar", tuple(BARS), "1m")]


def wanted(request: Request, kept: list[Candle]) -> list[Candle]:
    """Return the newest candles that opened after one time and before another, newest first."""
    params = request.params
    after, before = params.optional("after"), params.optional("before")
    found = [one for one in kept if (after is None or one.open_time < after) and (before is None or one.open_time > before)]
    return found[-params.limit(300, 300) :][::-1]


ENDPOINTS = {
    ("GET", "public/time"): Endpoint(server_time, 10, is_signed=False),
    ("GET", "public/instruments"): Endpoint(instruments, 20, is_signed=False),
    ("GET", "market/ticker"): Endpoint(ticker, 20, is_signed=False),
    ("GET", "market/tickers"): Endpoint(tickers, 20, is_signed=False),
    ("GET", "market/books"): Endpoint(books, 40, is_signed=False),
    ("GET", "market/trades"): Endpoint(trades, 100, is_signed=False),
    ("GET", "market/candles"): Endpoint(candles, 40, is_signed=False),
    ("GET", "market/history-candles"): Endpoint(old_candles, 20, is_signed=False),
}
"""By method and path below `api/v5`."""
