"""The endpoints of orders: placing, looking up, cancelling, and what has become of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Force, Kind, NewOrder, Order, RejectError, Side, Status, Trade
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.okx.forms import contract_of, fill_form, order_form
from tradekit_venue.okx.params import Params, wrong
from tradekit_venue.okx.refusals import RefusedError, of_reason
from tradekit_venue.okx.request import Endpoint, Request, within

__all__ = ["ENDPOINTS"]

CLIENT_ID = re.compile(r"^[a-zA-Z0-9]{1,32}$")
MOST_AT_ONCE = 20
HOUR = 3_600_000
KEPT_MS = 2 * HOUR
"""For how long an order is told of that was cancelled without any fill."""
FILLS_MS = 72 * HOUR
COUNTDOWNS = tuple(str(seconds) for seconds in (0, *range(10, 121)))
"""The seconds that the timer takes which cancels all orders."""
NOT_MODELLED = ("attachAlgoOrds", "slTriggerPx", "tpTriggerPx", "pxUsd", "pxVol", "banAmend", "quickMgnType")
KINDS = {
    "market": (Kind.MARKET, Force.GTC),
    "limit": (Kind.LIMIT, Force.GTC),
    "post_only": (Kind.LIMIT_MAKER, Force.GTC),
    "ioc": (Kind.LIMIT, Force.IOC),
    "fok": (Kind.LIMIT, Force.FOK),
}


def place(request: Request) -> list[dict[str, Any]]:
    """Take new orders, each of them or not."""
    if request.is_late():
        raise RefusedError(50036, "The expTime can't be earlier than the current system time. Please correct the expTime.")
    return each(request, lambda params: placed(request, params))


def cancel(request: Request) -> list[dict[str, Any]]:
    """Cancel orders, each of them or not."""
    return each(request, lambda params: cancelled(request, params))


def each(request: Request, do: Callable[[Params], Order]) -> list[dict[str, Any]]:
    """Do something with each order of a request. Raises `RefusedError` unless all went well, with what became of each."""
    if not 1 <= len(request.items) <= MOST_AT_ONCE:
        raise RefusedError(51000, "Parameter orders error", 400)
    rows, failures = [], 0
    for item in request.items:
        row = {"clOrdId": item.get("clOrdId", ""), "ordId": item.get("ordId", ""), "tag": "", "ts": str(request.now())}
        try:
            order = do(Params(item))
            row |= {"clOrdId": order.asked.client_id, "ordId": str(order.id), "sCode": "0", "sMsg": ""}
        except RefusedError as error:
            failures += 1
            row |= {"sCode": str(error.code), "sMsg": error.message}
        rows.append(row)
    if failures:
        all_failed = failures == len(rows)
        raise RefusedError(
            1 if all_failed else 2, "All operations failed" if all_failed else "Bulk operation partially succeeded.", data=rows
        )
    return rows


def placed(request: Request, params: Params) -> Order:
    """Take a new order."""
    listing = request.listing(params)
    if request.account.is_hedged:
        raise wrong("posSide")
    asked = new_order(params, listing.market)
    try:
        order = request.venue.exchange.place(request.account, listing.market.symbol, asked)
    except RejectError as error:
        raise of_reason(error.reason) from None
    request.placed.append(order)
    return order


def new_order(params: Params, market: Market) -> NewOrder:
    """Return the order that a request describes. Sizes of perpetuals are in contracts."""
    for name in NOT_MODELLED:
        if name in params:
            raise wrong(name)
    client_id = params.text("clOrdId", "")
    if client_id and not CLIENT_ID.match(client_id):
        raise wrong("clOrdId")
    is_perpetual = isinstance(market, Perpetual)
    params.word("tdMode", ("cross",) if is_perpetual else ("cash",))
    params.word("posSide", ("net",), "net")
    reduces = params.word("reduceOnly", ("true", "false"), "false") == "true" and is_perpetual
    side = Side(params.word("side", ("buy", "sell")).upper())
    kind, force = KINDS[params.word("ordType", tuple(KINDS))]
    size = params.decimal("sz")
    price = params.decimal("px") if kind.has_limit else Decimal(0)
    if kind is Kind.MARKET and not is_perpetual:
        usual = "quote_ccy" if side is Side.BUY else "base_ccy"
        if params.word("tgtCcy", ("base_ccy", "quote_ccy"), usual) == "quote_ccy":
            return NewOrder(side, kind, value=size, client_id=client_id)
    units = size * contract_of(market)
    return NewOrder(side, kind, units, price, force=force, client_id=client_id, is_reduce_only=reduces)


def cancelled(request: Request, params: Params) -> Order:
    """Cancel an order."""
    order = found(request, params)
    if order is None:
        raise RefusedError(51400, "Cancellation failed as the order has been filled, canceled or does not exist.")
    try:
        request.venue.exchange.cancel(order)
    except RejectError:
        done = order.status is Status.FILLED
        word = "completed" if done else "canceled"
        raise RefusedError(51402 if done else 51401, f"Cancellation failed as the order has already been {word}.") from None
    return order


def found(request: Request, params: Params) -> Order | None:
    """Return the order that a request names by number or client id; the newest one of a client id."""
    number, client_id = params.optional("ordId"), params.text("clOrdId", "")
    if number is None and not client_id:
        raise RefusedError(51003, "Either client order ID or order ID is required.", 400)
    market = request.listing(params).market
    for order in reversed(known(request)):
        if order.market is market and (order.id == number if number is not None else order.asked.client_id == client_id):
            return order
    return None


def known(request: Request) -> list[Order]:
    """Return the orders that the account is told of, oldest first."""
    now = request.venue.clock.now()

    def is_told(order: Order) -> bool:
        is_gone = not order.status.is_open and not order.filled and order.updated + KEPT_MS < now
        return order.id not in request.hidden and not is_gone

    return [order for order in request.account.orders.values() if is_told(order)]


def cancel_all_after(request: Request) -> list[dict[str, str]]:
    """Cancel all orders of the account after so many seconds, unless this is asked again; 0 takes it back."""
    seconds = int(request.params.word("timeOut", COUNTDOWNS))
    request.venue.count_down_all(request.account, seconds * 1000)
    now = request.now()
    return [{"triggerTime": str(now + seconds * 1000) if seconds else "0", "tag": "", "ts": str(now)}]


def query(request: Request) -> list[dict[str, Any]]:
    """Return an order."""
    order = found(request, request.params)
    if order is None:
        raise RefusedError(51603, "Order does not exist.")
    return [order_form(order)]


def pending(request: Request) -> list[dict[str, Any]]:
    """Return the open orders, newest first."""
    return listed(request, lambda order: order.status.is_open)


def history(request: Request) -> list[dict[str, Any]]:
    """Return the orders that are done, newest first."""
    return listed(request, lambda order: not order.status.is_open)


def listed(request: Request, is_wanted: Callable[[Order], bool]) -> list[dict[str, Any]]:
    """Return orders of some kind, newest first."""
    markets = {listing.market.symbol for listing in request.listings()}
    orders = [order for order in known(request) if order.market.symbol in markets and is_wanted(order)]
    rows = within(request, [(order.id, order.time, order) for order in orders])
    return [order_form(order) for order in rows]


def recent_fills(request: Request) -> list[dict[str, Any]]:
    """Return the account's trades of the last three days, newest first."""
    return traded(request, request.venue.clock.now() - FILLS_MS)


