"""The contract of reporters."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tradekit.engine.calls import run_on_bar
from tradekit.engine.drive import Driven
from tradekit.engine.folder import rendered, write_result
from tradekit.engine.outcome import result_of
from tradekit.journal.events import events
from tradekit.model.context import Context as StrategyContext
from tradekit.model.event import CashKind, Event, EventKind
from tradekit.model.result import Result
from tradekit.plugin.contracts import Reporter, Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.simulation import Simulation
from tradekit.testing import markets
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken
from tradekit.testing.lab import Lab

__all__ = ["ReporterContract"]

New = Callable[[], Reporter]
_ABOUT: Mapping[str, Any] = {"id": "20240101-000000-lab", "started": "2024-01-01T00:00:00.000+00:00"}


@dataclass(frozen=True)
class _Ran:
    """A run that ended somehow: its result, and everything that happened in it."""

    result: Result
    events: tuple[Event, ...]


@dataclass(frozen=True)
class _Told:
    """What a reporter made of a run: what it shows, and the content of each file that it wrote, by name."""

    page: str
    files: Mapping[str, str]


class ReporterContract(ComponentContract):
    """What a reporter keeps to: it tells of any run, however that ended, and leaves the run itself alone.

    It is given runs as the engine leaves them, in a folder with the run's own files, and everything that happened in them.
    """

    kind = "reporter"

    def test_rep01_survives_an_empty_run(self, new: New, tmp_path: Path) -> None:
        """It reports a run in which nothing was ever ordered: no trades, no fills, and many figures that are undefined.

        A strategy that waits is no mistake; a report that divides by its number of trades is.
        """
        self._survive(new, "empty", tmp_path)

    def test_rep02_survives_an_interrupted_run(self, new: New, tmp_path: Path) -> None:
        """It reports a run that was stopped half-way: positions are open, orders wait, and there is only part of the data.

        Ctrl-C leaves a valid partial result, and whoever stopped a long run wants to read it most.
        """
        self._survive(new, "interrupted", tmp_path)

    def test_rep03_survives_a_run_that_went_wrong(self, new: New, tmp_path: Path) -> None:
        """It reports a run in which orders were refused, trading was halted and the account was liquidated below 0.

        That is the run that needs explaining; equity of 0 or less has no logarithm, no growth and no ratio.
        """
        self._survive(new, "failed", tmp_path)

    def test_rep04_hears_every_kind_of_event(self, new: New) -> None:
        """`record` takes an event of every kind, those without an order, a symbol or numbers included.

        A reporter that fails at an event of a kind that it doesn't know fails with the next release that adds one.
        """
        for event in _one_of_each():
            try:
                new().record(event)
            except Exception as error:  # noqa: BLE001 - whatever it raises is what the contract is about
                problem = f"{type(error).__name__}: {error}"
            else:
                continue
            broken("record() raises", f"{problem} for {event!r}", "pass over events that it has nothing to say about")

    def test_rep05_leaves_the_run_alone(self, new: New, tmp_path: Path) -> None:
        """It writes only new files, all of them in the run's folder, and changes none of those that the run wrote.

        `read_result` refuses a folder whose files aren't what the run wrote.
        """
        run = _ran("busy")
        folder = tmp_path / "run"
        before = self._write(run.result, folder)
        around = _content(tmp_path)
        self._tell(new(), run, folder)
        changed = [name for name, content in before.items() if _content(folder).get(name) != content]
        outside = sorted(name for name in _content(tmp_path).keys() - around.keys() if not name.startswith("run/"))
        if changed or outside:
            what = "; ".join([*(f"{name} was changed or removed" for name in changed), *(f"{name} is outside" for name in outside)])
            broken("it doesn't leave the run alone", what, "write new files, with names of your own, into the folder that it gets")

    def test_rep06_tells_the_same_each_time(self, new: New, tmp_path: Path) -> None:
        """Two unused reporters make the same page and the same files of one run, byte for byte, wherever its folder is.

        Results are compared by their files. Times, random names and absolute paths make two equal runs look different.
        """
        run = _ran("busy")
        told = []
        for place in ("a", "b/c"):
            folder = tmp_path / place
            folder.parent.mkdir(exist_ok=True)
            before = self._write(run.result, folder)
            page = self._tell(new(), run, folder)
            told.append(_Told(page, {name: text for name, text in _content(folder).items() if name not in before}))
        if told[0] != told[1]:
            names = sorted({*told[0].files} | {*told[1].files})
            files = [name for name in names if told[0].files.get(name) != told[1].files.get(name)]
            what = (
                f"these files differ: {', '.join(files)}" if files else f"the pages differ: {told[0].page!r} and {told[1].page!r}"
            )
            broken(
                "it tells otherwise of the same run",
                what,
                "write what is in the result, sorted, and no clock, no path, nothing random",
            )

    def test_rep07_shows_text_of_any_width(self, new: New, tmp_path: Path) -> None:
        """What `report` returns is nothing, or something that rich prints, in a narrow terminal and in a file.

        It is printed as it is, and kept as plain text in the run's folder.
        """
        from rich.console import Console
        from rich.errors import NotRenderableError

        run = _ran("busy")
        self._write(run.result, tmp_path / "run")
        reporter = new()
        for event in run.events:
            reporter.record(event)
        page = reporter.report(run.result, tmp_path / "run")
        if page is None:
            return
        for width in (20, 80, 300):
            try:
                with (tmp_path / "page.txt").open("w", encoding="utf-8") as file:
                    Console(file=file, width=width, color_system=None).print(page)
                problem = (
                    "" if isinstance(page, str) or hasattr(page, "__rich_console__") or hasattr(page, "__rich__") else "no text"
                )
            except (NotRenderableError, ValueError, ZeroDivisionError) as error:
                problem = f"{type(error).__name__}: {error}"
            if problem:
                broken(
                    f"what it shows can't be printed {width} columns wide",
                    f"{problem}: {page!r}",
                    "return a str, or a renderable of rich",
                )

    def _survive(self, new: New, how: str, tmp_path: Path) -> None:
        run = _ran(how)
        folder = tmp_path / "run"
        self._write(run.result, folder)
        try:
            self._tell(new(), run, folder)
        except Exception as error:  # noqa: BLE001 - whatever it raises is what the contract is about
            problem = f"{type(error).__name__}: {error}"
        else:
            return
        trades, fills = run.result.trades.num_rows, run.result.fills.num_rows
        what = f"{problem}; the run is {run.result.status}, with {trades} trades and {fills} fills"
        broken(
            f"it fails to report a run of this sort: {how}",
            what,
            "say that there is nothing, where a table is empty or a figure None",
        )

    def _write(self, result: Result, folder: Path) -> Mapping[str, str]:
        """Write the run's own files, and return what is in them."""
        folder.mkdir()
        write_result(result, folder, _ABOUT)
        return _content(folder)

    def _tell(self, reporter: Reporter, run: _Ran, folder: Path) -> str:
        for event in run.events:
            reporter.record(event)
        page = reporter.report(run.result, folder)
        return "" if page is None else rendered(page)


