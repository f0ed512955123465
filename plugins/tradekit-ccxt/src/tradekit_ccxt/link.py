"""A connection to an account: what is asked over it, and what its failures mean."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tradekit import Abilities, Keys, TradekitError, VenueError
from tradekit_ccxt import failures
from tradekit_ccxt.errand import Errand, on
from tradekit_ccxt.library import Client
from tradekit_ccxt.markets import Rules
from tradekit_ccxt.pacing import Governor, Priority
from tradekit_ccxt.transport import Transport

__all__ = ["Link", "governor"]

_log = logging.getLogger("tradekit.ccxt")
_MS = 1_000_000
_LEAST_BURST = 4.0
_QUICK_MS = 1_000
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Link:
    """A connection to an account."""

    client: Client
    transport: Transport
    keys: Keys
    terms: dict[str, tuple[Rules, Abilities]] = field(default_factory=dict)
    """What holds for orders in each instrument, found out before the first order needs it."""

    def errand(self, priority: Priority, patience_s: float = math.inf, carries: str = "") -> Errand:
        """Return what is told of something that is to be done."""
        return Errand(priority, patience_s, carries, self.keys.hidden)

    async def do(self, errand: Errand, what: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do something at the exchange; what goes wrong is raised as a `VenueError`."""
        try:
            return await self._ask(errand, what, work)
        except VenueError:
            await self.set_clock_after(errand)
            raise

    async def _ask(self, errand: Errand, what: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do something, whatever the exchange says of its time."""
        with on(errand):
            try:
                return await work()
            except TradekitError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again for what it means
                raise failures.venue_error(error, errand, str(self.client.id), what) from None

    async def set_clock_after(self, errand: Errand) -> None:
        """Ask for the time anew if that is what the exchange found wrong with a request: the next one is stamped by it."""
        if failures.is_about_time(errand):
            try:
                await self.set_clock()
            except VenueError as error:
                _log.warning("%s; requests may go on being refused for their time", error)

    async def set_clock(self) -> int:
        """Ask the exchange for its time, and stamp requests by it from now on.

        An answer that took long says little: then requests are stamped as before, as far as the answer does not disprove it.
        """
        client = self.client
        if not client.has.get("fetchTime"):
            raise VenueError(f"{client.id} does not tell its time")
        errand = self.errand(Priority.RECONCILE)
        told = await self._ask(errand, "tell its time", client.fetch_time)
        if told is None:
            raise VenueError(f"{client.id} answered without its time", is_passing=True)
        there = int(told)
        if "timeDifference" in client.options:
            least, most = errand.sent_ms - there, client.milliseconds() - there
            known = int(client.options["timeDifference"] or 0)
            is_quick = most - least <= _QUICK_MS
            client.options["timeDifference"] = (least + most) // 2 if is_quick else min(max(known, least), most)
        return there * _MS


def governor(client: Client) -> Governor:
    """Return what keeps the pace of a client, as ccxt knows it."""
    per_second = 1000.0 / float(client.rateLimit or 1000)
    return Governor(per_second, max(per_second, _LEAST_BURST))
