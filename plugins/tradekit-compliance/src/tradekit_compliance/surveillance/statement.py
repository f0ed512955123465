"""What a venue says an account did: a statement of trades, and of positions, from CSV files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tradekit import ConfigError
from tradekit_compliance.checks.reference_data import read_reference

__all__ = ["Statement", "Trade", "read_statement"]


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade by the venue's statement; its quantity is signed."""

    line: int
    time: int
    symbol: str
    quantity: float
    price: float


@dataclass(frozen=True, slots=True)
class Statement:
    """Trades, and positions by symbol; `None` where there is no such file."""

    trades: tuple[Trade, ...] | None = None
    positions: Mapping[str, float] | None = None


def read_statement(trades: Path | None, positions: Path | None) -> Statement:
    """Read a statement: trades with `time` (UTC), `symbol`, `quantity` (signed), `price`; positions with `symbol`, `quantity`."""
    found, held = None, None
    if trades is not None:
        file = read_reference(trades, ("time", "symbol", "quantity", "price"), ("trade_id", "fee"))
        found = tuple(
            Trade(
                line,
                _time(trades, line, row["time"]),
                row["symbol"],
                *(_number(trades, line, row[key]) for key in ("quantity", "price")),
            )
            for line, row in file.rows
        )
    if positions is not None:
        rows = read_reference(positions, ("symbol", "quantity")).rows
        held = {row["symbol"]: _number(positions, line, row["quantity"]) for line, row in rows}
    return Statement(found, held)


def _number(path: Path, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"{str(path)!r}, line {line}: {text!r} is no number") from error


def _time(path: Path, line: int, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{str(path)!r}, line {line}: {text!r} is no time; write it as 2024-06-28T14:30:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000
