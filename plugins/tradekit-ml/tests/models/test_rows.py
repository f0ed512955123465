"""What can't be learnt from is refused, in the same words for every model."""

import numpy as np
import pytest
from tradekit_ml.models import make_model

from tradekit import DataError

ROWS, LABELS = np.arange(12.0).reshape(6, 2), np.array([0.0, 1, 0, 1, 1, 0])
nan = float("nan")


def with_value(array, place, value):
    changed = array.copy()
    changed[place] = value
    return changed


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ridge", (ROWS[0], LABELS), r"was given rows of shape \(2,\); expected \[row, feature\]"),
        ("ridge", (ROWS[:, :0], LABELS), r"was given rows of shape \(6, 0\)"),
        ("ridge", (ROWS, LABELS[:5]), r"labels have the shape \(5,\) for 6 rows; expected \(6,\)"),
        ("ridge", (ROWS, LABELS, np.ones(7)), r"weights have the shape \(7,\) for 6 rows"),
        ("ridge", (with_value(ROWS, (2, 1), nan), LABELS), "feature 1 of row 2 is nan, one of 1 such values.*'lightgbm'"),
        ("lightgbm", (with_value(ROWS, (2, 1), np.inf), LABELS), "feature 1 of row 2 is inf.*learns from finite or NaN values"),
        (
            "ridge",
            (ROWS, with_value(LABELS, 3, nan)),
            "label of row 3 is nan, one of 1 such; leave out rows",
        ),
        ("logistic", (ROWS, with_value(LABELS, 3, -1)), "label of row 3 is -1.0; model 'logistic' tells 0 from 1"),
        ("logistic", (ROWS, np.ones(6)), "all labels are 1, so there is nothing to tell apart"),
        ("logistic", (ROWS, LABELS, 1 - LABELS), "all labels are 0, so there is nothing to tell apart"),
        ("ridge", (ROWS, LABELS, with_value(np.ones(6), 4, -1)), "the weight of row 4 is -1.0; weights are 0 or more"),
        ("ridge", (ROWS, LABELS, with_value(np.ones(6), 4, nan)), "the weight of row 4 is nan"),
        ("ridge", (ROWS, LABELS, np.zeros(6)), "all 6 weights are 0, so there is nothing to learn from"),
    ],
)
def test_fit_what_can_not_be_right_is_refused(name, arguments, message) -> None:
    with pytest.raises(DataError, match=message):
        make_model(name, {}).fit(*arguments)


def test_predict_before_fit_is_refused() -> None:
    for name in ("ridge", "lightgbm", "neural", "ftrl"):
        model = make_model(name, {})
        for ask in (lambda model=model: model.predict(ROWS), lambda model=model: model.predict_row(ROWS[0])):
            with pytest.raises(DataError, match=f"model '{name}' has learnt nothing yet"):
                ask()


@pytest.mark.parametrize("name", ["ridge", "lightgbm", "xgboost", "neural", "recursive-least-squares"])
def test_predict_other_number_of_features_is_refused(name) -> None:
    model = make_model(name, {})
    model.fit(np.random.default_rng(1).normal(size=(60, 2)), np.arange(60.0))
    with pytest.raises(DataError, match="from rows of 2 features, and these have 3"):
        model.predict(np.ones((4, 3)))
    for row in (np.ones(3), np.ones(1)):
        with pytest.raises(DataError, match="features"):
            model.predict_row(row)


def test_predict_no_rows_is_no_answer() -> None:
    for name in ("ridge", "lightgbm"):
        model = make_model(name, {})
        model.fit(ROWS, LABELS)
        assert model.predict(np.empty((0, 2))).shape == (0,)


def test_dump_before_fit_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match="model 'ridge' has learnt nothing that could be written; call fit"):
        make_model("ridge", {}).dump(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_learn_row_unknown_label_is_refused() -> None:
    model = make_model("ftrl", {})
    model.fit(ROWS, LABELS)
    for row, label, weight, message in (
        (ROWS[0], nan, 1.0, "label of row 0 is nan"),
        (ROWS[0], 0.5, 1.0, "tells 0 from 1"),
        (ROWS[0], 1.0, -1.0, "weight of a row is -1.0"),
        (ROWS[0] * nan, 1.0, 1.0, "feature 0 of row 0 is nan"),
    ):
        with pytest.raises(DataError, match=message):
            model.learn_row(row, label, weight)
