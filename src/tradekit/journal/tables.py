"""The tables of a run, made from its record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.journal.record import Record
from tradekit.model.bars import Floats
from tradekit.model.columns import flag_column, name_column, number_column, table, text_column, time_column
from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.risk import VerdictKind

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["equity_table", "exposures", "fills_table", "journal_table", "orders_table", "positions_table"]


_KINDS = [kind.name.lower() for kind in OrderKind]
_STATUSES = [status.name.lower() for status in OrderStatus]
_REASONS = ["", *[reason.text for reason in Reason if reason is not Reason.NONE]]


def orders_table(record: Record) -> pa.Table:
    """Return one row an order: what was asked, what became of it, and why."""
    orders, log = record.orders, record.log
    fills = record.entries(EventKind.FILL)
    count = len(orders["row"])
    paid = np.zeros(count)
    fees = np.zeros(count)
    price = np.full(count, np.nan)
    np.add.at(paid, log["order"][fills], log["a"][fills] * log["b"][fills])
    np.add.at(fees, log["order"][fills], log["c"][fills])
    np.divide(paid, orders["filled"], out=price, where=orders["filled"] != 0)
    return table(
        {
            "order": number_column(np.arange(count)),
            "time": time_column(record.bars.close_time[orders["row"]]),
            "symbol": name_column(orders["instrument"], record.bars.symbols),
            "kind": name_column(orders["kind"], _KINDS),
            "asked": number_column(orders["asked"]),
            "quantity": number_column(orders["quantity"]),
            "limit": number_column(orders["limit"]),
            "stop": number_column(orders["stop"]),
            "status": name_column(orders["status"], _STATUSES),
            "reason": name_column(orders["reason"], _REASONS),
            "filled": number_column(orders["filled"]),
            "price": number_column(price),
            "fees": number_column(fees),
        }
    )


def fills_table(record: Record) -> pa.Table:
    """Return one row a fill; `quantity` is signed, `fee` and `slippage` are money."""
    log, fills = record.log, record.entries(EventKind.FILL)
    return table(
        {
            "order": number_column(log["order"][fills]),
            "time": time_column(record.times[fills]),
            "symbol": name_column(log["instrument"][fills], record.bars.symbols),
            "quantity": number_column(log["a"][fills]),
            "price": number_column(log["b"][fills]),
            "fee": number_column(log["c"][fills]),
            "slippage": number_column(log["d"][fills]),
            "at": name_column(log["code"][fills], ["open", "inside"]),
        }
    )


def positions_table(record: Record) -> pa.Table:
    """Return the position after each fill; a flat one has no average price."""
    log, fills = record.log, record.entries(EventKind.FILL)
    return table(
        {
            "time": time_column(record.times[fills]),
            "symbol": name_column(log["instrument"][fills], record.bars.symbols),
            "quantity": number_column(log["e"][fills]),
            "average_price": number_column(log["f"][fills]),
        }
    )


def equity_table(record: Record) -> pa.Table:
    """Return one row a bar: equity, cash and exposure at its close, in money; `is_stale` says that a held instrument had no bar."""
    gross, net, stale = exposures(record)
    return table(
        {
            "time": time_column(record.bars.close_time),
            "equity": number_column(record.equity),
            "cash": number_column(_cash(record)),
            "gross_exposure": number_column(gross),
            "net_exposure": number_column(net),
            "is_stale": flag_column(stale),
        }
    )


def exposures(record: Record) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return, at each close, the sum of absolute position values, their sum, and whether a held instrument had no bar."""
    rows = len(record.equity)
    log, fills = record.log, record.entries(EventKind.FILL)
    gross, net, stale = np.zeros(rows), np.zeros(rows), np.zeros(rows, dtype=np.bool_)
    for i in np.unique(log["instrument"][fills]):
        own = fills[log["instrument"][fills] == i]
        position = _steps(log["row"][own], log["e"][own], rows, 0.0)
        value = np.where(position == 0.0, 0.0, position * _held_over(record.bars.close[:, i]))
        gross += np.abs(value)
        net += value
        stale |= (position != 0.0) & np.isnan(record.bars.close[:, i])
    return gross, net, stale


