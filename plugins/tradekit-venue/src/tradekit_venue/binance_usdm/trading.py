"""The endpoints of an account's orders and trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradekit_venue.binance.orders import client_id_of, found, listed, send, still_open, traded
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.binance_usdm.forms import order_form, user_trade_form
from tradekit_venue.engine.order import Force, Kind, NewOrder, Order, Reason, Side

__all__ = ["ENDPOINTS", "cancel", "place"]

ZERO = Decimal(0)
WEEK_MS = 7 * 86_400_000
CONDITIONAL = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")
NOT_MODELLED = ("stopPrice", "activationPrice", "callbackRate", "goodTillDate", "priceMatch", "quoteOrderQty")
REFUSALS = {
    Reason.PRICE: (-4014, "Price not increased by tick size."),
    Reason.LOT: (-4023, "Qty not increased by step size."),
    Reason.NOTIONAL: (-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."),
    Reason.PERCENT: (-4016, "Limit price is out of range."),
    Reason.COUNT: (-2025, "Reach max open order limit."),
    Reason.FUNDS: (-2019, "Margin is insufficient."),
    Reason.MARGIN: (-2019, "Margin is insufficient."),
    Reason.REDUCE_ONLY: (-2022, "ReduceOnly Order is rejected."),
    Reason.DUPLICATE: (-4116, "ClientOrderId is duplicated."),
    Reason.WOULD_TAKE: (-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."),
    Reason.NO_LIQUIDITY: (-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."),
    Reason.CLOSED: (-4108, "This symbol is under delivering/settling/pre trading."),
    Reason.UNKNOWN: (-2011, "Unknown order sent."),
}


def refusal(reason: Reason) -> RefusedError:
    """Return the answer to what the engine has refused."""
    return RefusedError(*REFUSALS[reason])


def place(request: Request) -> dict[str, Any]:
    """Take a new order."""
    listing, asked = request.listing(), new_order(request.params)
    if request.account.is_hedged:
        raise RefusedError(-4061, "Order's position side does not match user's setting.")
    request.limits.place()
    order = send(request, listing.market.symbol, asked, refusal)
    kind = request.params.text("newOrderRespType", "ACK")
    if kind not in ("ACK", "RESULT"):
        raise RefusedError(-1136, "Invalid newOrderRespType.")
    form = order_form(order)
    return form if kind == "RESULT" else form | {"executedQty": "0", "cumQuote": "0", "avgPrice": "0.00", "status": "NEW"}


def new_order(params: Params) -> NewOrder:
    """Return the order that a request describes, with what its type needs and nothing that it can't have."""
    side, kind, force = params.word("side", Side), params.text("type"), params.text("timeInForce", "")
    if kind in CONDITIONAL:
        raise RefusedError(-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.")
    if kind not in ("LIMIT", "MARKET"):
        raise RefusedError(-1116, "Invalid orderType.")
    for name in NOT_MODELLED:
        if name in params:
            raise RefusedError(-1020, f"This operation is not supported: {name}.")
    if params.text("positionSide", "BOTH") != "BOTH":
        raise RefusedError(-4061, "Order's position side does not match user's setting.")
    if params.text("closePosition", "false") != "false":
        raise RefusedError(-1020, "This operation is not supported: closePosition.")
    is_limit = kind == "LIMIT"
    for name in ("price", "timeInForce"):
        if is_limit:
            params.text(name)
        elif name in params:
            raise RefusedError(-1106, f"Parameter '{name}' sent when not required.")
    if force not in ("", "GTC", "IOC", "FOK", "GTX"):
        raise RefusedError(-1115, "Invalid timeInForce.")
    reduces = params.text("reduceOnly", "false").lower()
    if reduces not in ("true", "false"):
        raise RefusedError(-1130, "Data sent for parameter 'reduceOnly' is not valid.")
    return NewOrder(
        side,
        Kind.LIMIT_MAKER if force == "GTX" else Kind(kind),
        params.decimal("quantity"),
        params.decimal("price", ZERO),
        force=Force.GTC if force in ("", "GTX") else Force(force),
        client_id=client_id_of(params),
        is_reduce_only=reduces == "true",
    )


def query(request: Request) -> dict[str, Any]:
    """Return an order."""
    return order_form(existing(request, request.account.orders.values(), RefusedError(-2013, "Order does not exist.")))


def existing(request: Request, orders: Any, missing: RefusedError) -> Order:
    """Return the order that a request names."""
    order = found(request, "orderId", "origClientOrderId", orders)
    if order is None:
        raise missing
    return order


def cancel(request: Request) -> dict[str, Any]:
    """Cancel an order."""
    order = existing(request, request.account.open.values(), RefusedError(-2011, "Unknown order sent."))
    request.venue.exchange.cancel(order)
    return order_form(order)


def cancel_all(request: Request) -> dict[str, Any]:
    """Cancel all open orders in a market."""
    market = request.listing().market
    for order in [order for order in request.account.open.values() if order.market is market]:
        request.venue.exchange.cancel(order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def count_down(request: Request) -> dict[str, Any]:
    """Cancel all open orders in a market after a while, unless asked again; after 0 milliseconds never."""
    milliseconds = request.params.integer("countdownTime")
    if milliseconds < 0:
        raise RefusedError(-1130, "Data sent for parameter 'countdownTime' is not valid.")
    request.venue.count_down(request.account, request.listing().market.symbol, milliseconds)
    return {"symbol": request.params.text("symbol"), "countdownTime": str(milliseconds)}


def user_trades(request: Request) -> list[dict[str, Any]]:
    """Return the account's trades in a market."""
    start, end = request.params.optional("startTime"), request.params.optional("endTime")
    if start is not None and end is not None and end - start > WEEK_MS:
        raise RefusedError(-1127, "More than 7 days between startTime and endTime.")
    return [user_trade_form(order, trade) for order, trade in traded(request)]


ENDPOINTS = {
    ("POST", "order"): Endpoint(place, 1, is_signed=True, places_order=True),
    ("GET", "order"): Endpoint(query, 1, is_signed=True),
    ("DELETE", "order"): Endpoint(cancel, 1, is_signed=True),
    ("GET", "openOrders"): Endpoint(lambda request: [order_form(one) for one in still_open(request)], 1, is_signed=True),
    ("DELETE", "allOpenOrders"): Endpoint(cancel_all, 1, is_signed=True),
    ("POST", "countdownCancelAll"): Endpoint(count_down, 10, is_signed=True),
    ("GET", "allOrders"): Endpoint(lambda request: [order_form(one) for one in listed(request)], 5, is_signed=True),
    ("GET", "userTrades"): Endpoint(user_trades, 5, is_signed=True),
}
"""By method and path below `fapi/v1`."""
