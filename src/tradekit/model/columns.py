"""Arrow columns out of NumPy arrays and back, from buffer to buffer: Arrow's own ways import pandas, a second of every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["column_values", "flag_column", "name_column", "number_column", "string_column", "table", "text_column", "time_column"]


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
    return pa.DictionaryArray.from_arrays(_column(pa.int32(), numbers.astype(np.int32), numbers >= 0), string_column(list(place)))


def string_column(texts: Sequence[str | None]) -> pa.Array:
    """Return texts, each by itself; None is null."""
    import pyarrow as pa

    is_known = np.array([text is not None for text in texts], dtype=np.bool_)
    written = [(text or "").encode() for text in texts]
    ends = np.cumsum([0, *map(len, written)], dtype=np.int32)
    validity = None if bool(is_known.all()) else _bits(is_known)
    return pa.Array.from_buffers(pa.string(), len(written), [validity, pa.py_buffer(ends), pa.py_buffer(b"".join(written))])


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


def column_values(table: pa.Table, name: str) -> NDArray[Any]:
    """Return a column of a result's table as a NumPy array, without a copy where that can be.

    Numbers are float64 or int64, times int64 UTC nanoseconds, flags bool, and names and texts `str` in an array of objects.
    What is null is NaN among float64, the least int64 among times and whole numbers (as `datetime64` it is NaT), and None among
    texts.
    """
    parts = [_values(chunk) for chunk in table[name].chunks if len(chunk)]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([_none_of(table[name].type), *parts])


def _none_of(kind: pa.DataType) -> NDArray[Any]:
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return np.zeros(0, dtype=np.bool_)
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return np.zeros(0, dtype=object)
    return np.zeros(0, dtype=np.float64 if pa.types.is_floating(kind) else np.int64)


def _values(chunk: pa.Array) -> NDArray[Any]:
    import pyarrow as pa

    if pa.types.is_dictionary(chunk.type):
        words = np.array([*chunk.dictionary.to_pylist(), None], dtype=object)
        numbers = np.frombuffer(chunk.indices.buffers()[1], np.int32)[chunk.offset : chunk.offset + len(chunk)]
        found: NDArray[Any] = words[np.where(_known(chunk), numbers, -1)]
        return found
    if pa.types.is_string(chunk.type):
        return np.array(chunk.to_pylist(), dtype=object)
    if pa.types.is_boolean(chunk.type):
        return _flags(chunk.buffers()[1], chunk)
    kind = np.float64 if pa.types.is_floating(chunk.type) else np.int64
    values = np.frombuffer(chunk.buffers()[1], kind)[chunk.offset : chunk.offset + len(chunk)]
    return np.where(_known(chunk), values, np.nan if kind is np.float64 else np.iinfo(np.int64).min) if chunk.null_count else values


def _known(chunk: pa.Array) -> NDArray[np.bool_]:
    return _flags(chunk.buffers()[0], chunk) if chunk.null_count else np.ones(len(chunk), dtype=np.bool_)


def _flags(bits: pa.Buffer, chunk: pa.Array) -> NDArray[np.bool_]:
    flags: NDArray[np.bool_] = np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little") != 0
    return flags[chunk.offset : chunk.offset + len(chunk)]


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def _column(kind: pa.DataType, values: NDArray[Any], is_known: NDArray[np.bool_] | None) -> pa.Array:
    import pyarrow as pa

    validity = None if is_known is None or bool(is_known.all()) else _bits(is_known)
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(np.ascontiguousarray(values))])
