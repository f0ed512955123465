"""One month of one kind of data as a Parquet file, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.arrays import fixed_width
from tradekit.data.store.kinds import Columns, Layout
from tradekit.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["decode", "encode", "read_file", "table_of"]

_ROWS_OF_A_GROUP = 1 << 20
_LEVEL = 3


def encode(columns: Columns, about: dict[str, str] | None = None) -> memoryview:
    """Return the content of a Parquet file: Zstandard; whole numbers and times by their differences, prices as they are."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = table_of(columns)
    if about:
        table = table.replace_schema_metadata(about)
    is_wide = {name: column.dtype.itemsize == 8 for name, column in columns.items()}
    encodings = {
        name: "DELTA_BINARY_PACKED" if column.dtype == np.int64 else "PLAIN" for name, column in columns.items() if is_wide[name]
    }
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=[name for name in columns if not is_wide[name]],
        column_encoding=encodings,
        row_group_size=_ROWS_OF_A_GROUP,
    )
    return memoryview(sink.getvalue())


def read_file(path: Path) -> pa.Buffer:
    """Return what a file holds; raise `OSError` if it can't be read.

    The memory is Arrow's own. Its threads may let go of it after the interpreter has ended, and would abort the process if they
    had to give it back to Python.
    """
    import pyarrow as pa

    with path.open("rb") as file:
        content = pa.allocate_buffer(os.fstat(file.fileno()).st_size)
        return content.slice(0, file.readinto(content))


def decode(content: pa.Buffer, layout: Layout, where: str) -> dict[str, NDArray[Any]]:
    """Return the columns of a Parquet file that `encode` made; raise `DataError` for one that it did not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            table = file.read(columns=list(layout.columns))
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{where} can't be read: {error}") from error
    if table.column_names != list(layout.columns):
        raise DataError(f"{where} has the columns {', '.join(table.column_names)}; {layout.kind} have {', '.join(layout.columns)}")
    return {name: _values(table[name], expected) for name, expected in layout.columns.items()}


def table_of(columns: Columns) -> pa.Table:
    """Return columns as an Arrow table; times are timestamps of UTC, and NaN stays NaN."""
    import pyarrow as pa

    return pa.Table.from_arrays([_arrow(name, column) for name, column in columns.items()], names=list(columns))


def _arrow(name: str, column: NDArray[Any]) -> pa.Array:
    import pyarrow as pa

    if column.dtype == np.bool_:
        return pa.Array.from_buffers(pa.bool_(), len(column), [None, pa.py_buffer(np.packbits(column, bitorder="little"))])
    kinds = {"float64": pa.float64(), "int64": pa.int64(), "int32": pa.int32(), "int8": pa.int8()}
    kind = pa.timestamp("ns", tz="UTC") if name.endswith("time") else kinds[column.dtype.name]
    return pa.Array.from_buffers(kind, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])


def _values(column: pa.ChunkedArray, expected: type[np.generic]) -> NDArray[Any]:
    if expected is not np.bool_:
        return fixed_width(column, expected)
    parts = [np.zeros(0, np.bool_)]
    for chunk in column.chunks:
        bits = np.unpackbits(np.frombuffer(chunk.buffers()[1], np.uint8), bitorder="little")
        parts.append(bits[chunk.offset : chunk.offset + len(chunk)].astype(np.bool_))
    return np.concatenate(parts)
