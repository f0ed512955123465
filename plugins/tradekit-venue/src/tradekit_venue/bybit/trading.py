"""The endpoints of orders: placing, looking up, cancelling, and what has become of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tradekit_venue.bybit.forms import execution_form, id_of, link_of, order_form
from tradekit_venue.bybit.params import Params, wrong
from tradekit_venue.bybit.refusals import GONE, RefusedError, of_reason
from tradekit_venue.bybit.request import Endpoint, Request
from tradekit_venue.bybit.wallet import funding_form
from tradekit_venue.engine.order import Force, Kind, NewOrder, Order, Reason, RejectError, Side

__all__ = ["ENDPOINTS"]

CLIENT_ID = re.compile(r"^[a-zA-Z0-9_-]{1,36}$")
LINGERS_MS = 600_000
"""For how long an order that has ended still stands among those that are looked up by an id of theirs."""
WEEK_MS = 7 * 86_400_000
"""How long a time the history is asked for at once."""
NOT_MODELLED = ("triggerPrice", "takeProfit", "stopLoss", "orderIv", "slippageTolerance", "isLeverage", "closeOnTrigger")
EXECUTIONS = ("", "Trade", "BustTrade", "AdlTrade", "Funding", "Settle")
"""Kinds of what the history of trades tells, those that don't happen here too; empty: all."""
FORCES = {"GTC": (Kind.LIMIT, Force.GTC), "IOC": (Kind.LIMIT, Force.IOC), "FOK": (Kind.LIMIT, Force.FOK)}
FORCES["PostOnly"] = (Kind.LIMIT_MAKER, Force.GTC)


def create(request: Request) -> dict[str, Any]:
    """Take a new order."""
    listing, account, category = request.listing(), request.account, request.category
    asked = new_order(request.params, category)
    if category == "linear" and (request.params.optional("positionIdx") or account.is_hedged):
        raise RefusedError(10001, "position idx not match position mode")
    # An id of a client is good for one order, even after that has ended.
    if asked.client_id and any(order.asked.client_id == asked.client_id for order in account.orders.values()):
        raise of_reason(Reason.DUPLICATE, category)
    try:
        order = request.venue.exchange.place(account, listing.market.symbol, asked)
    except RejectError as error:
        raise of_reason(error.reason, category) from None
    request.placed.append(order)
    return ids(order)


def ids(order: Order) -> dict[str, str]:
    """Return what an order is called."""
    return {"orderId": str(order.id), "orderLinkId": link_of(order)}


def new_order(params: Params, category: str) -> NewOrder:
    """Return the order that a request describes; in money, or only reducing a position, where a market of its category has that."""
    is_spot = category == "spot"
    for name in NOT_MODELLED:
        if params.text(name, "0") not in ("0", "false"):
            raise wrong(name)
    client_id = params.text("orderLinkId", "")
    if client_id and not CLIENT_ID.match(client_id):
        raise wrong("orderLinkId")
    params.word("orderFilter", ("Order",), "Order")
    side = Side(params.word("side", ("Buy", "Sell")).upper())
    size, reduces = params.decimal("qty"), not is_spot and is_true(params, "reduceOnly")
    if params.word("orderType", ("Market", "Limit")) == "Market":
        usual = "quoteCoin" if side is Side.BUY else "baseCoin"
        if is_spot and params.word("marketUnit", ("baseCoin", "quoteCoin"), usual) == "quoteCoin":
            return NewOrder(side, Kind.MARKET, value=size, client_id=client_id)
        return NewOrder(side, Kind.MARKET, size, client_id=client_id, is_reduce_only=reduces)
    kind, force = FORCES[params.word("timeInForce", tuple(FORCES), "GTC")]
    return NewOrder(side, kind, size, params.decimal("price"), force=force, client_id=client_id, is_reduce_only=reduces)


def is_true(params: Params, name: str) -> bool:
    """Return what is true or false: `reduceOnly`."""
    return params.word(name, ("true", "false"), "false") == "true"


def cancel(request: Request) -> dict[str, Any]:
    """Cancel an order."""
    if "orderId" not in request.params and "orderLinkId" not in request.params:
        raise wrong("orderId")
    gone = RefusedError(*GONE.get(request.category, GONE["spot"]))
    order = next(iter(listed(request, lambda order: order.status.is_open)), None)
    if order is None:
        raise gone
    try:
        request.venue.exchange.cancel(order)
    except RejectError:
        raise gone from None
    return ids(order)


