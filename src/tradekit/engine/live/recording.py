"""What a run on live data leaves in its folder so that it can be decided again, without its journal and without its venue."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from tradekit.engine.about import conditions_of
from tradekit.engine.compose import ComposedRun
from tradekit.engine.environment import code_of, environment_of
from tradekit.engine.folder import read_checked, read_result
from tradekit.engine.live.growing import Closed
from tradekit.engine.live.inputs import Input, Row, read_inputs
from tradekit.engine.live.opening import Opening
from tradekit.engine.live.start import Started
from tradekit.errors import RunError
from tradekit.model.bars import PRICE_COLUMNS, Bars, Floats
from tradekit.model.columns import flag_column, name_column, number_column, table, time_column
from tradekit.model.outside import Abilities, Intent
from tradekit.model.result import Result
from tradekit.simulator.context import Context

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Recording", "Sent", "closed_rows", "read_recording", "recorded_files"]

FORMAT = 1
_SESSION, _BARS, _INPUTS = "session.json", "bars.parquet", "inputs.jsonl"
_VALUE = "value "
_ABILITIES: TypeAdapter[Abilities] = TypeAdapter(Abilities)
_INTENTS: TypeAdapter[list[Intent]] = TypeAdapter(list[Intent])


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it was sent to the venue for the run's order `number`, and what became of it."""

    number: int
    intent: Intent
    state: str
    filled: str
    text: str


@dataclass(frozen=True)
class Recording:
    """A run on live data as its folder tells it: what it began with, all that it was told, and what it decided."""

    folder: Path
    result: Result
    opening: Opening
    inputs: tuple[Input, ...]
    abilities: Mapping[str, Abilities] | None
    """What the venue could do, by instrument; `None` where the simulator filled the orders."""
    sent: tuple[Sent, ...]
    run_file: Path
    """Where the run file was; paths in it start there."""
    environment: Mapping[str, str]
    code: Mapping[str, str]
    conditions: Mapping[int, Mapping[str, float | str]]
    """What orders were asked for besides their prices, by their numbers."""
    bars: Bars
    """Those of the history and those that closed in the session, as they were decided on."""
    history: int
    """How many rows warmed the run up; nothing was decided on them."""
    values: Mapping[str, Floats]
    """The strategy's indicators, by name: float64 [time, instrument]."""

    @property
    def mode(self) -> str:
        """Return `paper`, `shadow` or `live`."""
        return self.result.mode

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Return the inputs that were rows of bars."""
        return tuple(given for given in self.inputs if isinstance(given, Row))

    @property
    def first_row(self) -> int:
        """Return when the first bar opened on which something was decided."""
        return int(self.bars.open_time[min(self.history, len(self.bars) - 1)])

    @property
    def end(self) -> int:
        """Return when the last bar closed."""
        return int(self.bars.close_time[-1])


def recorded_files(composed: ComposedRun, started: Started) -> dict[str, bytes]:
    """Return the files that `read_recording` reads, by name."""
    books, opening = started.session.books, started.opening
    decider = books.decider
    context = Context(decider.simulation, decider.run.setup)
    orders = range(len(decider.simulation.book.columns()["kind"]))
    conditions = {number: dict(conditions_of(decider.simulation, context, number)) for number in orders}
    session = {
        "format": FORMAT,
        "session": books.session.id,
        "run_file": str(composed.run_file.path.absolute()),
        "opening": opening.about(),
        "history": len(opening.market.bars),
        "abilities": _written_abilities(decider.follower.abilities) if decider.follower is not None else None,
        "sent": [asdict(row) for row in books.store.orders(books.session.id)],
        "conditions": {str(number): told for number, told in conditions.items() if told},
        "environment": environment_of(use.package for use in composed.uses),
        "code": code_of(composed.parts),
    }
    lines = (f"{body}\n" for _, body in books.store.inputs(books.session.id))
    setup, rows = decider.run.setup, decider.run.rows
    # Of several strategies each has indicators of its own; the names of one say nothing of another's.
    values = {} if setup.shares else {name: setup.values[k, :, :rows].T for name, k in setup.names.items()}
    return {
        _SESSION: (json.dumps(session, indent=1, sort_keys=True, default=str) + "\n").encode(),
        _BARS: _parquet(_bars_table(decider.run.market_bars(), len(opening.market.bars), values)),
        _INPUTS: "".join(lines).encode(),
    }


def read_recording(folder: Path) -> Recording:
    """Read what a run on live data left.

    Raises `RunError` for a run that was none, for one of which an earlier version has kept too little, and for files that are not
    what the run wrote.
    """
    result = read_result(folder)
    _refuse(result, folder.name)
    contents = {name: read_checked(folder, name) for name in (_SESSION, _BARS, _INPUTS)}
    missing = [name for name, content in contents.items() if content is None]
    if missing:
        raise RunError(
            f"run {folder.name!r} has no {missing[0]}, because an earlier version of tradekit has written it; go on with its "
            "session once ('tradekit run' with its file), which leaves a folder that has everything"
        )
    session = json.loads(contents[_SESSION] or b"")
    if session["format"] != FORMAT:
        raise RunError(
            f"{_SESSION} of run {folder.name!r} has format {session['format']!r}, and this version of tradekit reads {FORMAT}"
        )
    bars, values = _read_bars(contents[_BARS] or b"", [one["symbol"] for one in session["opening"]["instruments"]])
    return Recording(
        folder=folder,
        result=result,
        opening=Opening.of(session["opening"], bars.rows(0, session["history"])),
        inputs=read_inputs((contents[_INPUTS] or b"").decode()),
        abilities=_read_abilities(session["abilities"]),
        sent=_read_sent(session["sent"]),
        run_file=Path(session["run_file"]),
        environment=session["environment"],
        code=session["code"],
        conditions={int(number): told for number, told in session["conditions"].items()},
        bars=bars,
        history=session["history"],
        values=values,
    )


def _refuse(result: Result, name: str) -> None:
    """Raise `RunError` for a run that can't be decided again from what it has left."""
    if result.mode == "backtest":
        raise RunError(
            f"run {name!r} is a backtest, and only paper, shadow and live runs are told their data bar by bar; "
            "'tradekit snapshot' finds out whether a backtest still decides the same"
        )
    if result.strategies is not None:
        raise RunError(
            f"run {name!r} is of {len(result.strategies)} strategies on one account, which can't be replayed yet; "
            "'tradekit runs' compares it with a backtest of the same file"
        )


