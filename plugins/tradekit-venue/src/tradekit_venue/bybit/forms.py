"""Orders, trades, candles and money in the form that Bybit gives them: nearly all numbers are text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.engine.candles import DAY, Candle
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Force, Kind, Order, Side, Status, Trade
from tradekit_venue.engine.perpetual import FUNDING_EVERY_MS, Perpetual, next_funding

__all__ = [
    "INTERVALS",
    "best_form",
    "candle_form",
    "candle_row",
    "category_of",
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
    "word",
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
NOT_USED = {"orderIv": "", "blockTradeId": "", "positionIdx": 0, "closeOnTrigger": False}


def text(value: Decimal) -> str:
    """Return a number without zeros at its end."""
    return format(value.normalize() if value else ZERO, "f")


def id_of(market: Market) -> str:
    """Return the name of a market, such as BTCUSDT; of a perpetual that is settled in USDC, such as BTCPERP."""
    is_usdc = isinstance(market, Perpetual) and market.quote == "USDC"
    return f"{market.base}{'PERP' if is_usdc else market.quote}"


def category_of(market: Market) -> str:
    """Return what kind of market it is."""
    return "linear" if isinstance(market, Perpetual) else "spot"


def word(name: str) -> str:
    """Return a word as Bybit writes it: Buy, Sell, Limit, Market."""
    return name.capitalize()


def state_of(order: Order) -> str:
    """Return where an order stands; at spot, one that ended early tells whether it was filled in part."""
    ended = "PartiallyFilledCanceled" if order.filled and category_of(order.market) == "spot" else "Cancelled"
    return STATES.get(order.status, ended)


def why_ended(order: Order) -> dict[str, str]:
    """Return whether an order was cancelled, or why nothing of it could rest."""
    is_expired = order.status is Status.EXPIRED
    if is_expired and order.asked.is_reduce_only:
        return {"cancelType": "CancelByReduceOnly", "rejectReason": "EC_NoError"}
    how = "CancelByUser" if order.status is Status.CANCELED else "UNKNOWN"
    return {"cancelType": how, "rejectReason": "EC_NoImmediateQtyToFill" if is_expired else "EC_NoError"}


def paid(order: Order) -> tuple[Decimal, str]:
    """Return what an order has paid for its trades, and in which currency."""
    fees = [fee for trade in order.fills if (fee := trade.fee_of(order)) is not None]
    asset = fees[-1].asset if fees else (order.market.base if order.side is Side.BUY else order.market.quote)
    return sum((fee.amount for fee in fees), ZERO), asset


def link_of(order: Order) -> str:
    """Return the client id of an order: empty for one that has none, or by which the venue has closed a position out."""
    return "" if order.is_imposed else order.asked.client_id


def created(order: Order) -> str:
    """Return who has made an order."""
    return "CreateByLiq" if order.is_imposed else "CreateByUser"


def unit_of(order: Order) -> str:
    """Return in what the size of a market order at spot is."""
    if order.asked.kind is not Kind.MARKET or category_of(order.market) != "spot":
        return ""
    return "quoteCoin" if order.asked.value else "baseCoin"


def order_form(order: Order) -> dict[str, Any]:
    """Return an order as one that is asked for."""
    asked = order.asked
    fee, asset = paid(order)
    is_market = asked.kind is Kind.MARKET
    force = "PostOnly" if asked.kind is Kind.LIMIT_MAKER else (Force.IOC if is_market else asked.force).value
    left = order.left if order.status.is_open else ZERO
    return {
        "orderId": str(order.id),
        "orderLinkId": link_of(order),
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
        "marketUnit": unit_of(order),
        "reduceOnly": asked.is_reduce_only,
        "lastPriceOnCreated": "",
        "smpType": "None",
        "smpGroup": 0,
        "smpOrderId": "",
        "placeType": "",
        "createdTime": str(order.time),
        "updatedTime": str(order.updated),
        **NO_TRIGGER,
        **NOT_USED,
    }


def order_event(order: Order) -> dict[str, Any]:
    """Return an order as the stream of its account tells of it."""
    more = {"category": category_of(order.market), "feeCurrency": paid(order)[1], "createType": created(order)}
    return order_form(order) | more


def execution_form(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade of an account as one that is asked for."""
    fee, is_maker, asked = trade.fee_of(order), order is trade.maker, order.asked
    rates = order.account.rates
    return {
        "symbol": id_of(order.market),
        "orderId": str(order.id),
        "orderLinkId": link_of(order),
        "side": word(order.side),
        "orderPrice": text(order.price) if asked.kind.has_limit else "0",
        "orderQty": text(asked.value or order.quantity),
        "leavesQty": text(order.left if order.status.is_open else ZERO),
        "createType": created(order),
        "orderType": "Market" if asked.kind is Kind.MARKET else "Limit",
        "stopOrderType": "",
        "execFee": text(ZERO if fee is None else fee.amount),
        "execId": str(trade.id),
        "execPrice": text(trade.price),
        "execQty": text(trade.quantity),
        "execType": "BustTrade" if order.is_imposed else "Trade",
        "execValue": text(trade.value),
        "execTime": str(trade.time),
        "feeCurrency": order.market.quote if fee is None else fee.asset,
        "isMaker": is_maker,
        "feeRate": text(rates.maker if is_maker else rates.taker),
        **dict.fromkeys(("tradeIv", "markIv", "markPrice", "indexPrice", "underlyingPrice", "blockTradeId"), ""),
        "closedSize": text(reduced) if (reduced := order.account.reduced.get((trade.id, order.id))) is not None else "",
        "seq": trade.id,
    }


