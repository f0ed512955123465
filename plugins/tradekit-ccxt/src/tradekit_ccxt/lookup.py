"""Orders and trades of the account, asked for by requests: whole, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tradekit import VenueError
from tradekit_ccxt.errand import current
from tradekit_ccxt.library import Client, errors
from tradekit_ccxt.profiles import Profile

__all__ = ["Lookup"]

_log = logging.getLogger("tradekit.ccxt")
_DAY_MS = 86_400_000
_USUAL_ROWS = 100
_Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What an exchange says of the account's orders and trades, in ccxt's words."""

    client: Client
    profile: Profile

    async def find(self, client_id: str, symbol: str) -> _Found | None:
        """Return the order with an id of ours, `None` only if the exchange has answered that it has none.

        Raises `VenueError` if its answers leave that open.
        """
        named = self.profile.prefix + client_id
        if not self.profile.find:
            return await self._find_in_lists(named, symbol)
        is_id = self.profile.find == "id"
        try:
            found: _Found = await self.client.fetch_order(
                named if is_id else None, symbol, {} if is_id else {self.profile.find: named}
            )
        except errors().OrderNotFound:
            self._check_answered()
            return None
        said = found.get("clientOrderId")
        if said not in (None, "", named):
            raise VenueError(f"asked for the order {named!r}, {self.client.id} answered with {said!r}", is_passing=True)
        return found

    async def _find_in_lists(self, named: str, symbol: str) -> _Found | None:
        narrowed = {self.profile.narrow: named} if self.profile.narrow else {}
        for method in self.profile.lists:
            listed: list[_Found] = await getattr(self.client, method)(symbol, None, None, narrowed)
            for found in listed:
                if found.get("clientOrderId") == named:
                    return found
        if not self.profile.narrow:
            what = f"order {named!r} is in none of the lists that {self.client.id} gives"
            raise VenueError(f"{what}, and they need not be whole: look it up at the exchange")
        self._check_answered()
        return None

    def _check_answered(self) -> None:
        """Take a "no such order" for an answer only if it came as one."""
        if not 200 <= current().status < 500:
            raise VenueError(f"{self.client.id} gave no answer, and so did not say that it has no such order", is_passing=True)

    async def cancel(self, client_id: str, venue_id: str, symbol: str) -> None:
        """Ask for an order to be cancelled. That the exchange knows none is no failure: `find` tells what became of it."""
        named, way = self.profile.prefix + client_id, self.profile.cancel
        try:
            if client_id and way == "id":
                await self.client.cancel_order(named, symbol)
            elif client_id and way:
                await self.client.cancel_order(None, symbol, {way: named})
            else:
                if not venue_id:
                    found = await self.find(client_id, symbol)
                    venue_id = "" if found is None else str(found["id"])
                if venue_id:
                    await self.client.cancel_order(venue_id, symbol)
        except errors().OrderNotFound as error:
            _log.info("%s: %s", symbol, type(error).__name__)

    async def open_orders(self, symbol: str) -> list[_Found]:
        """Return all open orders in an instrument; raise `VenueError` if there may be more than one answer holds."""
        limit = self._feature(symbol, "fetchOpenOrders", "limit")
        found: list[_Found] = await self.client.fetch_open_orders(symbol, None, limit)
        if limit is not None and len(found) >= limit:
            what = f"{self.client.id} answered with {len(found)} open orders in {symbol!r}"
            raise VenueError(f"{what}, which is all that one answer holds: there may be more; cancel some by hand")
        return found

    async def trades(self, symbol: str, since_ms: int, now_ms: int) -> list[_Found]:
        """Return all trades of ours in an instrument since a time, oldest first.

        Some exchanges give the first of a range, and some the last. So a range whose answer is full is halved, until none is.
        """
        limit = self.profile.fills or self._feature(symbol, "fetchMyTrades", "limit") or _USUAL_ROWS
        back = self._feature(symbol, "fetchMyTrades", "daysBack")
        if back and since_ms < now_ms - back * _DAY_MS:
            _log.warning("%s tells of trades of the last %d days only; older ones are not asked for", self.client.id, back)
            since_ms = now_ms - back * _DAY_MS
        step = min(self._feature(symbol, "fetchMyTrades", "untilDays") or 10_000, 10_000) * _DAY_MS
        found: dict[tuple[int, str, str], _Found] = {}
        todo = [(start, min(start + step, now_ms)) for start in range(since_ms, now_ms + 1, step)][::-1]
        while todo:
            start, end = todo.pop()
            answer = await self.client.fetch_my_trades(symbol, start, limit, {"until": end})
            if len(answer) >= limit:
                if end - start <= 1:
                    what = f"{self.client.id} answered with {len(answer)} trades in {symbol!r} at one moment"
                    raise VenueError(f"{what}, which is all that one answer holds: there may be more")
                middle = (start + end) // 2
                todo += [(middle, end), (start, middle)]
            for trade in answer:
                if trade["timestamp"] >= since_ms:
                    # Two orders of the account that met have one trade in common.
                    found[trade["timestamp"], str(trade["id"]), str(trade.get("order"))] = trade
        return [found[key] for key in sorted(found)]

    def _feature(self, symbol: str, method: str, name: str) -> int | None:
        value = self.client.feature_value(symbol, method, name)
        return value if isinstance(value, int) and value > 0 else None
