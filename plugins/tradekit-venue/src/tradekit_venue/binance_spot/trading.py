"""The endpoints of an account: its orders, its trades and what it has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.binance.forms import amount, id_of
from tradekit_venue.binance.orders import client_id_of, found, listed, send, still_open, traded
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError, of_reason
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.binance_spot.forms import account_form, full_form, my_trade_form, order_form, sent_form
from tradekit_venue.engine.order import Force, Kind, NewOrder, Order, RejectError, Side

__all__ = ["ENDPOINTS"]

ZERO = Decimal(0)
NOT_MODELLED = ("trailingDelta", "icebergQty", "pegPriceType", "pegOffsetType", "pegOffsetValue")


def place(request: Request) -> dict[str, Any]:
    """Take a new order."""
    listing, asked = request.listing(), new_order(request.params)
    request.limits.place()
    order = send(request, listing.market.symbol, asked, of_reason)
    return full_form(order, response_kind(request.params, asked))


def test(request: Request) -> dict[str, Any]:
    """Check a new order, as far as that goes without sending it."""
    listing, asked = request.listing(), new_order(request.params)
    try:
        listing.market.check(asked, listing.last, 0)
    except RejectError as error:
        raise of_reason(error.reason) from None
    return {}


def response_kind(params: Params, asked: NewOrder) -> str:
    """Return which form of answer is wanted."""
    default = "FULL" if asked.kind in (Kind.LIMIT, Kind.MARKET) else "ACK"
    kind = params.text("newOrderRespType", default)
    if kind not in ("ACK", "RESULT", "FULL"):
        raise RefusedError(-1136, "Invalid newOrderRespType.")
    return kind


def new_order(params: Params) -> NewOrder:
    """Return the order that a request describes, with what its type needs and nothing that it can't have."""
    side, kind = params.word("side", Side), params.word("type", Kind)
    for name in NOT_MODELLED:
        if name in params:
            raise RefusedError(-1020, f"This operation is not supported: {name}.")
    client_id = client_id_of(params)
    takes_force = kind.has_limit and kind is not Kind.LIMIT_MAKER
    for name, is_right in (("price", kind.has_limit), ("stopPrice", kind.has_trigger), ("timeInForce", takes_force)):
        if is_right:
            params.text(name)
        elif name in params:
            raise RefusedError(-1106, f"Parameter '{name}' sent when not required.")
    has_value = "quoteOrderQty" in params
    if has_value and (kind is not Kind.MARKET or "quantity" in params):
        raise RefusedError(-1106, "Parameter 'quoteOrderQty' sent when not required.")
    return NewOrder(
        side,
        kind,
        ZERO if has_value else params.decimal("quantity"),
        params.decimal("price", ZERO),
        params.decimal("stopPrice", ZERO),
        params.word("timeInForce", Force, Force.GTC),
        params.decimal("quoteOrderQty", ZERO),
        client_id,
    )


def query(request: Request) -> dict[str, Any]:
    """Return an order."""
    order = found(request, "orderId", "origClientOrderId", request.account.orders.values())
    if order is None:
        raise RefusedError(-2013, "Order does not exist.")
    return order_form(order)


def cancel(request: Request) -> dict[str, Any]:
    """Cancel an order."""
    return cancelled(request, "orderId", "origClientOrderId", request.params.text("newClientOrderId", ""))


def cancelled(request: Request, id_name: str, client_name: str, by: str) -> dict[str, Any]:
    """Cancel the order that a request names, and return it."""
    order = found(request, id_name, client_name, request.account.open.values())
    if order is None:
        raise RefusedError(-2011, "Unknown order sent.")
    restrictions = request.params.text("cancelRestrictions", "")
    if restrictions not in ("", "ONLY_NEW", "ONLY_PARTIALLY_FILLED"):
        raise RefusedError(-1145, "Invalid cancelRestrictions")
    if restrictions and restrictions != f"ONLY_{order.status.value}":
        raise RefusedError(-2011, "Order was not canceled due to cancel restrictions.")
    return take_back(request, order, by)


def take_back(request: Request, order: Order, by: str) -> dict[str, Any]:
    """Cancel an order, and return it in the form of a cancellation."""
    by = by or f"cancel-{order.id}"
    request.venue.exchange.cancel(order, by)
    return sent_form(order) | {"origClientOrderId": order.client_id, "clientOrderId": by, "transactTime": order.updated}


def cancel_all(request: Request) -> list[dict[str, Any]]:
    """Cancel all open orders in a market."""
    market = request.listing().market
    orders = [order for order in request.account.open.values() if order.market is market]
    if not orders:
        raise RefusedError(-2011, "Unknown order sent.")
    return [take_back(request, order, "") for order in orders]


