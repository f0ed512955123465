"""Online learners: what they come to, and that they go on for ever."""

import numpy as np
import pytest
from river import linear_model
from tradekit_ml.models import DelayedLearner, make_model

from tradekit import DataError


@pytest.fixture
def stream():
    random = np.random.default_rng(8)
    rows = random.normal(size=(600, 4))
    return rows, rows @ [1.0, -2.0, 0.0, 0.5] + 0.7 + random.normal(size=600) / 3


def test_recursive_least_squares_with_full_memory_is_a_ridge_regression(stream) -> None:
    rows, labels = stream
    model = make_model("recursive-least-squares", {"memory": 1.0, "variance": 10.0})
    model.fit(rows, labels)
    design = np.column_stack((rows, np.ones(len(rows))))
    expected = np.linalg.solve(design.T @ design + np.eye(5) / 10.0, design.T @ labels)
    assert np.allclose(model.weights[:, 0], expected, atol=1e-9)


def test_recursive_least_squares_weight_of_two_is_two_rows(stream) -> None:
    rows, labels = stream
    once, twice = (make_model("recursive-least-squares", {"memory": 1.0}) for _ in range(2))
    once.fit(rows, labels)
    twice.fit(rows, labels)
    once.learn_row(rows[5], 9.0, 2.0)
    twice.learn_row(rows[5], 9.0)
    twice.learn_row(rows[5], 9.0)
    assert np.allclose(once.weights, twice.weights, atol=1e-9)


def test_recursive_least_squares_follows_a_change(stream) -> None:
    rows, labels = stream
    model = make_model("recursive-least-squares", {"memory": 0.98})
    model.fit(np.vstack((rows, rows)), np.append(labels, -labels))
    assert np.corrcoef(model.predict(rows), labels)[0, 1] < -0.9


def test_recursive_least_squares_that_sees_nothing_move_does_not_wind_up(stream) -> None:
    rows, labels = stream
    model = make_model("recursive-least-squares", {"memory": 0.9, "variance": 5.0})
    model.fit(rows, labels)
    still = np.array([0.0, 0.0, 0.0, 1.0])
    for _ in range(3000):
        model.learn_row(still, 1.0)
    assert model.covariance.diagonal().max() <= 5.0 * (1 + 1e-9)
    assert np.isfinite(model.weights).all()
    before = model.predict(rows)
    model.learn_row(rows[0], float(labels[0]))
    assert np.abs(model.predict(rows) - before).max() < 50


def test_ftrl_penalty_makes_useless_weights_zero(stream) -> None:
    rows, labels = stream
    sparse = make_model("ftrl", {"l1": 25.0})
    sparse.fit(rows, (labels > 0.7).astype(float))
    weights = sparse._weights[:-1, 0]
    assert weights[2] == 0
    assert weights[0] > 0 > weights[1]


def test_ftrl_first_step_is_that_of_the_paper() -> None:
    model = make_model("ftrl", {"rate": 0.5, "slowing": 1.0, "l1": 0.1, "l2": 0.2})
    model.fit([[2.0], [2.0]], [1.0, 0.0])  # by hand, with z and n as in algorithm 1, weights w = [feature, intercept]
    g = np.array([2.0, 1.0]) * (0.5 - 1)
    n, z = g**2, g - np.abs(g) / 0.5 * 0
    w = -(z - np.sign(z) * 0.1) / ((1 + np.sqrt(n)) / 0.5 + 0.2)
    p = 1 / (1 + np.exp(-(2 * w[0] + w[1])))
    g = np.array([2.0, 1.0]) * p
    z = z + g - (np.sqrt(n + g**2) - np.sqrt(n)) / 0.5 * w
    assert np.allclose(model.pulls, z, atol=1e-12)
    assert np.allclose(model.squares, n + g**2, atol=1e-12)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_passive_aggressive_is_rivers(stream, task) -> None:
    rows, labels = stream
    labels = (labels > 0.7).astype(float) if task == "classification" else labels
    model = make_model("passive-aggressive", {"task": task, "aggressiveness": 0.05})
    model.fit(rows, labels)
    theirs = linear_model.PAClassifier(C=0.05) if task == "classification" else linear_model.PARegressor(C=0.05, eps=0.0)
    for row, label in zip(rows, labels.tolist(), strict=True):
        theirs.learn_one(dict(enumerate(row.tolist())), bool(label) if task == "classification" else label)
    margins = rows @ [theirs.weights[k] for k in range(4)] + theirs.intercept
    expected = 1 / (1 + np.exp(-margins)) if task == "classification" else margins
    assert np.allclose(model.predict(rows), expected, atol=1e-12)


def learner(stream) -> DelayedLearner:
    model = make_model("recursive-least-squares", {})
    model.fit(stream[0][:100], stream[1][:100])
    return DelayedLearner(model)


def test_delayed_learner_refuses_a_label_of_the_future(stream) -> None:
    found = learner(stream)
    found.predict(10, "BTC/USDT", stream[0][0])
    with pytest.raises(DataError, match="the label of 'BTC/USDT' at 10 is known at 30, and it is 29"):
        found.learn(29, (10, "BTC/USDT"), 30, 1.0)
    found.learn(30, (10, "BTC/USDT"), 30, 1.0)
    with pytest.raises(DataError, match="no row of 'BTC/USDT' at 10 waits for its label"):
        found.learn(31, (10, "BTC/USDT"), 30, 1.0)


def test_delayed_learner_row_that_is_asked_for_twice_is_refused(stream) -> None:
    found = learner(stream)
    found.predict(10, "a", stream[0][0])
    found.predict(10, "b", stream[0][1])
    with pytest.raises(DataError, match="there was a row of 'a' at 10 already"):
        found.predict(10, "a", stream[0][0])
    assert list(found.waiting()) == [(10, "a"), (10, "b")]


def test_delayed_learner_row_with_a_gap_is_answered_and_not_kept(stream) -> None:
    found = learner(stream)
    assert np.isnan(found.predict(10, "a", stream[0][0] * np.nan))
    assert not found.waits_for(10, "a")


def test_delayed_learner_label_that_is_refused_leaves_the_row_waiting(stream) -> None:
    found = learner(stream)
    found.predict(10, "a", stream[0][0])
    with pytest.raises(DataError, match="label of row 0 is nan"):
        found.learn(11, (10, "a"), 11, float("nan"))
    assert found.waits_for(10, "a")
    found.forget(10, "a")
    assert not found.waits_for(10, "a")


def test_delayed_learner_goes_on_after_a_restart_as_if_there_was_none(stream, tmp_path) -> None:
    rows, labels = stream
    one, other = learner(stream), learner(stream)
    for t in range(100, 200):
        answers = []
        for which in (one, other):
            answers.append(which.predict(t, "é/USDT", rows[t]))
            if t >= 105:
                which.learn(t, (t - 5, "é/USDT"), t, float(labels[t - 5]))
        assert answers[0] == answers[1]
        if t % 20 == 7:
            other.dump(tmp_path / str(t))
            other = DelayedLearner.load(tmp_path / str(t))
    assert list(one.waiting()) == list(other.waiting()) == [(t, "é/USDT") for t in range(195, 200)]


def test_delayed_learner_of_a_model_that_learns_at_once_only_is_refused(stream, tmp_path) -> None:
    model = make_model("ridge", {})
    model.fit(*stream)
    found = learner(stream)
    found.model = model
    found.dump(tmp_path)
    with pytest.raises(DataError, match="holds a model 'ridge', which doesn't learn online"):
        DelayedLearner.load(tmp_path)
