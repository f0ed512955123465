"""Replay a run on live data through the backtest, and say where the two part, and why."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tradekit.data.interval import time_text
from tradekit.engine.decisions import Difference, Values, account_values
from tradekit.engine.folder import find_run
from tradekit.engine.live.recording import Recording, read_recording
from tradekit.engine.replay.bars import BarChange, fetched, final_bars
from tradekit.engine.replay.causes import Cause, causes_of
from tradekit.engine.replay.comparing import OrderDifference, Story, parting, verdicts_of
from tradekit.engine.replay.funding import funding_of
from tradekit.engine.replay.playing import Play
from tradekit.engine.replay.premises import Premises, premises_of
from tradekit.engine.replay.scene import Change, Scene, orders_at, seen, seen_of
from tradekit.engine.replay.venue import told_of_session
from tradekit.engine.sources import open_source
from tradekit.errors import ConfigError
from tradekit.journal.tables import equity_table, exposures, journal_table
from tradekit.plugin.discovery import Registry

__all__ = ["Replay", "Replayed", "replay"]

Fills = Literal["simulated", "venue"]


@dataclass(frozen=True)
class Replayed:
    """A run on live data held against a replay of it; the run comes first in every pair."""

    fills: Fills
    """Who filled the orders of the replay."""
    decisions: int
    """How many the run took."""
    same: int
    """How many of them are the same, before the first that isn't."""
    difference: Difference | None
    """The first decision that differs, with what either side knew."""
    order: OrderDifference | None
    """What became of an order on either side, or was paid for a position, where that differs before any decision does."""
    causes: tuple[Cause, ...]
    verdicts: tuple[tuple[str, ...], tuple[str, ...]]
    """What the risk rules said on either side where they part."""
    equity: tuple[float, float]
    """At the end."""

    @property
    def is_same(self) -> bool:
        """Whether all decisions are the same, and what came of them."""
        return self.difference is None and self.order is None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "fills": self.fills,
            "same": self.is_same,
            "decisions": self.decisions,
            "same_decisions": self.same,
            "difference": None if self.difference is None else self.difference.as_json(),
            "order": None if self.order is None else self.order.as_json(),
            "causes": [{"kind": one.kind, "text": one.text} for one in self.causes],
            "verdicts": [list(side) for side in self.verdicts],
            "equity": list(self.equity),
        }


@dataclass(frozen=True)
class Replay:
    """What came of replaying a run."""

    run: str
    mode: str
    bars: int
    """How many rows of bars the run decided on."""
    span: tuple[int, int]
    """From the opening of the first of them to the close of the last, UTC nanoseconds."""
    found: Replayed
    with_venue: Replayed | None
    """The same with the venue's own fills, where the simulator's lead elsewhere."""
    changes: tuple[Change, ...]
    """All that is another in the replay, whether or not it matters."""
    bars_changed: tuple[BarChange, ...]
    session: tuple[str, ...]
    """What happened in the session that an operator should know."""

    @property
    def is_same(self) -> bool:
        """Whether all decisions are the same, and what came of them."""
        return self.found.is_same

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "run": self.run,
            "mode": self.mode,
            "bars": self.bars,
            "first": time_text(self.span[0]),
            "last": time_text(self.span[1]),
            **self.found.as_json(),
            "with_venue": None if self.with_venue is None else self.with_venue.as_json(),
            "changes": [{"kind": one.kind, "texts": list(one.texts)} for one in self.changes],
            "bars_changed": [one.as_json() for one in self.bars_changed],
            "session": list(self.session),
        }


