"""Golden rows: what a model answered when it was written, replayed whenever it is loaded."""

from __future__ import annotations

import numpy as np

from tradekit import DataError
from tradekit_ml.models.contract import Floats, Model
from tradekit_ml.models.files import arrays_of, bytes_of

__all__ = ["GOLDEN_ROWS", "TOLERANCE", "golden_bytes", "replay"]

GOLDEN_ROWS = 64
TOLERANCE = 1e-6
"""How far an answer may be from the golden one, relative to the largest of them: another machine may round otherwise."""


def golden_bytes(model: Model, rows: Floats) -> bytes:
    """Return 64 of the rows, evenly apart, with the model's answers, as an .npz. Fewer rows are taken as they are."""
    count = min(GOLDEN_ROWS, len(rows))
    some = np.ascontiguousarray(rows[[k * len(rows) // count for k in range(count)]], dtype=np.float64)
    return bytes_of({"rows": some, "answers": model.predict(some)})


def replay(model: Model, content: bytes, where: str) -> float:
    """Have a model answer its golden rows again, and return the largest difference. Raises `DataError` where that is too large.

    It answers them together and one by one, which must be the same to the last bit.
    """
    arrays = arrays_of(content, where, ("rows", "answers"))
    rows, answers = arrays["rows"], arrays["answers"]
    if not len(rows) or answers.shape != (len(rows),):
        raise DataError(f"{where} has {answers.shape} answers for rows of shape {rows.shape}")
    found = model.predict(rows)
    alone = np.array([model.predict_row(row) for row in rows])
    if (odd := np.flatnonzero((found != alone) & ~(np.isnan(found) & np.isnan(alone)))).size:
        k = int(odd[0])
        raise DataError(f"{where}: golden row {k} is {found[k]!r} among others and {alone[k]!r} by itself")
    unknown = np.isnan(answers) != np.isnan(found)
    off = np.where(np.isnan(found) | np.isnan(answers), 0.0, np.abs(found - answers))
    wrong = np.flatnonzero(unknown | (off > TOLERANCE * np.abs(np.nan_to_num(answers)).max()))
    if wrong.size:
        k = int(wrong[0])
        raise DataError(
            f"{where}: {wrong.size} of {len(rows)} golden rows are answered otherwise than when the model was written: "
            f"row {k} was {answers[k]!r} and is {found[k]!r}"
        )
    return float(off.max())
