"""Orders, trades, candles and money in the form that OKX gives them: all numbers are text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.engine.account import Account
from tradekit_venue.engine.candles import DAY, Candle
from tradekit_venue.engine.events import Executed, Execution
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Force, Kind, Order, Side, Status, Trade
from tradekit_venue.engine.perpetual import Perpetual

__all__ = [
    "BARS",
    "balance_form",
    "book_rows",
    "candle_row",
    "fill_form",
    "id_of",
    "kind_of",
    "order_event",
    "order_form",
    "text",
    "ticker_form",
    "trade_form",
]

ZERO = Decimal(0)
STATES = {
    Status.NEW: "live",
    Status.PARTIALLY_FILLED: "partially_filled",
    Status.FILLED: "filled",
    Status.CANCELED: "canceled",
    Status.EXPIRED: "canceled",
}
UNUSED_BY_ORDERS = (
    "algoClOrdId",
    "algoId",
    "attachAlgoClOrdId",
    "pxType",
    "pxUsd",
    "pxVol",
    "quickMgnType",
    "slOrdPx",
    "slTriggerPx",
    "slTriggerPxType",
    "source",
    "stpId",
    "tag",
    "tpOrdPx",
    "tpTriggerPx",
    "tpTriggerPxType",
)
"""What is empty of all orders here: they have no triggers, and don't belong to others."""
BARS = {
    "1s": "1s",
    "1m": "1m",
    "3m": "3m",
    "5m": "5m",
    "15m": "15m",
    "30m": "30m",
    "1H": "1h",
    "2H": "2h",
    "4H": "4h",
    "6Hutc": "6h",
    "12Hutc": "12h",
    "1Dutc": "1d",
    "3Dutc": "3d",
    "1Wutc": "1w",
    "1Mutc": "1M",
}
"""What intervals are called."""


def text(value: Decimal) -> str:
    """Return a number without zeros at its end."""
    return format(value.normalize() if value else ZERO, "f")


def id_of(market: Market) -> str:
    """Return the name of a market, such as BTC-USDT or BTC-USDT-SWAP."""
    return f"{market.base}-{market.quote}" + ("-SWAP" if isinstance(market, Perpetual) else "")


def kind_of(market: Market) -> str:
    """Return what a market is called by its kind."""
    return "SWAP" if isinstance(market, Perpetual) else "SPOT"


def type_of(order: Order) -> str:
    """Return what the kind of an order is called."""
    asked = order.asked
    if asked.kind is Kind.LIMIT_MAKER:
        return "post_only"
    if asked.kind is Kind.MARKET:
        return "market"
    return "limit" if asked.force is Force.GTC else asked.force.lower()


def paid(order: Order, trades: list[Trade]) -> tuple[Decimal, str]:
    """Return what an order has paid for trades, and in which currency."""
    fees = [fee for trade in trades if (fee := trade.fee_of(order)) is not None]
    asset = fees[-1].asset if fees else (order.market.base if order.side is Side.BUY else order.market.quote)
    return sum((fee.amount for fee in fees), ZERO), asset


def last_fill(order: Order) -> dict[str, str]:
    """Return the last trade of an order, and what all have cost."""
    last = order.fills[-1] if order.fills else None
    fee, asset = paid(order, order.fills)
    return {
        "fillPx": "" if last is None else text(last.price),
        "tradeId": "" if last is None else str(last.id),
        "fillSz": "0" if last is None else text(last.quantity),
        "fillTime": "" if last is None else str(last.time),
        "feeCcy": asset,
        "fee": text(-fee),
    }


def order_form(order: Order) -> dict[str, Any]:
    """Return an order, with its last trade."""
    asked = order.asked
    is_cancelled = order.status is Status.CANCELED
    return {
        **last_fill(order),
        **dict.fromkeys(UNUSED_BY_ORDERS, ""),
        "instType": kind_of(order.market),
        "instId": id_of(order.market),
        "ccy": "",
        "ordId": str(order.id),
        "clOrdId": asked.client_id,
        "px": text(order.price) if asked.kind.has_limit else "",
        "sz": text(asked.value or order.quantity),
        "pnl": "0",
        "ordType": type_of(order),
        "side": order.side.lower(),
        "posSide": "net",
        "tdMode": "cash",
        "accFillSz": text(order.filled),
        "avgPx": text(order.paid / order.filled) if order.filled else "",
        "state": STATES[order.status],
        "stpMode": "cancel_maker",
        "lever": "",
        "rebateCcy": order.gives,
        "rebate": "0",
        "tgtCcy": ("quote_ccy" if asked.value else "base_ccy") if asked.kind is Kind.MARKET else "",
        "category": "normal",
        "reduceOnly": str(asked.is_reduce_only).lower(),
        "isTpLimit": "false",
        "cancelSource": "1" if is_cancelled else "",
        "cancelSourceReason": "Order canceled by user" if is_cancelled else "",
        "attachAlgoOrds": [],
        "linkedAlgoOrd": {"algoId": ""},
        "cTime": str(order.time),
        "uTime": str(order.updated),
    }


