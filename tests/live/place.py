"""A live run that trades through the real ccxt at the local venue, all in one loop whose time is made up.

Connections on loopback keep up with that: what one end has written the other has at once. Should the kernel be late now and then,
that is one more delay of a network.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import ccxt.pro
import numpy as np
import pytest
from tradekit_ccxt import library
from tradekit_ccxt.options import ExchangeOptions
from tradekit_ccxt.streaming import bars_as_made
from tradekit_venue import web
from tradekit_venue.clock import Clock
from tradekit_venue.engine.account import Account, Rates
from tradekit_venue.engine.flow import Flow
from tradekit_venue.kraken.names import trade_id
from tradekit_venue.loading import Rules, of_bars
from tradekit_venue.recording import Recording
from tradekit_venue.serving import opened
from tradekit_venue.venue import Key, Venue

from engine.live.market import SYMBOL
from engine.live.play import BEGIN, BTC, MINUTE, walk
from live.faults import SPOKEN
from tradekit import BarRequest, Bracket, DataSource, Instrument, LiveBar, Reconnected, Series, Strategy, Terms
from tradekit.engine.compose import ComposedRun, compose_file
from tradekit.engine.live.session import Ended, LiveSession
from tradekit.engine.live.start import start
from tradekit.journal.store import JournalStore
from tradekit.plugin.discovery import Provided, Registry, discover

KEY, SECRET, PASSPHRASE = "key-of-the-trader", "c2VjcmV0LW9mLXRoZS10cmFkZXI=", "passphrase-of-the-trader"
MS = 1_000_000
HISTORY = 10
MONEY = Decimal(1_000_000)
BESIDES = Decimal(100)
"""What the account has of the currency that it pays fees in, where that is a third one."""
PERPETUAL = Instrument("BTC/USDT:USDT", tick=0.01, lot=0.001, min_notional=5.0, kind="perpetual", base="BTC", currency="USDT")
certificates = functools.cache(ssl.create_default_context)
"""What each client of ccxt reads anew, in a tenth of the time of a short run; loopback has no use for it."""
FUNDED = BEGIN + 8 * 60 * MINUTE - (HISTORY + 2) * MINUTE
"""When a walk begins of which funding is paid two minutes after the venue has opened."""


class Tireless(Strategy):
    """Do, on each bar, several of the things that a strategy can do, drawn at random."""

    name = "tireless"
    moves: ClassVar[int] = 8

    def on_bar(self, ctx):
        view, draw = ctx[SYMBOL], ctx.random
        resting = [order for order in map(ctx.order, view.open_orders) if order.limit is not None and order.bracket is None]
        for order in resting:
            what = draw.integers(5)
            if what == 0:
                view.cancel(order.id)
            elif what == 1:
                ctx.replace(order.id, limit=round(view.close * (0.999 if order.quantity > 0 else 1.001), 2))
        for _ in range(self.moves):
            price, what = view.close, draw.integers(6)
            if what == 0 and view.position == 0.0:
                ctx.buy(1.0, bracket=Bracket(stop_loss=round(price * 0.997, 2), take_profit=round(price * 1.003, 2)))
            elif what <= 2:
                ctx.buy(float(draw.integers(1, 4)), limit=round(price * (1.0 - 0.002 * draw.random()), 2))
            elif what == 3 and view.position > 0.0:
                ctx.sell(view.position / 2, limit=round(price * (1.0 + 0.002 * draw.random()), 2))
            elif what == 4:
                ctx.buy(float(draw.integers(1, 3)))
            elif what == 5 and view.position > 2.0:
                ctx.exit()


class Restless(Strategy):
    """Go long and short, turn positions over, close them at the market, and let orders rest that only reduce them."""

    name = "restless"
    moves: ClassVar[int] = 8

    def on_bar(self, ctx):
        view, draw = ctx[PERPETUAL.symbol], ctx.random
        for order in map(ctx.order, view.open_orders):
            what = draw.integers(5) if order.limit is not None and order.bracket is None else 4
            if what == 0:
                view.cancel(order.id)
            elif what == 1:
                ctx.replace(order.id, limit=round(view.close * (0.999 if order.quantity > 0 else 1.001), 2))
        for _ in range(self.moves):
            price, what, side = view.close, draw.integers(6), 1.0 if draw.random() < 0.5 else -1.0
            if what == 0 and view.position == 0.0:
                near, far = round(price * (1.0 - 0.003 * side), 2), round(price * (1.0 + 0.003 * side), 2)
                (ctx.buy if side > 0 else ctx.sell)(1.0, bracket=Bracket(stop_loss=near, take_profit=far))
            elif what <= 2:
                limit = round(price * (1.0 - side * 0.002 * draw.random()), 2)
                (ctx.buy if side > 0 else ctx.sell)(float(draw.integers(1, 4)), limit=limit)
            elif what == 3 and view.position != 0.0:
                leave = ctx.sell if view.position > 0.0 else ctx.buy
                beyond = 1.0 + 0.002 * draw.random() * (1.0 if view.position > 0.0 else -1.0)
                leave(abs(view.position) / 2, limit=round(price * beyond, 2), terms=Terms(reduce_only=True))
            elif what == 4:
                (ctx.buy if side > 0 else ctx.sell)(float(draw.integers(1, 3)))
            elif what == 5 and abs(view.position) > 2.0:
                ctx.exit()


def busy(dialect: str) -> type[Strategy]:
    """Return a strategy that does as much as a dialect allows to find out about."""
    spoken = SPOKEN[dialect]
    kind: type[Strategy] = Restless if spoken.is_perpetual else Tireless
    return type(kind.__name__, (kind,), {"moves": spoken.moves})


class VenueSource(DataSource):
    """Bars of the local venue: those that are made through ccxt's stream, and those that have closed from its memory."""

    name = "venue-bars"
    has_live_bars: ClassVar[bool] = True
    venue: ClassVar[Venue]
    url: ClassVar[str]
    known: ClassVar[tuple[Instrument, ...]]

    def instruments(self):
        return self.known

    def venue_time(self) -> int | None:
        return self.venue.clock.told() * MS

    def bars(self, request: BarRequest) -> dict[str, Series]:
        return {symbol: self._bars(symbol, request) for symbol in request.symbols}

    def _bars(self, symbol: str, request: BarRequest) -> Series:
        now = self.venue.clock.now()
        start, end = (request.start or 0) // MS, None if request.end is None else request.end // MS
        kept = self.venue.exchange.listings[symbol].candles.of("1m")
        found = [one for one in kept if one.end <= now and one.open_time >= start and (end is None or one.open_time < end)]
        opened_at = np.array([one.open_time for one in found], dtype=np.int64) * MS
        columns = (np.array([float(getattr(one, name)) for one in found]) for name in ("open", "high", "low", "close", "volume"))
        return Series(opened_at, opened_at + MINUTE, *columns, origin="the venue")

    async def live_bars(self, request: BarRequest) -> AsyncIterator[LiveBar | Reconnected]:
        client = library.make(ExchangeOptions(**SPOKEN[self.venue.dialect].where, url=self.url))
        try:
            try:
                await client.load_markets()
            except ccxt.BaseError as error:
                raise OSError(str(error)) from error
            async for heard in bars_as_made(client, request, "1m", 5.0):
                yield heard
        finally:
            await library.close(client)


