"""What a finished run leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ComponentUse", "Result"]


@dataclass(frozen=True, slots=True)
class ComponentUse:
    """A component that took part in a run, and the package it came from."""

    kind: str
    name: str
    package: str
    version: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """A finished (or interrupted) run.

    The tables are Arrow tables; `table.to_pandas()` gives a data frame. Times in them are UTC timestamps in nanoseconds.

    - `orders`: one row an order, with its status, what was asked, filled, and why it was rejected or cancelled.
    - `fills`: one row a fill. `positions`: the position after each fill.
    - `equity`: one row a bar: equity, cash, gross and net exposure and the benchmark (in money), whether a price was stale.
    - `trades`: one row a round trip, from flat to flat, with how far the price went against it (`mae`) and for it (`mfe`).
    - Where several strategies traded the account, a column `strategy` says whose each row is, and `equity` has a column for each.
    - `journal`: every order, verdict, reject, fill, cancel and halt, in order.
    """

    name: str
    mode: str
    status: str
    """`done` or `interrupted`; a run that fails leaves nothing."""
    config: Mapping[str, Any]
    """The run file as it was understood, with every default filled in."""
    components: tuple[ComponentUse, ...]
    plan: str
    """Which driver ran, and why."""
    assumptions: tuple[str, ...]
    """How fills, costs, money and statistics were made, one sentence each."""
    notes: tuple[str, ...]
    """What a reader should know before trusting the figures: repaired data, cut orders, halts, an uncompiled simulator."""
    metrics: Mapping[str, float | int | None]
    data: tuple[Mapping[str, Any], ...]
    """One entry an instrument: symbol, origin, rows, first and last time, content hash, what a policy changed."""
    orders: pa.Table
    fills: pa.Table
    positions: pa.Table
    equity: pa.Table
    trades: pa.Table
    journal: pa.Table
    bands: Mapping[str, Any] | None = None
    """How much of the figures is assumption, where the run was asked for it (`--bands`): what `bands.json` holds."""
    strategies: Mapping[str, Mapping[str, float | int | None]] | None = None
    """Where several strategies traded the account, the figures of each: what `strategies.json` holds."""