def order_event(event: Executed, listing: Listing) -> dict[str, Any]:
    """Return what has become of an order, with the trade if it is one."""
    order, trade = event.order, event.trade if event.execution is Execution.TRADE else None
    fee, asset = paid(order, [] if trade is None else [trade])
    role = "" if trade is None else ("M" if trade.maker is order else "T")
    return order_form(order) | {
        "tradeId": "" if trade is None else str(trade.id),
        "fillPx": "" if trade is None else text(trade.price),
        "fillSz": "0" if trade is None else text(trade.quantity),
        "fillTime": "" if trade is None else str(trade.time),
        "fillFee": "0" if trade is None else text(-fee),
        "fillFeeCcy": "" if trade is None else asset,
        "fillPnl": "0",
        "fillNotionalUsd": "" if trade is None else text(trade.value),
        "notionalUsd": text(order.quantity * (order.price or listing.last or ZERO)),
        "execType": role,
        "lastPx": text(listing.last or ZERO),
        "amendResult": "",
        "reqId": "",
        "code": "0",
        "msg": "",
    }


def fill_form(order: Order, trade: Trade, number: int) -> dict[str, Any]:
    """Return a trade of an account; `number` is that of the entry that it made in the account's books."""
    fee, asset = paid(order, [trade])
    return {
        "instType": kind_of(order.market),
        "instId": id_of(order.market),
        "tradeId": str(trade.id),
        "ordId": str(order.id),
        "clOrdId": order.asked.client_id,
        "billId": str(number),
        "subType": "1" if order.side is Side.BUY else "2",
        "tag": "",
        "fillPx": text(trade.price),
        "fillSz": text(trade.quantity),
        "fillIdxPx": text(trade.price),
        "fillPnl": "0",
        "side": order.side.lower(),
        "posSide": "net",
        "execType": "M" if trade.maker is order else "T",
        "feeCcy": asset,
        "fee": text(-fee),
        "ts": str(trade.time),
        "fillTime": str(trade.time),
        "feeRate": text(-(order.account.rates.maker if trade.maker is order else order.account.rates.taker)),
    }


def trade_form(trade: Trade) -> dict[str, Any]:
    """Return a trade as everybody sees it."""
    return {
        "instId": id_of(trade.market),
        "side": trade.taker_side.lower(),
        "sz": text(trade.quantity),
        "px": text(trade.price),
        "tradeId": str(trade.id),
        "ts": str(trade.time),
    }


def candle_row(candle: Candle, is_over: bool) -> list[str]:
    """Return a candle, with what it is worth twice, and whether it is over."""
    prices = [text(value) for value in (candle.open, candle.high, candle.low, candle.close)]
    return [str(candle.open_time), *prices, text(candle.volume), text(candle.value), text(candle.value), str(int(is_over))]


def book_rows(listing: Listing, limit: int) -> dict[str, list[list[str]]]:
    """Return the best prices of a book, with what is on offer there and in how many orders."""
    sides = {"asks": listing.book.asks, "bids": listing.book.bids}
    return {
        name: [[text(price), text(size), "0", str(side.count_at(price))] for price, size in side.depth(limit)]
        for name, side in sides.items()
    }


def ticker_form(listing: Listing, now: int) -> dict[str, Any]:
    """Return prices, and what the last 24 hours were like by the finest candles that are kept."""
    market, last = listing.market, listing.last or ZERO
    candles = listing.candles.between(listing.candles.finest, now - DAY, None, 1_000_000)
    ask, bid = ((side.depth(1) or [(ZERO, ZERO)])[0] for side in (listing.book.asks, listing.book.bids))
    opened = candles[0].open if candles else last
    return {
        "instType": kind_of(market),
        "instId": id_of(market),
        "last": text(last),
        "lastSz": text(listing.tape[-1].quantity if listing.tape else ZERO),
        "askPx": text(ask[0]),
        "askSz": text(ask[1]),
        "bidPx": text(bid[0]),
        "bidSz": text(bid[1]),
        "open24h": text(opened),
        "high24h": text(max((one.high for one in candles), default=last)),
        "low24h": text(min((one.low for one in candles), default=last)),
        "volCcy24h": text(sum((one.value for one in candles), ZERO)),
        "vol24h": text(sum((one.volume for one in candles), ZERO)),
        "sodUtc0": text(opened),
        "sodUtc8": text(opened),
        "ts": str(now),
    }


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


def balance_form(account: Account, assets: list[str], now: int) -> dict[str, Any]:
    """Return what an account has of some currencies."""
    empty = ("adjEq", "availEq", "borrowFroz", "imr", "mgnRatio", "mmr", "notionalUsd", "ordFroz", "upl")
    uses = ("notionalUsdForBorrow", "notionalUsdForFutures", "notionalUsdForOption", "notionalUsdForSwap")
    return {
        **dict.fromkeys((*empty, *uses), ""),
        "isoEq": "0",
        "totalEq": "",
        "uTime": str(now),
        "details": [money_form(account, asset, now) for asset in assets],
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
