"""The desk: what a test in another process sees of a venue, and does with it. It asks for a token always."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from aiohttp import web

from tradekit import ConfigError
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.order import Kind, NewOrder, Order, RejectError, Side
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.faults import read_fault
from tradekit_venue.venue import Venue
from tradekit_venue.words import nearest

__all__ = ["Admin"]

Values = Mapping[str, Any]
_Word = TypeVar("_Word", bound=StrEnum)


async def values_of(request: web.Request) -> dict[str, Any]:
    """Return what was sent."""
    values = await request.json() if request.can_read_body else {}
    if not isinstance(values, dict):
        raise ConfigError(f"a request here is a JSON object, got {values!r}")
    return values


class Admin:
    """Answers `GET` and `POST` below `/_venue/`."""

    def __init__(self, venue: Venue, token: str) -> None:
        self._venue = venue
        self._token = token
        self._actions = {
            ("GET", "state"): self._state,
            ("GET", "received"): lambda _: list(self._venue.received),
            ("GET", "faults"): lambda _: [asdict(fault) for fault in self._venue.faults.pending()],
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): lambda _: self._venue.faults.clear(),
            ("POST", "release"): lambda _: self._venue.faults.release(),
            ("POST", "clock"): self._set_clock,
            ("POST", "order"): self._place,
            ("DELETE", "order"): self._cancel,
            ("POST", "close"): self._close_market,
            ("POST", "funding"): self._fund,
        }

    async def answer(self, request: web.Request, path: str) -> web.Response:
        """Answer a request, if it has the token."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.json_response(
                {"error": "the token is missing or wrong; send it as 'Authorization: Bearer TOKEN'"}, status=401
            )
        action = self._actions.get((request.method, path))
        if action is None:
            known = sorted({" ".join(key) for key in self._actions})
            asked = f"{request.method} {path}"
            return web.json_response(
                {"error": f"no {asked!r} here{nearest(asked, known)}; there are {', '.join(known)}"}, status=404
            )
        try:
            return web.json_response(action(await values_of(request)))
        except (ConfigError, RejectError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    def _state(self, _: Values) -> dict[str, Any]:
        exchange = self._venue.exchange
        owners = {key.account.name: key.account for key in self._venue.keys.values()}
        accounts = {name: account_form(account) for name, account in owners.items()}
        clock = {"now": self._venue.clock.now(), "told": self._venue.clock.told(), "speed": self._venue.clock.speed}
        return {"clock": clock, "markets": sorted(exchange.listings), "accounts": accounts}

    def _add_fault(self, values: Values) -> None:
        self._venue.faults.add(read_fault(values))

    def _set_clock(self, values: Values) -> dict[str, int]:
        clock = self._venue.clock
        unknown = next((name for name in values if name not in ("advance", "skew", "speed")), None)
        if unknown is not None:
            raise ConfigError(f"the clock has no {unknown!r}; it takes advance and skew, both in milliseconds, and speed")
        if "skew" in values:
            clock.skew = int(values["skew"])
        if "speed" in values:
            clock.run(float(values["speed"]))
        if "advance" in values:
            self._venue.advance(int(values["advance"]))
        return {"now": clock.now()}

    def _account(self, values: Values) -> Account:
        named = self._venue.exchange.accounts.get(str(values.get("account", "")))
        if named is None or named.is_bottomless:
            names = ", ".join(repr(key.account.name) for key in self._venue.keys.values())
            raise ConfigError(f"no account {values.get('account')!r}; say whose it is by account: {names}")
        return named

    def _place(self, values: Values) -> dict[str, Any]:
        account, listing = self._account(values), self._listing(values)
        order = self._venue.exchange.place(account, listing.market.symbol, new_order(values))
        return order_form(order)

    def _cancel(self, values: Values) -> dict[str, Any]:
        order = self._account(values).orders.get(int(values.get("id", 0)))
        if order is None:
            raise ConfigError(f"no order {values.get('id')!r} of this account; name it by the id that the desk tells")
        self._venue.exchange.cancel(order)
        return order_form(order)

    def _listing(self, values: Values) -> Listing:
        listings = self._venue.exchange.listings
        listing = listings.get(str(values.get("market")))
        if listing is None:
            raise ConfigError(f"no market {values.get('market')!r}; there is {', '.join(map(repr, listings))}")
        return listing

    def _fund(self, values: Values) -> dict[str, str]:
        listing = self._listing(values)
        if not isinstance(listing.market, Perpetual):
            raise ConfigError(f"{listing.market.symbol!r} is no perpetual, and no funding is paid for it")
        self._venue.carry.fund(listing.market.symbol, number(values, "rate", listing.market.funding_rate))
        return {"mark": str(self._venue.exchange.margin.mark(listing))}

    def _close_market(self, values: Values) -> dict[str, bool]:
        listing = self._listing(values)
        listing.is_open = not values.get("closed", True)
        return {"open": listing.is_open}


ORDER = ("account", "market", "side", "kind", "quantity", "price", "client_id")


def new_order(values: Values) -> NewOrder:
    """Return the order that somebody at the desk asks for. Raises `ConfigError` for words and numbers that make none."""
    unknown = next((name for name in values if name not in ORDER), None)
    if unknown is not None:
        raise ConfigError(f"an order has no {unknown!r}{nearest(unknown, ORDER)}; it has {', '.join(ORDER)}")
    side, kind = word(values, "side", Side), word(values, "kind", Kind, "limit")
    quantity, price = number(values, "quantity"), number(values, "price")
    return NewOrder(side, kind, quantity, price, client_id=str(values.get("client_id", "")))


def word(values: Values, name: str, words: type[_Word], usual: str = "") -> _Word:
    """Return one of several words. Raises `ConfigError` for another one."""
    said = str(values.get(name, usual))
    if said.upper() not in list(words):
        allowed = [one.lower() for one in words]
        raise ConfigError(f"{name} of an order is {said!r}{nearest(said, allowed)}: {', '.join(allowed)}")
    return words(said.upper())


def number(values: Values, name: str, usual: Decimal = Decimal(0)) -> Decimal:
    """Return a number, exact as it was written. Raises `ConfigError` for what is none."""
    try:
        found = Decimal(str(values.get(name, usual)))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise ConfigError(f"{name} is {values.get(name)!r}, which is no number")
    return found


def order_form(order: Order) -> dict[str, Any]:
    """Return an order in the desk's words, which are the same whatever the dialect."""
    return {
        "id": order.id,
        "client_id": order.client_id,
        "market": order.market.symbol,
        "side": order.side.lower(),
        "kind": order.asked.kind.lower(),
        "quantity": str(order.quantity),
        "price": str(order.price),
        "filled": str(order.filled),
        "status": order.status.lower(),
        "is_open": order.status.is_open,
    }


def account_form(account: Account) -> dict[str, Any]:
    """Return what an account has and had."""
    return {
        "balances": {name: {"free": str(account.free[name]), "locked": str(account.locked[name])} for name in account.assets()},
        "positions": {
            symbol: {"quantity": str(one.quantity), "entry": str(one.entry), "cost": str(one.cost), "leverage": one.leverage}
            for symbol, one in account.holdings.items()
        },
        "orders": [order_form(order) for order in account.orders.values()],
        "trades": [
            {
                "id": trade.id,
                "order": order.id,
                "client_id": order.client_id,
                "market": order.market.symbol,
                "price": str(trade.price),
                "quantity": str(trade.quantity),
            }
            for order, trade in account.trades
        ],
        "payments": [
            {"id": one.id, "kind": one.kind, "market": one.market.symbol, "amount": str(one.amount), "asset": one.asset}
            for one in account.incomes
        ],
    }
