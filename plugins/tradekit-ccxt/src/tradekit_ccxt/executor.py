"""The executor: orders to an account at an exchange, and all that the exchange says of it."""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from tradekit import (
    Abilities,
    ConfigError,
    Executor,
    Field,
    FillRules,
    Holdings,
    Instrument,
    Intent,
    Keys,
    Reconnected,
    TradekitError,
    VenueError,
    VenueFill,
    VenueOrder,
    read_keys,
)
from tradekit_ccxt import failures, library
from tradekit_ccxt.errand import Errand, on
from tradekit_ccxt.listening import Heard, listen, remind
from tradekit_ccxt.lookup import Lookup
from tradekit_ccxt.markets import Rules, decimal, instrument, market_of, rules
from tradekit_ccxt.options import ExchangeOptions
from tradekit_ccxt.orders import fill, order, request
from tradekit_ccxt.pacing import Governor, Priority
from tradekit_ccxt.profiles import UNRECORDED, Profile, abilities, profile_of, recorded
from tradekit_ccxt.transport import Transport

__all__ = ["CcxtExecutor"]

_log = logging.getLogger("tradekit.ccxt")
_MS = 1_000_000
_LEAST_BURST = 4.0
Answer = TypeVar("Answer")
VenueTold = VenueOrder | VenueFill | Reconnected


@dataclass(frozen=True, slots=True)
class _Link:
    """A connection to an account."""

    client: library.Client
    transport: Transport
    keys: Keys
    terms: dict[str, tuple[Rules, Abilities]] = field(default_factory=dict)
    """What holds for orders in each instrument, found out before the first order needs it."""