def fills(request: Request) -> list[dict[str, Any]]:
    """Return the account's trades, newest first."""
    request.params.text("instType")
    return traded(request, 0)


def traded(request: Request, since: int) -> list[dict[str, Any]]:
    """Return trades from a time on, newest first."""
    markets = {listing.market.symbol for listing in request.listings()}
    number = request.params.optional("ordId")
    mine: list[tuple[int, int, tuple[Order, Trade, int]]] = [
        (entry, trade.time, (order, trade, entry))
        for entry, (order, trade) in enumerate(request.account.trades, 1)
        if trade.time >= since and order.market.symbol in markets and number in (None, order.id)
    ]
    return [fill_form(*one) for one in within(request, mine)]


ENDPOINTS = {
    ("POST", "trade/order"): Endpoint(place, 60),
    ("POST", "trade/batch-orders"): Endpoint(place, 300),
    ("POST", "trade/cancel-order"): Endpoint(cancel, 60),
    ("POST", "trade/cancel-batch-orders"): Endpoint(cancel, 300),
    ("POST", "trade/cancel-all-after"): Endpoint(cancel_all_after, 2),
    ("GET", "trade/order"): Endpoint(query, 60),
    ("GET", "trade/orders-pending"): Endpoint(pending, 60),
    ("GET", "trade/orders-history"): Endpoint(history, 40),
    ("GET", "trade/fills"): Endpoint(recent_fills, 60),
    ("GET", "trade/fills-history"): Endpoint(fills, 10),
}
"""By method and path below `api/v5`."""
