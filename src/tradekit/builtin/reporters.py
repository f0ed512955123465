"""Reporters: a page for people, and a file for programs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tradekit
from tradekit import DEFINITIONS, Field, Reporter, Result, RunError

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import RenderableType

__all__ = ["JsonReporter", "SummaryReporter"]

_SCHEMA = 1


class SummaryReporter(Reporter):
    """Print one page: what ran, what was assumed, the figures, the equity line, the best and worst trades."""

    name = "summary"

    class Options(tradekit.Options):
        """What the page holds."""

        trades: int = Field(3, ge=0, le=50, description="how many of the best and of the worst trades to show")

    def report(self, result: Result, folder: Path) -> RenderableType:  # noqa: ARG002 - a page needs no file
        """Return the page."""
        # Imported here, because a run without this reporter doesn't need rich.
        from tradekit.builtin.summary import SummaryPage

        return SummaryPage(result, self.options.trades)


class JsonReporter(Reporter):
    """Write `result.json`: figures with their definitions, assumptions, notes, components and trades.

    `schema` counts the versions of its layout. Times are ISO 8601 in UTC; a figure that is undefined is `null`.
    """

    name = "json"

    def report(self, result: Result, folder: Path) -> None:
        """Write the file into the run's folder. Raises `RunError` if it can't be written."""
        path = folder / "result.json"
        try:
            path.write_text(_document(result), encoding="utf-8", newline="\n")
        except OSError as error:
            raise RunError(f"report {str(path)!r} can't be written: {error.strerror}") from error


def _document(result: Result) -> str:
    head = {
        "schema": _SCHEMA,
        "name": result.name,
        "mode": result.mode,
        "status": result.status,
        "plan": result.plan,
        "currency": result.config["account"]["currency"],
        "assumptions": list(result.assumptions),
        "notes": list(result.notes),
        "metrics": {key: _finite(value) for key, value in result.metrics.items()},
        "definitions": {
            key: {"label": found.label, "unit": found.unit, "text": found.text}
            for key, found in DEFINITIONS.items()
            if key in result.metrics
        },
        "components": [
            {"kind": use.kind, "name": use.name, "package": use.package, "version": use.version, "options": dict(use.options)}
            for use in result.components
        ],
        "data": [dict(entry) for entry in result.data],
    }
    # One line for each trade: thousands of them stay readable, and comparable line by line.
    rows = ",\n".join(f"    {_json(trade)}" for trade in _trades(result.trades))
    return _json(head, indent=2).removesuffix("\n}") + ',\n  "trades": [' + (f"\n{rows}\n  " if rows else "") + "]\n}\n"


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False, default=str)


def _trades(table: pa.Table) -> list[dict[str, Any]]:
    import pyarrow as pa

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_timestamp(column.type):
            # Texts from numbers: Arrow would make pandas timestamps, and for that import pandas.
            columns[name] = [None if time is None else _time(time) for time in column.cast(pa.int64()).to_pylist()]
        else:
            columns[name] = [_finite(value) for value in column.to_pylist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _time(time: int) -> str:
    from numpy import datetime64

    text = str(datetime64(time, "ns"))
    return text.rstrip("0").removesuffix(".") + "Z" if "." in text else f"{text}Z"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