def execution_event(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade as the stream of its account tells of it."""
    form = execution_form(order, trade) | {"category": category_of(order.market), "isLeverage": "0"}
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


def funding_due(listing: Listing, market: Perpetual, now: int) -> tuple[Decimal, int]:
    """Return at which rate funding is paid next, and when."""
    due = next_funding(now)
    return listing.funding.get(due, market.funding_rate), due


def ticker_form(listing: Listing, now: int) -> dict[str, Any]:
    """Return prices, and what the last 24 hours were like by the finest candles that are kept."""
    last = listing.last or ZERO
    candles = listing.candles.between(listing.candles.finest, now - DAY, None, 1_000_000)
    opened = candles[0].open if candles else last
    return {
        **carry_form(listing, now),
        "symbol": id_of(listing.market),
        "lastPrice": text(last),
        "prevPrice24h": text(opened),
        "price24hPcnt": text(round((last - opened) / opened, 4) if opened else ZERO),
        "highPrice24h": text(max((one.high for one in candles), default=last)),
        "lowPrice24h": text(min((one.low for one in candles), default=last)),
        "turnover24h": text(sum((one.value for one in candles), ZERO)),
        "volume24h": text(sum((one.volume for one in candles), ZERO)),
    }


def best_form(listing: Listing) -> dict[str, str]:
    """Return the best bid and ask."""
    bid, ask = ((side.depth(1) or [(ZERO, ZERO)])[0] for side in (listing.book.bids, listing.book.asks))
    best = {"bid1Price": bid[0], "bid1Size": bid[1], "ask1Price": ask[0], "ask1Size": ask[1]}
    return {name: text(value) for name, value in best.items()}


def carry_form(listing: Listing, now: int) -> dict[str, Any]:
    """Return what prices tell of a perpetual besides: best bid and ask, the mark price, which is the last one, and its funding."""
    if not isinstance(listing.market, Perpetual):
        return {"usdIndexPrice": ""}
    rate, due = funding_due(listing, listing.market, now)
    mark = text(listing.last or ZERO)
    return {
        **best_form(listing),
        "tickDirection": "ZeroPlusTick",
        "prevPrice1h": "",
        "markPrice": mark,
        "indexPrice": mark,
        "openInterest": "",
        "openInterestValue": "",
        "fundingRate": text(rate),
        "nextFundingTime": str(due),
        "fundingIntervalHour": str(FUNDING_EVERY_MS // 3_600_000),
    }
