"""A live run against a venue in memory, on a clock that is made up."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradekit.engine.compose import ComposedRun, compose_file
from tradekit.engine.live import run as run_module
from tradekit.engine.live.run import LiveOutcome
from tradekit.engine.live.session import Ended, LiveSession
from tradekit.engine.live.start import Started, journal_path, start
from tradekit.journal.store import JournalStore
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import Component
from tradekit.plugin.discovery import Provided, Registry, discover
from tradekit.testing.feed import ScriptedSource
from tradekit.testing.loop import run_virtually
from tradekit.testing.venue import ScriptedExecutor, ScriptedVenue

MINUTE = 60_000_000_000
BEGIN = 1_767_225_600_000_000_000  # 2026-01-01
BTC = Instrument("BTC/USDT", tick=0.01, lot=0.001, min_notional=5.0, base="BTC", currency="USDT")


def walk(rows: int, seed: int = 1, begin: int = BEGIN, interval: int = MINUTE) -> Series:
    """Return bars of a random walk on whole cents."""
    rng = np.random.default_rng(seed)
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.002, rows))), 2)
    opened = np.concatenate(([100.0], close[:-1]))
    times = begin + interval * np.arange(rows, dtype=np.int64)
    high, low = np.round(np.maximum(opened, close) + 0.05, 2), np.round(np.minimum(opened, close) - 0.05, 2)
    return Series(times, times + interval, opened, high, low, close, np.full(rows, 1_000.0), origin="a walk")


@dataclass
class Stage:
    """All that outlives a process: the folder, the venue, the script; and the clock, which goes on from process to process."""

    folder: Path
    strategy: type[Component]
    script: Mapping[str, Series]
    mode: str = "live"
    rules: str = "risk = []"
    settings: str = ""
    instrument: Instrument = BTC
    account: str = ""
    """Further keys of the account."""
    brought: tuple[tuple[str, type[Component]], ...] = ()
    """Further components, each with its kind."""
    base: int = BEGIN
    history: int = 5
    venue_kind: type[ScriptedVenue] = ScriptedVenue
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the strategy."""
    several: Sequence[Mapping[str, Any]] = ()
    """The tables of several strategies, in the place of the one."""
    skew: int = 0
    """By how much this machine's clock is wrong, in nanoseconds."""
    venue: ScriptedVenue = field(init=False)
    loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        self.base = int(self.base)
        self.venue = self.venue_kind([self.instrument], self.clock)
        self.source = type("Source", (ScriptedSource,), {"script": self.script, "clock": self.clock, "known": [self.instrument]})
        self.executor = type("Outside", (ScriptedExecutor,), {"venue": self.venue})

    async def trade_closes(self) -> None:
        """Let the venue trade at the close of each bar when that has closed, which is where the next one opens."""
        series = self.script["BTC/USDT"]
        for closed, price in zip(series.close_time.tolist(), series.close.tolist(), strict=True):
            wait = (closed - self.clock()) / 1e9
            if wait >= 0:
                await asyncio.sleep(wait)
                self.venue.trade("BTC/USDT", price)

    def clock(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self.base + (0 if self.loop is None else round(self.loop.time() * 1e9))

    def compose(self, **options: Any) -> ComposedRun:
        """Compose the run."""
        name = "scripted" if self.mode in ("live", "shadow") else "simulated"
        tables = self.several or [{"name": self.strategy.name, **self.options, **options}]
        head = "[[strategy]]" if self.several else "[strategy]"
        shown = "\n".join("\n".join([head, *(f"{key} = {_toml(value)}" for key, value in one.items())]) for one in tables)
        text = f"""{self.rules if self.rules == "risk = []" else ""}
[run]
name = "trial"
mode = "{self.mode}"
[account]
currency = "USDT"
capital = 10_000
{self.account}
[data]
source = "scripted"
instruments = ["BTC/USDT"]
interval = "1m"
{shown}
[execution]
executor = "{name}"
costs = []
{"" if self.mode == "backtest" else f"[live]{chr(10)}history = {self.history}"}
{self.settings}
{"" if self.rules == "risk = []" else self.rules}
[[report]]
name = "summary"
"""
        path = self.folder / "run.toml"
        path.write_text(text)
        return compose_file(path, registry=self.registry())

    def registry(self) -> Registry:
        """Return the components that the run knows."""
        found = discover(())
        own = [
            Provided("data source", "scripted", self.source, "tests", "1"),
            Provided("executor", "scripted", self.executor, "tests", "1"),
        ]
        own += [Provided(kind, one.name, one, "tests", "1") for kind, one in self.brought if one.name not in found.names(kind)]
        if self.strategy.name not in found.names("strategy"):
            own.append(Provided("strategy", self.strategy.name, self.strategy, "tests", "1"))
        return Registry((*found.components, *own), found.broken, found.left_out)

    def play(self, seconds: float, on_start: Callable[[LiveSession], None] = lambda _session: None, **options: Any) -> Played:
        """Run for so many seconds, end the session, and return what there was."""
        composed = self.compose(**options)
        store = JournalStore(journal_path(self.folder, "trial"))
        store.lease()
        try:
            played: Played = run_virtually(self._play(composed, store, seconds, on_start))
        finally:
            store.close()
        return played

    async def _play(
        self, composed: ComposedRun, store: JournalStore, seconds: float, on_start: Callable[[LiveSession], None]
    ) -> Played:
        self.loop = asyncio.get_running_loop()
        started = await start(composed, store, is_new=False, clock=lambda: self.clock() + self.skew)
        # A tick is made up as well, and costs as much as any other.
        started.session.timing = replace(started.session.timing, tick=2.0)
        on_start(started.session)
        task = asyncio.create_task(started.session.run())
        await asyncio.wait({task}, timeout=seconds)
        started.session.stop()
        ended = await task
        self.base, self.loop = self.clock(), None
        return Played(started, ended)

    def run(self, seconds: float, *later: tuple[float, Callable[[], object]], is_new: bool = False) -> LiveOutcome:
        """Run for so many seconds as `tradekit run` does, with its folder; `later` are things to be done at some second of it."""

        def on_start(started: Started) -> None:
            self.loop = asyncio.get_running_loop()
            started.session.timing = replace(started.session.timing, tick=2.0)
            for at, what in later:
                self.loop.call_later(at, what)
            self.loop.call_later(seconds, started.session.stop, signal.SIGINT)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run_module.asyncio, "run", run_virtually)
            outcome = run_module.run_live(
                self.compose(), self.folder, may_trade=True, is_new=is_new, on_start=on_start, clock=self.clock
            )
        self.base, self.loop = self.clock(), None
        return outcome

    def held(self) -> Decimal:
        """Return what the venue holds of the instrument."""
        if self.instrument.is_derivative:
            return self.venue.positions.get(self.instrument.symbol, Decimal(0))
        return self.venue.balances.get("BTC", Decimal(0))


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


@dataclass(frozen=True)
class Played:
    """A session that has ended."""

    started: Started
    ended: Ended

    @property
    def core(self) -> Any:
        return self.started.session.books.decider