@functools.cache
def installed() -> Registry:
    """Return what is installed."""
    return discover()


@contextmanager
def ccxt_by(clock: Clock) -> Iterator[None]:
    """Let ccxt tell the time by a clock, and the venue look at its own only when something is due."""
    telling = next(one for one in ccxt.pro.binance.mro() if "milliseconds" in vars(one))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling, "milliseconds", staticmethod(clock.now))
        patch.setattr(web, "IDLE_S", 5.0)
        patch.setattr(ssl, "create_default_context", certificates)
        patch.setenv("TRADEKIT_TRIAL_KEY", KEY)
        patch.setenv("TRADEKIT_TRIAL_SECRET", SECRET)
        patch.setenv("TRADEKIT_TRIAL_PASSWORD", PASSPHRASE)
        yield


@dataclass
class Place:
    """A venue that replays a walk, an account at it, and the journal of a run."""

    folder: Path
    seed: int
    rows: int = 400
    settings: str = ""
    """More of `[execution]`."""
    live: str = ""
    """More of `[live]`."""
    dialect: str = "binance"
    rates: Rates = field(default_factory=Rates)
    others: int = 0
    """How many instruments there are besides the first."""
    keys: str = "trial"
    venue: Venue = field(init=False)
    account: Account = field(init=False)
    flows: list[Flow] = field(init=False)
    url: str = ""

    def __post_init__(self) -> None:
        recordings = [self._recording(number, one) for number, one in enumerate(self.instruments)]
        clock = Clock(recordings[0].start, 0.0, lambda: asyncio.get_running_loop().time())
        self.venue = Venue(clock, dialect=self.dialect)
        self.flows = [self.venue.replay(one) for one in recordings]
        money = {"USDT": MONEY} | ({self.rates.asset: BESIDES} if self.rates.asset else {})
        self.account = self.venue.add_account("trader", money, KEY, SECRET, self.rates)
        self.venue.keys[KEY] = Key(self.account, SECRET, PASSPHRASE)

    def _recording(self, number: int, instrument: Instrument) -> Recording:
        script = walk(self.rows, self.seed + number, FUNDED if self.is_perpetual else BEGIN)
        # So little that what rests is filled in parts.
        volume = np.round(4.0 * (1.0 + np.random.default_rng(self.seed + number).random(self.rows)), 3)
        begin = int(script.open_time[HISTORY]) // MS
        recording = of_bars(replace(script, volume=volume), instrument.symbol, instrument, Rules(start=begin))
        return replace(recording, level_size=2 * self.contract)

    def beside(self, folder: Path, account: Account | None = None, keys: str = "trial") -> Place:
        """Return the place of another run at the same venue, with a journal of its own: on the same account, or on another one."""
        other = copy.copy(self)
        other.folder, other.account, other.keys = folder, account or self.account, keys
        return other

    @property
    def is_perpetual(self) -> bool:
        return SPOKEN[self.dialect].is_perpetual

    @property
    def contract(self) -> Decimal:
        """How many units one contract is, where the venue counts in contracts."""
        return Decimal(SPOKEN[self.dialect].contract)

    @property
    def known(self) -> Instrument:
        return replace(PERPETUAL, multiplier=float(self.contract)) if self.is_perpetual else BTC

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The first one, and as many others as there are."""
        settled = ":USDT" if self.is_perpetual else ""
        names = [f"C{number:02d}" for number in range(1, self.others + 1)]
        return self.known, *(replace(self.known, symbol=f"{name}/USDT{settled}", base=name) for name in names)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open the venue, and let its clock run with the loop's."""
        with ccxt_by(self.venue.clock):
            async with opened(self.venue) as there:
                self.url = there.url
                self.venue.clock.run(1.0)
                yield

    def fall_quiet(self) -> None:
        """Let nobody else trade at the venue any more, so that what it has told is all that has happened."""
        for flow in self.flows:
            flow.print = lambda *_print: None

    def compose(self, strategy: type[Strategy]) -> ComposedRun:
        path = self.folder / "run.toml"
        where = "\n".join(f'{key} = "{value}"' for key, value in SPOKEN[self.dialect].where.items())
        path.write_text(f"""risk = []
[run]
name = "trial"
mode = "live"
[account]
currency = "USDT"
capital = 10_000
{'kind = "margin"' if self.is_perpetual else ""}
{"leverage = 5" if self.is_perpetual else ""}
[data]
source = "venue-bars"
instruments = {json.dumps([one.symbol for one in self.instruments])}
interval = "1m"
[strategy]
name = "{strategy.name}"
[execution]
executor = "ccxt"
{where}
{"leverage = 5" if self.is_perpetual else ""}
url = "{self.url}"
keys = "{self.keys}"
costs = []
{self.settings}
[live]
history = 5
max_bars = {self.rows}
{self.live}
[[report]]
name = "summary"
""")
        found = installed()
        source = type("Source", (VenueSource,), {"venue": self.venue, "url": self.url, "known": self.instruments})
        own = [
            Provided("data source", source.name, source, "tests", "1"),
            Provided("strategy", strategy.name, strategy, "tests", "1"),
        ]
        return compose_file(path, registry=Registry((*found.components, *own), found.broken, found.left_out))

    async def play(
        self,
        strategy: type[Strategy],
        is_over: Callable[[LiveSession], bool],
        on_start: Callable[[LiveSession], None] = lambda _: None,
    ) -> Played:
        """Run a session until something is so, end it, and return what there was."""
        composed = self.compose(strategy)
        store = JournalStore(self.folder / "accounts" / "trial.sqlite")
        store.lease()
        try:
            started = await start(composed, store, is_new=False, clock=lambda: self.venue.clock.now() * MS)
            session = started.session
            session.timing = replace(session.timing, tick=2.0)
            on_start(session)
            task = asyncio.create_task(session.run())
            while not task.done() and not is_over(session):
                await asyncio.wait({task}, timeout=5.0)
            session.stop()
            return Played(session, await task)
        finally:
            store.close()


