"""What a unified account has, and what its positions are, in the form that Bybit gives it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tradekit_venue.bybit.forms import id_of, text, word
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.margin import Margin
from tradekit_venue.engine.order import Side
from tradekit_venue.engine.perpetual import Holding, Income

__all__ = ["MOST_VALUE", "funding_event", "funding_form", "position_event", "position_form", "wallet_event", "wallet_form"]

ZERO = Decimal(0)
PLACES = Decimal("1e-8")
MOST_VALUE = "1000000000"
NOTHING = ("bonus", "accruedInterest", "borrowAmount", "spotBorrow")
"""What all currencies have none of here."""


def rounded(value: Decimal) -> str:
    """Return money or a price that was divided, to as many places as Bybit gives."""
    return text(value.quantize(PLACES))


def wallet_form(account: Account, assets: Iterable[str], margin: Margin) -> dict[str, Any]:
    """Return what an account has. Currencies that perpetuals are settled in count as dollars; others are not valued."""
    coins = [coin_form(account, asset, margin) for asset in assets]
    return {
        "accountType": "UNIFIED",
        "accountLTV": "",
        **totals([one for one in coins if margin.settles(one["coin"])]),
        "coin": coins,
    }


def totals(coins: list[dict[str, Any]]) -> dict[str, str]:
    """Return what the currencies that are margin come to, in dollars."""
    named = {
        "totalEquity": "equity",
        "totalWalletBalance": "walletBalance",
        "totalMarginBalance": "equity",
        "totalAvailableBalance": "availableToWithdraw",
        "totalPerpUPL": "unrealisedPnl",
        "totalMaintenanceMargin": "totalPositionMM",
    }
    rates = ("accountIMRate", "accountMMRate")
    if not coins:
        return dict.fromkeys((*named, *rates, "totalInitialMargin"), "")
    found = {name: sum((Decimal(one[part]) for one in coins), ZERO) for name, part in named.items()}
    parts = ("totalPositionIM", "totalOrderIM")
    found["totalInitialMargin"] = sum((Decimal(one[part]) for one in coins for part in parts), ZERO)
    whole = found["totalMarginBalance"]
    for name, part in zip(rates, ("totalInitialMargin", "totalMaintenanceMargin"), strict=True):
        found[name] = round(found[part] / whole, 4) if whole > 0 else ZERO
    return {name: text(value) for name, value in found.items()}


def wallet_event(account: Account, assets: Iterable[str], margin: Margin) -> dict[str, Any]:
    """Return what an account has as its stream tells of it: one name is spelt in another way there."""
    form = wallet_form(account, assets, margin)
    return form | {"totalPerpUpl": form.pop("totalPerpUPL")}


def coin_form(account: Account, asset: str, margin: Margin) -> dict[str, Any]:
    """Return how much of a currency an account has, free and tied up by orders, and what its positions make of it."""
    is_margin = margin.settles(asset)
    equity = margin.equity(account, asset) if is_margin else account.total(asset)
    needs = {"totalPositionIM": margin.tied, "totalOrderIM": margin.promised, "totalPositionMM": margin.maintenance}
    free = max(ZERO, margin.available(account, asset)) if is_margin else account.free[asset]
    realised = sum((one.amount for one in account.incomes if one.asset == asset), ZERO)
    return {
        **dict.fromkeys(NOTHING, "0"),
        **{name: rounded(needed(account)) if is_margin else "0" for name, needed in needs.items()},
        "coin": asset,
        "equity": rounded(equity),
        "usdValue": rounded(equity) if is_margin else "",
        "walletBalance": text(account.total(asset)),
        "unrealisedPnl": rounded(equity - account.total(asset)),
        "cumRealisedPnl": text(realised),
        "locked": text(account.locked[asset]),
        "availableToWithdraw": rounded(free),
        "availableToBorrow": "",
        "collateralSwitch": is_margin,
        "marginCollateral": True,
    }


def position_form(listing: Listing, one: Holding, account: Account, margin: Margin) -> dict[str, Any]:
    """Return a position, which may be of nothing. At which price it would be closed out is not told: all margin is crossed."""
    mark, market, size = margin.mark(listing), listing.market, abs(one.quantity)
    tied, needed = rounded(size * mark / one.leverage), rounded(margin.needed(listing, one))
    realised = sum((paid.amount for paid in account.incomes if paid.market is market), ZERO)
    return {
        "positionIdx": 0,
        "riskId": 1,
        "riskLimitValue": MOST_VALUE,
        "symbol": id_of(market),
        "side": side_of(one.quantity),
        "size": text(size),
        "avgPrice": rounded(one.entry),
        "positionValue": rounded(abs(one.cost)),
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if size else 0,
        "leverage": str(one.leverage),
        "positionBalance": "0",
        "markPrice": text(mark),
        "positionMM": needed,
        "positionIM": tied,
        "positionMMByMp": needed,
        "positionIMByMp": tied,
        "tpslMode": "Full",
        "takeProfit": "0",
        "stopLoss": "0",
        "trailingStop": "0",
        "unrealisedPnl": rounded(one.profit(mark)),
        "cumRealisedPnl": text(realised),
        **dict.fromkeys(("liqPrice", "bustPrice", "curRealisedPnl", "mmrSysUpdatedTime", "leverageSysUpdatedTime"), ""),
        "seq": listing.trade_number,
        "isReduceOnly": False,
        "createdTime": str(one.updated),
        "updatedTime": str(one.updated),
    }


def position_event(listing: Listing, one: Holding, account: Account, margin: Margin) -> dict[str, Any]:
    """Return a position as the stream of its account tells of it: its price has another name there."""
    form = position_form(listing, one, account, margin)
    return form | {"entryPrice": form.pop("avgPrice"), "sessionAvgPrice": "", "category": "linear"}


def side_of(quantity: Decimal) -> str:
    """Return which side a position is on, nothing for none."""
    return word(Side.BUY if quantity > 0 else Side.SELL) if quantity else ""


def funding_form(listing: Listing, income: Income) -> dict[str, Any]:
    """Return a payment of funding, which is told of as a trade at the mark price that has moved nothing but its fee."""
    rate, mark = next((rate, mark) for time, rate, mark in reversed(listing.funded) if time == income.time)
    size = abs(income.held)
    unused = ("orderLinkId", "tradeIv", "markIv", "indexPrice", "underlyingPrice", "blockTradeId", "createType")
    return {
        **dict.fromkeys(unused, ""),
        "symbol": id_of(income.market),
        "orderId": f"funding-{income.id}",
        "side": side_of(income.held),
        **dict.fromkeys(("orderPrice", "orderQty", "leavesQty", "closedSize"), "0"),
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "execFee": text(-income.amount),
        "execId": f"funding-{income.id}",
        "execPrice": text(mark),
        "execQty": text(size),
        "execType": "Funding",
        "execValue": text(size * mark),
        "execTime": str(income.time),
        "feeCurrency": income.asset,
        "isMaker": False,
        "feeRate": text(rate),
        "markPrice": text(mark),
        "seq": income.id,
    }


def funding_event(listing: Listing, income: Income) -> dict[str, Any]:
    """Return a payment of funding as the stream of its account tells of it."""
    form = funding_form(listing, income) | {"category": "linear", "isLeverage": "0"}
    del form["createType"]
    return form
