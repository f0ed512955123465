"""What an account asks: orders, their cancelling, what has become of them, trades and balances."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradekit_venue.engine.order import Force, Kind, NewOrder, Order, RejectError, Side
from tradekit_venue.kraken.forms import KINDS, iso, order_form, size, trade_form, words
from tradekit_venue.kraken.names import asset_id, order_number, trade_id, txid
from tradekit_venue.kraken.refusals import RefusedError, of_reason
from tradekit_venue.kraken.request import Endpoint, Request

__all__ = ["ENDPOINTS"]

ZERO = Decimal(0)
PAGE = 50
CLIENT_ID_MOST = 36
TOKEN_S = 900


def add_order(request: Request) -> dict[str, Any]:
    """Take an order."""
    check_deadline(request)
    listing = request.listing()
    asked = new_order(request)
    if request.params.get("validate") == "true":
        listing.market.check(asked, listing.last, 0)
        return {"descr": {"order": f"{asked.side.value.lower()} {size(asked.quantity)}"}}
    try:
        order = request.venue.exchange.place(request.account, listing.market.symbol, asked)
    except RejectError as error:
        raise of_reason(error.reason) from None
    request.placed.append(order)
    told = words(order)
    del told["close"]
    return {"descr": told, "txid": [txid(order)]}


def check_deadline(request: Request) -> None:
    """Refuse an order that has come too late, by a time that is in it."""
    text = request.params.get("deadline", "")
    if not text:
        return
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError("EGeneral:Invalid arguments:deadline") from None
    if until.tzinfo is None:
        raise RefusedError("EGeneral:Invalid arguments:deadline")
    if request.venue.checks_timing and until.timestamp() * 1000 < request.now():
        raise RefusedError("EService:Deadline elapsed")


def new_order(request: Request) -> NewOrder:
    """Return what is asked for. Raises `RefusedError` for what makes no sense."""
    params = request.params
    kind: Kind | None = next(
        (kind for kind, name in KINDS.items() if name == params.get("ordertype") and kind is not Kind.LIMIT_MAKER), None
    )
    side = {"buy": Side.BUY, "sell": Side.SELL}.get(params.get("type", ""))
    force = {"": Force.GTC}.get(params.get("timeinforce", ""))
    if params.get("timeinforce", "").upper() in list(Force):
        force = Force(params["timeinforce"].upper())
    client_id, flags = params.get("cl_ord_id", ""), params.get("oflags", "").split(",")
    wanted = {"ordertype": kind, "type": side, "timeinforce": force}
    for name, value in wanted.items():
        if value is None:
            raise RefusedError(f"EGeneral:Invalid arguments:{name}")
    if kind is None or side is None or force is None:
        raise TypeError("what is missing has been refused")
    if len(client_id) > CLIENT_ID_MOST:
        raise RefusedError("EGeneral:Invalid arguments:cl_ord_id")
    if "post" in flags:
        if kind is not Kind.LIMIT or force is not Force.GTC:
            raise RefusedError("EGeneral:Invalid arguments:oflags")
        kind = Kind.LIMIT_MAKER
    first, second, volume = request.decimal("price"), request.decimal("price2"), request.decimal("volume")
    price, trigger = (second, first) if kind.has_trigger else (first, second)
    is_value = kind is Kind.MARKET and "viqc" in flags
    return NewOrder(
        side,
        kind,
        ZERO if is_value else volume,
        price,
        trigger if kind.has_trigger else ZERO,
        force,
        volume if is_value else ZERO,
        client_id,
    )


def cancel_order(request: Request) -> dict[str, Any]:
    """Cancel an open order, by its id or by that of its account."""
    account = request.account
    client_id, number = request.params.get("cl_ord_id", ""), order_number(request.params.get("txid", ""))
    order = account.open_by_client.get(client_id) if client_id else account.open.get(number or 0)
    if order is None or order.id in request.hidden:
        raise RefusedError("EOrder:Unknown order")
    request.venue.exchange.cancel(order)
    return {"count": 1}


def cancel_all(request: Request) -> dict[str, Any]:
    """Cancel all open orders."""
    orders = list(request.account.open.values())
    for order in orders:
        request.venue.exchange.cancel(order)
    return {"count": len(orders)}


def known(request: Request, orders: Iterable[Order]) -> list[Order]:
    """Return orders that the venue knows of, and that a client id asks for."""
    client_id = request.params.get("cl_ord_id", "")
    return [order for order in orders if order.id not in request.hidden and client_id in ("", order.client_id)]


def open_orders(request: Request) -> dict[str, Any]:
    """Return all open orders, in all markets."""
    return {"open": {txid(order): order_form(order) for order in known(request, request.account.open.values())}}


def closed_orders(request: Request) -> dict[str, Any]:
    """Return orders that are done, the last ones first, a page of them."""
    done = [order for order in known(request, request.account.orders.values()) if not order.status.is_open]
    start, end, skipped = request.integer("start", 0) or 0, request.integer("end"), request.integer("ofs", 0) or 0
    found = [one for one in done if one.updated > start * 1000 and (end is None or one.updated <= end * 1000)]
    found.sort(key=lambda one: (one.updated, one.id), reverse=True)
    page = found[skipped : skipped + PAGE]
    return {"closed": {txid(order): order_form(order) for order in page}, "count": len(found)}


def query_orders(request: Request) -> dict[str, Any]:
    """Return orders by their ids."""
    wanted = [order_number(text) for text in request.params.get("txid", "").split(",")]
    found = [order for order in known(request, request.account.orders.values()) if order.id in wanted]
    if not found:
        raise RefusedError("EOrder:Unknown order")
    return {txid(order): order_form(order) for order in found}


def trades_history(request: Request) -> dict[str, Any]:
    """Return trades in all markets after a time, the last ones first, a page of them."""
    start, end, skipped = request.integer("start", 0) or 0, request.integer("end"), request.integer("ofs", 0) or 0
    found = [
        (order, trade)
        for order, trade in reversed(request.account.trades)
        if order.id not in request.hidden and trade.time > start * 1000 and (end is None or trade.time <= end * 1000)
    ]
    page = found[skipped : skipped + PAGE]
    return {"trades": {trade_id(*one): trade_form(*one) for one in page}, "count": len(found)}


def balance(request: Request) -> dict[str, str]:
    """Return what an account has."""
    account = request.account
    return {asset_id(name): size(account.total(name)) for name in account.assets()}


def balance_and_holds(request: Request) -> dict[str, Any]:
    """Return what an account has, and what of it its orders tie up."""
    account = request.account
    return {
        asset_id(name): {"balance": size(account.total(name)), "hold_trade": size(account.locked[name])}
        for name in account.assets()
    }


def token(request: Request) -> dict[str, Any]:
    """Return what opens the streams of an account."""
    made = secrets.token_hex(16)
    request.tokens[made] = request.account
    return {"token": made, "expires": TOKEN_S}


def cancel_all_after(request: Request) -> dict[str, Any]:
    """Cancel all orders after so many seconds, unless this is asked again; 0 takes it back."""
    left = request.integer("timeout")
    if left is None:
        raise RefusedError("EGeneral:Invalid arguments:timeout")
    request.venue.count_down_all(request.account, left * 1000)
    now = request.now()
    return {"currentTime": iso(now), "triggerTime": iso(now + left * 1000) if left else "0"}


ENDPOINTS = {
    "AddOrder": Endpoint(add_order, is_private=True),
    "CancelOrder": Endpoint(cancel_order, is_private=True),
    "CancelAll": Endpoint(cancel_all, 1, is_private=True),
    "CancelAllOrdersAfter": Endpoint(cancel_all_after, 1, is_private=True),
    "OpenOrders": Endpoint(open_orders, 1, is_private=True),
    "ClosedOrders": Endpoint(closed_orders, 2, is_private=True),
    "QueryOrders": Endpoint(query_orders, 1, is_private=True),
    "TradesHistory": Endpoint(trades_history, 2, is_private=True),
    "Balance": Endpoint(balance, 1, is_private=True),
    "BalanceEx": Endpoint(balance_and_holds, 1, is_private=True),
    "GetWebSocketsToken": Endpoint(token, 1, is_private=True),
}
