"""Orders, trades, candles and money in the form that Bybit gives them: nearly all numbers are text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.candles import DAY, Candle
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Force, Kind, Order, Side, Status, Trade

__all__ = [
    "INTERVALS",
    "candle_form",
    "candle_row",
    "execution_event",
    "execution_form",
    "id_of",
    "order_event",
    "order_form",
    "print_form",
    "rows",
    "text",
    "ticker_form",
    "trade_form",
    "wallet_event",
    "wallet_form",
]

ZERO = Decimal(0)
INTERVALS = {
    "1": "1m",
    "3": "3m",
    "5": "5m",
    "15": "15m",
    "30": "30m",
    "60": "1h",
    "120": "2h",
    "240": "4h",
    "360": "6h",
    "720": "12h",
    "D": "1d",
    "W": "1w",
    "M": "1M",
}
"""What intervals are called."""
STATES = {Status.NEW: "New", Status.PARTIALLY_FILLED: "PartiallyFilled", Status.FILLED: "Filled"}
NO_TRIGGER = {
    "stopOrderType": "",
    "triggerPrice": "0",
    "takeProfit": "0",
    "stopLoss": "0",
    "tpTriggerBy": "",
    "slTriggerBy": "",
    "triggerDirection": 0,
    "triggerBy": "",
    "tpslMode": "",
    "tpLimitPrice": "0",
    "slLimitPrice": "0",
}
"""What all orders say of triggers here: they have none."""
NOT_OF_SPOT = {"orderIv": "", "blockTradeId": "", "positionIdx": 0, "closeOnTrigger": False, "reduceOnly": False}


def text(value: Decimal) -> str:
    """Return a number without zeros at its end."""
    return format(value.normalize() if value else ZERO, "f")


def id_of(market: Market) -> str:
    """Return the name of a market, such as BTCUSDT."""
    return f"{market.base}{market.quote}"


def word(name: str) -> str:
    """Return a word as Bybit writes it: Buy, Sell, Limit, Market."""
    return name.capitalize()


def state_of(order: Order) -> str:
    """Return where an order stands; one that ended early tells whether it was filled in part."""
    ended = "PartiallyFilledCanceled" if order.filled else "Cancelled"
    return STATES.get(order.status, ended)


def why_ended(order: Order) -> dict[str, str]:
    """Return whether an order was cancelled, or why nothing of it could rest."""
    is_expired = order.status is Status.EXPIRED
    how = "CancelByUser" if order.status is Status.CANCELED else "UNKNOWN"
    return {"cancelType": how, "rejectReason": "EC_NoImmediateQtyToFill" if is_expired else "EC_NoError"}


def paid(order: Order) -> tuple[Decimal, str]:
    """Return what an order has paid for its trades, and in which currency."""
    fees = [fee for trade in order.fills if (fee := trade.fee_of(order)) is not None]
    asset = fees[-1].asset if fees else (order.market.base if order.side is Side.BUY else order.market.quote)
    return sum((fee.amount for fee in fees), ZERO), asset


def order_form(order: Order) -> dict[str, Any]:
    """Return an order as one that is asked for."""
    asked = order.asked
    fee, asset = paid(order)
    is_market = asked.kind is Kind.MARKET
    force = "PostOnly" if asked.kind is Kind.LIMIT_MAKER else (Force.IOC if is_market else asked.force).value
    left = order.left if order.status.is_open else ZERO
    return {
        "orderId": str(order.id),
        "orderLinkId": asked.client_id,
        "symbol": id_of(order.market),
        "price": text(order.price) if asked.kind.has_limit else "0",
        "qty": text(asked.value or order.quantity),
        "side": word(order.side),
        "isLeverage": "0",
        "orderStatus": state_of(order),
        **why_ended(order),
        "avgPrice": text(order.paid / order.filled) if order.filled else "",
        "leavesQty": text(left),
        "leavesValue": text(left * order.price),
        "cumExecQty": text(order.filled),
        "cumExecValue": text(order.paid),
        "cumExecFee": text(fee),
        "cumFeeDetail": {asset: text(fee)} if fee else {},
        "timeInForce": force,
        "orderType": "Market" if is_market else "Limit",
        "marketUnit": ("quoteCoin" if asked.value else "baseCoin") if is_market else "",
        "lastPriceOnCreated": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "placeType": "",
        "createdTime": str(order.time),
        "updatedTime": str(order.updated),
        **NO_TRIGGER,
        **NOT_OF_SPOT,
    }


def order_event(order: Order) -> dict[str, Any]:
    """Return an order as the stream of its account tells of it."""
    return order_form(order) | {"category": "spot", "feeCurrency": paid(order)[1], "createType": "CreateByUser"}


def execution_form(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade of an account as one that is asked for."""
    fee, is_maker, asked = trade.fee_of(order), order is trade.maker, order.asked
    rates = order.account.rates
    return {
        "symbol": id_of(order.market),
        "orderId": str(order.id),
        "orderLinkId": asked.client_id,
        "side": word(order.side),
        "orderPrice": text(order.price) if asked.kind.has_limit else "0",
        "orderQty": text(asked.value or order.quantity),
        "leavesQty": text(order.left if order.status.is_open else ZERO),
        "createType": "CreateByUser",
        "orderType": "Market" if asked.kind is Kind.MARKET else "Limit",
        "stopOrderType": "",
        "execFee": text(ZERO if fee is None else fee.amount),
        "execId": str(trade.id),
        "execPrice": text(trade.price),
        "execQty": text(trade.quantity),
        "execType": "Trade",
        "execValue": text(trade.value),
        "execTime": str(trade.time),
        "feeCurrency": order.market.quote if fee is None else fee.asset,
        "isMaker": is_maker,
        "feeRate": text(rates.maker if is_maker else rates.taker),
        **dict.fromkeys(("tradeIv", "markIv", "markPrice", "indexPrice", "underlyingPrice", "blockTradeId", "closedSize"), ""),
        "seq": trade.id,
    }


