"""Predictions by LightGBM's C library itself, which is quick on a single row and needs nothing of its Python package.

`lightgbm.Booster.predict` spends several times as long on arguments as on 200 trees. The calls here are those of the C API that
LightGBM documents: https://lightgbm.readthedocs.io/en/latest/C-API.html
"""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tradekit import DataError, PluginError

__all__ = ["Trees"]

Floats = npt.NDArray[np.float64]

_SCORE, _CONTRIBUTIONS = 0, 3  # C_API_PREDICT_NORMAL, C_API_PREDICT_CONTRIB
_FLOAT64 = 1  # C_API_DTYPE_FLOAT64
_ALL_TREES = (0, -1)
_SETTINGS = b"num_threads=1 verbosity=-1"
_CHUNK = 2**24
"""So many values go to the library at once: it counts rows in 32 bits."""
_MARKS = ("tree\n", "\nend of trees\n", "\nend of parameters\n")


class Trees:
    """A model of LightGBM, read from its text format. One object serves one thread: single rows share a buffer.

    Raises `DataError` for text that is no model of LightGBM's, or one of another number of features or outputs.
    """

    def __init__(self, text: str, feature_count: int) -> None:
        if not text.startswith(_MARKS[0]) or any(mark not in text for mark in _MARKS[1:]):
            raise DataError("the trees are no whole model in LightGBM's text format")
        self._library = _library()
        self.feature_count = feature_count
        handle, trees = ctypes.c_void_p(), ctypes.c_int()
        self._ask("LGBM_BoosterLoadModelFromString", text.encode(), ctypes.byref(trees), ctypes.byref(handle))
        self._handle = handle
        weakref.finalize(self, self._library.LGBM_BoosterFree, handle)
        self._check("LGBM_BoosterGetNumFeature", "features", feature_count)
        self._check("LGBM_BoosterGetNumClasses", "outputs", 1)
        self._begin_rows()

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row of C-contiguous float64 [row, feature]."""
        return self._predicted(rows, _SCORE, 1)[:, 0]

    def contributions(self, rows: Floats) -> Floats:
        """Return what each feature adds to each row's raw score, [row, feature + 1]; the last column is what all rows have.

        These are Shapley values of the trees (Lundberg et al. 2018, arXiv:1802.03888); they add up to the raw score, which is the
        log-odds of a classification.
        """
        return self._predicted(rows, _CONTRIBUTIONS, self.feature_count + 1)

    def score_row(self, row: Floats) -> float:
        """Return what `scores` gives for one row [feature], bit for bit."""
        if len(row) != self.feature_count:
            raise DataError(f"the row has {len(row)} features, and the model has learnt from {self.feature_count}")
        self._row[:] = row
        if self._quick(self._prepared, self._row_place, self._length_place, self._answer_place):
            raise DataError(f"LightGBM can't predict a row: {self._library.LGBM_GetLastError().decode()}")
        return self._answer.value

    def _begin_rows(self) -> None:
        """Have the library prepare for single rows, which then come in one buffer and go out in another."""
        prepared = ctypes.c_void_p()
        settings = (_SCORE, *_ALL_TREES, _FLOAT64, self.feature_count, _SETTINGS, ctypes.byref(prepared))
        self._ask("LGBM_BoosterPredictForMatSingleRowFastInit", self._handle, *settings)
        # Finalizers run last in, first out: this goes before the model that it belongs to.
        weakref.finalize(self, self._library.LGBM_FastConfigFree, prepared)
        self._row = np.zeros(self.feature_count)
        self._answer, self._length = ctypes.c_double(), ctypes.c_int64()
        self._prepared, self._row_place = prepared.value, self._row.ctypes.data
        self._answer_place, self._length_place = ctypes.addressof(self._answer), ctypes.addressof(self._length)
        self._quick = self._library.LGBM_BoosterPredictForMatSingleRowFast

    def _predicted(self, rows: Floats, kind: int, width: int) -> Floats:
        found = np.empty((len(rows), width))
        step = max(1, _CHUNK // max(self.feature_count, width))
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            shape = (_FLOAT64, len(some), self.feature_count, 1)
            length = ctypes.c_int64()
            places = (ctypes.byref(length), found[first:].ctypes.data)
            self._ask("LGBM_BoosterPredictForMat", self._handle, some.ctypes.data, *shape, kind, *_ALL_TREES, _SETTINGS, *places)
        return found

    def _check(self, question: str, what: str, expected: int) -> None:
        answer = ctypes.c_int()
        self._ask(question, self._handle, ctypes.byref(answer))
        if answer.value != expected:
            raise DataError(f"the trees are of {answer.value} {what}; expected {expected}")

    def _ask(self, call: str, *arguments: object) -> None:
        if getattr(self._library, call)(*arguments):
            raise DataError(f"LightGBM can't do {call}: {self._library.LGBM_GetLastError().decode()}")


@cache
def _library() -> ctypes.CDLL:
    path = next(_candidates(), None)
    if path is None:
        raise PluginError("the library of LightGBM is not installed; pip install 'lightgbm>=4.5'")
    library = ctypes.CDLL(str(path))
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    pointer, number, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
    span = [number, number, number]  # kind of prediction, first tree, number of trees
    library.LGBM_BoosterFree.argtypes = [pointer]
    library.LGBM_FastConfigFree.argtypes = [pointer]
    library.LGBM_BoosterLoadModelFromString.argtypes = [text, pointer, pointer]
    library.LGBM_BoosterGetNumFeature.argtypes = [pointer, pointer]
    library.LGBM_BoosterGetNumClasses.argtypes = [pointer, pointer]
    shape = [number, ctypes.c_int32, ctypes.c_int32, number]  # type, rows, columns, whether by rows
    library.LGBM_BoosterPredictForMat.argtypes = [pointer, pointer, *shape, *span, text, pointer, pointer]
    library.LGBM_BoosterPredictForMatSingleRowFastInit.argtypes = [pointer, *span, number, ctypes.c_int32, text, pointer]
    library.LGBM_BoosterPredictForMatSingleRowFast.argtypes = [pointer, pointer, pointer, pointer]
    return library


def _candidates() -> Iterator[Path]:
    """Yield where the shared library is: the Python package that brings it is not imported for that."""
    spec = find_spec("lightgbm")
    for folder in (spec and spec.submodule_search_locations) or ():
        for name in ("lib_lightgbm.so", "lib_lightgbm.dylib", "lib_lightgbm.dll"):
            yield from sorted(Path(folder).rglob(name))