def replay(
    run: str | Path,
    *,
    file: str | Path | None = None,
    overrides: Iterable[str] = (),
    data: str | None = None,
    fills: Fills = "simulated",
    runs: str | Path = "runs",
) -> Replay:
    """Replay a paper, shadow or live run through the backtest, and say where the two part, and why.

    `run` is the run's folder, its id, the beginning of one, or `last`; ids are looked for in `runs`. The settings are those of the
    run, or of a run file; `overrides` are keys with other values, such as `"risk[0].limit=0.3"`. The bars are those that the
    session was told, or those of `data` for the same time: a file of bars, a TOML file with a `[data]` table, or the name of a data
    source, whose options are overrides like `"data.path=..."`. With `fills="venue"`, the orders of a live run are filled as the
    venue filled them. Raises `RunError` for a run that can't be replayed, and what composing a run raises.
    """
    return replay_folder(find_run(Path(runs), str(run)), Asked(file, tuple(overrides), data, fills))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a replay is to be made with, as `replay` takes it."""

    file: str | Path | None = None
    overrides: tuple[str, ...] = ()
    data: str | None = None
    fills: Fills = "simulated"
    registry: Registry | None = None


def replay_folder(folder: Path, asked: Asked) -> Replay:
    """Replay the run of a folder, as `replay` does."""
    with _keeping():
        return _replay_folder(folder, asked)


@contextmanager
def _keeping() -> Iterator[None]:
    """Look for garbage seldom: nearly all that a replay makes is kept to its end, and gone through each time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _replay_folder(folder: Path, asked: Asked) -> Replay:
    recording = read_recording(folder)
    if asked.fills == "venue" and recording.mode != "live":
        raise ConfigError(f"run {folder.name!r} is a {recording.mode} run, whose orders no venue has filled; leave the fills out")
    if asked.fills not in ("simulated", "venue"):
        raise ConfigError(f"fills are {asked.fills!r}; allowed: 'simulated', 'venue'")
    if not recording.rows:
        raise ConfigError(f"run {folder.name!r} ended before a bar closed, so that it decided nothing")
    of_source = [text for text in asked.overrides if asked.data is not None and text.startswith("data.")]
    rest = [text for text in asked.overrides if text not in of_source]
    premises = premises_of(recording, asked.file, rest, asked.registry)
    scene = _scene(recording, premises, asked, of_source)
    found = _replayed(scene, asked.fills)
    with_venue = None
    if recording.mode == "live" and asked.fills == "simulated" and not found.is_same:
        with_venue = _replayed(scene, "venue")
    return Replay(
        run=folder.name,
        mode=recording.mode,
        bars=len(recording.bars) - recording.history,
        span=(recording.first_row, recording.end),
        found=found,
        with_venue=with_venue,
        changes=scene.changes,
        bars_changed=tuple(scene.others.changes),
        session=tuple(told_of_session(recording)),
    )


def _scene(recording: Recording, premises: Premises, asked: Asked, overrides: Iterable[str]) -> Scene:
    """Return a recording with the bars and the funding to replay it with."""
    if asked.data is None:
        return Scene(recording, premises, final_bars(recording), funding_of(recording))
    named, options = _source(asked.data, recording, [text.removeprefix("data.") for text in overrides])
    source = open_source(named, options, premises.registry).source
    bars = fetched(recording, premises.compose("paper"), source, premises.history)
    return Scene(recording, premises, bars, funding_of(recording, source))


def _source(named: str, recording: Recording, options: list[str]) -> tuple[str, list[str]]:
    """Return how `open_source` is asked for what was named: a file of bars, a TOML file, or a data source."""
    path = Path(named)
    for suffix, source in (".csv", "csv"), (".csv.gz", "csv"), (".parquet", "parquet"):
        if named.endswith(suffix):
            return source, [f"path={str(path.absolute())!r}", *options]
    uses = [use for use in recording.result.components if use.kind == "data source" and use.name == named]
    if not named.endswith(".toml") and uses and not options:
        # The source of the run itself, asked again.
        return named, [f"{name}={_toml(value)}" for name, value in uses[0].options.items() if value is not None]
    return named, [f"data.{text}" for text in options] if named.endswith(".toml") else options


def _toml(value: Any) -> str:
    """Return a value as an override has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items() if inner is not None) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _replayed(scene: Scene, fills: Fills) -> Replayed:
    told = frozenset({"venue"} if fills == "venue" else ())
    play = scene.play(told)
    story, recorded = scene.story_of(play), scene.recorded
    count, equity = len(recorded.decisions), _equity(scene, play)
    found = parting(recorded, story, scene.recording.bars.close_time)
    if found is None:
        return Replayed(fills, count, count, None, None, (), ((), ()), equity)
    difference = None if found.decision is None else _known(scene, play, found.decision)
    order = found.order if found.is_about_order else None
    verdicts = (_verdicts(recorded, difference), _verdicts(story, difference))
    return Replayed(fills, count, found.same, difference, order, causes_of(scene, found, told), verdicts, equity)


def _verdicts(story: Story, found: Difference | None) -> tuple[str, ...]:
    """Return what the rules said of the orders by which two sides part."""
    if found is None:
        return ()
    return tuple(verdicts_of(story, orders_at(story, found.time, found.symbol)))


def _known(scene: Scene, play: Play, found: Difference) -> Difference:
    """Return a difference with what either side knew: the bar, the indicators on it, and the account."""
    recording = scene.recording
    sides = (
        (recording.bars, recording.values, account_values(recording.result.equity, recording.result.journal)),
        (*seen_of(play), _account(play)),
    )
    left, right = (
        {**seen(bars, values, found.time, found.symbol), **account(found.time, found.symbol)} for bars, values, account in sides
    )
    return replace(found, values={name: (left.get(name), right.get(name)) for name in {**left, **right}})


def _account(play: Play) -> Values:
    record = play.record
    return account_values(equity_table(record, exposures(record)), journal_table(record))


def _equity(scene: Scene, play: Play) -> tuple[float, float]:
    curve = play.simulation.equity_curve()
    return float(scene.recording.result.equity["equity"][-1].as_py()), float(curve[-1])