def cancel_replace(request: Request) -> dict[str, Any]:
    """Cancel an order and place another one, which is not attempted, or is, where the first can't be cancelled."""
    params, listing = request.params, request.listing()
    mode = params.text("cancelReplaceMode")
    if mode not in ("STOP_ON_FAILURE", "ALLOW_FAILURE"):
        raise RefusedError(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.")
    asked = new_order(params)
    request.limits.place()
    parts: dict[str, Any] = {"cancelResult": "SUCCESS", "newOrderResult": "NOT_ATTEMPTED", "newOrderResponse": None}
    try:
        by = params.text("cancelNewClientOrderId", "")
        parts["cancelResponse"] = cancelled(request, "cancelOrderId", "cancelOrigClientOrderId", by)
    except RefusedError as error:
        parts |= {"cancelResult": "FAILURE", "cancelResponse": error.body()}
    if parts["cancelResult"] == "SUCCESS" or mode == "ALLOW_FAILURE":
        try:
            order = send(request, listing.market.symbol, asked, of_reason)
            parts |= {"newOrderResult": "SUCCESS", "newOrderResponse": full_form(order, response_kind(params, asked))}
        except RefusedError as error:
            parts |= {"newOrderResult": "FAILURE", "newOrderResponse": error.body()}
    results = {parts["cancelResult"], parts["newOrderResult"]}
    if results == {"SUCCESS"}:
        return parts
    partly = "SUCCESS" in results
    message = "Order cancel-replace partially failed." if partly else "Order cancel-replace failed."
    refused = RefusedError(-2021 if partly else -2022, message, 409 if partly else 400)
    refused.more = {"data": parts}
    raise refused


def open_orders(request: Request) -> list[dict[str, Any]]:
    """Return the open orders, in one market or in all."""
    orders = still_open(request)
    return [order_form(order) for order in orders]


def all_orders(request: Request) -> list[dict[str, Any]]:
    """Return all orders in a market, from a number or a time on, or else the last ones."""
    return [order_form(order) for order in listed(request)]


def my_trades(request: Request) -> list[dict[str, Any]]:
    """Return the account's trades in a market: of an order, from a number or a time on, or else the last ones."""
    start, end = request.params.optional("startTime"), request.params.optional("endTime")
    if start is not None and end is not None and end - start > 24 * 3_600_000:
        raise RefusedError(-1127, "More than 24 hours between startTime and endTime.")
    return [my_trade_form(order, trade) for order, trade in traded(request)]


def account(request: Request) -> dict[str, Any]:
    """Return what the account has."""
    form = account_form(request.account, request.now())
    if request.params.text("omitZeroBalances", "false") == "true":
        form["balances"] = [row for row in form["balances"] if Decimal(row["free"]) or Decimal(row["locked"])]
    return form


def commission(request: Request) -> dict[str, Any]:
    """Return what trading costs the account."""
    rates = request.account.rates
    none = {"maker": amount(ZERO), "taker": amount(ZERO), "buyer": amount(ZERO), "seller": amount(ZERO)}
    return {
        "symbol": id_of(request.listing().market),
        "standardCommission": none | {"maker": amount(rates.maker), "taker": amount(rates.taker)},
        "specialCommission": none,
        "taxCommission": none,
        "discount": {
            "enabledForAccount": bool(rates.asset),
            "enabledForSymbol": bool(rates.asset),
            "discountAsset": rates.asset or "BNB",
            "discount": amount(1 - rates.discount),
        },
    }


ENDPOINTS = {
    ("POST", "order"): Endpoint(place, 1, is_signed=True, places_order=True),
    ("POST", "order/test"): Endpoint(test, 1, is_signed=True),
    ("GET", "order"): Endpoint(query, 4, is_signed=True),
    ("DELETE", "order"): Endpoint(cancel, 1, is_signed=True),
    ("POST", "order/cancelReplace"): Endpoint(cancel_replace, 1, is_signed=True, places_order=True),
    ("GET", "openOrders"): Endpoint(open_orders, 6, is_signed=True),
    ("DELETE", "openOrders"): Endpoint(cancel_all, 1, is_signed=True),
    ("GET", "allOrders"): Endpoint(all_orders, 20, is_signed=True),
    ("GET", "myTrades"): Endpoint(my_trades, 20, is_signed=True),
    ("GET", "account"): Endpoint(account, 20, is_signed=True),
    ("GET", "account/commission"): Endpoint(commission, 20, is_signed=True),
}
"""By method and path below `api/v3`."""
