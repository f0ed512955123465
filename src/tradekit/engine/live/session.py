"""The live loop: listens to the data and to the venue, tells the run what it hears, and does what the run decides."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradekit.data.fetch.whole import all_bars
from tradekit.data.interval import time_text
from tradekit.engine.live.books import Books
from tradekit.engine.live.clock import Rhythm, VenueClock
from tradekit.engine.live.countdown import Countdown
from tradekit.engine.live.decider import Decider
from tradekit.engine.live.feed import Feed, prices_of
from tradekit.engine.live.following import Action
from tradekit.engine.live.guard import Guard, Limits
from tradekit.engine.live.inputs import Command, Input, Price, Revised, Row
from tradekit.engine.live.legs import Leg
from tradekit.engine.live.outbox import Outbox
from tradekit.engine.live.resolve import Resolver
from tradekit.errors import TradekitError, VenueError
from tradekit.journal.store import JournalStore
from tradekit.model.outside import LiveBar, Reconnected, VenueFill, VenueOrder
from tradekit.plugin.contracts import BarRequest, DataSource, Executor

__all__ = ["Ended", "LiveSession", "Timing"]

_log = logging.getLogger("tradekit.live")
_SECOND = 1_000_000_000
_SAY_AFTER_S = 0.002  # so that what tells people does not come before what is sent
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How often is looked, in seconds. `patience` is how long a row waits for bars that the source can't give either."""

    tick: float = 0.25
    grace: float = 3.0
    patience: float = 30.0
    doubt: float = 2.0
    light: float = 30.0
    full: float = 600.0
    clock: float = 60.0
    retry: float = 1.0
    stop: float = 10.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a session ended: the signal that stopped it (0: none), or the error."""

    stopped_by: int = 0
    error: BaseException | None = None


@dataclass
class LiveSession:
    """One run of the live loop. `executor` is `None` where the simulator matches the orders itself.

    `baseline` is what the account holds besides the positions of this run, by symbol. `clock` returns nanoseconds of this machine's
    clock; the venue's is taken to differ from it by as much as was last seen.
    """

    books: Books
    source: DataSource
    executor: Executor | None
    feed: Feed
    baseline: Mapping[str, Decimal] = field(default_factory=dict)
    timing: Timing = Timing()
    clock: Callable[[], int] = time.time_ns
    on_input: Callable[[Input, Sequence[Action]], bool] = lambda _given, _actions: True
    """Hears of each input and what follows from it; says whether that may be done which adds risk."""
    say: Callable[[], None] = lambda: None
    """Tells people what has happened, when what follows from it is on its way."""
    live_bars: Callable[[BarRequest], AsyncIterator[LiveBar | Reconnected]] | None = None
    """Where bars come from, if not from `source.live_bars`."""
    since: int = 0
    """Up to when trades were asked for."""
    limits: Limits = field(default_factory=Limits)
    countdown: Countdown = field(default_factory=Countdown)
    stopped_by: int = 0
    venue_clock: VenueClock = field(init=False)
    guard: Guard = field(init=False)
    resolver: Resolver | None = field(init=False, default=None)
    outbox: Outbox | None = field(init=False, default=None)
    _failure: BaseException | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _rhythm: Rhythm = field(default_factory=Rhythm)
    _has_news: bool = False

    def __post_init__(self) -> None:
        self.venue_clock = VenueClock(self.clock)
        self.guard = Guard(self.store, self.books.decider, self.tell, self.now, self.limits)
        if self.executor is not None:
            decider, began = self.books.decider, self.books.session.started
            self.resolver = Resolver(decider, self.executor, self.tell, self.now, began, baseline=dict(self.baseline))
            self.outbox = Outbox(self.executor, decider, self.resolver, self.tell, self.now, self._spawn, self.guard.check)
            self.executor.before_sending(self.guard.check)

    @property
    def store(self) -> JournalStore:
        """The journal."""
        return self.books.store

    def now(self) -> int:
        """Return the venue's time."""
        return self.venue_clock.now()

    def tell(self, given: Input, asked: int | None = None) -> None:
        """Let the run decide on something, and begin to do what it decides; `on_input` hears of it when that has begun."""
        try:
            actions = self.books.tell(given, asked)
        except BaseException as error:
            self.fail(error)
            raise
        is_recorded = self.on_input(given, actions)
        if self.outbox is not None:
            self.outbox.do(actions, may_add_risk=is_recorded)
        if not self._has_news:
            self._has_news = True
            asyncio.get_running_loop().call_later(_SAY_AFTER_S, self._say)

    def _say(self) -> None:
        if not self._has_news:
            return
        self._has_news = False
        try:
            self.say()
        except Exception as error:  # noqa: BLE001 - nobody waits for this; the session ends with it
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the session because of an error."""
        self._failure = self._failure or error
        self._stop.set()

    def stop(self, signal_number: int = 0) -> None:
        """End the session as a person asks: cancel what adds risk, wait for the answers, and leave the rest as it is."""
        self.stopped_by = signal_number
        self._stop.set()

    async def run(self) -> Ended:
        """Run until something stops it."""
        try:
            self._spawn(self.guard.run(self.timing.tick))
            await self._begin()
            loops = {"data": self._listen_to_data, "timer": self._tick, "journal": self._tidy}
            if self.executor is not None:
                loops |= {"venue": self._listen_to_venue, "look-up": self._look_after}
            if self.countdown.seconds:
                loops["countdown"] = self.countdown.run
            for name, loop in loops.items():
                self._spawn(self._watch(loop, name))
            await self._stop.wait()
            if self._failure is None:
                await self._wind_down()
                if self.resolver is not None:
                    await self.resolver.settle_up(self.since)
                await self.countdown.stop()
        except (TradekitError, OSError) as error:
            self._failure = self._failure or error
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._say()
            if self.executor is not None:
                await self.executor.close()
        return Ended(self.stopped_by, self._failure)

    async def _begin(self) -> None:
        """Settle what was in doubt when the last process ended, before anything else is decided."""
        while not self._stop.is_set():
            try:
                await self.venue_clock.ask(self.source, self.executor)
                await self.countdown.set()
                await self._reconcile(is_full=True)
            except VenueError as error:
                _log.warning("the venue can't be asked yet: %s", error)
                await asyncio.sleep(error.retry_after_s or self.timing.retry)
            else:
                self.guard.watch_clock(self.venue_clock.offset)
                self.guard.begin()
                return

    async def _listen_to_data(self) -> None:
        request = BarRequest(tuple(self.feed.symbols), self.feed.interval)
        async for heard in (self.live_bars or self.source.live_bars)(request):
            self.guard.hear()
            if isinstance(heard, Reconnected):
                await self._fill_gap()
                continue
            self.venue_clock.learn(heard)
            self.feed.push(heard)
            for revised in _revised(self.feed, self.books.decider, self.now()):
                self.tell(revised)
            if self.books.decider.touched(heard.symbol, heard.close):
                self.tell(Price(self.now(), heard.symbol, heard.close))
            self._close_rows()

    def _close_rows(self) -> None:
        while (closed := self.feed.take(self.now())) is not None:
            self.tell(Row(self.now(), closed))

    async def _fill_gap(self) -> None:
        """Ask the source for the bars since the last row. It may have none yet: the timer asks again."""
        now = self.now()
        end = now - now % self.feed.interval
        if end <= self.feed.following:
            return
        request = BarRequest(tuple(self.feed.symbols), self.feed.interval, self.feed.following, end)
        found = await asyncio.to_thread(all_bars, self.source, request)
        self.feed.fill(found)
        if any(len(series) for series in found.values()):
            self.guard.hear()
        self._close_rows()

    async def _listen_to_venue(self) -> None:
        if self.executor is None or self.resolver is None:
            return
        async for event in self.executor.events():
            if isinstance(event, VenueFill):
                await self.resolver.hear(event, self.since or self.resolver.since)
            elif isinstance(event, VenueOrder):
                await self.resolver.notice(event, self.since or self.resolver.since)
            else:
                self._rhythm.hurry("full")  # it can take a minute, and what the stream tells meanwhile must not wait

    async def _tick(self) -> None:
        """Close rows by the clock, and ask for the bars that are missing."""
        while True:
            self._close_rows()
            if self.feed.missing(self.now()) and self._rhythm.is_due("missing", self.timing.retry):
                await self._fill_gap()
            await asyncio.sleep(self.timing.tick)

    async def _look_after(self) -> None:
        """Find out what is in doubt, and compare the books with the venue's from time to time."""
        if self.outbox is None:
            return
        self._rhythm.begin("full", "light", "clock")  # they were done at the start
        while True:
            await asyncio.gather(*(self.outbox.pursue(leg) for leg in self._in_doubt()))
            if self._rhythm.is_due("clock", self.timing.clock):
                await self.venue_clock.ask(self.source, self.executor)
                self.guard.watch_clock(self.venue_clock.offset)
            if self._rhythm.is_due("full", self.timing.full):
                with self._rhythm.made_up_for("full"):
                    await self._reconcile(is_full=True)
            elif self._rhythm.is_due("light", self.timing.light):
                await self._reconcile(is_full=False)
            await asyncio.sleep(self.timing.tick)

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(self.timing.light)
            await asyncio.to_thread(self.store.tidy)

    def _in_doubt(self) -> Sequence[Leg]:
        after = round(self.timing.doubt * _SECOND)
        found = [leg for leg in self.books.decider.legs.working.values() if leg.is_doubtful and self.now() - leg.sent >= after]
        return [leg for leg in found if self._rhythm.is_due(leg.intent.client_id, self.timing.retry)]

    async def _reconcile(self, is_full: bool) -> None:
        if self.resolver is None:
            return
        began = self.now()
        (await self.resolver.reconcile(self.since or self.resolver.since, is_full)).report()
        self.since = began if is_full else self.since

    async def _wind_down(self) -> None:
        """Cancel what adds risk, and wait until it is known what became of it."""
        self.tell(Command(self.now(), "pause", "the session ends"))
        deadline = asyncio.get_running_loop().time() + self.timing.stop
        while any(leg.is_leaving or leg.is_doubtful for leg in self.books.decider.legs.working.values()):
            if asyncio.get_running_loop().time() > deadline:
                _log.warning("the session ends while something is not known; the next one looks it up first")
                return
            await asyncio.sleep(self.timing.tick)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)

    async def _watch(self, loop: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
        """Keep a loop running: what a venue or a network does wrong must not end the session."""
        wait, time = self.timing.retry, asyncio.get_running_loop().time
        while True:
            began = time()
            try:
                await loop()
                _log.warning("the %s stream ended; it is opened again", what)
            except (VenueError, OSError) as error:  # what a component raises itself ends the session
                _log.warning("the %s stream failed: %s", what, error)
                # One that went well for a while begins anew; one that fails again and again waits longer each time.
                doubled = self.timing.retry if time() - began > _LONGEST_WAIT_S else min(wait * 2, _LONGEST_WAIT_S)
                wait = (error.retry_after_s if isinstance(error, VenueError) else None) or doubled
            await asyncio.sleep(wait)


def _revised(feed: Feed, decider: Decider, now: int) -> Iterator[Revised]:
    """Yield what came after its row: nothing is decided on it, and it tells why a later backtest differs."""
    late, feed.late = feed.late, []
    for bar in late:
        if not decider.knows(bar.symbol, bar.open_time, prices_of(bar)):
            _log.warning("the bar of %s that opened at %s came late, or is revised", bar.symbol, time_text(bar.open_time))
            yield Revised(now, bar.symbol, bar.open_time, prices_of(bar))
