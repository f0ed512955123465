"""Orders and trades of the account, asked for by requests: whole, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
_LEDGER_MS = 30 * _DAY_MS
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

    async def count_down(self, symbols: Sequence[str], milliseconds: int) -> None:
        """Have all orders cancelled after so long unless this is asked again; 0 takes it back."""
        if self.profile.countdown == "all":
            await self.client.cancel_all_orders_after(milliseconds)
            return
        for symbol in symbols:
            # ccxt has no method of its own for it.
            asked = {"symbol": self.client.market(symbol)["id"], "countdownTime": milliseconds}
            await self.client.fapiprivate_post_countdowncancelall(asked)

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
        except errors().OrderNotFound:
            _log.info("order %s in %s is gone already: nothing is left to cancel", client_id or venue_id, symbol)

    async def open_orders(self, symbol: str) -> list[_Found]:
        """Return all open orders in an instrument, page by page; raise `VenueError` if there may be more than can be asked for."""
        limit = self._feature(symbol, "fetchOpenOrders", "limit")
        page: list[_Found] = await self.client.fetch_open_orders(symbol, None, limit)
        found = {str(one["id"]): one for one in page}
        while limit is not None and len(page) >= limit:
            what = f"{self.client.id} answered with {len(page)} open orders in {symbol!r}"
            if not self.profile.older:
                raise VenueError(f"{what}, which is all that one answer holds: there may be more; cancel some by hand")
            oldest = min((str(one["id"]) for one in page), key=int)
            page = await self.client.fetch_open_orders(symbol, None, limit, {self.profile.older: oldest})
            if page and found.keys() >= {str(one["id"]) for one in page}:
                raise VenueError(f"{what}, and with none that are older: there may be more; cancel some by hand")
            found |= {str(one["id"]): one for one in page}
        return list(found.values())

    async def trades(self, symbol: str, since_ms: int, now_ms: int) -> list[_Found]:
        """Return all trades of ours in an instrument since a time, oldest first."""
        limit = self.profile.fills or self._feature(symbol, "fetchMyTrades", "limit") or _USUAL_ROWS
        since_ms = self._told_since(since_ms, now_ms, self._feature(symbol, "fetchMyTrades", "daysBack"))
        step = min(self._feature(symbol, "fetchMyTrades", "untilDays") or 10_000, 10_000) * _DAY_MS

        # ccxt would leave out the others only after an answer has come, which is full all the same.
        named = None if self.profile.has_mixed_fills else symbol

        async def ask(start: int, end: int) -> list[_Found]:
            answer: list[_Found] = await self.client.fetch_my_trades(named, start, limit, {"until": end})
            return answer

        told = await self._all(ask, (since_ms, now_ms, step), limit, f"trades in {symbol!r}")
        found = [one for one in told if named == symbol or one["symbol"] == symbol]
        # Two orders of the account that met have one trade in common.
        by_key = {(one["timestamp"], str(one["id"]), str(one.get("order"))): one for one in found}
        return [by_key[key] for key in sorted(by_key)]

    async def payments(self, symbol: str, since_ms: int, now_ms: int) -> list[tuple[str, _Found]]:
        """Return what came and went for an instrument without a trade since a time, oldest first, each with what it is."""
        since_ms = self._told_since(since_ms, now_ms, None)
        market, rows = self.client.market(symbol), self.profile.ledger_rows
        found: list[_Found] = []
        for part in self.profile.ledger_parts:

            async def ask(start: int, end: int, part: Mapping[str, str] = part) -> list[_Found]:
                params = {"until": end, self.profile.ledger_symbol: market["id"], **part}
                answer: list[_Found] = await self.client.fetch_ledger(market["settle"], start, rows, params)
                return answer

            found += await self._all(ask, (since_ms, now_ms, _LEDGER_MS), rows, f"entries of the ledger for {symbol!r}")
        kinds = ((self.profile.payments.get(str(one["info"].get(self.profile.payment_kind))), one) for one in found)
        by_key = {(int(one["timestamp"]), kind, str(one["id"])): one for kind, one in kinds if kind is not None}
        return [(key[1], by_key[key]) for key in sorted(by_key)]

    def _told_since(self, since_ms: int, now_ms: int, days_back: int | None) -> int:
        """Return from when on the exchange tells of what has happened to the account."""
        back = self.profile.days_back or days_back
        if not back or since_ms >= now_ms - back * _DAY_MS:
            return since_ms
        _log.warning("%s tells of the last %d days only; what is older is not asked for", self.client.id, back)
        return now_ms - back * _DAY_MS

    async def _all(
        self, ask: Callable[[int, int], Awaitable[list[_Found]]], span: tuple[int, int, int], limit: int, what: str
    ) -> list[_Found]:
        """Return all rows between two times; `span` is those, and how long a range may be that is asked for, in milliseconds.

        Some exchanges give the first of a range, and some the last. So a range whose answer is full is halved, until none is.
        """
        since_ms, now_ms, step = span
        found: list[_Found] = []
        todo = [(start, min(start + step, now_ms)) for start in range(since_ms, now_ms + 1, step)][::-1]
        while todo:
            start, end = todo.pop()
            answer = await ask(start, end)
            if len(answer) >= limit:
                if end - start <= 1:
                    said = f"{self.client.id} answered with {len(answer)} {what} at one moment"
                    raise VenueError(f"{said}, which is all that one answer holds: there may be more")
                middle = (start + end) // 2
                todo += [(middle, end), (start, middle)]
            found += [one for one in answer if one["timestamp"] >= since_ms]
        return found

    def _feature(self, symbol: str, method: str, name: str) -> int | None:
        value = self.client.feature_value(symbol, method, name)
        return value if isinstance(value, int) and value > 0 else None
