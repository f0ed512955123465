"""Arrow columns out of NumPy arrays, straight from their buffers: Arrow's own `array` imports pandas, a second of every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["flag_column", "name_column", "number_column", "table", "text_column", "time_column"]


def number_column(values: NDArray[Any], is_known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return int64 or float64 values; NaN, or what `is_known` says is not known, is null."""
    import pyarrow as pa

    if values.dtype == np.float64:
        is_known = ~np.isnan(values) if is_known is None else is_known
        return _column(pa.float64(), values, is_known)
    return _column(pa.int64(), values.astype(np.int64, copy=False), is_known)


def time_column(times: NDArray[np.int64], is_known: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return UTC nanoseconds as timestamps."""
    import pyarrow as pa

    return _column(pa.timestamp("ns", tz="UTC"), times.astype(np.int64, copy=False), is_known)


def flag_column(flags: NDArray[np.bool_]) -> pa.Array:
    """Return booleans."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, _bits(flags)])


def name_column(numbers: NDArray[Any], names: Sequence[str]) -> pa.Array:
    """Return names by their number, as a dictionary array; a number below 0 is null. A name may have several numbers."""
    import pyarrow as pa

    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    if len(place) < len(names):  # a dictionary in which a name is there twice is refused by pandas
        numbers = np.where(numbers < 0, -1, np.array([place[name] for name in names])[numbers])
    texts = [name.encode() for name in place]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    words = pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    return pa.DictionaryArray.from_arrays(_column(pa.int32(), numbers.astype(np.int32), numbers >= 0), words)


def text_column(texts: Mapping[int, str], count: int) -> pa.Array:
    """Return `count` texts, many of which may be the same; those that are not in `texts`, by their place, are null."""
    distinct = list(dict.fromkeys(texts.values()))
    number = {text: at for at, text in enumerate(distinct)}
    numbers = np.full(count, -1, dtype=np.int32)
    numbers[list(texts)] = [number[text] for text in texts.values()]
    return name_column(numbers, distinct)


def table(columns: Mapping[str, pa.Array]) -> pa.Table:
    """Return a table of columns that are Arrow arrays already."""
    import pyarrow as pa

    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _column(kind: pa.DataType, values: NDArray[Any], is_known: NDArray[np.bool_] | None) -> pa.Array:
    import pyarrow as pa

    validity = None if is_known is None or bool(is_known.all()) else _bits(is_known)
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(np.ascontiguousarray(values))])
