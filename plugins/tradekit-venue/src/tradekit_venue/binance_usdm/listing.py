"""What is listed of perpetuals, with the rules; mark prices, funding rates, and the book."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, id_of
from tradekit_venue.binance.market_data import depth, each, server_rules, wanted
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.engine.listing import Listing, perpetual_of
from tradekit_venue.engine.market import decimals
from tradekit_venue.engine.perpetual import Perpetual, next_funding

__all__ = ["ENDPOINTS"]

NEVER = 4_133_404_800_000
"""When a perpetual is delivered."""


def exchange_info(request: Request) -> dict[str, Any]:
    """Tell what is listed, and the rules."""
    markets = [perpetual_of(listing) for listing in wanted(request)]
    assets = [{"asset": name, "marginAvailable": True, "autoAssetExchange": "0"} for name in sorted({m.quote for m in markets})]
    return {
        **server_rules(request),
        "futuresType": "U_MARGINED",
        "assets": assets,
        "symbols": [symbol_form(listing) for listing in wanted(request)],
    }


def symbol_form(listing: Listing) -> dict[str, Any]:
    market = perpetual_of(listing)
    return {
        "symbol": id_of(market),
        "pair": id_of(market),
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING" if listing.is_open else "SETTLING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": market.base,
        "quoteAsset": market.quote,
        "marginAsset": market.quote,
        "pricePrecision": decimals(market.tick),
        "quantityPrecision": decimals(market.lot),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": format(market.liquidation_fee, "f"),
        "marketTakeBound": "0.30",
        "filters": filters(market),
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def filters(market: Perpetual) -> list[dict[str, Any]]:
    sizes = {"minQty": amount(market.lot), "maxQty": amount(market.max_quantity), "stepSize": amount(market.lot)}
    prices = {"minPrice": amount(market.tick), "maxPrice": amount(market.max_price), "tickSize": amount(market.tick)}
    bounds = {"multiplierUp": format(market.highest, "f"), "multiplierDown": format(market.lowest, "f")}
    return [
        {"filterType": "PRICE_FILTER", **prices},
        {"filterType": "LOT_SIZE", **sizes},
        {"filterType": "MARKET_LOT_SIZE", **sizes},
        {"filterType": "MAX_NUM_ORDERS", "limit": market.max_orders},
        {"filterType": "MIN_NOTIONAL", "notional": amount(market.min_notional)},
        {"filterType": "PERCENT_PRICE", **bounds, "multiplierDecimal": "4"},
    ]


def timed_depth(request: Request) -> dict[str, Any]:
    """Return the book, with the time."""
    return {**depth(request), "E": request.now(), "T": request.now()}


def premium(listing: Listing, request: Request) -> dict[str, Any]:
    """Return the mark price, which is the last one, and what is known of funding."""
    now, last = request.now(), amount(listing.last or Decimal(0))
    following = next_funding(now)
    rate = listing.funding.get(following, perpetual_of(listing).funding_rate)
    prices = {"markPrice": last, "indexPrice": last, "estimatedSettlePrice": last}
    rates = {"lastFundingRate": amount(rate), "interestRate": "0.00010000", "nextFundingTime": following}
    return {"symbol": id_of(listing.market), **prices, **rates, "time": now}


def funding_rates(request: Request) -> list[dict[str, Any]]:
    """Return the funding rates that have been paid, also before the venue opened: the first from a time on, or else the last."""
    params = request.params
    start, end, limit = params.optional("startTime"), params.optional("endTime"), params.limit(100, 1000)
    rows = [
        row
        for listing in wanted(request)
        for row in paid_rates(listing, request.now())
        if (start is None or row["fundingTime"] >= start) and (end is None or row["fundingTime"] <= end)
    ]
    rows.sort(key=lambda row: row["fundingTime"])
    return rows[-limit:] if start is None else rows[:limit]


def paid_rates(listing: Listing, now: int) -> Iterator[dict[str, Any]]:
    """Give the rates of one perpetual; of those before the venue opened the mark price is not known."""
    paid = {time for time, _, _ in listing.funded}
    known = [(time, rate, "") for time, rate in listing.funding.items() if time <= now and time not in paid]
    for time, rate, mark in [*known, *((time, rate, amount(mark)) for time, rate, mark in listing.funded)]:
        yield {"symbol": id_of(listing.market), "fundingTime": time, "fundingRate": amount(rate), "markPrice": mark}


ENDPOINTS = {
    ("GET", "exchangeInfo"): Endpoint(exchange_info, 1),
    ("GET", "depth"): Endpoint(timed_depth, 5),
    ("GET", "premiumIndex"): Endpoint(each(premium), 1),
    ("GET", "fundingRate"): Endpoint(funding_rates, 1),
}
"""By method and path below `fapi/v1`."""