def _content(folder: Path) -> dict[str, str]:
    """Return the hash of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class _Waiting(Strategy):
    """Order nothing."""

    name = "waiting"

    def on_bar(self, ctx: StrategyContext) -> None:
        """Look at the bar."""


class _Busy(Strategy):
    """Turn the position over every few bars, and leave a limit order waiting."""

    name = "busy"

    def on_bar(self, ctx: StrategyContext) -> None:
        """Order something."""
        for view in ctx.instruments:
            if ctx.index % 6 == 0:
                view.target(weight=-0.4 if view.position > 0 else 0.4)
            elif ctx.index % 6 == 3:
                view.cancel()
                view.buy(1.0, limit=view.low * 0.9)


class _Reckless(Strategy):
    """Buy as much as can be, and more that is refused."""

    name = "reckless"

    def on_bar(self, ctx: StrategyContext) -> None:
        """Order too much."""
        for view in ctx.instruments:
            view.buy(1e9)
            view.target(weight=4.0)


@cache
def _ran(how: str) -> _Ran:
    """Return a run of two instruments, made once."""
    strategy: type[Strategy] = {"empty": _Waiting, "failed": _Reckless}.get(how, _Busy)
    market = {"AAA": markets.walk(120), "BBB": markets.missing(120, seed=8)}
    if how == "failed":
        market = {"AAA": markets.gap(120, size=-0.6)}
    with TemporaryDirectory() as place:
        lab = Lab(Path(place), market)
        overrides = ["account.kind='margin'", "account.capital=10000", "account.leverage=5", "execution.participation='none'"]
        overrides.append("execution.costs=[{ model = 'fee', bps = 10 }]")
        if how == "failed":
            overrides.append("risk=[{ rule = 'max-drawdown', limit = 0.5 }]")
        ready = lab.ready(strategy, *overrides)
        simulation = Simulation(ready.prepared.setup)
        rows = len(ready.prepared.setup.bars)
        stop = rows // 2 if how == "interrupted" else rows
        run_on_bar(Context(simulation, ready.prepared.setup), ready.prepared.strategy, (0, stop))
        driven = Driven(ready.prepared.setup, simulation, signal.SIGINT if stop < rows else 0)
        result = result_of(ready.composed, ready.market, ready.prepared, ready.plan, driven)
        return _Ran(result, tuple(events(driven.record)))


def _one_of_each() -> list[Event]:
    """Return an event of each kind, once with all that it may have, and once with as little."""
    found = []
    for number, kind in enumerate(EventKind):
        text = CashKind.FUNDING.text if kind is EventKind.CASH else kind.text
        found.append(Event(number, markets.START, kind, None, None, None))
        found.append(Event(number, markets.START, kind, 0, 1, "AAA", text, {"quantity": 1.0, "price": 100.0}))
    return found