@dataclass(frozen=True)
class Played:
    """A session that has ended."""

    session: LiveSession
    ended: Ended


def disagreements(place: Place, played: Played) -> list[str]:
    """Return in what the run and the venue don't agree, and orders that were sent or taken twice."""
    account, legs = place.account, played.session.books.decider.legs
    found = [] if played.ended.error is None else [f"the session failed: {played.ended.error!r}"]
    sent = Counter(one["order"] for one in place.venue.received if one.get("order"))
    found += [f"{one} was sent {times} times" for one, times in sent.items() if times > 1]
    taken = Counter(order.client_id for order in account.orders.values())
    found += [f"the venue has {one} {times} times" for one, times in taken.items() if times > 1]
    found += [f"{one} is not in the journal" for one in taken if one not in legs.by_id]
    open_here = {one for one, leg in legs.working.items()}
    if open_here != set(account.open_by_client):
        found.append(f"open here {sorted(open_here)}, at the venue {sorted(account.open_by_client)}")
    named = trade_id if place.dialect == "kraken" else lambda _order, trade: str(trade.id)
    trades = {(named(order, trade), order.client_id) for order, trade in account.trades}
    counted = {(trade, client_id) for _, trade, client_id in legs.counted}
    if trades != counted:
        found.append(f"trades: the venue has {sorted(trades - counted)} more, the journal {sorted(counted - trades)}")
    decider = played.session.books.decider
    if place.is_perpetual:
        found += unpaid(place, played)
    # Of a position held against margin, less what it was opened for: cash alone depends on the order in which trades come.
    costs = sum((account.holding(one.symbol).cost for one in place.instruments), Decimal(0))
    money, ours = float(account.total("USDT") - MONEY - costs), decider.outside.cash() - 10_000
    if place.is_perpetual:
        ours -= sum(units * price for units, price in decider.account()["positions"].values()) * float(place.contract)
    if abs(ours - money) > 1e-6:
        found.append(f"money: {ours} in the journal, {money} at the venue")
    for one in place.instruments:
        held = account.holding(one.symbol).quantity / place.contract if place.is_perpetual else account.total(one.base)
        if abs(decider.position(one.symbol) - float(held)) > 1e-9:
            found.append(f"position in {one.symbol}: {decider.position(one.symbol)} in the journal, {held} at the venue")
    return found


def unpaid(place: Place, played: Played) -> list[str]:
    """Return in what funding, and what liquidations cost, do not agree."""
    spoken = SPOKEN[place.dialect]
    incomes = [(spoken.payments.get(one.kind), one) for one in place.account.incomes]
    there = {(one.market.symbol, kind, f"{spoken.paid}{one.id}") for kind, one in incomes if kind is not None}
    resolver = played.session.resolver
    assert resolver is not None
    here = resolver.paid
    return [] if there == here else [f"payments: the venue has {sorted(there - here)} more, the journal {sorted(here - there)}"]