def _cash(record: Record) -> Floats:
    """Return cash at each close, added up in the simulator's order so that it is the same number."""
    log, fills = record.log, record.entries(EventKind.FILL)
    flows = -(log["a"][fills] * log["b"][fills]) - log["c"][fills]
    after = np.cumsum(np.concatenate(([record.capital], flows)))[1:]
    return _steps(log["row"][fills], after, len(record.equity), record.capital)


def _steps(at: NDArray[Any], values: NDArray[Any], rows: int, before: float) -> Floats:
    """Return a value on each row that changes to `values` on the rows `at` (ascending); the last change of a row counts."""
    changes = np.searchsorted(at, np.arange(rows), side="right")
    return np.concatenate(([before], values))[changes]


def _held_over(prices: Floats) -> Floats:
    """Return prices with holes filled by the price before them."""
    exists = ~np.isnan(prices)
    latest = np.maximum.accumulate(np.where(exists, np.arange(len(prices)), 0))
    return prices[latest]


def journal_table(record: Record) -> pa.Table:
    """Return the journal: one row an entry, in the order of happening, each naming the entry that caused it."""
    log = record.log
    kind = log["kind"]
    told = {EventKind.ORDER: _KINDS, EventKind.VERDICT: [v.name.lower() for v in VerdictKind], EventKind.FILL: ["open", "inside"]}
    told |= {EventKind.REJECT: _REASONS, EventKind.CANCEL: _REASONS, EventKind.HALT: [""]}
    detail = [told[EventKind(k)][c] for k, c in zip(kind.tolist(), log["code"].tolist(), strict=True)]
    words = [record.words.get(number) for number in range(len(kind))] if record.words else [None] * len(kind)
    texts = [None if word is None else word[0] for word in words]
    numbers = [json.dumps(dict(word[1]), sort_keys=True) if word is not None and word[1] else None for word in words]
    return table(
        {
            "number": number_column(np.arange(len(kind))),
            "time": time_column(record.times),
            "event": name_column(kind, [event.text for event in EventKind]),
            "cause": number_column(log["cause"], log["cause"] >= 0),
            "order": number_column(log["order"], log["order"] >= 0),
            "symbol": name_column(log["instrument"], record.bars.symbols),
            "detail": text_column(detail),
            "rule": name_column(log["rule"], record.rules),
            "text": text_column(texts),
            "numbers": text_column(numbers),
            **_numbers_by_meaning(log),
        }
    )


# What the simulator's numbered columns mean, by kind of entry (see `tradekit.simulator.log.Log`).
_MEANING = {
    "quantity": {EventKind.ORDER: "a", EventKind.VERDICT: "a", EventKind.REJECT: "a", EventKind.FILL: "a", EventKind.CANCEL: "a"},
    "allowed": {EventKind.VERDICT: "b"},
    "judged": {EventKind.VERDICT: "c", EventKind.HALT: "c"},
    "limit": {EventKind.VERDICT: "d", EventKind.HALT: "d", EventKind.ORDER: "b"},
    "stop": {EventKind.ORDER: "c"},
    "price": {EventKind.FILL: "b"},
    "fee": {EventKind.FILL: "c"},
    "slippage": {EventKind.FILL: "d"},
    "position": {EventKind.FILL: "e"},
    "equity": {EventKind.HALT: "a"},
    "peak": {EventKind.HALT: "b"},
}


def _numbers_by_meaning(log: Mapping[str, NDArray[Any]]) -> dict[str, pa.Array]:
    columns = {}
    for name, sources in _MEANING.items():
        values = np.full(len(log["kind"]), np.nan)
        for kind, column in sources.items():
            chosen = log["kind"] == kind
            values[chosen] = log[column][chosen]
        columns[name] = number_column(values)
    return columns
