"""Orders, trades and balances of a spot account in the form that Binance gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, id_of
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.events import BalancesMoved, Executed, Execution
from tradekit_venue.engine.order import Force, Kind, Order, Side, Status, Trade

__all__ = ["account_form", "balances_event", "execution_event", "full_form", "my_trade_form", "order_form"]

ZERO = Decimal(0)
EXPIRIES = {Force.IOC: "UNFILLED_IOC_QUANTITY_EXPIRED", Force.FOK: "UNFILLED_FOK_ORDER_EXPIRED"}


def sent_form(order: Order) -> dict[str, Any]:
    """Return what all forms of an order have."""
    asked = order.asked
    form = {
        "symbol": id_of(order.market),
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": amount(asked.price),
        "origQty": amount(order.quantity),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": amount(asked.value),
        "cummulativeQuoteQty": amount(order.paid),
        "status": order.status.value,
        "timeInForce": asked.force.value,
        "type": asked.kind.value,
        "side": asked.side.value,
        "selfTradePreventionMode": "NONE",
    }
    if asked.kind.has_trigger:
        form["stopPrice"] = amount(asked.trigger)
    return form


def order_form(order: Order) -> dict[str, Any]:
    """Return an order as one that is asked for."""
    return sent_form(order) | {
        "stopPrice": amount(order.asked.trigger),
        "icebergQty": amount(ZERO),
        "time": order.time,
        "updateTime": order.updated,
        "isWorking": order.is_working,
        "workingTime": order.time if order.is_working else -1,
    }


def full_form(order: Order, kind: str) -> dict[str, Any]:
    """Return the answer to a new order: of the kind ACK, RESULT or FULL."""
    form = sent_form(order) | {"transactTime": order.updated, "workingTime": order.time if order.is_working else -1}
    if kind == "ACK":
        return {name: form[name] for name in ("symbol", "orderId", "orderListId", "clientOrderId", "transactTime")}
    return form | {"fills": [fill_form(order, trade) for trade in order.fills]} if kind == "FULL" else form


def fill_form(order: Order, trade: Trade) -> dict[str, Any]:
    fee = trade.fee_of(order)
    return {
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "commission": amount(fee.amount if fee is not None else ZERO),
        "commissionAsset": fee.asset if fee is not None else order.market.quote,
        "tradeId": trade.id,
    }


def my_trade_form(order: Order, trade: Trade) -> dict[str, Any]:
    """Return a trade as its account sees it."""
    fill = fill_form(order, trade)
    return {
        "symbol": id_of(order.market),
        "id": fill.pop("tradeId"),
        "orderId": order.id,
        "orderListId": -1,
        **fill,
        "quoteQty": amount(trade.value),
        "time": trade.time,
        "isBuyer": order.side is Side.BUY,
        "isMaker": order is trade.maker,
        "isBestMatch": True,
    }


def account_form(account: Account, time: int) -> dict[str, Any]:
    """Return what an account has."""
    rates = account.rates
    return {
        "makerCommission": int(rates.maker * 10_000),
        "takerCommission": int(rates.taker * 10_000),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": amount(rates.maker),
            "taker": amount(rates.taker),
            "buyer": "0.00000000",
            "seller": "0.00000000",
        },
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": time,
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": amount(account.free[asset]), "locked": amount(account.locked[asset])}
            for asset in account.assets()
        ],
        "permissions": ["SPOT"],
        "uid": 1,
    }


def balances_event(moved: BalancesMoved, time: int) -> dict[str, Any]:
    """Return the balances that have moved."""
    account = moved.account
    rows = [{"a": asset, "f": amount(account.free[asset]), "l": amount(account.locked[asset])} for asset in moved.assets]
    return {"e": "outboundAccountPosition", "E": time, "u": moved.time, "B": rows}


def execution_event(executed: Executed, time: int) -> dict[str, Any]:
    """Return what has become of an order, as it is now."""
    order, trade, asked = executed.order, executed.trade, executed.order.asked
    is_cancel = executed.execution is Execution.CANCELED
    event: dict[str, Any] = {
        "e": "executionReport",
        "E": time,
        "s": id_of(order.market),
        "c": executed.canceled_by or order.client_id if is_cancel else order.client_id,
        "S": asked.side.value,
        "o": asked.kind.value,
        "f": asked.force.value,
        "q": amount(order.quantity),
        "p": amount(asked.price),
        "P": amount(asked.trigger),
        "F": amount(ZERO),
        "g": -1,
        "C": order.client_id if is_cancel else "",
        "x": executed.execution.value,
        "X": order.status.value,
        "r": "NONE",
        "i": order.id,
        **trade_part(order, trade),
        "T": executed.time,
        "w": order.is_working and order.status.is_open and asked.kind is not Kind.MARKET,
        "M": False,
        "O": order.time,
        "Z": amount(order.paid),
        "z": amount(order.filled),
        "Q": amount(asked.value),
        "V": "NONE",
    }
    if order.is_working:
        event["W"] = order.time
    if order.status is Status.EXPIRED:
        event["eR"] = EXPIRIES.get(asked.force, "INSUFFICIENT_LIQUIDITY")
    return event


def trade_part(order: Order, trade: Trade | None) -> dict[str, Any]:
    """Return what an execution tells of its trade."""
    fee = None if trade is None else trade.fee_of(order)
    return {
        "l": amount(ZERO if trade is None else trade.quantity),
        "L": amount(ZERO if trade is None else trade.price),
        "Y": amount(ZERO if trade is None else trade.value),
        "n": "0" if fee is None else amount(fee.amount),
        "N": None if fee is None else fee.asset,
        "t": -1 if trade is None else trade.id,
        "m": trade is not None and order is trade.maker,
    }
