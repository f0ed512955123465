"""Ridge and logistic regression against the textbook, and against SciPy's optimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize
from tradekit_ml.models import make_model
from tradekit_ml.models.sums import row_sums, sigmoid, sigmoids, solve, sums


@pytest.fixture
def table():
    random = np.random.default_rng(2)
    rows = random.normal(size=(400, 6)) * [1, 10, 0.01, 1, 1, 1] + [0, 50, 3, 0, 0, 0]
    rows[:, 5] = rows[:, 4]
    return rows, rows @ [1, -0.2, 30, 0, 0.5, 0.5] + random.normal(size=400), random.random(400) + 0.1


def scaled(rows, weights):
    mean = np.average(rows, axis=0, weights=weights)
    return (rows - mean) / np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weights))


def test_ridge_is_the_solution_of_its_normal_equations(table) -> None:
    rows, labels, weights = table
    model = make_model("ridge", {"l2": 3.0})
    model.fit(rows, labels, weights)
    shares, design = weights / weights.mean(), scaled(rows, weights)
    left = design.T @ (design * shares[:, None]) + 3.0 * np.eye(6)
    mean = np.average(labels, weights=weights)
    found = np.linalg.solve(left, design.T @ (shares * (labels - mean)))
    assert np.allclose(model.predict(rows), design @ found + mean, rtol=0, atol=1e-9)


def test_logistic_is_where_scipy_finds_the_largest_likelihood(table) -> None:
    rows, labels, weights = table
    labels = (labels > np.median(labels)).astype(float)
    model = make_model("logistic", {"l2": 2.0})
    model.fit(rows, labels, weights)
    shares, design = weights / weights.mean(), np.column_stack((scaled(rows, weights), np.ones(400)))

    def loss(b):
        value = design @ b
        slope = design.T @ (shares * (1 / (1 + np.exp(-value)) - labels)) + np.append(2.0 * b[:-1], 0)
        return (shares * (np.logaddexp(0, value) - labels * value)).sum() + (b[:-1] ** 2).sum(), slope

    best = minimize(loss, np.zeros(7), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    assert np.allclose(model.predict(rows), 1 / (1 + np.exp(-design @ best)), rtol=0, atol=1e-6)


def test_logistic_separable_labels_stay_finite() -> None:
    rows = np.linspace(-1, 1, 40)[:, None]
    model = make_model("logistic", {"l2": 1e-6})
    model.fit(rows, (rows[:, 0] > 0).astype(float))
    answers = model.predict(rows)
    assert np.isfinite(model.weights).all()
    assert answers[0] < 1e-3
    assert answers[-1] > 1 - 1e-3
    assert np.all(np.diff(answers) >= 0)


def test_ridge_feature_that_stands_still_gets_no_weight(table) -> None:
    rows, labels, _ = table
    model = make_model("ridge", {})
    for value in (0.0, 0.1, 123456.789):
        rows[:, 3] = value
        model.fit(rows, labels)
        assert model.weights[3, 0] == 0
        assert np.isfinite(model.predict(rows)).all()


def test_ridge_single_row_gives_its_label() -> None:
    model = make_model("ridge", {})
    model.fit([[1.0, 2.0]], [5.0])
    assert model.predict([[9.0, 9.0]]).tolist() == [5.0]


def test_solve_is_the_solution(table) -> None:
    random = np.random.default_rng(3)
    for size in (1, 2, 5, 40):
        half = random.normal(size=(size, size + 3))
        matrix, expected = half @ half.T, random.normal(size=size)
        assert np.allclose(solve(matrix, matrix @ expected), expected, atol=1e-7)


def test_sums_of_many_rows_are_those_of_each_bit_for_bit() -> None:
    random = np.random.default_rng(3)
    for features, outputs, rows in ((1, 1, 1), (3, 1, 5000), (50, 32, 4100), (7, 2, 2049)):
        table = random.normal(size=(rows, features)) * 10.0 ** random.integers(-9, 9, features)
        weights, start = random.normal(size=(features, outputs)), random.normal(size=outputs)
        found = sums(table, weights, start)
        for k in (0, rows // 2, rows - 1):
            assert np.array_equal(found[k], row_sums(table[k], weights, start))


def test_sigmoid_at_the_ends_is_finite_and_symmetric() -> None:
    assert [sigmoid(value) for value in (-1e9, -800.0, 0.0, 800.0, 1e9)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    values = np.linspace(-5, 5, 11)
    assert np.allclose(sigmoids(values) + sigmoids(-values), 1, atol=1e-15)
    assert np.isnan(sigmoid(float("nan")))
