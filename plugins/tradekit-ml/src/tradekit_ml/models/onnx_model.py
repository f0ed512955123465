"""Models that were trained elsewhere, exported as ONNX."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

import tradekit
from tradekit import DataError, Field
from tradekit_ml.models.contract import Floats, Model, Task
from tradekit_ml.models.extras import extra
from tradekit_ml.models.rows import checked_rows

__all__ = ["Onnx"]

_FILE = "model.onnx"
_TYPES: Mapping[str, type[np.floating[Any]]] = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class Onnx(Model):
    """Any model that was exported as ONNX: it is read, not trained, and predicts row by row. Extra `onnx`.

    Its one input is [row, feature] of 32- or 64-bit numbers, whose number of rows is free. It gives one number a row, or the
    probabilities of 0 and 1. Batches are not faster than rows: in ONNX's runtime a row may differ in its last bits by what is
    computed beside it, so each is computed by itself.
    """

    name = "onnx"
    trains = False

    class Options(tradekit.Options):
        task: Task = Field("regression", description="what the labels are: regression, or classification of 0 and 1")
        output: str = Field("", description="name of the output to take; needed where the model has several")
        takes_nan: bool = Field(False, description="whether it was trained on rows with missing values")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._content = b""
        self._session: Any = None
        self._input, self._output = "", ""
        self._type: type[np.floating[Any]] = np.float32
        self.takes_nan = self.options.takes_nan

    @classmethod
    def of_file(cls, path: Path, options: tradekit.Options | None = None) -> Onnx:
        """Return the model in an ONNX file. Raises `DataError` for one that can't be used, with the reason."""
        model = cls(options)
        model._take(path.read_bytes())
        return model

    @property
    def task(self) -> Task:
        """Return what the labels are."""
        task: Task = self.options.task
        return task

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is trained
        """Refuse: it is only loaded."""
        raise DataError("a model 'onnx' was trained elsewhere, and is only loaded")

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        return np.fromiter(map(self._score, rows), np.float64, len(rows))

    def predict_row(self, row: Floats) -> float:
        """Return what `predict` gives for this row, bit for bit."""
        values = checked_rows(self, np.asarray(row, dtype=np.float64)[None])[0]
        return self._score(values) if self.takes_nan or np.isfinite(values).all() else nan

    def _score(self, row: Floats) -> float:
        found = self._session.run([self._output], {self._input: row[None].astype(self._type)})[0]
        values = np.asarray(found, dtype=np.float64).reshape(-1)
        if len(values) > 1 + (self.task == "classification"):
            raise DataError(f"output {self._output!r} of the ONNX model gives {len(values)} numbers for a row; expected one")
        return float(values[-1])

    def state(self) -> Mapping[str, bytes]:
        """Return the ONNX file, as it was."""
        return {_FILE: self._content}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Read the ONNX file."""
        if set(state) != {_FILE}:
            raise DataError(f"a model 'onnx' is kept in {_FILE!r}, and here are {sorted(state)!r}")
        expected = self.feature_count
        self._take(state[_FILE])
        if self.feature_count != expected:
            raise DataError(f"the ONNX model is of {self.feature_count} features; expected {expected}")

    def _take(self, content: bytes) -> None:
        runtime = extra("onnxruntime", "onnx", self.name)
        settings = runtime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        settings.log_severity_level = 4
        try:
            session = runtime.InferenceSession(content, settings, providers=["CPUExecutionProvider"])
        except Exception as error:  # of types that the runtime doesn't export
            raise DataError(f"{_FILE!r} can't be read by ONNX's runtime: {' '.join(str(error).split())}") from error
        inputs = session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in _TYPES or len(inputs[0].shape) != 2 or not isinstance(inputs[0].shape[1], int):
            told = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
            raise DataError(f"the ONNX model has the inputs {told}; expected one, of float or double [row, number of features]")
        self._input, self._type = inputs[0].name, _TYPES[inputs[0].type]
        self._output = self._chosen([one.name for one in session.get_outputs()])
        self._content, self._session, self.feature_count = content, session, inputs[0].shape[1]

    def _chosen(self, outputs: list[str]) -> str:
        wanted: str = self.options.output
        if not wanted and len(outputs) == 1:
            return outputs[0]
        if wanted not in outputs:
            raise DataError(
                f"the ONNX model has the outputs {', '.join(map(repr, outputs))}; name one in its option 'output', not {wanted!r}"
            )
        return wanted
