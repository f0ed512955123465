"""The endpoints of an account: what it has, what it is, and what trading costs it."""

from __future__ import annotations

from typing import Any

from tradekit_venue.bybit.forms import id_of, text
from tradekit_venue.bybit.request import Endpoint, Request
from tradekit_venue.bybit.wallet import wallet_form

__all__ = ["ENDPOINTS"]


def wallet(request: Request) -> dict[str, Any]:
    """Return what the account has, of all currencies or of some."""
    request.params.word("accountType", ("UNIFIED",))
    wanted = [name for name in request.params.text("coin", "").split(",") if name]
    account = request.account
    assets = [name for name in account.assets() if (name in wanted if wanted else account.total(name))]
    return {"list": [wallet_form(account, assets, request.venue.exchange.margin)]}


def info(_: Request) -> dict[str, Any]:
    """Return what the account is set to: a unified one, of the newest kind."""
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": "1697078946000",
        "unifiedMarginStatus": 6,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def key(request: Request) -> dict[str, Any]:
    """Return what the key may do, and that the account is a unified one."""
    return {
        "id": "1",
        "note": request.account.name,
        "readOnly": 0,
        "permissions": {"Spot": ["SpotTrade"], "ContractTrade": ["Order", "Position"]},
        "ips": ["*"],
        "type": 1,
        "unified": 0,
        "uta": 1,
        "userID": 1,
        "isMaster": True,
    }


def fee_rate(request: Request) -> dict[str, Any]:
    """Return what trading costs the account in a market, or in all."""
    rates = request.account.rates
    return {
        "list": [
            {
                "symbol": id_of(listing.market),
                "baseCoin": "",
                "takerFeeRate": text(rates.taker),
                "makerFeeRate": text(rates.maker),
            }
            for listing in request.named()
        ]
    }


def coins(request: Request) -> dict[str, Any]:
    """Return the currencies, none of which can be moved in or out."""
    markets = [listing.market for listing in request.venue.exchange.listings.values()]
    names = sorted({name for market in markets for name in (market.base, market.quote)} | set(request.account.assets()))
    return {"rows": [{"name": name, "coin": name, "remainAmount": "0", "chains": []} for name in names]}


ENDPOINTS = {
    ("GET", "asset/coin/query-info"): Endpoint(coins, 5),
    ("GET", "account/wallet-balance"): Endpoint(wallet, 50),
    ("GET", "account/info"): Endpoint(info, 50),
    ("GET", "user/query-api"): Endpoint(key, 10),
    ("GET", "account/fee-rate"): Endpoint(fee_rate, 10),
}
"""By method and path below `v5`."""