def execution_event(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade as the stream of its account tells of it."""
    form = execution_form(order, trade) | {"category": "spot", "isLeverage": "0"}
    del form["createType"]
    return form


def trade_form(trade: Trade) -> dict[str, Any]:
    """Return a trade as everybody may ask for it."""
    return {
        "execId": str(trade.id),
        "symbol": id_of(trade.market),
        "price": text(trade.price),
        "size": text(trade.quantity),
        "side": word(trade.taker_side),
        "time": str(trade.time),
        "isBlockTrade": False,
    }


def print_form(trade: Trade) -> dict[str, Any]:
    """Return a trade as everybody hears of it."""
    return {
        "T": trade.time,
        "s": id_of(trade.market),
        "S": word(trade.taker_side),
        "v": text(trade.quantity),
        "p": text(trade.price),
        "i": str(trade.id),
        "BT": False,
    }


def candle_row(candle: Candle) -> list[str]:
    """Return a candle as one that is asked for."""
    prices = [text(value) for value in (candle.open, candle.high, candle.low, candle.close)]
    return [str(candle.open_time), *prices, text(candle.volume), text(candle.value)]


def candle_form(candle: Candle, interval: str, is_over: bool, now: int) -> dict[str, Any]:
    """Return a candle as one that is heard of."""
    return {
        "start": candle.open_time,
        "end": candle.end - 1,
        "interval": interval,
        "open": text(candle.open),
        "close": text(candle.close),
        "high": text(candle.high),
        "low": text(candle.low),
        "volume": text(candle.volume),
        "turnover": text(candle.value),
        "confirm": is_over,
        "timestamp": now,
    }


def rows(levels: list[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Return levels of a book."""
    return [[text(price), text(size)] for price, size in levels]


def ticker_form(listing: Listing, now: int) -> dict[str, Any]:
    """Return prices, and what the last 24 hours were like by the finest candles that are kept."""
    last = listing.last or ZERO
    candles = listing.candles.between(listing.candles.finest, now - DAY, None, 1_000_000)
    opened = candles[0].open if candles else last
    return {
        "symbol": id_of(listing.market),
        "lastPrice": text(last),
        "prevPrice24h": text(opened),
        "price24hPcnt": text(round((last - opened) / opened, 4) if opened else ZERO),
        "highPrice24h": text(max((one.high for one in candles), default=last)),
        "lowPrice24h": text(min((one.low for one in candles), default=last)),
        "turnover24h": text(sum((one.value for one in candles), ZERO)),
        "volume24h": text(sum((one.volume for one in candles), ZERO)),
        "usdIndexPrice": "",
    }


NOTHING = (
    "bonus",
    "accruedInterest",
    "totalOrderIM",
    "totalPositionMM",
    "unrealisedPnl",
    "borrowAmount",
    "totalPositionIM",
    "cumRealisedPnl",
    "spotBorrow",
)


def wallet_form(account: Account, assets: list[str]) -> dict[str, Any]:
    """Return what an account has of some currencies. It is not valued in dollars."""
    empty = ("accountIMRate", "accountMMRate", "accountLTV", "totalEquity", "totalWalletBalance", "totalMarginBalance")
    unused = ("totalAvailableBalance", "totalPerpUPL", "totalInitialMargin", "totalMaintenanceMargin")
    return {
        **dict.fromkeys((*empty, *unused), ""),
        "accountType": "UNIFIED",
        "coin": [coin_form(account, asset) for asset in assets],
    }


def wallet_event(account: Account, assets: list[str]) -> dict[str, Any]:
    """Return what an account has as its stream tells of it: one name is spelt in another way there."""
    form = wallet_form(account, assets)
    return form | {"totalPerpUpl": form.pop("totalPerpUPL")}


def coin_form(account: Account, asset: str) -> dict[str, Any]:
    """Return how much of a currency an account has, free and tied up by orders."""
    total = text(account.total(asset))
    return {
        **dict.fromkeys(NOTHING, "0"),
        "coin": asset,
        "equity": total,
        "usdValue": "",
        "walletBalance": total,
        "locked": text(account.locked[asset]),
        "availableToWithdraw": text(account.free[asset]),
        "availableToBorrow": "",
        "collateralSwitch": False,
        "marginCollateral": True,
    }
