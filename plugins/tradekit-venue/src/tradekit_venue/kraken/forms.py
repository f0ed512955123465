"""Orders, trades and candles in the form that Kraken gives them, over REST and in messages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.events import Executed, Execution
from tradekit_venue.engine.market import Market, decimals
from tradekit_venue.engine.order import Kind, Order, Status, Trade
from tradekit_venue.kraken.names import alternative, trade_id, txid

__all__ = [
    "KINDS",
    "candle_form",
    "candle_message",
    "ended",
    "execution",
    "iso",
    "order_form",
    "price",
    "seconds",
    "size",
    "snapshot",
    "trade_form",
    "traded",
    "words",
]

ZERO = Decimal(0)
KINDS = {kind: kind.value.lower().replace("_", "-") for kind in Kind} | {Kind.LIMIT_MAKER: "limit"}
STATUSES = {
    Status.NEW: "open",
    Status.PARTIALLY_FILLED: "open",
    Status.FILLED: "closed",
    Status.CANCELED: "canceled",
    Status.EXPIRED: "expired",
}


def price(market: Market, value: Decimal) -> str:
    """Return a price with the decimals of its pair."""
    return format(value.quantize(Decimal(1).scaleb(-decimals(market.tick))), "f")


def size(value: Decimal) -> str:
    """Return an amount with eight decimals."""
    return format(value.quantize(Decimal("1e-8")), "f")


def seconds(milliseconds: int) -> float:
    """Return a time as REST gives it."""
    return milliseconds / 1000


def iso(milliseconds: int) -> str:
    """Return a time as messages give it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def fees(order: Order) -> Decimal:
    """Return what an order has paid."""
    return sum((fee.amount for trade in order.fills if (fee := trade.fee_of(order)) is not None), ZERO)


def words(order: Order) -> dict[str, Any]:
    """Return an order in words, and its parts."""
    market, asked = order.market, order.asked
    first, second = asked.price, ZERO
    if asked.kind.has_trigger:
        first, second = asked.trigger, asked.price
    shown = {"price": price(market, first) if first else "0", "price2": price(market, second) if second else "0"}
    kind, side = KINDS[asked.kind], asked.side.value.lower()
    text = f"{side} {size(order.quantity)} {alternative(market)} @ {kind.replace('-', ' ', 1) if asked.kind.has_trigger else kind}"
    if first:
        text += f" {shown['price']}"
    if second:
        text += f" -> limit {shown['price2']}"
    return {"pair": alternative(market), "type": side, "ordertype": kind, **shown, "leverage": "none", "order": text, "close": ""}


def order_form(order: Order) -> dict[str, Any]:
    """Return an order as REST gives it."""
    market, asked = order.market, order.asked
    form: dict[str, Any] = {
        "refid": None,
        "userref": 0,
        "cl_ord_id": order.client_id,
        "status": STATUSES[order.status],
        "opentm": seconds(order.time),
        "starttm": 0,
        "expiretm": 0,
        "descr": words(order),
        "vol": size(order.quantity),
        "vol_exec": size(order.filled),
        "cost": size(order.paid),
        "fee": size(fees(order)),
        "price": price(market, order.paid / order.filled) if order.filled else "0.00000",
        "stopprice": price(market, asked.trigger) if asked.kind.has_trigger else "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post" if asked.kind is Kind.LIMIT_MAKER else "fciq",
    }
    if not order.status.is_open:
        form |= {"closetm": seconds(order.updated), "reason": reason(order)}
    return form


def reason(order: Order) -> str | None:
    return {Status.CANCELED: "User requested", Status.EXPIRED: "Cannot be filled"}.get(order.status)


