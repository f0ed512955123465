"""What everybody may ask: the time, what is listed, candles, trades, prices and the book."""

from __future__ import annotations

from decimal import Decimal
from email.utils import formatdate
from typing import Any

from tradekit_venue.engine.candles import MINUTE
from tradekit_venue.engine.market import decimals
from tradekit_venue.engine.order import Kind, Side
from tradekit_venue.kraken.forms import candle_form, iso, price, seconds, size
from tradekit_venue.kraken.names import alternative, asset_id, old_name, pair_id
from tradekit_venue.kraken.refusals import RefusedError
from tradekit_venue.kraken.request import Endpoint, Request

__all__ = ["ENDPOINTS", "MINUTES"]

MINUTES = {1: "1m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 240: "4h", 1440: "1d", 10080: "1w"}
"""Its intervals, in minutes."""
CANDLES = 720
TRADES = 1000


def time(request: Request) -> dict[str, Any]:
    """Tell the time, in whole seconds."""
    now = request.now() // 1000
    return {"unixtime": now, "rfc1123": formatdate(now, usegmt=True)}


def assets(request: Request) -> dict[str, Any]:
    """Tell of the currencies."""
    markets = [listing.market for listing in request.venue.exchange.listings.values()]
    rows = {}
    for name in sorted({name for market in markets for name in (market.base, market.quote)}):
        facts = {"altname": old_name(name), "decimals": 10, "display_decimals": 5, "status": "enabled"}
        rows[asset_id(name)] = {"aclass": "currency", **facts}
    return rows


def pairs(request: Request) -> dict[str, Any]:
    """Tell what is listed, and the rules."""
    return {
        pair_id(market): {
            "altname": alternative(market),
            "wsname": f"{old_name(market.base)}/{old_name(market.quote)}",
            "aclass_base": "currency",
            "base": asset_id(market.base),
            "aclass_quote": "currency",
            "quote": asset_id(market.quote),
            "lot": "unit",
            "cost_decimals": 8,
            "pair_decimals": decimals(market.tick),
            "lot_decimals": decimals(market.lot),
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": [[0, 0.1]],
            "fees_maker": [[0, 0.1]],
            "fee_volume_currency": "ZUSD",
            "margin_call": 80,
            "margin_stop": 40,
            "ordermin": format(market.lot, "f"),
            "costmin": format(market.min_notional, "f"),
            "tick_size": format(market.tick, "f"),
            "status": "online" if listing.is_open else "cancel_only",
            "long_position_limit": 0,
            "short_position_limit": 0,
        }
        for listing in request.venue.exchange.listings.values()
        for market in [listing.market]
    }


def candles(request: Request) -> dict[str, Any]:
    """Return the last candles, the one that is being made among them."""
    listing, minutes = request.listing(), request.integer("interval", 1)
    if minutes not in MINUTES:
        raise RefusedError("EGeneral:Invalid arguments:interval")
    since = request.integer("since")
    kept = listing.candles.between(MINUTES[minutes], None, None, CANDLES)
    found = [candle for candle in kept if since is None or candle.open_time // 1000 > since]
    last = kept[-2].open_time // 1000 if len(kept) > 1 else 0
    return {pair_id(listing.market): [candle_form(candle) for candle in found], "last": last}


def trades(request: Request) -> dict[str, Any]:
    """Return trades after a time in nanoseconds, or else the last ones."""
    listing, since = request.listing(), request.integer("since")
    count = request.integer("count", TRADES) or TRADES
    tape = [trade for trade in listing.tape if since is None or trade.time * 1_000_000 > since]
    found = tape[-count:] if since is None else tape[:count]
    rows = [
        [
            price(listing.market, trade.price),
            size(trade.quantity),
            seconds(trade.time),
            "b" if trade.taker_side is Side.BUY else "s",
            "m" if trade.taker is not None and trade.taker.asked.kind is Kind.MARKET else "l",
            "",
            trade.id,
        ]
        for trade in found
    ]
    return {pair_id(listing.market): rows, "last": str((found[-1].time if found else request.now()) * 1_000_000)}


def ticker(request: Request) -> dict[str, Any]:
    """Return the best prices, and what was traded in a day."""
    listing = request.listing()
    market, now = listing.market, request.venue.clock.now()
    day = [trade for trade in listing.tape if trade.time > now - 1440 * MINUTE]
    volume = sum((trade.quantity for trade in day), Decimal(0))
    mean = price(market, sum((trade.value for trade in day), Decimal(0)) / volume) if volume else "0"
    prices = [trade.price for trade in day]
    low, high = (price(market, pick(prices)) if prices else "0" for pick in (min, max))
    best = {
        name: [price(market, levels[0][0]), "1", format(levels[0][1], "f")] if (levels := side.depth(1)) else ["0", "0", "0"]
        for name, side in (("a", listing.book.asks), ("b", listing.book.bids))
    }
    last = [price(market, listing.last or market.tick), size(day[-1].quantity) if day else "0"]
    twice = {"v": size(volume) if day else "0", "p": mean, "t": len(day), "l": low, "h": high}
    opening = price(market, prices[0]) if prices else "0"
    return {pair_id(market): {**best, "c": last, **{name: [value, value] for name, value in twice.items()}, "o": opening}}


def depth(request: Request) -> dict[str, Any]:
    """Return the best levels of the book."""
    listing, count, now = request.listing(), request.integer("count", 100), request.now() // 1000
    sides = (("asks", listing.book.asks), ("bids", listing.book.bids))
    rows = {
        name: [[price(listing.market, at), format(amount, "f"), now] for at, amount in side.depth(count)] for name, side in sides
    }
    return {pair_id(listing.market): rows}


ENDPOINTS = {
    "Time": Endpoint(time),
    "SystemStatus": Endpoint(lambda request: {"status": "online", "timestamp": iso(request.now())}),
    "Assets": Endpoint(assets),
    "AssetPairs": Endpoint(pairs),
    "OHLC": Endpoint(candles),
    "Trades": Endpoint(trades),
    "Ticker": Endpoint(ticker),
    "Depth": Endpoint(depth),
}
