"""The executor: orders to an account at an exchange, and all that the exchange says of it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Literal, Self

from pydantic import model_validator

from tradekit import (
    Abilities,
    ConfigError,
    Executor,
    Field,
    FillRules,
    Holdings,
    Instrument,
    Intent,
    Reconnected,
    VenueError,
    VenueFill,
    VenueOrder,
    VenuePayment,
    read_keys,
)
from tradekit_ccxt import failures, library
from tradekit_ccxt.errand import on
from tradekit_ccxt.leverage import on_margin
from tradekit_ccxt.link import Link, governor
from tradekit_ccxt.listening import Heard, listen, remind
from tradekit_ccxt.lookup import Lookup
from tradekit_ccxt.markets import Rules, decimal, instrument, market_of, rules
from tradekit_ccxt.options import ExchangeOptions
from tradekit_ccxt.orders import fill, order, payment, request, wallet
from tradekit_ccxt.pacing import Priority
from tradekit_ccxt.profiles import UNRECORDED, Profile, abilities, profile_of, recorded
from tradekit_ccxt.transport import Transport

__all__ = ["CcxtExecutor"]

_log = logging.getLogger("tradekit.ccxt")
_MS = 1_000_000
VenueTold = VenueOrder | VenueFill | Reconnected


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
        leverage: int | None = Field(
            None,
            ge=1,
            le=200,
            description="leverage that is set for each perpetual before the first order; the default leaves it as it is there",
        )
        margin: Literal["cross", "isolated"] | None = Field(
            None, description="margin mode that is set for each perpetual; the default leaves it as it is there"
        )

        @model_validator(mode="after")
        def _has_margin(self) -> Self:
            if self.market == "spot" and (self.leverage is not None or self.margin is not None):
                raise ValueError("leverage and margin are of perpetuals; set market = 'swap' too, or leave them out")
            return self

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self._link: Link | None = None
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
        transport = Transport(
            client, governor(client), may_trade, self._profile.reads, self._profile.deadline, self._profile.is_serial
        )
        self._link = Link(client, transport, keys)
        try:
            await self._linked().do(self._linked().errand(Priority.DATA), "tell what it trades", client.load_markets)
            self._symbols = tuple(symbols)
            found = [instrument(client, market_of(client, symbol, options.market)) for symbol in symbols]
            await self._linked().set_clock()
            if options.market == "swap" and symbols:
                found = await self._margined(found, may_trade)
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
        errand = self._linked().errand(priority, self.options.recv_window_s, asked.client_id)
        errand.check = partial(self._check, intent.client_id)
        with on(errand):
            try:
                found = await client.create_order(
                    asked.symbol, asked.type, asked.side, asked.amount, asked.price, dict(asked.params)
                )
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again for what it means
                await self._linked().set_clock_after(errand)
                if failures.is_refusal(error, errand):
                    raise failures.refused(error, errand, client.id) from None
                raise failures.venue_error(error, errand, client.id, "say what became of the order") from None
        return order(found, profile, intent)

    async def cancel(self, client_id: str, venue_id: str, symbol: str) -> None:
        """Ask the exchange to cancel an order."""
        errand = self._linked().errand(Priority.CANCEL, self.options.recv_window_s)
        await self._linked().do(errand, "cancel an order", lambda: self._lookup().cancel(client_id, venue_id, symbol))

    async def find(self, client_id: str, symbol: str) -> VenueOrder | None:
        """Look an order up by our id."""
        errand = self._linked().errand(Priority.RECONCILE)
        found = await self._linked().do(errand, "look an order up", lambda: self._lookup().find(client_id, symbol))
        if found is None:
            return None
        told = order(found, self._profile)
        return told if told.client_id else _with_id(told, client_id)

    async def open_orders(self, symbols: Sequence[str]) -> Sequence[VenueOrder]:
        """Return all open orders of the account in these instruments."""
        lookup, found = self._lookup(), []
        for symbol in symbols:
            errand = self._linked().errand(Priority.RECONCILE)
            found += await self._linked().do(errand, "list open orders", partial(lookup.open_orders, symbol))
        return [order(one, self._profile) for one in found]

    async def fills(self, symbol: str, since: int) -> Sequence[VenueFill]:
        """Return all trades of the account in an instrument, oldest first."""
        now_ms = await self.venue_time() // _MS
        errand = self._linked().errand(Priority.RECONCILE)
        found = await self._linked().do(errand, "list trades", lambda: self._lookup().trades(symbol, since // _MS, now_ms))
        return [fill(one, self._profile) for one in found]

    async def payments(self, symbol: str, since: int) -> Sequence[VenuePayment]:
        """Return funding, and what liquidations cost besides; nothing where nobody has recorded how an exchange tells of it."""
        if not self._profile.payments:
            return ()
        now_ms = await self.venue_time() // _MS
        errand = self._linked().errand(Priority.RECONCILE)
        found = await self._linked().do(errand, "tell of funding", lambda: self._lookup().payments(symbol, since // _MS, now_ms))
        return [payment(one, kind, symbol) for kind, one in found]

    async def cancel_all_after(self, symbols: Sequence[str], seconds: float) -> None:
        """Set the exchange's timer, where it is recorded that it has one: for these instruments, or for the whole account."""
        if not self._profile.countdown:
            await super().cancel_all_after(symbols, seconds)
        least, most = self._profile.countdown_s
        if seconds and not least <= seconds <= most:
            raise ConfigError(
                f"the timer of {self.options.exchange} that cancels all orders takes {least} to {most} seconds, and "
                f"live.cancel_all_after_s is {seconds:g}; set it within them, or leave it out"
            )
        errand = self._linked().errand(Priority.CANCEL, self.options.recv_window_s)
        await self._linked().do(errand, "set its timer", lambda: self._lookup().count_down(symbols, round(seconds * 1000)))

    async def holdings(self) -> Holdings:
        """Return balances, and positions held against margin."""
        client = self._connected()
        balance = await self._linked().do(self._linked().errand(Priority.RECONCILE), "tell the balance", client.fetch_balance)
        balances = {name: amount for name, total in balance["total"].items() if (amount := decimal(total))}
        if self.options.market == "spot":
            return Holdings(balances)
        listed = await self._linked().do(
            self._linked().errand(Priority.RECONCILE), "tell positions", lambda: client.fetch_positions(list(self._symbols))
        )
        positions: dict[str, Decimal] = {}
        entries: dict[str, Decimal] = {}
        for one in listed:
            if size := decimal(one.get("contracts")):
                positions[one["symbol"]] = -abs(size) if one.get("side") == "short" else size
                if price := decimal(one.get("entryPrice")):
                    entries[one["symbol"]] = price
        return Holdings(balances, positions, wallet(balance, self._profile), entries)

    async def venue_time(self) -> int:
        """Return what the exchange's clock shows."""
        return await self._linked().set_clock()

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

    def _linked(self) -> Link:
        if self._link is None:
            raise VenueError(f"executor 'ccxt' is not connected to {self.options.exchange}")
        return self._link

    def _connected(self) -> library.Client:
        return self._linked().client

    def _lookup(self) -> Lookup:
        return Lookup(self._connected(), self._profile)

    async def _margined(self, found: Sequence[Instrument], may_trade: bool) -> list[Instrument]:
        return await on_margin(self._linked(), self.options, self._profile, found, may_trade)


def _with_id(told: VenueOrder, client_id: str) -> VenueOrder:
    return VenueOrder(told.venue_id, client_id, told.symbol, told.status, told.quantity, told.filled, told.time)


def _not_recorded(exchange: str, market: str) -> str:
    known = ", ".join(f"{name} ({kind})" for name, kind, _ in recorded())
    what = f"nobody has recorded what {exchange!r} takes for orders in its {market} market, so a live run can't rely on it"
    return f"{what}; recorded: {known}; to trade there all the same, set unrecorded = true"
