"""The desk: what a test in another process sees of a venue, and does with it. It asks for a token always."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tradekit import ConfigError
from tradekit_venue.binance.dialect import Dialect
from tradekit_venue.binance.params import Params
from tradekit_venue.binance.refusals import RefusedError
from tradekit_venue.binance.request import Request
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.faults import read_fault
from tradekit_venue.venue import Venue
from tradekit_venue.words import nearest

__all__ = ["Admin"]

Values = Mapping[str, Any]


async def values_of(request: web.Request) -> dict[str, Any]:
    """Return what was sent."""
    values = await request.json() if request.can_read_body else {}
    if not isinstance(values, dict):
        raise ConfigError(f"a request here is a JSON object, got {values!r}")
    return values


class Admin:
    """Answers `GET` and `POST` below `/_venue/`."""

    def __init__(self, venue: Venue, dialect: Dialect, token: str) -> None:
        self._venue = venue
        self._dialect = dialect
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
        except RefusedError as error:
            return web.json_response({"error": error.message, "code": error.code}, status=400)
        except (ConfigError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)

    def _state(self, _: Values) -> dict[str, Any]:
        exchange = self._venue.exchange
        owners = {key.account.name: key.account for key in self._venue.keys.values()}
        accounts = {name: self._dialect.state(account) for name, account in owners.items()}
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

    def _request(self, values: Values) -> Request:
        """Return a request that needs no signature; the account is named."""
        named = self._venue.exchange.accounts.get(str(values.get("account", "")))
        if named is None or named.is_bottomless:
            names = ", ".join(repr(key.account.name) for key in self._venue.keys.values())
            raise ConfigError(f"no account {values.get('account')!r}; say whose it is by account: {names}")
        params = Params({name: str(value) for name, value in values.items() if name != "account"})
        return Request(self._venue, params, self._dialect.hidden, self._dialect.limits, named)

    def _place(self, values: Values) -> Any:
        return self._dialect.endpoints["POST", "order"].answer(self._request(values))

    def _cancel(self, values: Values) -> Any:
        return self._dialect.endpoints["DELETE", "order"].answer(self._request(values))

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
        rate = Params({"rate": str(values.get("rate", listing.market.funding_rate)).removeprefix("-")}).decimal("rate")
        self._venue.carry.fund(listing.market.symbol, -rate if str(values.get("rate", "")).startswith("-") else rate)
        return {"mark": str(self._venue.exchange.margin.mark(listing))}

    def _close_market(self, values: Values) -> dict[str, bool]:
        listing = self._listing(values)
        listing.is_open = not values.get("closed", True)
        return {"open": listing.is_open}