class CcxtExecutor(Executor):
    """Trade on an account at an exchange that ccxt knows, spot or linear perpetuals.

    Keys come from the environment, the secrets file or a keyring. Orders that were not recorded to work at the exchange are
    refused, or done by the kernel.
    """

    name = "ccxt"

    class Options(ExchangeOptions):
        """Which account at which exchange, and how long orders may take."""

        keys: str = Field(
            description="the name of the account's keys, which are in the environment, as TRADEKIT_<NAME>_KEY, "
            "TRADEKIT_<NAME>_SECRET and, where the exchange wants one, TRADEKIT_<NAME>_PASSWORD; in the secrets file; or in a "
            "keyring"
        )
        recv_window_s: float = Field(
            5.0, gt=0, le=60, description="seconds within which an order must reach the exchange, and wait here at most"
        )
        unrecorded: bool = Field(
            False,
            description="trade at an exchange whose requests nobody has recorded: limit orders only, cancelled by its own ids",
        )
        poll_s: float = Field(15.0, gt=0, description="seconds between questions where the exchange has no stream of the account")

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._link: _Link | None = None
        self._symbols: tuple[str, ...] = ()
        self._check: Callable[[str], None] = lambda _client_id: None

    @property
    def has_true_time(self) -> bool:
        """Whether requests go to the exchange itself: a server that stands for it has a clock of its own."""
        return self.options.url is None

    def before_sending(self, check: Callable[[str], None]) -> None:
        """Ask this when an order's turn has come, right before its request leaves."""
        self._check = check

    def fill_rules(self) -> FillRules | None:
        """Return `None`: orders leave this process."""
        return None

    async def connect(self, symbols: Sequence[str], may_trade: bool) -> Sequence[Instrument]:
        """Connect to the account, and return what the exchange says of the instruments."""
        options: Any = self.options
        await self.close()
        library.check_exchange(options.exchange)
        if may_trade and self._recorded is None and not options.unrecorded:
            raise ConfigError(_not_recorded(options.exchange, options.market))
        keys = read_keys(options.keys)
        client = library.make(options, keys)
        client.options["recvWindow"] = round(options.recv_window_s * 1000)
        transport = Transport(client, _governor(client), may_trade, self._profile.reads, self._profile.is_serial)
        self._link = _Link(client, transport, keys)
        try:
            await self._do(self._errand(Priority.DATA), "tell what it trades", client.load_markets)
            self._symbols = tuple(symbols)
            found = [instrument(client, market_of(client, symbol, options.market)) for symbol in symbols]
            await self._set_clock()
            await self._check_position_mode()
        except BaseException:
            await self.close()
            raise
        return found

    async def close(self) -> None:
        """Close all connections."""
        link, self._link = self._link, None
        if link is not None:
            await library.close(link.client)

    def abilities(self, symbol: str) -> Abilities:
        """Return what was recorded to work, and what ccxt's features don't deny."""
        return self._terms(symbol)[1]

    def _terms(self, symbol: str) -> tuple[Rules, Abilities]:
        """Return the rules for orders in an instrument, and what the exchange takes for it."""
        link = self._linked()
        if symbol not in link.terms:
            market = market_of(link.client, symbol, self.options.market)
            can = abilities(self._recorded, link.client.feature_value(symbol, "createOrder"), self.options.recv_window_s)
            link.terms[symbol] = rules(link.client, market), can
        return link.terms[symbol]

    async def send(self, intent: Intent) -> VenueOrder:
        """Send an order, once."""
        client, profile = self._connected(), self._profile
        asked = request(intent, *self._terms(intent.symbol), profile)
        priority = Priority.REDUCE if intent.reduce_only else Priority.NEW
        errand = self._errand(priority, self.options.recv_window_s, asked.client_id)
        errand.check = partial(self._check, intent.client_id)
        with on(errand):
            try:
                found = await client.create_order(
                    asked.symbol, asked.type, asked.side, asked.amount, asked.price, dict(asked.params)
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again for what it means
                await self._set_clock_after(errand)
                if failures.is_refusal(error, errand):
                    raise failures.refused(error, errand, client.id) from None
                raise failures.venue_error(error, errand, client.id, "say what became of the order") from None
        return order(found, profile, intent)

    async def cancel(self, client_id: str, venue_id: str, symbol: str) -> None:
        """Ask the exchange to cancel an order."""
        errand = self._errand(Priority.CANCEL, self.options.recv_window_s)
        await self._do(errand, "cancel an order", lambda: self._lookup().cancel(client_id, venue_id, symbol))

    async def find(self, client_id: str, symbol: str) -> VenueOrder | None:
        """Look an order up by our id."""
        found = await self._do(self._errand(Priority.RECONCILE), "look an order up", lambda: self._lookup().find(client_id, symbol))
        if found is None:
            return None
        told = order(found, self._profile)
        return told if told.client_id else _with_id(told, client_id)

    async def open_orders(self, symbols: Sequence[str]) -> Sequence[VenueOrder]:
        """Return all open orders of the account in these instruments."""
        lookup, found = self._lookup(), []
        for symbol in symbols:
            errand = self._errand(Priority.RECONCILE)
            found += await self._do(errand, "list open orders", partial(lookup.open_orders, symbol))
        return [order(one, self._profile) for one in found]

    async def fills(self, symbol: str, since: int) -> Sequence[VenueFill]:
        """Return all trades of the account in an instrument, oldest first."""
        now_ms = await self.venue_time() // _MS
        errand = self._errand(Priority.RECONCILE)
        found = await self._do(errand, "list trades", lambda: self._lookup().trades(symbol, since // _MS, now_ms))
        return [fill(one, self._profile) for one in found]

    async def holdings(self) -> Holdings:
        """Return balances, and positions held against margin."""
        client = self._connected()
        balance = await self._do(self._errand(Priority.RECONCILE), "tell the balance", client.fetch_balance)
        balances = {name: amount for name, total in balance["total"].items() if (amount := decimal(total))}
        if self.options.market == "spot":
            return Holdings(balances)
        listed = await self._do(
            self._errand(Priority.RECONCILE), "tell positions", lambda: client.fetch_positions(list(self._symbols))
        )
        positions: dict[str, Decimal] = {}
        for one in listed:
            if size := decimal(one.get("contracts")):
                positions[one["symbol"]] = -abs(size) if one.get("side") == "short" else size
        return Holdings(balances, positions)

    async def venue_time(self) -> int:
        """Return what the exchange's clock shows."""
        return await self._set_clock()

    async def events(self) -> AsyncIterator[VenueTold]:
        """Yield orders and trades as the exchange tells of them."""
        client, profile, exchange = self._connected(), self._profile, str(self.options.exchange)
        heard: Heard[VenueTold] = Heard()

        def take(found: Any, convert: Callable[[Any, Profile], VenueTold]) -> None:
            for one in found:
                if one.get("symbol") not in self._symbols:
                    continue
                try:
                    heard.put(convert(one, profile))
                except VenueError as error:
                    _log.warning("%s; asking for all again", error)
                    heard.gap()

        self._linked().transport.on_gap = heard.gap
        works = []
        if client.has.get("watchOrders"):
            works.append(listen(client.watch_orders, lambda found: take(found, order), exchange))
        if client.has.get("watchMyTrades"):
            works.append(listen(client.watch_my_trades, lambda found: take(found, fill), exchange))
        if len(works) < 2:
            works.append(remind(self.options.poll_s, heard.gap))
        heard.gap()
        async for told in heard.while_doing(works):
            yield told

    @property
    def _recorded(self) -> Profile | None:
        return profile_of(self.options.exchange, self.options.market)

    @property
    def _profile(self) -> Profile:
        return self._recorded or UNRECORDED

    def _linked(self) -> _Link:
        if self._link is None:
            raise VenueError(f"executor 'ccxt' is not connected to {self.options.exchange}")
        return self._link

    def _connected(self) -> library.Client:
        return self._linked().client

    def _lookup(self) -> Lookup:
        return Lookup(self._connected(), self._profile)

    def _errand(self, priority: Priority, patience_s: float = math.inf, carries: str = "") -> Errand:
        return Errand(priority, patience_s, carries, self._linked().keys.hidden)

    async def _do(self, errand: Errand, what: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do something at the exchange; what goes wrong is raised as a `VenueError`."""
        try:
            return await self._ask(errand, what, work)
        except VenueError:
            await self._set_clock_after(errand)
            raise

    async def _ask(self, errand: Errand, what: str, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do something, whatever the exchange says of its time."""
        with on(errand):
            try:
                return await work()
            except TradekitError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again for what it means
                raise failures.venue_error(error, errand, self.options.exchange, what) from None

    async def _set_clock_after(self, errand: Errand) -> None:
        """Ask for the time anew if that is what the exchange found wrong with a request: the next one is stamped by it."""
        if failures.is_about_time(errand):
            try:
                await self._set_clock()
            except VenueError as error:
                _log.warning("%s; requests may go on being refused for their time", error)

    async def _set_clock(self) -> int:
        """Ask the exchange for its time, and stamp requests by it from now on."""
        client = self._connected()
        if not client.has.get("fetchTime"):
            raise VenueError(f"{client.id} does not tell its time")
        before = client.milliseconds()
        there = int(await self._ask(self._errand(Priority.RECONCILE), "tell its time", client.fetch_time))
        if "timeDifference" in client.options:
            client.options["timeDifference"] = (before + client.milliseconds()) // 2 - there
        return there * _MS

    async def _check_position_mode(self) -> None:
        """Refuse an account that holds long and short positions side by side: sizes here are net."""
        client = self._connected()
        if self.options.market != "swap" or client.has.get("fetchPositionMode") is not True or not self._symbols:
            return
        mode = await self._do(
            self._errand(Priority.RECONCILE), "tell its position mode", lambda: client.fetch_position_mode(self._symbols[0])
        )
        if mode.get("hedged"):
            raise ConfigError(f"the account at {client.id} is in hedge mode; set it to one-way positions first")


def _governor(client: library.Client) -> Governor:
    per_second = 1000.0 / float(client.rateLimit or 1000)
    return Governor(per_second, max(per_second, _LEAST_BURST))


def _with_id(told: VenueOrder, client_id: str) -> VenueOrder:
    return VenueOrder(told.venue_id, client_id, told.symbol, told.status, told.quantity, told.filled, told.time)


def _not_recorded(exchange: str, market: str) -> str:
    known = ", ".join(f"{name} ({kind})" for name, kind, _ in recorded())
    what = f"nobody has recorded what {exchange!r} takes for orders in its {market} market, so a live run can't rely on it"
    return f"{what}; recorded: {known}; to trade there all the same, set unrecorded = true"
