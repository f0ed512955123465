"""The venue: an exchange with a clock, a replayed market, faults, and a memory of what it was asked."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from tradekit_venue.clock import Clock
from tradekit_venue.engine.account import Account, Rates
from tradekit_venue.engine.candles import Candles
from tradekit_venue.engine.carry import Carry
from tradekit_venue.engine.exchange import Exchange
from tradekit_venue.engine.flow import Flow
from tradekit_venue.engine.listing import Listing
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.perpetual import Perpetual, next_funding
from tradekit_venue.faults import Script
from tradekit_venue.recording import Print, Recording

__all__ = ["Key", "Venue"]

RING = 10_000
"""So many of the last things received are remembered."""


@dataclass(frozen=True, slots=True)
class Key:
    """What an account signs its requests with."""

    account: Account
    secret: str
    passphrase: str = ""
    """What comes with each request besides, where an exchange wants that."""


class Venue:
    """Everything behind the network: what a dialect speaks for. It is used from one thread only."""

    def __init__(self, clock: Clock, checks_timing: bool = True, dialect: str = "binance") -> None:
        self.clock = clock
        self.dialect = dialect
        """Whose API it speaks, by a name of `DIALECTS`."""
        self.exchange = Exchange(clock)
        self.carry = Carry(self.exchange)
        self.checks_timing = checks_timing
        """Whether signed requests must come within their time window by the venue's clock."""
        self.keys: dict[str, Key] = {}
        self.faults = Script(self)
        self.received: deque[dict[str, Any]] = deque(maxlen=RING)
        """What came in, oldest first, with what was done to it."""
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()

    def add_market(self, market: Market) -> None:
        """Open a market that lives by what accounts trade in it."""
        self._await_funding(self.exchange.list_market(market))

    def replay(self, recording: Recording) -> Flow:
        """Open a market that lives by a recording."""
        listing = self.exchange.list_market(recording.market)
        listing.candles = Candles(recording.history, recording.interval)
        listing.candles.settle(recording.start)
        flow = Flow(self.exchange, listing, recording.level_size)
        if recording.history:
            flow.offer(recording.history[-1].close)
        listing.funding.update(recording.funding)
        self._await_print(flow, recording)
        self._await_funding(listing)
        return flow

    def add_account(self, name: str, balances: Mapping[str, Decimal], key: str, secret: str, rates: Rates | None = None) -> Account:
        """Open an account with money and a key to it."""
        account = self.exchange.add_account(Account(name, balances, rates))
        self.keys[key] = Key(account, secret)
        return account

    def remember(self, method: str, name: str, params: Mapping[str, str] | None = None, fault: str | None = None) -> dict[str, Any]:
        """Keep in mind what came in, and which fault happened to it; return the entry, for what becomes of it."""
        kept = {key: value for key, value in (params or {}).items() if key not in ("signature", "apiKey")}
        entry = {"time": self.clock.now(), "method": method, "name": name, "params": kept, "fault": fault}
        self.received.append(entry)
        return entry

    def after(self, milliseconds: int, action: Callable[[], None]) -> None:
        """Do something when the clock has moved on by so much."""
        self._plan(self.clock.now() + milliseconds, action)

    def count_down(self, account: Account, symbol: str, milliseconds: int) -> None:
        """Cancel all orders of an account in a market after so long, unless this is asked again; 0 takes it back.

        Whoever asks for it lives in real time, and asks again in time by that: a clock that runs faster has longer to go.
        """
        account.countdowns.pop(symbol, None)
        if milliseconds:
            wait = round(milliseconds * max(self.clock.speed, 1.0))
            due = account.countdowns[symbol] = self.clock.now() + wait
            self.after(wait, lambda: self._run_out(account, symbol, due))

    def count_down_all(self, account: Account, milliseconds: int) -> None:
        """Cancel all orders of an account in all markets after so long, unless this is asked again; 0 takes it back."""
        for symbol in self.exchange.listings:
            self.count_down(account, symbol, milliseconds)

    def _run_out(self, account: Account, symbol: str, due: int) -> None:
        if account.countdowns.get(symbol) != due:
            return
        del account.countdowns[symbol]
        for order in [order for order in account.open.values() if order.market.symbol == symbol]:
            self.exchange.cancel(order)

    def advance(self, milliseconds: int) -> None:
        """Move the clock on, and do what is due until then, in order."""
        self.clock.advance(milliseconds)
        self.catch_up()

    def catch_up(self) -> None:
        """Do what is due by now, each thing at its own time."""
        now = self.clock.now()
        while (due := self._next_due()) is not None and due <= now:
            with self.clock.held_at(due):
                self.exchange.close_candles(due)
                while self._agenda and self._agenda[0][0] <= due:
                    heapq.heappop(self._agenda)[2]()

    def until_next(self) -> int | None:
        """Return in how many milliseconds of the venue's clock something is due; `None` if nothing is."""
        due = self._next_due()
        return None if due is None else max(0, due - self.clock.now())

    def _next_due(self) -> int | None:
        ends = (listing.candles.next_end() for listing in self.exchange.listings.values())
        dues = [end for end in ends if end is not None]
        if self._agenda:
            dues.append(self._agenda[0][0])
        return min(dues, default=None)

    def _plan(self, time: int, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (time, next(self._numbers), action))

    def _await_print(self, flow: Flow, recording: Recording) -> None:
        following = next(recording.prints, None)
        if following is not None:
            self._plan(following.time, lambda: self._print(flow, recording, following))

    def _print(self, flow: Flow, recording: Recording, one: Print) -> None:
        flow.print(one.price, one.quantity, one.side)
        if isinstance(recording.market, Perpetual):
            self.carry.close_out(recording.market.symbol)
        self._await_print(flow, recording)

    def _await_funding(self, listing: Listing) -> None:
        """Plan the next funding of a perpetual: every eight hours by the venue's clock, from midnight UTC."""
        market = listing.market
        if isinstance(market, Perpetual):
            due = next_funding(self.clock.now())
            self._plan(due, lambda: self._fund(listing, market, due))

    def _fund(self, listing: Listing, market: Perpetual, due: int) -> None:
        self.carry.fund(market.symbol, listing.funding.get(due, market.funding_rate))
        self._await_funding(listing)
