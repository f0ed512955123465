"""The watchdog of a live account: a process of its own that cancels what adds risk when the trading process can't.

It has keys of its own reading and a connection of its own. It cancels orders of this account's journal and no others, and it never
sends one.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from tradekit.engine.live.resolve import answer
from tradekit.errors import OrderRefused, VenueError
from tradekit.journal.heartbeat import Beat, last_beat
from tradekit.journal.mailbox import STOPPING, Asked
from tradekit.journal.store import JournalStore, OrderRow
from tradekit.model.outside import VenueOrder
from tradekit.plugin.contracts import Executor

__all__ = ["WatchTiming", "Watchdog", "adds_risk"]

_log = logging.getLogger("tradekit.watch")
_WORKING = ("sending", "unknown", "open")


@dataclass(frozen=True, slots=True)
class WatchTiming:
    """How often is looked, in seconds.

    `taken` is how long a process that is alive may take to do what was asked for, `silent` after how long it is taken for one that
    is not, as far as something was asked for, and `hang` in any case. Once nothing is left it is looked again every `again`
    seconds, and every `rest` seconds after `sure`, when nothing can still arrive.
    """

    look: float = 0.05
    taken: float = 0.5
    silent: float = 1.0
    hang: float = 30.0
    again: float = 1.0
    rest: float = 15.0
    sure: float = 60.0


@dataclass
class Watchdog:
    """Watches one account. `store` is its journal, which is only read; what is latched goes into its mailbox."""

    store: JournalStore
    executor: Executor
    symbols: Sequence[str]
    timing: WatchTiming = WatchTiming()
    ends_with_run: bool = False
    """Whether it ends when the trading process has ended cleanly."""
    cancelled: list[str] = field(default_factory=list)
    """Client ids of the orders that it has cancelled, each once."""
    _seen_at: dict[int, float] = field(default_factory=dict)
    _began: float | None = None
    _due: float = 0.0
    _is_connected: bool = False

    async def run(self) -> None:
        """Watch until this is cancelled, or the run is over."""
        self.executor.before_sending(_never)
        connecting = asyncio.create_task(self._connect())
        try:
            while not (self.ends_with_run and self._is_over()):
                why = self.reason()
                if not why:
                    self._began = None
                elif self._is_connected and self._now() >= self._due:
                    await self._intervene(why)
                await asyncio.sleep(self.timing.look)
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            await self.executor.close()

    def reason(self) -> str:
        """Return why the account must be stopped from here, empty if the trading process does what it should.

        A process without a sign of life is latched here: a halt is asked for, which holds until a person resumes.
        """
        beat = self._beat()
        asked = [one for one in self.store.asked() if one.command in STOPPING]
        for one in asked:
            seen = self._seen_at.setdefault(one.id, self._now())
            if self._now() - seen >= self.timing.taken or beat is None or beat.age_s > self.timing.silent or beat.is_over:
                return _said(one)
        if beat is None or beat.is_over or beat.age_s <= self.timing.hang:
            return ""
        what = "hangs" if self.store.is_leased() else "is dead"
        why = f"the trading process {what}: no sign of life for {beat.age_s:.0f} s"
        if not asked:
            _log.error("halt: %s", why)
            self.store.ask("halt", why, "watchdog")
        return why

    async def _connect(self) -> None:
        """Connect to the venue, however often that takes."""
        wait = self.timing.again
        while True:
            try:
                await answer(self.executor.connect(self.symbols, may_trade=True))
            except VenueError as error:
                _log.error("the venue can't be reached: %s", error)
                await asyncio.sleep(error.retry_after_s or wait)
                wait = min(wait * 2, self.timing.rest)
            else:
                break
        self._is_connected = True
        _log.info("watching %s; connected", self.store.path.stem)
        while True:  # a connection that is used now and then is open when it is needed
            await asyncio.sleep(self.timing.rest)
            try:
                await answer(self.executor.venue_time())
            except VenueError as error:
                _log.warning("the venue does not answer: %s", error)

    async def _intervene(self, why: str) -> None:
        """Cancel what adds risk, look whether it is gone, and say when to look again."""
        now = self._now()
        if self._began is None:
            self._began = now
            _log.error("what adds risk is cancelled: %s", why)
        try:
            left = await self.sweep()
        except VenueError as error:
            _log.error("the venue can't be asked: %s", error)
            self._due = self._now() + (error.retry_after_s or self.timing.again)
            return
        is_quiet = not left and now - self._began > self.timing.sure
        self._due = self._now() + (self.timing.rest if is_quiet else 0.0 if left else self.timing.again)

    async def sweep(self) -> int:
        """Cancel all orders of this account that are open and add risk; return how many the venue still has."""
        account = self.store.account() or {}
        rows = {row.client_id: row for row in self.store.orders()}
        working = [row for row in rows.values() if row.state in _WORKING and adds_risk(row, account)]
        await self._cancel([(row.client_id, row.venue_id, row.symbol) for row in working])
        by_venue = {row.venue_id: row for row in rows.values() if row.venue_id}
        there = await answer(self.executor.open_orders(self.symbols))
        ours = [(rows.get(order.client_id) or by_venue.get(order.venue_id), order) for order in there]
        left = [(row, order) for row, order in ours if row is not None and adds_risk(row, account)]
        self._tell_gone(working, [order for _, order in left])
        await self._cancel([(row.client_id, order.venue_id, row.symbol) for row, order in left])
        return len(left)

    async def _cancel(self, orders: Sequence[tuple[str, str, str]]) -> None:
        found = await asyncio.gather(*(answer(self.executor.cancel(*one)) for one in orders), return_exceptions=True)
        for (client_id, *_), error in zip(orders, found, strict=True):
            if isinstance(error, VenueError):
                _log.warning("%s could not be cancelled yet: %s", client_id, error)
            elif isinstance(error, BaseException):
                raise error

    def _tell_gone(self, asked: Sequence[OrderRow], left: Sequence[VenueOrder]) -> None:
        there = {order.client_id for order in left} | {order.venue_id for order in left}
        for row in asked:
            if row.client_id not in self.cancelled and there.isdisjoint({row.client_id, row.venue_id}):
                self.cancelled.append(row.client_id)
                _log.warning("%s is not at the venue any more: %s", row.client_id, row.symbol)

    def _beat(self) -> Beat | None:
        return last_beat(self.store.path.with_suffix(".beat"))

    def _is_over(self) -> bool:
        beat = self._beat()
        return beat is not None and beat.is_over

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def adds_risk(row: OrderRow, account: Mapping[str, Any]) -> bool:
    """Say whether an order makes a position that the journal knows larger, or opens one."""
    intent = json.loads(row.intent)
    if intent.get("reduce_only"):
        return False
    held = float(account.get("positions", {}).get(row.symbol, (0.0, 0.0))[0])
    return held == 0.0 or (held > 0.0) == (Decimal(intent["quantity"]) > 0)


def _said(asked: Asked) -> str:
    return f"{asked.command} was asked for and is not taken up" + (f": {asked.reason}" if asked.reason else "")


def _never(client_id: str) -> NoReturn:
    """Let no order leave this process."""
    raise OrderRefused(f"{client_id}: a watchdog sends no orders")
