"""What is listed at the spot market, with the rules, and what only its endpoints tell of prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, id_of
from tradekit_venue.binance.market_data import klines, server_rules, wanted
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Kind

__all__ = ["ENDPOINTS"]

ZERO = Decimal(0)


def exchange_info(request: Request) -> dict[str, Any]:
    """Tell what is listed, and the rules."""
    return {
        **server_rules(request),
        "symbols": [symbol_form(listing) for listing in wanted(request)],
        "sors": [],
    }


def symbol_form(listing: Listing) -> dict[str, Any]:
    market = listing.market
    return {
        "symbol": id_of(market),
        "status": "TRADING" if listing.is_open else "BREAK",
        "baseAsset": market.base,
        "baseAssetPrecision": 8,
        "quoteAsset": market.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [kind.value for kind in Kind],
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "opoAllowed": False,
        "pegInstructionsAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "amendAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def filters(market: Market) -> list[dict[str, Any]]:
    """Return the filters of a market."""
    sizes = {"minQty": amount(market.lot), "maxQty": amount(market.max_quantity), "stepSize": amount(market.lot)}
    prices = {"minPrice": amount(market.tick), "maxPrice": amount(market.max_price), "tickSize": amount(market.tick)}
    up, down = format(market.highest, "f"), format(market.lowest, "f")
    return [
        {"filterType": "PRICE_FILTER", **prices},
        {"filterType": "LOT_SIZE", **sizes},
        {"filterType": "MARKET_LOT_SIZE", **sizes},
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": up,
            "bidMultiplierDown": down,
            "askMultiplierUp": up,
            "askMultiplierDown": down,
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": amount(market.min_notional),
            "applyMinToMarket": True,
            "maxNotional": amount(Decimal(9_000_000)),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": market.max_orders},
    ]


def average(listing: Listing, request: Request) -> dict[str, Any]:
    """Return the average price of the last five minutes."""
    now = request.venue.clock.now()
    recent = [trade for trade in listing.tape if trade.time > now - 300_000]
    volume = sum((trade.quantity for trade in recent), ZERO)
    mean = sum((trade.value for trade in recent), ZERO) / volume if volume else listing.last or ZERO
    return {"mins": 5, "price": amount(mean), "closeTime": now}


ENDPOINTS = {
    ("GET", "exchangeInfo"): Endpoint(exchange_info, 20),
    ("GET", "uiKlines"): Endpoint(klines, 2),
    ("GET", "avgPrice"): Endpoint(lambda request: average(request.listing(), request), 2),
}
"""By method and path below `api/v3`."""