def _read_sent(rows: Sequence[Mapping[str, Any]]) -> tuple[Sent, ...]:
    intents = _INTENTS.validate_json(f"[{','.join(row['intent'] for row in rows)}]")
    return tuple(
        Sent(row["number"], intent, row["state"], row["filled"], row["text"]) for row, intent in zip(rows, intents, strict=True)
    )


def _written_abilities(abilities: Mapping[str, Abilities]) -> dict[str, Any]:
    told = {symbol: _ABILITIES.dump_python(one, mode="json") for symbol, one in abilities.items()}
    return {symbol: {name: sorted(v) if isinstance(v, list) else v for name, v in one.items()} for symbol, one in told.items()}


def _read_abilities(told: Mapping[str, Any] | None) -> dict[str, Abilities] | None:
    return None if told is None else {symbol: _ABILITIES.validate_python(one) for symbol, one in told.items()}


def _bars_table(bars: Bars, history: int, values: Mapping[str, Floats]) -> pa.Table:
    """Return one row a bar, by time and then instrument; a hole has none."""
    rows, places = np.nonzero(bars.exists)
    columns = {
        "open_time": time_column(bars.open_time[rows]),
        "close_time": time_column(bars.close_time[rows]),
        "symbol": name_column(places, bars.symbols),
        "warms_up": flag_column(rows < history),
    }
    columns |= {name: number_column(getattr(bars, name)[rows, places]) for name in PRICE_COLUMNS}
    return table(columns | {_VALUE + name: number_column(of[rows, places]) for name, of in values.items()})


def _parquet(found: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    with pq.ParquetWriter(sink, found.schema, compression="zstd") as writer:
        writer.write_table(found)
    return sink.getvalue()


def _read_bars(content: bytes, symbols: Sequence[str]) -> tuple[Bars, dict[str, Floats]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Without threads: see `tradekit.engine.folder`.
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        found = file.read(use_threads=False)
    times = {name: found[name].cast(pa.int64()).to_numpy() for name in ("open_time", "close_time")}
    opened, first, rows = np.unique(times["open_time"], return_index=True, return_inverse=True)
    place = {symbol: i for i, symbol in enumerate(symbols)}
    places = np.array([place[symbol] for symbol in found["symbol"].to_pylist()], dtype=np.int64)

    def column(name: str) -> Floats:
        made = np.full((len(opened), len(symbols)), np.nan)
        made[rows, places] = found[name].to_numpy()
        return made

    bars = Bars(tuple(symbols), opened, times["close_time"][first], *map(column, PRICE_COLUMNS))
    return bars, {name.removeprefix(_VALUE): column(name) for name in found.column_names if name.startswith(_VALUE)}


def closed_rows(bars: Bars) -> Iterator[Closed]:
    """Yield the rows of bars as a session is told them."""
    columns = [getattr(bars, name).tolist() for name in PRICE_COLUMNS]
    times = zip(bars.open_time.tolist(), bars.close_time.tolist(), strict=True)
    for (opened, closed), *prices in zip(times, *columns, strict=True):
        found = zip(bars.symbols, zip(*prices, strict=True), strict=True)
        yield Closed(opened, closed, {symbol: bar for symbol, bar in found if bar[3] == bar[3]})
