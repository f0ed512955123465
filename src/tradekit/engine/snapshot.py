"""The golden signals of a run: what it decided, in a small file that a later run is held against."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tradekit.engine.about import about_run, conditions_of, market_values
from tradekit.engine.compare import Pair, differences, different, settings_that_differ
from tradekit.engine.compose import compose_file
from tradekit.engine.decisions import (
    Decision,
    Difference,
    Drift,
    Terms,
    Values,
    decisions_from,
    decisions_of,
    first_difference,
    first_drift,
    is_same,
    values_of,
)
from tradekit.engine.drive import Progress, drive
from tradekit.engine.outcome import result_of
from tradekit.engine.run import Ready, make_ready
from tradekit.engine.together import refuse_several
from tradekit.errors import ConfigError, system_reason
from tradekit.model.bars import Bars
from tradekit.model.result import Result
from tradekit.simulator.context import Context

__all__ = [
    "FORMAT",
    "Snapshot",
    "SnapshotCheck",
    "check_snapshot",
    "default_path",
    "read_snapshot",
    "recorded_snapshot",
    "take",
    "take_snapshot",
    "write_snapshot",
]


FORMAT = 1
_DIGITS = 12
_SIDES = ("the snapshot", "this run")
_ACCOUNT = ("equity", "cash", "position")


@dataclass(frozen=True)
class Snapshot:
    """What a run was made of, as a manifest has it, and what it decided."""

    about: Mapping[str, Any]
    decisions: tuple[Decision, ...]
    values: Values
    """Tells what was known at any time; a snapshot that was read from a file knows nothing more than its decisions."""
    bars: Bars | None = None
    """Those that it decided on; a snapshot that was read from a file has none."""


@dataclass(frozen=True, slots=True)
class SnapshotCheck:
    """A run held against a snapshot, which comes first in every pair."""

    difference: Difference | None
    """The first decision that differs."""
    upcoming: Mapping[str, Pair]
    """Where the snapshot did nothing: the values behind its next decision, at the time of that one."""
    drift: Drift | None
    """The first value that differs behind decisions that are the same."""
    outcome: Mapping[str, Pair]
    """Which of the figures differ that a run ends with."""
    reasons: tuple[str, ...]
    """What differs in what the two were made of: data, then settings, code, components and installed versions."""

    @property
    def is_same(self) -> bool:
        """Whether all decisions are the same."""
        return self.difference is None

    def as_json(self) -> dict[str, Any]:
        """Return the check as JSON has it."""
        return {
            "same": self.is_same,
            "difference": None if self.difference is None else self.difference.as_json(),
            "upcoming": {name: list(pair) for name, pair in self.upcoming.items()},
            "drift": None if self.drift is None else asdict(self.drift) | {"decision": self.drift.decision.as_json()},
            "outcome": {name: list(pair) for name, pair in self.outcome.items()},
            "reasons": list(self.reasons),
        }


def default_path(file: Path) -> Path:
    """Return where the snapshot of a run file is kept: beside it, as `NAME.snapshot.jsonl`."""
    return file.with_name(f"{file.stem}.snapshot.jsonl")


def take(ready: Ready, progress: Progress = lambda _done, _total: None) -> Snapshot:
    """Run what is ready, keep nothing of it, and return what it decided. An interrupted run is no snapshot, and raises."""
    refuse_several(ready.composed.strategy, "a snapshot")
    driven = drive(ready.prepared, ready.plan, progress, None)
    if driven.stopped_by:
        signal.raise_signal(driven.stopped_by)
    result = result_of(ready.composed, ready.market, ready.prepared, ready.plan, driven)
    values = values_of(result, market_values(ready.prepared.setup))
    context = Context(driven.simulation, driven.setup)
    decisions = decisions_of(result, values, lambda order: conditions_of(driven.simulation, context, order))
    return Snapshot(_about(ready, result), tuple(decisions), values, ready.prepared.setup.bars)


def take_snapshot(path: str | Path, overrides: Iterable[str] = ()) -> Snapshot:
    """Run a run file, keep nothing of it, and return what it was made of and what it decided, with the values behind it.

    `overrides` are keys of the run file with other values. Reporters are not told. Raises as `tradekit.run` does.
    """
    return take(make_ready(compose_file(path, overrides)))


def recorded_snapshot(
    about: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    values: Values,
    conditions: Callable[[int], Terms] = lambda _order: {},
) -> Snapshot:
    """Return the snapshot of a run of which a reporter has kept a record.

    `about` is `RunStart.about` with `status`, and with `outcome`: the `equity` and the number of `fills` at the end. `entries` are
    those of the journal, in order, with `time` (UTC nanoseconds), `event`, `order`, `symbol`, `detail`, `rule`, `quantity`,
    `limit`, `stop` and `allowed`, `None` where there is none. `values` tells what was known at a time of a symbol, `conditions`
    what an order was asked for besides its prices: both as a critical reporter hears them in `Event`.
    """
    return Snapshot(about, tuple(decisions_from(entries, values, conditions)), values)


def _about(ready: Ready, result: Result) -> dict[str, Any]:
    outcome = {"equity": _rounded(result.equity["equity"][-1].as_py()), "fills": result.fills.num_rows}
    return {**about_run(ready.composed, ready.market, ready.plan), "status": result.status, "outcome": outcome}


def check_snapshot(kept: Snapshot, now: Snapshot) -> SnapshotCheck:
    """Hold a run against a snapshot that was kept: find the first decision that differs, and what the two were made of."""
    found = first_difference(kept.decisions, now.decisions, (kept.values, now.values))
    upcoming: dict[str, Pair] = {}
    if found is not None and found.first is None and found.number <= len(kept.decisions):
        following = kept.decisions[found.number - 1]
        again = now.values(following.time, following.symbol)
        # The account is another by then, because of what was decided before.
        upcoming = {name: (value, again.get(name)) for name, value in following.values.items() if name not in _ACCOUNT}
    ends = different(kept.about["outcome"], now.about["outcome"])
    return SnapshotCheck(
        difference=found,
        upcoming=upcoming,
        drift=first_drift(kept.decisions, now.decisions),
        outcome={name: pair for name, pair in ends if not is_same(*pair)},
        reasons=tuple(_reasons(kept.about, now.about)),
    )


def _reasons(kept: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is another in what two runs were made of, the likeliest reason first."""
    yield from differences(kept, now, _SIDES)
    yield from _settings(settings_that_differ(kept, now))
    versions = dict(different(kept["environment"], now["environment"]))
    for package, (was, is_now) in different(kept["code"], now["code"]):
        # Another version of a package has other code anyway.
        if was is not None and is_now is not None and package.replace("_", "-") not in versions:
            yield f"the code of {package!r} is another"
    for name, (was, is_now) in versions.items():
        yield f"{name} was {was or 'not there'}, is {is_now or 'not there'}"


