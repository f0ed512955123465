"""Orders, trades, candles and money in the form that OKX gives them: all numbers are text."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tradekit_venue.engine.book import BookSide
from tradekit_venue.engine.candles import DAY, Candle
from tradekit_venue.engine.events import Executed, Execution
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Force, Kind, Order, Side, Status, Trade
from tradekit_venue.engine.perpetual import Perpetual

__all__ = [
    "BARS",
    "book_rows",
    "candle_row",
    "client_id_of",
    "contract_of",
    "family_of",
    "fill_form",
    "id_of",
    "kind_of",
    "level_rows",
    "order_event",
    "order_form",
    "size",
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


def family_of(market: Market) -> str:
    """Return the name of a pair of currencies, such as BTC-USDT."""
    return f"{market.base}-{market.quote}"


def id_of(market: Market) -> str:
    """Return the name of a market, such as BTC-USDT or BTC-USDT-SWAP."""
    return family_of(market) + ("-SWAP" if isinstance(market, Perpetual) else "")


def kind_of(market: Market) -> str:
    """Return what a market is called by its kind."""
    return "SWAP" if isinstance(market, Perpetual) else "SPOT"


def contract_of(market: Market) -> Decimal:
    """Return how many units of the base currency sizes in a market are counted in: those of one contract, of a perpetual."""
    return market.contract if isinstance(market, Perpetual) else Decimal(1)


def size(market: Market, units: Decimal) -> str:
    """Return how much is traded, offered or held, as it is counted in a market."""
    return text(units / contract_of(market))


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
    received = order.market.base if order.side is Side.BUY and not isinstance(order.market, Perpetual) else order.market.quote
    asset = fees[-1].asset if fees else received
    return sum((fee.amount for fee in fees), ZERO), asset


def gain(order: Order, trades: list[Trade]) -> str:
    """Return what trades have realised for an order: nothing at spot."""
    return text(sum((order.account.gains.get((trade.id, order.id), ZERO) for trade in trades), ZERO))


def client_id_of(order: Order) -> str:
    """Return the id that its owner has given an order; one by which the venue closes a position out has none."""
    return "" if order.is_imposed else order.asked.client_id


def terms_of(order: Order) -> dict[str, str]:
    """Return on which terms an order trades: at spot for cash, of perpetuals on crossed margin."""
    market = order.market
    if not isinstance(market, Perpetual):
        return {"ccy": "", "tdMode": "cash", "lever": "", "rebateCcy": order.gives}
    lever = str(order.account.holding(market.symbol).leverage)
    return {"ccy": "", "tdMode": "cross", "lever": lever, "rebateCcy": market.quote}


def last_fill(order: Order) -> dict[str, str]:
    """Return the last trade of an order, and what all have cost."""
    last = order.fills[-1] if order.fills else None
    fee, asset = paid(order, order.fills)
    return {
        "fillPx": "" if last is None else text(last.price),
        "tradeId": "" if last is None else str(last.id),
        "fillSz": "0" if last is None else size(order.market, last.quantity),
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
        **terms_of(order),
        **dict.fromkeys(UNUSED_BY_ORDERS, ""),
        "instType": kind_of(order.market),
        "instId": id_of(order.market),
        "ordId": str(order.id),
        "clOrdId": client_id_of(order),
        "px": text(order.price) if asked.kind.has_limit else "",
        "sz": text(asked.value) if asked.value else size(order.market, order.quantity),
        "pnl": gain(order, order.fills),
        "ordType": type_of(order),
        "side": order.side.lower(),
        "posSide": "net",
        "accFillSz": size(order.market, order.filled),
        "avgPx": text(order.paid / order.filled) if order.filled else "",
        "state": STATES[order.status],
        "stpMode": "cancel_maker",
        "rebate": "0",
        "tgtCcy": target_of(order),
        "category": "full_liquidation" if order.is_imposed else "normal",
        "reduceOnly": str(asked.is_reduce_only).lower(),
        "isTpLimit": "false",
        "cancelSource": "1" if is_cancelled else "",
        "cancelSourceReason": "Order canceled by user" if is_cancelled else "",
        "attachAlgoOrds": [],
        "linkedAlgoOrd": {"algoId": ""},
        "cTime": str(order.time),
        "uTime": str(order.updated),
    }


def target_of(order: Order) -> str:
    """Return in which currency the size of an order is, where it may be either: at the market, at spot."""
    if order.asked.kind is not Kind.MARKET or isinstance(order.market, Perpetual):
        return ""
    return "quote_ccy" if order.asked.value else "base_ccy"


def order_event(event: Executed, listing: Listing) -> dict[str, Any]:
    """Return what has become of an order, with the trade if it is one."""
    order, trade = event.order, event.trade if event.execution is Execution.TRADE else None
    fee, asset = paid(order, [] if trade is None else [trade])
    role = "" if trade is None else ("M" if trade.maker is order else "T")
    return order_form(order) | {
        "tradeId": "" if trade is None else str(trade.id),
        "fillPx": "" if trade is None else text(trade.price),
        "fillSz": "0" if trade is None else size(order.market, trade.quantity),
        "fillTime": "" if trade is None else str(trade.time),
        "fillFee": "0" if trade is None else text(-fee),
        "fillFeeCcy": "" if trade is None else asset,
        "fillPnl": gain(order, [] if trade is None else [trade]),
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
        "clOrdId": client_id_of(order),
        "billId": str(number),
        "subType": "1" if order.side is Side.BUY else "2",
        "tag": "",
        "fillPx": text(trade.price),
        "fillSz": size(order.market, trade.quantity),
        "fillIdxPx": text(trade.price),
        "fillPnl": gain(order, [trade]),
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
        "sz": size(trade.market, trade.quantity),
        "px": text(trade.price),
        "tradeId": str(trade.id),
        "ts": str(trade.time),
    }


def candle_row(market: Market, candle: Candle, is_over: bool) -> list[str]:
    """Return a candle, with what was traded in three ways, and whether it is over.

    At spot that is in the base currency and twice in the quote currency, of perpetuals in contracts and once in each currency.
    """
    prices = [text(value) for value in (candle.open, candle.high, candle.low, candle.close)]
    traded = size(market, candle.volume), text(traded_in(market, candle)), text(candle.value)
    return [str(candle.open_time), *prices, *traded, str(int(is_over))]


def traded_in(market: Market, candle: Candle) -> Decimal:
    """Return what was traded in a candle in the currency in which that is told: of perpetuals the base, at spot the quote."""
    return candle.volume if isinstance(market, Perpetual) else candle.value


def book_rows(listing: Listing, limit: int) -> dict[str, list[list[str]]]:
    """Return the best prices of a book, with what is on offer there and in how many orders."""
    sides = {"asks": listing.book.asks, "bids": listing.book.bids}
    return {name: level_rows(listing.market, side, side.depth(limit)) for name, side in sides.items()}


def level_rows(market: Market, side: BookSide, levels: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Return levels of one side of a book."""
    return [[text(price), size(market, units), "0", str(side.count_at(price))] for price, units in levels]


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
        "lastSz": size(market, listing.tape[-1].quantity if listing.tape else ZERO),
        "askPx": text(ask[0]),
        "askSz": size(market, ask[1]),
        "bidPx": text(bid[0]),
        "bidSz": size(market, bid[1]),
        "open24h": text(opened),
        "high24h": text(max((one.high for one in candles), default=last)),
        "low24h": text(min((one.low for one in candles), default=last)),
        "volCcy24h": text(sum((traded_in(market, one) for one in candles), ZERO)),
        "vol24h": size(market, sum((one.volume for one in candles), ZERO)),
        "sodUtc0": text(opened),
        "sodUtc8": text(opened),
        "ts": str(now),
    }
