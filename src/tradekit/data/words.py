"""What columns of words say: sides, flags, and the numbers that venues give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradekit.data.arrays import code_column, fixed_width, nulls_of
from tradekit.errors import DataError
from tradekit.model.reference import ActionKind
from tradekit.model.ticks import trade_number

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_flags", "read_kinds", "read_numbers", "read_sides", "read_takers"]

_SIDES = {
    **dict.fromkeys(("buy", "buyer", "bid", "bids", "b", "1", "1.0", "+1"), 1),
    **dict.fromkeys(("sell", "seller", "ask", "asks", "offer", "a", "s", "-1", "-1.0"), -1),
    **dict.fromkeys(("", "0", "0.0", "unknown", "none", "null", "nan", "n"), 0),
}
_KINDS = {word: int(kind) for kind in ActionKind for word in (kind.name.lower(), f"{kind.name.lower()}s", str(int(kind)))}
_FLAGS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "t", "snapshot", "snap"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "f", "update", "delta", "set"), False),
}


def read_sides(column: pa.ChunkedArray, way_out: str = "") -> NDArray[np.int8]:
    """Return 1 for buyers and bids, -1 for sellers and asks, 0 where nobody says; raise `DataError` for any other word.

    The `way_out` is how to leave the column out, where that can be.
    """
    return _meanings(column, _SIDES, "a side; buy, bid, b or 1, and sell, ask, a, s or -1 are", way_out).astype(np.int8)


def read_kinds(column: pa.ChunkedArray) -> NDArray[np.int32]:
    """Return the kinds of corporate actions, as `ActionKind` numbers them; raise `DataError` for any other word."""
    what = "a kind of action; split or 0, dividend or 1, and delisting or 2 are"
    return _meanings(column, _KINDS, what).astype(np.int32)


def read_flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return which rows say yes; raise `DataError` for a word that says neither."""
    return _meanings(column, _FLAGS, "yes or no; true, 1 or snapshot, and false, 0 or update are").astype(np.bool_)


def read_takers(column: pa.ChunkedArray) -> NDArray[np.int8]:
    """Return who took where a column says whether the buyer was waiting: -1 where he was, 1 where not."""
    return np.where(read_flags(column), -1, 1).astype(np.int8)


def _meanings(column: pa.ChunkedArray, known: Mapping[str, int], what: str, way_out: str = "") -> NDArray[Any]:
    codes, words = code_column(column)
    meanings = [known.get(word.strip().lower()) for word in words]
    if None in meanings:
        code = meanings.index(None)
        row = int((codes == code).argmax()) + 1
        hint = f"; or leave it out: {way_out}" if way_out else ""
        raise DataError(f"row {row}: {words[code]!r} is not {what}{hint}")
    return np.array(meanings, dtype=np.int64)[codes]


def read_numbers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return a venue's numbers as int64, 0 for blanks; what is no whole number is stood for as `trade_number` does."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), dtype=np.int64)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    if not is_text and not pa.types.is_integer(kind):
        raise DataError(f"it holds {kind}, neither whole numbers nor texts")
    try:
        whole = column.cast(pa.int64())
    except pa.ArrowInvalid:
        texts = column.cast(pa.string()).to_pylist()
        return np.array([trade_number(text) if text else 0 for text in texts], dtype=np.int64)
    return np.where(nulls_of(whole), 0, fixed_width(whole, np.int64))
