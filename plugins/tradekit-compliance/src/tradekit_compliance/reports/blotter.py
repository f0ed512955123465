"""The trade blotter: one row a fill, which adds up to the fills of the run or log."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradekit import RunError
from tradekit_compliance.audit.coding import number_text, time_text
from tradekit_compliance.checks.reference_data import day_of
from tradekit_compliance.surveillance.activity import Activity, Message

__all__ = ["COLUMNS", "blotter", "write_blotter"]

COLUMNS = (
    *(
        "trade_id",
        "order_id",
        "account",
        "symbol",
        "side",
        "quantity",
        "price",
        "currency",
        "gross",
        "fee",
        "net",
        "trade_time",
        "settle_date",
        "venue",
        "liquidity",
        "algo",
        "seq",
    ),
    *(),
)


def blotter(activity: Activity, settle_days: int | None = None) -> Iterator[dict[str, str]]:
    """Yield one row for each fill; amounts are exact products of the numbers as they were recorded.

    `gross` is quantity times price, `net` what it adds to cash: below 0 for what is bought. `seq` is the number of the record.
    The settlement date counts days from Monday to Friday, and knows no holidays; without `settle_days` it is empty.
    """
    settings = activity.settings
    currency = str(settings.get("account", {}).get("currency", ""))
    venue = str(settings.get("execution", {}).get("executor", "") or settings.get("flat", {}).get("execution.executor", ""))
    algo = _algo(settings)
    count: dict[int | None, int] = {}
    for one in activity.messages:
        if one.kind != "fill":
            continue
        count[one.order] = count.get(one.order, 0) + 1
        quantity, price, fee = (Decimal(number_text(value)) for value in (one.quantity, one.price or 0.0, -one.money))
        gross = quantity * price
        yield {
            "trade_id": f"{activity.name}-{one.order}-{count[one.order]}",
            "order_id": str(one.order),
            "account": activity.name,
            "symbol": one.symbol,
            "side": "buy" if one.quantity > 0 else "sell",
            "quantity": number_text(abs(quantity)),
            "price": number_text(price),
            "currency": currency,
            "gross": number_text(gross),
            "fee": number_text(fee),
            "net": number_text(-gross - fee),
            "trade_time": time_text(one.time),
            "settle_date": "" if settle_days is None else _settled(day_of(one.time), settle_days).isoformat(),
            "venue": venue,
            "liquidity": _liquidity(one),
            "algo": algo,
            "seq": str(one.number),
        }


def write_blotter(activity: Activity, path: Path, settle_days: int | None = None) -> int:
    """Write the blotter as CSV, or as Parquet if the name ends in `.parquet`, and return how many rows it has."""
    rows = list(blotter(activity, settle_days))
    try:
        if path.suffix == ".parquet":
            _write_parquet(rows, path)
        else:
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
    except OSError as error:
        raise RunError(f"blotter {str(path)!r} can't be written: {error.strerror}") from error
    return len(rows)


def _write_parquet(rows: list[dict[str, str]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS}
    pq.write_table(pa.table(columns), path)


def _settled(day: date, days: int) -> date:
    while days:
        day += timedelta(1)
        days -= day.weekday() < 5
    return day


def _liquidity(one: Message) -> str:
    word = one.detail.split(" ")[-1]
    return word if word in ("maker", "taker") else ""


def _algo(settings: Mapping[str, Any]) -> str:
    """Return the name of the strategy, or of all that trade the account."""
    table = settings.get("strategy", {})
    if isinstance(table, list):
        return ", ".join(str(one["name"]) for one in table)
    return str(table.get("name", "") or settings.get("flat", {}).get("strategy.name", ""))
