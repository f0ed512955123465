"""The rows, labels and weights that a model gets: checked once, for all models alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tradekit import DataError

if TYPE_CHECKING:
    from tradekit_ml.models.contract import Floats, Model, OnlineModel

__all__ = ["Training", "checked_example", "checked_rows", "checked_training", "known_row"]


@dataclass(frozen=True, slots=True)
class Training:
    """What a model may learn from: finite labels, weights with the mean 1, and at least one row that counts."""

    rows: Floats
    labels: Floats
    weights: Floats


def checked_training(model: Model, rows: Floats, labels: Floats, weights: Floats | None) -> Training:
    """Return the rows in the form that `Model.train` is promised. Raises `DataError` for what can't be learnt from."""
    table = _table(model, rows)
    targets = _column("labels", labels, len(table))
    shares = np.ones(len(table)) if weights is None else _column("weights", weights, len(table))
    _check_features(model, table)
    _check_labels(model, targets)
    if wrong := np.flatnonzero(~(np.isfinite(shares) & (shares >= 0))).tolist():
        raise DataError(f"the weight of row {wrong[0]} is {float(shares[wrong[0]])!r}; weights are 0 or more")
    if not shares.sum() > 0:
        raise DataError(f"all {len(shares)} weights are 0, so there is nothing to learn from; leave out rows that don't count")
    if model.task == "classification" and len(told := np.unique(targets[shares > 0])) < 2:
        raise DataError(f"all labels are {told[0]:g}, so there is nothing to tell apart; train on a span that has both 0 and 1")
    return Training(table, targets, shares / shares.mean())


def checked_rows(model: Model, rows: Floats) -> Floats:
    """Return rows to predict for. Raises `DataError` before the model is fitted, and for another number of features."""
    table = _table(model, rows)
    if model.feature_count is None:
        raise DataError(f"model {model.name!r} has learnt nothing yet; call fit() or load() first")
    if table.shape[1] != model.feature_count:
        raise DataError(
            f"model {model.name!r} has learnt from rows of {model.feature_count} features, and these have {table.shape[1]}; "
            "compute them by the feature specification that it was trained with"
        )
    return table


def known_row(model: Model, row: Floats) -> Floats | None:
    """Return one row to predict for, quickly; `None` where a value is missing or infinite. Raises `DataError` as `checked_rows`."""
    if np.shape(row) != (model.feature_count,):
        checked_rows(model, np.asarray(row, dtype=np.float64)[None])
    values = np.asarray(row, dtype=np.float64)
    return values if np.isfinite(values).all() else None


def checked_example(model: OnlineModel, row: Floats, label: float, weight: float) -> Floats:
    """Return one row to learn from, with its label known. Raises `DataError` as `checked_training` does."""
    table = checked_rows(model, np.asarray(row, dtype=np.float64)[None])
    _check_features(model, table)
    _check_labels(model, np.array([label], dtype=np.float64))
    if not (np.isfinite(weight) and weight >= 0):
        raise DataError(f"the weight of a row is {weight!r}; weights are 0 or more")
    example: Floats = table[0]
    return example


def _table(model: Model, rows: Floats) -> Floats:
    table = np.ascontiguousarray(rows, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise DataError(
            f"model {model.name!r} was given rows of shape {np.shape(rows)}; expected [row, feature], with a feature or more"
        )
    return table


def _column(what: str, values: Floats, length: int) -> Floats:
    column = np.ascontiguousarray(values, dtype=np.float64)
    if column.shape != (length,):
        raise DataError(f"{what} have the shape {column.shape} for {length} rows; expected ({length},)")
    return column


def _check_features(model: Model, table: Floats) -> None:
    wrong = np.argwhere(np.isinf(table) if model.takes_nan else ~np.isfinite(table))
    if len(wrong):
        row, feature = (int(k) for k in wrong[0])
        allowed = "finite or NaN" if model.takes_nan else "finite"
        way_out = "" if model.takes_nan else "; leave such rows out, or use a model that takes missing values, such as 'lightgbm'"
        raise DataError(
            f"feature {feature} of row {row} is {float(table[row, feature])!r}, one of {len(wrong)} such values; "
            f"model {model.name!r} learns from {allowed} values{way_out}"
        )


def _check_labels(model: Model, labels: Floats) -> None:
    if wrong := np.flatnonzero(~np.isfinite(labels)).tolist():
        raise DataError(
            f"the label of row {wrong[0]} is {float(labels[wrong[0]])!r}, one of {len(wrong)} such; "
            "leave out rows whose label is not known: a guess in its place is learnt as if it were true"
        )
    if model.task == "classification" and (wrong := np.flatnonzero((labels != 0) & (labels != 1)).tolist()):
        raise DataError(
            f"the label of row {wrong[0]} is {float(labels[wrong[0]])!r}; model {model.name!r} tells 0 from 1: "
            "make a label of each question, such as labels > 0, or let it regress"
        )
