"""Trades as an Arrow table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from tradekit.analysis.excursions import Excursions
from tradekit.analysis.trades import RoundTrips
from tradekit.model.columns import flag_column, name_column, number_column, table, time_column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["trades_table"]


def trades_table(
    trips: RoundTrips, symbols: Sequence[str], found: Excursions, more: Mapping[str, pa.Array] = MappingProxyType({})
) -> pa.Table:
    """Return one row a trade, with symbols for instruments, and a null `exit_time` for trades that are still open.

    `more` are columns that stand after the symbol.
    """
    return table(
        {
            "symbol": name_column(trips.instrument, symbols),
            **more,
            "direction": name_column((trips.direction < 0).astype("i4"), ["long", "short"]),
            "entry_time": time_column(trips.entry_time),
            "exit_time": time_column(trips.exit_time, ~trips.is_open),
            "quantity": number_column(trips.quantity),
            "entry_price": number_column(trips.entry_price),
            "exit_price": number_column(trips.exit_price),
            "profit": number_column(trips.profit),
            "fees": number_column(trips.fees),
            "carry": number_column(trips.carry),
            "slippage": number_column(trips.slippage),
            "return_on_entry": number_column(trips.return_on_entry),
            "mae": number_column(found.adverse),
            "mfe": number_column(found.favourable),
            "is_open": flag_column(trips.is_open),
        }
    )
