"""Sessions that are recorded for replays: a strategy on a random walk, in a folder of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.live.play import BEGIN, BTC, MINUTE, Stage, walk
from tradekit import Strategy
from tradekit.builtin.strategies import SmaCross
from tradekit.cli.main import main
from tradekit.engine.replay import premises
from tradekit.engine.replay.run import Asked, Replay, replay_folder
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.testing.venue import ScriptedVenue

SYMBOL = "BTC/USDT"
HISTORY = 40
RULES = '[[risk]]\nrule = "max-weight"\nlimit = 0.9'
COLUMNS = ("open_time", "close_time", "open", "high", "low", "close", "volume")


def script(rows: int = 200, seed: int = 5) -> Series:
    """Return bars of a walk in which more is traded than anybody here asks for."""
    return replace(walk(rows, seed=seed), volume=np.full(rows, 1e6))


def changed(series: Series, row: int, close: float) -> Series:
    """Return bars of which one has another close, and with it another high or low."""
    columns = {name: getattr(series, name).copy() for name in COLUMNS}
    columns["close"][row] = close
    columns["high"][row], columns["low"][row] = max(columns["high"][row], close), min(columns["low"][row], close)
    return replace(series, **columns)


def only(series: Series, keep: Any) -> Series:
    """Return some of the bars."""
    return Series(*(getattr(series, name)[keep] for name in COLUMNS), origin="a walk")


def shifted(series: Series, by: int) -> Series:
    """Return the bars at other times."""
    return replace(series, open_time=series.open_time + by, close_time=series.close_time + by)


@dataclass
class Session:
    """A run on live data that is recorded, and then replayed with whatever has changed meanwhile."""

    folder: Path
    mode: str = "paper"
    strategy: type[Strategy] = SmaCross
    options: Mapping[str, Any] = field(default_factory=lambda: {"fast": 3, "slow": 8})
    rules: str = RULES
    bars: Series = field(default_factory=script)
    settings: str = ""
    minutes: float = 100.0
    venue: type[ScriptedVenue] = ScriptedVenue
    instrument: Instrument = BTC
    account: str = ""
    stage: Stage = field(init=False)
    run: Path = field(init=False)

    def __post_init__(self) -> None:
        if self.strategy is not SmaCross and "fast" in self.options:
            self.options = {}
        begin = BEGIN + HISTORY * MINUTE
        self.stage = Stage(
            self.folder,
            self.strategy,
            {SYMBOL: self.bars},
            mode=self.mode,
            rules=self.rules,
            settings=self.settings,
            options=self.options,
            venue_kind=self.venue,
            base=begin,
            history=HISTORY,
            instrument=self.instrument,
            account=self.account,
        )
        self.stage.venue.trade(SYMBOL, float(self.bars.close[HISTORY - 1]))

    def record(self, *later: tuple[float, Callable[[], object]]) -> Session:
        """Run the session; `later` are things to be done at some second of it. Return this."""
        trading = [] if self.mode != "live" else [(0.0, lambda: _keep(asyncio.ensure_future(self.stage.trade_closes())))]
        outcome = self.stage.run(self.minutes * 60 + 1, *trading, *later)
        self.run = outcome.finished.folder
        return self

    def replay(self, *overrides: str, **asked: Any) -> Replay:
        """Replay it."""
        return replay_folder(self.run, Asked(overrides=overrides, registry=self.stage.registry(), **asked))

    def tell(self, *overrides: str, **asked: str) -> dict[str, Any]:
        """Replay it on the command line, and return what that prints with `--json`."""
        options = [f"--{name}={value}" for name, value in asked.items()]
        options += [word for text in overrides for word in ("--set", text)]
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
            patch.setattr(premises, "registry_of", lambda _document: self.stage.registry())
            code = main(["replay", str(self.run), "--json", *options])
        found: dict[str, Any] = json.loads(printed.getvalue())
        assert code == (0 if found["same"] else 1)
        return found


_TASKS: list[Any] = []


def _keep(task: Any) -> None:
    """Hold on to a task, which nobody else does, as long as its session goes on."""
    _TASKS[:] = [task]