def trade_form(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade of an account as REST gives it: its fee is in the quote currency."""
    fee = trade.fee_of(order)
    return {
        "ordertxid": txid(order),
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": alternative(order.market),
        "time": seconds(trade.time),
        "type": order.side.value.lower(),
        "ordertype": KINDS[order.asked.kind],
        "price": price(order.market, trade.price),
        "cost": size(trade.value),
        "fee": size(fee.amount if fee is not None else ZERO),
        "vol": size(trade.quantity),
        "margin": "0.00000",
        "misc": "",
        "trade_id": trade.id,
        "maker": order is trade.maker,
        "ledgers": [f"L{trade.id}"],
    }


def candle_form(candle: Candle) -> list[Any]:
    """Return a candle as REST gives it."""
    mean = candle.value / candle.volume if candle.volume else ZERO
    shown = [format(value, "f") for value in (candle.open, candle.high, candle.low, candle.close)]
    return [candle.open_time // 1000, *shown, format(mean.quantize(Decimal("1e-5")), "f"), size(candle.volume), candle.trades]


def candle_message(market: Market, minutes: int, candle: Candle) -> dict[str, Any]:
    """Return a candle as its stream gives it: that it is over, it does not say."""
    mean = candle.value / candle.volume if candle.volume else ZERO
    return {
        "symbol": market.symbol,
        "open": float(candle.open),
        "high": float(candle.high),
        "low": float(candle.low),
        "close": float(candle.close),
        "trades": candle.trades,
        "volume": float(candle.volume),
        "vwap": float(mean.quantize(Decimal("1e-5"))),
        "interval_begin": iso(candle.open_time),
        "interval": minutes,
        "timestamp": iso(candle.end),
    }


def snapshot(order: Order) -> dict[str, Any]:
    """Return all that the stream of an account says of an order."""
    asked = order.asked
    form: dict[str, Any] = {
        "order_id": txid(order),
        "cl_ord_id": order.client_id,
        "order_userref": 0,
        "symbol": order.market.symbol,
        "side": order.side.value.lower(),
        "order_type": KINDS[asked.kind],
        "order_qty": float(order.quantity),
        "cum_qty": float(order.filled),
        "cum_cost": float(order.paid),
        "fee_usd_equiv": 0.0,
        "time_in_force": asked.force.value,
        "exec_type": "new",
        "order_status": "partially_filled" if order.filled else "new",
        "timestamp": iso(order.updated),
    }
    if asked.kind.has_limit:
        form |= {"limit_price_type": "static", "limit_price": float(order.price)}
    return form


def execution(executed: Executed) -> dict[str, Any]:
    """Return what the stream of an account says has become of an order: of one that it told of before, only what has changed."""
    order, trade = executed.order, executed.trade
    if trade is not None:
        return traded(order, trade)
    return snapshot(order) if executed.execution is Execution.NEW else ended(order)


def traded(order: Order, trade: Trade) -> dict[str, Any]:
    """Return what the stream of an account says of a trade."""
    fee = trade.fee_of(order)
    return {
        "order_id": txid(order),
        "cl_ord_id": order.client_id,
        "order_userref": 0,
        "exec_id": trade_id(order, trade),
        "exec_type": "trade",
        "trade_id": trade.id,
        "symbol": order.market.symbol,
        "side": order.side.value.lower(),
        "last_qty": float(trade.quantity),
        "last_price": float(trade.price),
        "liquidity_ind": "m" if order is trade.maker else "t",
        "cost": float(trade.value),
        "order_status": "partially_filled" if order.left else "filled",
        "order_type": KINDS[order.asked.kind],
        "fee_usd_equiv": 0.0,
        "fees": [] if fee is None else [{"asset": fee.asset, "qty": float(fee.amount)}],
        "cum_qty": float(order.filled),
        "cum_cost": float(order.paid),
        "timestamp": iso(trade.time),
    }


def ended(order: Order) -> dict[str, Any]:
    """Return that an order is done: filled, cancelled or expired."""
    form = {
        "order_id": txid(order),
        "cl_ord_id": order.client_id,
        "order_userref": 0,
        "exec_type": order.status.value.lower(),
        "order_status": order.status.value.lower(),
        "cum_qty": float(order.filled),
        "cum_cost": float(order.paid),
        "fee_usd_equiv": 0.0,
        "avg_price": float(order.paid / order.filled) if order.filled else 0.0,
        "timestamp": iso(order.updated),
    }
    return form if order.status is Status.FILLED else form | {"cancel_reason": reason(order), "reason": reason(order)}