def _settings(found: Mapping[str, Pair]) -> Iterator[str]:
    """Yield which settings differ; a table that only one side has is told once."""
    told = set()
    for key, (was, is_now) in found.items():
        table = (re.match(r".*?\[\d+\]", key) or [key])[0]
        own = [pair for other, pair in found.items() if other.startswith(f"{table}.")]
        for side, missing in ((_SIDES[0], 1), (_SIDES[1], 0)):
            if own and all(pair[missing] is None for pair in own) and table not in told:
                yield f"{table} ({_told(own[0][1 - missing])}) is only in {side}"
                told.add(table)
        if table not in told and [was, is_now] not in ([None, []], [[], None]):
            yield f"{key} was {_told(was)}, is {_told(is_now)}"


def _told(value: object) -> str:
    return "not set" if value is None else json.dumps(value)


def write_snapshot(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot as lines of JSON, whole or not at all. Raises `ConfigError` if it can't be written there."""
    lines = "".join(json.dumps(line, allow_nan=False, ensure_ascii=False) + "\n" for line in _lines(snapshot))
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(lines, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"the snapshot {str(path)!r} can't be written: {system_reason(error)}; --output names another") from error


def _lines(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    about = snapshot.about
    yield {"format": FORMAT, "decisions": len(snapshot.decisions), **{key: about[key] for key in _TEXTS}}
    for key in _OBJECTS:
        yield {key: about[key]}
    for key, word in _LISTS.items():
        yield from ({word: one} for one in about[key])
    for decision in snapshot.decisions:
        told = decision.as_json()
        yield told | {part: {name: _rounded(value) for name, value in told[part].items()} for part in ("terms", "values")}


_TEXTS = ("name", "status", "plan")
_OBJECTS = ("config", "environment", "code", "outcome")
_LISTS = {"components": "component", "data": "data"}


def _rounded(value: float | str) -> float | str:
    """Return a number with as many digits as are kept."""
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot. Raises `ConfigError` if there is none, or if it is damaged or of another version."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError as error:
        raise ConfigError(f"there is no snapshot {str(path)!r}; without --check this command makes it") from error
    except OSError as error:
        raise ConfigError(f"the snapshot {str(path)!r} can't be read: {system_reason(error)}") from error
    except ValueError as error:
        raise ConfigError(f"the snapshot {str(path)!r} is damaged: {error}; --update makes it anew") from error
    written = lines[0].get("format") if lines and isinstance(lines[0], dict) else None
    if written != FORMAT:
        raise ConfigError(
            f"the snapshot {str(path)!r} has format {written!r}, and this version of tradekit reads {FORMAT}; "
            "--update makes it anew"
        )
    try:
        return _parsed(lines)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(f"the snapshot {str(path)!r} is damaged: {reason}; --update makes it anew") from error


def _parsed(lines: list[dict[str, Any]]) -> Snapshot:
    about: dict[str, Any] = {key: lines[0][key] for key in _TEXTS}
    about |= {key: lines[1 + place][key] for place, key in enumerate(_OBJECTS)}
    rest = lines[1 + len(_OBJECTS) :]
    about |= {key: [line[word] for line in rest if word in line] for key, word in _LISTS.items()}
    decisions = [
        Decision(_nanoseconds(line["time"]), line["symbol"], line["action"], line["terms"], line["values"])
        for line in rest
        if not set(_LISTS.values()) & line.keys()
    ]
    if len(decisions) != lines[0]["decisions"]:
        raise ValueError(f"it has {len(decisions)} decisions, and says that it has {lines[0]['decisions']}")
    return Snapshot(about, tuple(decisions), lambda _time, _symbol: {})


def _nanoseconds(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))
