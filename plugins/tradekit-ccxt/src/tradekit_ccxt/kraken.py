"""What ccxt leaves out or gets wrong at Kraken, mended in a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["mend_kraken"]

_OVER = ("filled", "canceled", "expired")


def mend_kraken(client: Any) -> None:
    """Let a client say until when an order must have come, and understand what streams tell of orders."""
    _number_by_own_clock(client)
    _send_deadlines(client)
    if hasattr(client, "handle_orders"):
        _Told(client)


def _number_by_own_clock(client: Any) -> None:
    """Use this machine's clock to number requests: by the exchange's, numbers would go back whenever its time is asked for anew."""
    client.nonce = lambda: client.milliseconds()


def _send_deadlines(client: Any) -> None:
    """Send the time with each order after which the exchange refuses it, by its own clock."""
    sign = client.sign

    def dated(path: str, api: Any = "public", method: str = "GET", params: Any = None, *rest: Any) -> Any:
        given = {} if params is None else params
        if path == "AddOrder" and "recvWindow" in client.options:
            there = client.milliseconds() - int(client.options.get("timeDifference", 0))
            given = {**given, "deadline": client.iso8601(there + int(client.options["recvWindow"]))}
        return sign(path, api, method, given, *rest)

    client.sign = dated


class _Told:
    """What was told of the orders that are open.

    A message has only what has changed of an order, so of one that was cancelled neither the instrument nor the side. And ccxt
    takes its number for our id, and says nothing of how much is filled.
    """

    def __init__(self, client: Any) -> None:
        self._orders: dict[str, dict[str, Any]] = {}
        self._understand, self._order, self._trade = client.handle_orders, client.parse_ws_order, client.parse_ws_trade
        client.handle_orders, client.parse_ws_order, client.parse_ws_trade = self.understand, self.order, self.trade

    def understand(self, stream: Any, message: Mapping[str, Any], subscription: Any = None) -> None:
        """Fill in what was told before."""
        rows = [self._whole(row) for row in message.get("data", [])]
        self._understand(stream, {**message, "data": rows}, subscription)

    def _whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        number = str(row.get("order_id"))
        found = {**self._orders.get(number, {}), **row}
        if row.get("order_status") in _OVER:
            self._orders.pop(number, None)
        else:
            self._orders[number] = found
        return found

    def order(self, row: Mapping[str, Any], market: Any = None) -> Any:
        """Return an order with our id, and with how much of it is filled."""
        found = self._order(row, market)
        found["clientOrderId"], found["filled"] = row.get("cl_ord_id"), row.get("cum_qty")
        return found

    def trade(self, row: Mapping[str, Any], market: Any = None) -> Any:
        """Return a trade with our id of its order."""
        return {**self._trade(row, market), "clientOrderId": row.get("cl_ord_id")}
