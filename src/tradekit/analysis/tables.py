"""Trades as an Arrow table, made without `pyarrow.array`, which would import pandas (a second of every run)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.analysis.trades import RoundTrips

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["trades_table"]


def trades_table(trips: RoundTrips, symbols: Sequence[str]) -> pa.Table:
    """Return one row a trade, with symbols for instruments, and a null `exit_time` for trades that are still open."""
    import pyarrow as pa

    stamp = pa.timestamp("ns", tz="UTC")
    columns = {
        "symbol": _names(trips.instrument, symbols),
        "direction": _names(trips.direction < 0, ["long", "short"]),
        "entry_time": _numbers(stamp, trips.entry_time),
        "exit_time": _numbers(stamp, trips.exit_time, ~trips.is_open),
        "quantity": _numbers(pa.float64(), trips.quantity),
        "entry_price": _numbers(pa.float64(), trips.entry_price),
        "exit_price": _numbers(pa.float64(), trips.exit_price),
        "profit": _numbers(pa.float64(), trips.profit),
        "fees": _numbers(pa.float64(), trips.fees),
        "slippage": _numbers(pa.float64(), trips.slippage),
        "return_on_entry": _numbers(pa.float64(), trips.return_on_entry),
        "is_open": pa.Array.from_buffers(pa.bool_(), len(trips), [None, _bits(trips.is_open)]),
    }
    return pa.table(columns)


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _numbers(kind: pa.DataType, values: NDArray[Any], is_known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return values of a type as wide as theirs; where `is_known` is False they are null."""
    import pyarrow as pa

    validity = None if is_known is None else _bits(is_known)
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(np.ascontiguousarray(values))])


def _names(numbers: NDArray[Any], names: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    texts = [name.encode() for name in names]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    words = pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    return pa.DictionaryArray.from_arrays(_numbers(pa.int32(), numbers.astype(np.int32)), words)
