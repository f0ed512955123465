"""Learning as labels become known, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tradekit import DataError
from tradekit_ml.models.contract import Floats, OnlineModel
from tradekit_ml.models.files import arrays_of, bytes_of, model_files, read_files, write_files
from tradekit_ml.models.finding import model_of_files

__all__ = ["DelayedLearner"]

_FILE = "waiting.npz"


class DelayedLearner:
    """An online model that answers at once, and learns from the very rows that it answered, when their labels are known.

    What waits for its label is part of what it dumps, so that a run that goes on after a restart learns what it would have learnt.
    Times are UTC nanoseconds; `key` tells rows of one time apart, such as by the symbol.
    """

    def __init__(self, model: OnlineModel) -> None:
        self.model = model
        self._waiting: dict[tuple[int, str], Floats] = {}

    def predict(self, t0: int, key: str, row: Floats) -> float:
        """Return the model's answer for a row of time `t0`, and keep the row until its label is known.

        A row with missing values is answered, with NaN where the model doesn't take such, and not kept: nothing is learnt from it.
        Raises `DataError` for a second row of one time and key.
        """
        if (t0, key) in self._waiting:
            raise DataError(f"there was a row of {key!r} at {t0} already; each decision is asked for once")
        answer = self.model.predict_row(row)
        if not np.isnan(answer) and not np.isinf(row).any():
            self._waiting[t0, key] = np.array(row, dtype=np.float64)
        return answer

    def waits_for(self, t0: int, key: str) -> bool:
        """Return whether the row of that time and key is kept, for its label to be learnt."""
        return (t0, key) in self._waiting

    def waiting(self) -> Iterator[tuple[int, str]]:
        """Yield time and key of the rows whose labels are not known yet, in order of time."""
        return iter(sorted(self._waiting))

    def learn(self, now: int, at: tuple[int, str], t1: int, label: float, weight: float = 1.0) -> None:
        """Learn from the row that was answered `at` (t0, key), whose label is known at `t1`.

        Raises `DataError` for a `t1` after `now`, when nobody can know the label, for a row that doesn't wait, and for a label
        that the model refuses, which the row then goes on waiting for.
        """
        if t1 > now:
            raise DataError(
                f"the label of {at[1]!r} at {at[0]} is known at {t1}, and it is {now}; learn from it when that has passed"
            )
        if at not in self._waiting:
            raise DataError(
                f"no row of {at[1]!r} at {at[0]} waits for its label; it was never asked for, or was learnt from already"
            )
        self.model.learn_row(self._waiting[at], label, weight)
        del self._waiting[at]

    def forget(self, t0: int, key: str) -> None:
        """Give up a row whose label will never be known, such as one of an instrument that was delisted."""
        self._waiting.pop((t0, key), None)

    def dump(self, folder: Path) -> None:
        """Write the model, and the rows that wait for their labels."""
        waiting = sorted(self._waiting)
        arrays = {
            "t0": np.array([t0 for t0, _ in waiting], dtype=np.int64),
            "key": np.array([key for _, key in waiting], dtype=np.str_),
            "rows": np.array([self._waiting[at] for at in waiting]).reshape(len(waiting), self.model.feature_count or 0),
        }
        write_files(folder, {**model_files(self.model), _FILE: bytes_of(arrays)})

    @classmethod
    def load(cls, folder: Path) -> DelayedLearner:
        """Return what `dump` wrote. Raises `DataError` for a folder that doesn't hold an online model with rows that wait."""
        files = read_files(folder)
        where = repr(str(folder))
        arrays = arrays_of(files.pop(_FILE, b""), f"{_FILE!r} of {where}", ("t0", "key", "rows"))
        model = model_of_files(files, where)
        if not isinstance(model, OnlineModel):
            raise DataError(f"{where} holds a model {model.name!r}, which doesn't learn online")
        found = cls(model)
        found._waiting = {
            (t0, key): row for t0, key, row in zip(arrays["t0"].tolist(), arrays["key"].tolist(), arrays["rows"], strict=True)
        }
        return found
