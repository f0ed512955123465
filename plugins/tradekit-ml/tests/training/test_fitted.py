"""One training: the same for the same job, and nothing out of nothing."""

from dataclasses import replace

import numpy as np
import pytest
from tradekit_ml.training.fitted import Scale, chain_bytes, chain_of, fit, job_on
from tradekit_ml.training.recipe import Recipe

from tradekit import DataError

RECIPE = Recipe(
    model={"name": "logistic"},
    transforms=("winsor", "scaler"),
    label={"name": "fixed-horizon", "horizon": 3, "value": "up"},
)


def some(count: int = 400, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, 4))
    return rows, (rows[:, 0] + generator.normal(size=count) > 0).astype(float), np.ones(count)


def test_fit_same_job_is_done_once_and_another_seed_is_another_job() -> None:
    job = job_on(RECIPE, *some(), 5)
    assert fit(job) is fit(job_on(RECIPE, *some(), 5))
    assert job.digest != replace(job, seed=1).digest
    rows = job.rows.copy()
    rows[7, 2] += 1e-12
    assert job.digest != replace(job, rows=rows).digest


def test_fit_learns_what_is_there() -> None:
    rows, labels, weights = some(2000)
    fitted = fit(job_on(RECIPE, rows[:1000], labels[:1000], weights[:1000], 0))
    scores = fitted.scores(fitted.model.predict(fitted.prepared(rows[1000:])))
    assert np.abs(scores).max() <= 1.0
    assert np.corrcoef(scores, rows[1000:, 0])[0, 1] > 0.9
    assert np.isnan(fitted.model.predict(fitted.prepared(np.full((1, 4), np.inf)))).all()


def test_scale_centre_is_neutral_or_the_mean() -> None:
    values, weights = np.array([0.0, 0.0, 0.0, 1.0]), np.ones(4)
    assert Scale.of(values, weights, 0.5) == Scale(0.5, pytest.approx(np.sqrt(3) / 4), pytest.approx(3 / 16))
    assert Scale.of(values, weights, None).centre == 0.25


def test_job_rows_with_holes_are_left_out_where_the_model_takes_none() -> None:
    rows, labels, weights = some()
    rows[:50, 1] = np.nan
    rows[50, :] = np.nan
    assert len(job_on(RECIPE, rows, labels, weights, 0).rows) == 349
    trees = Recipe(model={"name": "lightgbm", "task": "classification"})
    assert len(job_on(trees, rows, labels, weights, 0).rows) == 399


def test_job_of_too_little_is_refused() -> None:
    rows, labels, weights = some(40)
    with pytest.raises(DataError, match="40 of 40 rows have what model 'logistic' needs, and a training needs 50"):
        job_on(RECIPE, rows, labels, weights, 0)
    rows, labels, weights = some()
    with pytest.raises(DataError, match=r"all 400 labels are 1\.0, so there is nothing to learn"):
        job_on(RECIPE, rows, np.ones(400), weights, 0)


def test_chain_comes_back_from_its_files() -> None:
    fitted = fit(job_on(RECIPE, *some(), 0))
    again = chain_of(chain_bytes(fitted.chain))
    rows = some(seed=2)[0]
    np.testing.assert_array_equal(again.apply(rows), fitted.chain.apply(rows))
