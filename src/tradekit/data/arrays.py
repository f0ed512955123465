"""NumPy arrays out of Arrow columns, and back.

Arrow's own `to_numpy`, `array` and `scalar` import pandas, which costs more than reading a file; these go through the buffers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Times

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["code_column", "digest", "fixed_width", "nulls_of", "text_scalar", "timestamps"]


def fixed_width(column: pa.Array | pa.ChunkedArray, dtype: type[np.generic]) -> NDArray[Any]:
    """Return the values of a column whose Arrow type is as wide as `dtype`; those of null cells are unspecified."""
    chunks = []
    for chunk in getattr(column, "chunks", [column]):
        buffer = chunk.buffers()[1]
        if len(chunk):
            chunks.append(np.frombuffer(buffer, dtype)[chunk.offset : chunk.offset + len(chunk)])
    if len(chunks) == 1:
        return chunks[0]
    return np.concatenate(chunks) if chunks else np.empty(0, dtype)


def nulls_of(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return bool [row]: which cells are null."""
    parts = [np.zeros(0, dtype=np.bool_)]
    for chunk in column.chunks:
        validity = chunk.buffers()[0]
        if validity is None or not len(chunk):
            parts.append(np.full(len(chunk), chunk.null_count > 0))
        else:
            bits = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
            parts.append(bits[chunk.offset : chunk.offset + len(chunk)] == 0)
    return np.concatenate(parts)


def code_column(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], list[str]]:
    """Return for each row the position of its text among the distinct texts of a column, and those; a null is an empty text."""
    import pyarrow as pa

    texts = column.cast(pa.string()).combine_chunks()
    if isinstance(texts, pa.ChunkedArray):
        texts = pa.concat_arrays(texts.chunks)
    encoded = texts.dictionary_encode(null_encoding="encode")
    return fixed_width(encoded.indices, np.int32), [text or "" for text in encoded.dictionary.to_pylist()]


def digest(columns: Iterable[NDArray[Any]]) -> str:
    """Return the SHA-256 of columns, whatever the machine's byte order."""
    found = hashlib.sha256()
    for column in columns:
        found.update(np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<")).data)
    return found.hexdigest()


def timestamps(times: Times) -> pa.Array:
    """Return nanoseconds as an Arrow array of timestamps without a zone, sharing memory."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.timestamp("ns"), len(times), [None, pa.py_buffer(np.ascontiguousarray(times))])


def text_scalar(text: str) -> pa.StringScalar:
    """Return a text as an Arrow scalar."""
    import pyarrow as pa

    content = text.encode()
    offsets = np.array([0, len(content)], dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(content)])[0]
