"""What the charts of the account draw, and the list of trades: equity, drawdown and exposure at the close of each bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit import Bars, Result, column_values
from tradekit_report.page.codec import Column, pack, texts, whole
from tradekit_report.page.levels import Envelope, envelope, step_for

__all__ = ["Account", "account_of", "charted_account", "charted_trades"]

MOST_POINTS = 16_384
_CLOCK_ROOM = 250_000
_DIGITS = 7
_MS = 1_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Account:
    """The account at the close of each bar: int64 nanoseconds and float64, [time]."""

    time: NDArray[np.int64]
    equity: Floats
    drawdown: Floats
    """The fall from the highest value so far: 0 or a negative fraction."""
    gross: Floats
    """Sum of absolute position values over equity; NaN where equity is gone."""
    net: Floats
    benchmark: Floats | None

    def __len__(self) -> int:
        return len(self.time)


def account_of(result: Result) -> Account:
    """Return the account of a run over time."""
    equity = column_values(result.equity, "equity")
    capital = float(result.config["account"]["capital"])
    peak = np.maximum(np.maximum.accumulate(equity), capital) if len(equity) else equity
    solvent = np.where(equity > 0.0, equity, np.nan)
    has_benchmark = "benchmark" in result.equity.column_names
    benchmark = column_values(result.equity, "benchmark") if has_benchmark else None
    return Account(
        time=column_values(result.equity, "time"),
        equity=equity,
        drawdown=equity / peak - 1.0,
        gross=column_values(result.equity, "gross_exposure") / solvent,
        net=column_values(result.equity, "net_exposure") / solvent,
        benchmark=benchmark if benchmark is not None and np.isfinite(benchmark).any() else None,
    )


def charted_account(account: Account, opened: NDArray[np.int64] | None) -> tuple[str, int]:
    """Return the account's lines as text, and how many bars one point of them is; `opened` is when each bar opened, if known."""
    step = step_for(len(account), MOST_POINTS)
    columns: dict[str, Column] = {}
    lines = {"equity": account.equity, "benchmark": account.benchmark}
    parts = {"drawdown": account.drawdown, "gross": account.gross, "net": account.net}
    for name, values in lines.items():
        if values is not None:
            columns |= _columns(name, envelope(values, step), _money_decimals(values))
    for name, values in parts.items():
        columns |= _columns(name, envelope(values, step), 5)
    facts = {"rows": len(account), "step": step, "labels": "close" if opened is None else "open"}
    clock, clock_step = _clock(account.time if opened is None else opened)
    return pack({**columns, "clock": clock}, {**facts, "clock_step": clock_step}), step


def _columns(name: str, line: Envelope, decimals: int) -> dict[str, Column]:
    last = whole(line.last, decimals)
    if line.step == 1:
        return {name: last}
    return {name: last, f"{name}.low": whole(line.low, decimals), f"{name}.high": whole(line.high, decimals)}


def _money_decimals(values: Floats) -> int:
    known = np.abs(values[np.isfinite(values)])
    top = float(np.max(known, initial=1.0))
    return int(np.clip(_DIGITS - int(np.floor(np.log10(max(top, 1e-6)))), 0, 8))


def _clock(time: NDArray[np.int64]) -> tuple[Column, int]:
    """Return the times of every so many rows in milliseconds: of each, unless they are so irregular that this takes much room."""
    step = 1
    while True:
        column = Column(time[::step] // _MS, order=2)
        if len(time) <= step * MOST_POINTS or len(pack({"clock": column})) <= _CLOCK_ROOM:
            return column, step
        step *= 2


def charted_trades(result: Result, bars: Bars | None, most: int) -> str:
    """Return the newest trades as text, so many at most, in the order in which they were entered."""
    table = result.trades
    rows = np.arange(table.num_rows)[-most:] if most else np.arange(0)
    entry, left = column_values(table, "entry_time")[rows], column_values(table, "exit_time")[rows]
    symbols, symbol = texts([str(name) for name in column_values(table, "symbol")[rows]])
    is_open = column_values(table, "is_open")[rows]
    columns = {
        "number": Column(rows + 1),
        "symbol": symbol,
        "long": Column((column_values(table, "direction")[rows] == "long").astype(np.int64), order=0),
        "open": Column(is_open.astype(np.int64), order=0),
        "entry": Column(entry // _MS),
        "exit": Column(np.where(is_open, entry, left) // _MS),
    }
    for name in ("quantity", "entry_price", "exit_price", "profit", "fees"):
        columns[name] = whole(column_values(table, name)[rows], order=0)
    columns["return"] = whole(column_values(table, "return_on_entry")[rows], 6, order=0)
    for name in ("mae", "mfe"):
        if name in table.column_names:
            columns[name] = whole(column_values(table, name)[rows], 5, order=0)
    clock = column_values(result.equity, "time")
    for name, time in (("entry_row", entry), ("exit_row", np.where(is_open, clock[-1] if len(clock) else 0, left))):
        row = np.searchsorted(clock, time, "left") if bars is None else np.searchsorted(bars.open_time, time, "right") - 1
        columns[name] = Column(np.clip(row, 0, max(len(clock) - 1, 0)).astype(np.int64))
    return pack(columns, {"symbols": symbols, "all": table.num_rows})