def cancel_all(request: Request) -> dict[str, Any]:
    """Cancel all open orders of a market, or of all."""
    done = listed(request, lambda order: order.status.is_open)
    for order in done:
        request.venue.exchange.cancel(order)
    return {"list": [ids(order) for order in done], "success": "1"}


def realtime(request: Request) -> dict[str, Any]:
    """Return the open orders, newest first; one that is named by an id also if it has ended not long ago."""
    is_named = "orderId" in request.params or "orderLinkId" in request.params
    since = request.venue.clock.now() - LINGERS_MS
    return told(request, lambda order: order.status.is_open or (is_named and order.updated >= since))


def history(request: Request) -> dict[str, Any]:
    """Return the orders that have ended, newest first."""
    start, end = span(request)
    return told(request, lambda order: not order.status.is_open and start <= order.time <= end)


def told(request: Request, is_wanted: Callable[[Order], bool]) -> dict[str, Any]:
    """Return a page of orders."""
    found = [(order.id, order_form(order)) for order in listed(request, is_wanted)]
    page, cursor = request.page(found, 20, 50)
    return {"category": request.category, "list": page, "nextPageCursor": cursor}


def listed(request: Request, is_wanted: Callable[[Order], bool]) -> list[Order]:
    """Return the account's orders of some kind, newest first, by the ids and the market that a request names."""
    params = request.params
    markets = {listing.market.symbol for listing in request.named()}
    number, client_id = params.text("orderId", ""), params.text("orderLinkId", "")

    def is_named(order: Order) -> bool:
        is_meant = str(order.id) == number if number else client_id in ("", order.asked.client_id)
        return is_meant and order.market.symbol in markets and order.id not in request.hidden

    return [order for order in reversed(request.account.orders.values()) if is_named(order) and is_wanted(order)]


def executions(request: Request) -> dict[str, Any]:
    """Return the account's trades, and the funding that it has paid, newest first; of one kind, or of all."""
    params = request.params
    kind, number, (start, end) = params.word("execType", EXECUTIONS, ""), params.text("orderId", ""), span(request)
    names = {id_of(listing.market) for listing in request.named()}

    def is_wanted(form: dict[str, Any]) -> bool:
        is_meant = kind in ("", form["execType"]) and number in ("", form["orderId"])
        return is_meant and form["symbol"] in names and start <= int(form["execTime"]) <= end

    mine = [(entry, form) for entry, form in enumerate(executed(request), 1) if is_wanted(form)]
    page, cursor = request.page(mine[::-1], 50, 100)
    return {"category": request.category, "list": page, "nextPageCursor": cursor}


def executed(request: Request) -> list[dict[str, Any]]:
    """Return the trades of an account and the funding that it has paid, oldest first."""
    account, listings = request.account, request.venue.exchange.listings
    forms = [execution_form(order, trade) for order, trade in account.trades]
    paid = [one for one in account.incomes if one.kind == "FUNDING_FEE"]
    forms += [funding_form(listings[one.market.symbol], one) for one in paid]
    return sorted(forms, key=lambda form: int(form["execTime"]))


def span(request: Request) -> tuple[int, int]:
    """Return from when to when history is wanted: the last week, or a week from a time or until one. Raises `RefusedError`."""
    start, end = request.params.optional("startTime"), request.params.optional("endTime")
    if start is not None and end is not None and not 0 <= end - start <= WEEK_MS:
        raise RefusedError(10001, "The time range between startTime and endTime cannot exceed 7 days.")
    if start is not None:
        return start, start + WEEK_MS if end is None else end
    last = request.venue.clock.now() if end is None else end
    return last - WEEK_MS, last


ENDPOINTS = {
    ("POST", "order/create"): Endpoint(create, 20),
    ("POST", "order/cancel"): Endpoint(cancel, 20),
    ("POST", "order/cancel-all"): Endpoint(cancel_all, 20),
    ("GET", "order/realtime"): Endpoint(realtime, 50),
    ("GET", "order/history"): Endpoint(history, 50),
    ("GET", "execution/list"): Endpoint(executions, 50),
}
"""By method and path below `v5`."""
