"""Importances: LightGBM's own contributions, and what shuffling a feature costs."""

import numpy as np
import pytest
from tradekit_ml.explaining import contributions, permutation_importance, score_of
from tradekit_ml.models import make_model

from tradekit import DataError

NAMES = ("strong", "weak", "none")


def planted(task="regression", seed=1):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(800, 3))
    labels = 2 * rows[:, 0] + 0.5 * rows[:, 1] + random.normal(size=800)
    return rows, (labels > 0).astype(float) if task == "classification" else labels


def fitted(name, task="regression"):
    model = make_model(name, {"task": task, "trees": 30} if name == "lightgbm" else {})
    model.fit(*planted(task))
    return model


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_permutation_importance_ranks_features_by_what_they_tell(task) -> None:
    rows, labels = planted(task, seed=2)
    found = permutation_importance(fitted("lightgbm", task), (rows, labels, None), NAMES, seed=3)
    assert [one.feature for one in found] == list(NAMES)
    assert found[0].value > 5 * found[1].value > 0
    assert abs(found[2].value) < 0.02
    assert all(one.error > 0 for one in found)
    assert found == permutation_importance(fitted("lightgbm", task), (rows, labels, None), NAMES, seed=3)


def test_permutation_importance_leaves_out_rows_without_answer() -> None:
    rows, labels = planted(seed=2)
    rows[::3, 0] = np.nan
    found = permutation_importance(fitted("ridge"), (rows, labels, None), NAMES)
    assert found[0].feature == "strong"


def test_contributions_rank_features_in_the_unit_of_the_label() -> None:
    found = contributions(fitted("lightgbm"), planted(seed=2)[0], NAMES)
    assert [one.feature for one in found] == list(NAMES)
    assert 1.0 < found[0].value < 2.0


def test_contributions_of_another_model_are_refused() -> None:
    with pytest.raises(DataError, match="model 'ridge' doesn't tell what its features add, only 'lightgbm' does"):
        contributions(fitted("ridge"), planted()[0], NAMES)


def test_importance_wrong_names_and_rows_are_refused() -> None:
    model, (rows, labels) = fitted("ridge"), planted()
    with pytest.raises(DataError, match="2 names were given for the 3 features of model 'ridge'"):
        permutation_importance(model, (rows, labels, None), NAMES[:2])
    with pytest.raises(DataError, match="features can't be shuffled 0 times"):
        permutation_importance(model, (rows, labels, None), NAMES, repeats=0)
    with pytest.raises(DataError, match="1 rows with labels are too few"):
        permutation_importance(model, (rows[:1], labels[:1], None), NAMES)
    with pytest.raises(DataError, match="labels of one kind only"):
        permutation_importance(fitted("logistic", "classification"), (rows, np.ones(800), None), NAMES)


def test_score_of_a_classification_is_the_chance_of_the_right_order() -> None:
    score = score_of(fitted("logistic", "classification"))
    labels, answers = np.array([1.0, 0, 1, 0, 0]), np.array([0.9, 0.1, 0.4, 0.4, 0.6])
    pairs = [(a > b) + 0.5 * (a == b) for a in answers[labels == 1] for b in answers[labels == 0]]
    assert score(labels, answers, np.ones(5)) == pytest.approx(np.mean(pairs))
    assert score(labels, answers, np.array([1.0, 1, 1, 1, 2])) == pytest.approx((np.sum(pairs) + pairs[2] + pairs[5]) / 8)


def test_score_of_a_regression_is_the_weighted_correlation() -> None:
    score = score_of(fitted("ridge"))
    random = np.random.default_rng(1)
    labels, answers = random.normal(size=50), random.normal(size=50)
    assert score(labels, answers, np.ones(50)) == pytest.approx(np.corrcoef(labels, answers)[0, 1])
    twice = np.append(np.arange(50), 7)
    weights = np.ones(50)
    weights[7] = 2
    assert score(labels, answers, weights) == pytest.approx(np.corrcoef(labels[twice], answers[twice])[0, 1])
    assert score(labels, np.ones(50), np.ones(50)) == 0.0
