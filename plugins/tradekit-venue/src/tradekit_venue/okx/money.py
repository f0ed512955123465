"""What an account has in the form that OKX gives it: of each currency what is there, what is free, and what is tied up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.exchange import Exchange
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.okx.forms import text

__all__ = ["balance_form"]

ZERO = Decimal(0)
UNUSED_BY_MONEY = (
    "accAvgPx",
    "borrowFroz",
    "clSpotInUseAmt",
    "crossLiab",
    "interest",
    "isoLiab",
    "liab",
    "maxLoan",
    "maxSpotInUseAmt",
    "mgnRatio",
    "openAvgPx",
    "spotInUseAmt",
    "spotUpl",
    "spotUplRatio",
    "totalPnl",
    "totalPnlRatio",
    "uplLiab",
)
NOTHING_OF_MONEY = (
    "fixedBal",
    "imr",
    "isoEq",
    "isoUpl",
    "mmr",
    "notionalLever",
    "rewardBal",
    "smtSyncEq",
    "spotCopyTradingEq",
    "spotIsoBal",
    "stgyEq",
    "twap",
    "upl",
)


def balance_form(exchange: Exchange, account: Account, assets: list[str], now: int) -> dict[str, Any]:
    """Return what an account has of some currencies."""
    empty = ("adjEq", "availEq", "borrowFroz", "imr", "mgnRatio", "mmr", "notionalUsd", "ordFroz", "upl")
    uses = ("notionalUsdForBorrow", "notionalUsdForFutures", "notionalUsdForOption", "notionalUsdForSwap")
    settling = {one.market.quote for one in exchange.listings.values() if isinstance(one.market, Perpetual)}
    return {
        **dict.fromkeys((*empty, *uses), ""),
        "isoEq": "0",
        "totalEq": "",
        "uTime": str(now),
        "details": [
            money_form(account, asset, now) | (margin_form(exchange, account, asset) if asset in settling else {})
            for asset in assets
        ],
    }


def money_form(account: Account, asset: str, now: int) -> dict[str, Any]:
    """Return how much of a currency an account has, free and tied up by orders."""
    total, free, locked = text(account.total(asset)), text(account.free[asset]), text(account.locked[asset])
    return {
        **dict.fromkeys(UNUSED_BY_MONEY, ""),
        **dict.fromkeys(NOTHING_OF_MONEY, "0"),
        "ccy": asset,
        "eq": total,
        "cashBal": total,
        "spotBal": total,
        "availBal": free,
        "availEq": free,
        "frozenBal": locked,
        "ordFrozen": locked,
        "disEq": "0",
        "eqUsd": "",
        "coinUsdPrice": "",
        "colBorrAutoConversion": "0",
        "collateralEnabled": False,
        "collateralRestrict": False,
        "uTime": str(now),
    }


def margin_form(exchange: Exchange, account: Account, asset: str) -> dict[str, str]:
    """Return what is different of a currency that positions are held against: equity is cash with their profit."""
    margin = exchange.margin
    cash, equity, needed = account.free[asset], margin.equity(account, asset), margin.maintenance(account)
    tied, promised = margin.tied(account), margin.promised(account)
    available = text(max(ZERO, margin.available(account, asset)))
    return {
        "eq": text(equity),
        "cashBal": text(cash),
        "spotBal": "",
        "upl": text(equity - cash),
        "availBal": available,
        "availEq": available,
        "frozenBal": text(tied + promised),
        "ordFrozen": text(promised),
        "imr": text(tied + promised),
        "mmr": text(needed),
        "mgnRatio": text(round(equity / needed, 8)) if needed else "",
        "notionalLever": text(round(margin.notional(account) / equity, 8)) if equity > 0 else "0",
    }
