"""What the endpoints of an account have in common, at spot and of perpetuals: its orders and trades, as requests name them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Request
from tradekit_venue.engine.order import NewOrder, Order, Reason, RejectError, Trade

__all__ = ["client_id_of", "found", "listed", "send", "still_open", "traded"]

CLIENT_ID = re.compile(r"^[a-zA-Z0-9-_]{1,36}$")


def client_id_of(params: Params) -> str:
    """Return the client id of a new order, empty where it has none."""
    client_id = params.text("newClientOrderId", "")
    if client_id and not CLIENT_ID.match(client_id):
        raise RefusedError(
            -1100, "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'."
        )
    return client_id


def send(request: Request, symbol: str, asked: NewOrder, refusal: Callable[[Reason], RefusedError]) -> Order:
    """Hand an order to the engine; what that refuses is answered by `refusal`."""
    try:
        order = request.venue.exchange.place(request.account, symbol, asked)
    except RejectError as error:
        raise refusal(error.reason) from None
    request.placed.append(order)
    return order


def found(request: Request, id_name: str, client_name: str, orders: Iterable[Order]) -> Order | None:
    """Return the order that a request names by number, client id or both; the newest one of a client id."""
    params = request.params
    number, client_id = params.optional(id_name), params.text(client_name, "")
    if number is None and not client_id:
        raise RefusedError(-1102, f"Param '{client_name}' or '{id_name}' must be sent, but both were empty/null!")
    market = request.listing().market
    for order in reversed(list(orders)):
        if (
            order.market is market
            and order.id not in request.hidden
            and number in (None, order.id)
            and client_id in ("", order.client_id)
        ):
            return order
    return None


def still_open(request: Request) -> list[Order]:
    """Return the open orders, in one market or in all."""
    market = request.listing().market if "symbol" in request.params else None
    return [o for o in request.account.open.values() if market in (None, o.market) and o.id not in request.hidden]


def listed(request: Request) -> list[Order]:
    """Return all orders in a market, from a number or a time on, or else the last ones."""
    params, market = request.params, request.listing().market
    first, start, end = params.optional("orderId"), params.optional("startTime"), params.optional("endTime")
    orders = [
        order
        for order in request.account.orders.values()
        if order.market is market
        and order.id not in request.hidden
        and (first is None or order.id >= first)
        and (start is None or order.time >= start)
        and (end is None or order.time <= end)
    ]
    limit = params.limit(500, 1000)
    return orders[-limit:] if first is None and start is None else orders[:limit]


def traded(request: Request) -> list[tuple[Order, Trade]]:
    """Return the account's trades in a market: of an order, from a number or a time on, or else the last ones."""
    params, market = request.params, request.listing().market
    number, first = params.optional("orderId"), params.optional("fromId")
    start, end = params.optional("startTime"), params.optional("endTime")
    trades = [
        (order, trade)
        for order, trade in request.account.trades
        if order.market is market
        and number in (None, order.id)
        and order.id not in request.hidden
        and (first is None or trade.id >= first)
        and (start is None or trade.time >= start)
        and (end is None or trade.time <= end)
    ]
    limit = params.limit(500, 1000)
    return trades[-limit:] if first is None and start is None else trades[:limit]
