"""The endpoints of what an account holds: its wallet and positions, leverage, margin and position mode, and its income."""

from __future__ import annotations

from typing import Any

from tradekit_venue.binance.forms import amount, id_of
from tradekit_venue.binance.market_data import wanted
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.binance_usdm.forms import account_form, income_form, position_form
from tradekit_venue.engine.listing import Listing, perpetual_of

__all__ = ["ENDPOINTS"]

MOST_VALUE = "1000000000"


def account(request: Request) -> dict[str, Any]:
    """Return the wallets, and the positions."""
    return account_form(request.account, request.venue.exchange.margin, request.now())


def balances(request: Request) -> list[dict[str, Any]]:
    """Return the wallets."""
    return [{"accountAlias": "local", "balance": one["walletBalance"], **one} for one in account(request)["assets"]]


def positions(request: Request) -> list[dict[str, Any]]:
    """Return the positions that are not flat."""
    margin, chosen = request.venue.exchange.margin, wanted(request)
    held = [(listing, one) for listing, one in margin.held(request.account) if listing in chosen]
    return [position_form(listing, one, margin) for listing, one in held]


def brackets(listing: Listing, _: Request) -> dict[str, Any]:
    """Return what leverage and margin go with which value: here there is one bracket for all."""
    market = perpetual_of(listing)
    only = {
        "bracket": 1,
        "initialLeverage": market.max_leverage,
        "notionalCap": int(MOST_VALUE),
        "notionalFloor": 0,
        "maintMarginRatio": float(market.maintenance),
        "cum": 0.0,
    }
    return {"symbol": id_of(market), "brackets": [only]}


def all_brackets(request: Request) -> list[dict[str, Any]]:
    """Return the brackets of the perpetuals that are asked for."""
    return [brackets(listing, request) for listing in wanted(request)]


def settings(request: Request) -> list[dict[str, Any]]:
    """Return leverage and margin mode of each perpetual."""
    return [
        {
            "symbol": id_of(listing.market),
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": request.account.holding(listing.market.symbol).leverage,
            "maxNotionalValue": MOST_VALUE,
        }
        for listing in wanted(request)
    ]


def set_leverage(request: Request) -> dict[str, Any]:
    """Set the leverage of a perpetual."""
    listing, leverage = request.listing(), request.params.integer("leverage")
    if not 1 <= leverage <= perpetual_of(listing).max_leverage:
        raise RefusedError(-4028, f"Leverage {leverage} is not valid")
    request.account.holding(listing.market.symbol).leverage = leverage
    return {"leverage": leverage, "maxNotionalValue": MOST_VALUE, "symbol": id_of(listing.market)}


def set_margin_mode(request: Request) -> dict[str, Any]:
    """Set the margin mode of a perpetual: here all margin is crossed."""
    request.listing()
    mode = request.params.text("marginType")
    if mode == "CROSSED":
        raise RefusedError(-4046, "No need to change margin type.")
    if mode == "ISOLATED":
        raise RefusedError(-1020, "This operation is not supported: isolated margin.")
    raise RefusedError(-1130, "Data sent for parameter 'marginType' is not valid.")


def set_position_mode(request: Request) -> dict[str, Any]:
    """Set whether long and short positions are held side by side."""
    text = request.params.text("dualSidePosition").lower()
    if text not in ("true", "false"):
        raise RefusedError(-1130, "Data sent for parameter 'dualSidePosition' is not valid.")
    if request.account.is_hedged == (text == "true"):
        raise RefusedError(-4059, "No need to change position side.")
    if any(one.quantity for one in request.account.holdings.values()):
        raise RefusedError(-4068, "Position side cannot be changed if there exists position.")
    request.account.is_hedged = text == "true"
    return {"code": 200, "msg": "success"}


def income(request: Request) -> list[dict[str, Any]]:
    """Return what has moved the wallet: the first rows from a time on, or else the last."""
    params = request.params
    name, kind = params.text("symbol", ""), params.text("incomeType", "")
    start, end, limit = params.optional("startTime"), params.optional("endTime"), params.limit(100, 1000)
    rows = [
        income_form(one)
        for one in request.account.incomes
        if name in ("", id_of(one.market))
        and kind in ("", one.kind)
        and (start is None or one.time >= start)
        and (end is None or one.time <= end)
    ]
    return rows[-limit:] if start is None else rows[:limit]


def commission(request: Request) -> dict[str, Any]:
    """Return what trading costs the account."""
    rates = request.account.rates
    name = id_of(request.listing().market)
    return {"symbol": name, "makerCommissionRate": amount(rates.maker), "takerCommissionRate": amount(rates.taker)}


ENDPOINTS = {
    ("GET", "account"): Endpoint(account, 5, is_signed=True),
    ("GET", "balance"): Endpoint(balances, 5, is_signed=True),
    ("GET", "positionRisk"): Endpoint(positions, 5, is_signed=True),
    ("GET", "leverageBracket"): Endpoint(all_brackets, 1, is_signed=True),
    ("GET", "symbolConfig"): Endpoint(settings, 5, is_signed=True),
    ("POST", "leverage"): Endpoint(set_leverage, 1, is_signed=True),
    ("POST", "marginType"): Endpoint(set_margin_mode, 1, is_signed=True),
    ("GET", "positionSide/dual"): Endpoint(lambda one: {"dualSidePosition": one.account.is_hedged}, 30, is_signed=True),
    ("POST", "positionSide/dual"): Endpoint(set_position_mode, 1, is_signed=True),
    ("GET", "income"): Endpoint(income, 30, is_signed=True),
    ("GET", "commissionRate"): Endpoint(commission, 20, is_signed=True),
}
"""By method and path below `fapi/v1`, `v2` or `v3`."""
