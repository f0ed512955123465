"""The endpoints of an account: what it has, what it is set to, and what trading costs it."""

from __future__ import annotations

from typing import Any

from tradekit_venue.okx.forms import text
from tradekit_venue.okx.money import balance_form
from tradekit_venue.okx.request import Endpoint, Request

__all__ = ["ENDPOINTS"]


def balance(request: Request) -> list[dict[str, Any]]:
    """Return what the account has, of all currencies or of some."""
    wanted = [name for name in request.params.text("ccy", "").split(",") if name]
    account = request.account
    assets = [name for name in account.assets() if (name in wanted if wanted else account.total(name))]
    return [balance_form(request.venue.exchange, account, assets, request.now())]


def config(request: Request) -> list[dict[str, Any]]:
    """Return what the account is set to: spot only, or with perpetuals on the margin of one currency, and which positions."""
    names = list(request.venue.exchange.accounts)
    number = str(names.index(request.account.name) + 1)
    return [
        {
            "acctLv": "1" if request.kind == "SPOT" else "2",
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "greeksType": "PA",
            "ip": "",
            "label": request.account.name,
            "level": "Lv1",
            "levelTmp": "",
            "mainUid": number,
            "perm": "read_only,trade",
            "posMode": "long_short_mode" if request.account.is_hedged else "net_mode",
            "uid": number,
        }
    ]


def trade_fee(request: Request) -> list[dict[str, Any]]:
    """Return what trading costs the account."""
    rates = request.account.rates
    empty = ("delivery", "exercise", "makerUSDC", "takerUSDC", "uly")
    settled = (text(-rates.maker), text(-rates.taker)) if request.kind == "SWAP" else ("", "")
    return [
        {
            **dict.fromkeys(empty, ""),
            "makerU": settled[0],
            "takerU": settled[1],
            "category": "1",
            "instType": request.kind,
            "level": "Lv1",
            "maker": text(-rates.maker),
            "taker": text(-rates.taker),
            "ts": str(request.now()),
        }
    ]


def currencies(request: Request) -> list[dict[str, Any]]:
    """Return the currencies, none of which can be moved in or out."""
    markets = [listing.market for listing in request.venue.exchange.listings.values()]
    names = sorted({name for market in markets for name in (market.base, market.quote)} | set(request.account.assets()))
    return [
        {"ccy": name, "name": name, "chain": name, "canDep": False, "canWd": False, "canInternal": False, "mainNet": True}
        for name in names
    ]


ENDPOINTS = {
    ("GET", "account/balance"): Endpoint(balance, 10),
    ("GET", "account/config"): Endpoint(config, 5),
    ("GET", "account/trade-fee"): Endpoint(trade_fee, 5),
    ("GET", "asset/currencies"): Endpoint(currencies, 12),
}
"""By method and path below `api/v5`."""
