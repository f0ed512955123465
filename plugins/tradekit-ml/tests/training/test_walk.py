"""Along the bars: the same answers row by row and at once, nothing learnt too early, age, drift, and trainings elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from tradekit_ml.drift.policy import DriftOptions
from tradekit_ml.training.aside import Aside
from tradekit_ml.training.fitted import Fitted, Job, fit, job_of
from tradekit_ml.training.history import PRICES, History
from tradekit_ml.training.recipe import Recipe, span_ns
from tradekit_ml.training.walk import Answers, Here, Walk

from learnable import noise, with_edge
from tradekit import RunError, Series
from tradekit.testing import markets

RECIPE = Recipe(
    groups=("returns",),
    model={"name": "logistic"},
    transforms=("scaler",),
    label={"name": "fixed-horizon", "horizon": 12, "value": "up"},
    first=300,
)
DRIFT = DriftOptions(window=100, every=20, stability=1.5)


def history(*series: Series) -> History:
    bars = markets.bars({f"M{k}": one for k, one in enumerate(series)})
    features = RECIPE.feature_set().values(bars)
    prices = np.stack([getattr(bars, name) for name in PRICES], axis=2)
    return History(bars.symbols, bars.close_time, prices, features, len(bars))


def month_starts(seen: History) -> np.ndarray:
    months = seen.times[: seen.count].view("M8[ns]").astype("M8[M]").astype(np.int64)
    return np.concatenate(([False], np.diff(months) != 0))


def walked(seen: History, recipe: Recipe = RECIPE, drift: DriftOptions | None = DRIFT, max_age: str = "") -> Answers:
    walk = Walk(recipe, seen, drift, span_ns(max_age) if max_age else 0, Here(), None)
    return walk.go(0, seen.count, month_starts(seen))


def test_walk_row_by_row_answers_what_it_answers_at_once() -> None:
    seen = history(with_edge(1500, 1), markets.missing(1500, markets.HOUR, seed=9))
    at_once = walked(seen)
    growing = History.empty(seen.symbols, seen.features.shape[2])
    walk, starts = Walk(RECIPE, growing, DRIFT, 0, Here(), None), month_starts(seen)
    for row in range(seen.count):
        growing.append(int(seen.times[row]), seen.prices[row], seen.features[row])
        found = walk.go(row, row + 1, starts[row : row + 1])
        np.testing.assert_array_equal(found.scores[0], at_once.scores[row])
        assert found.size[0] == at_once.size[row]
    assert np.isfinite(at_once.scores).mean() > 0.5
    assert np.isnan(at_once.scores[:299]).all()


def test_walk_later_bars_change_no_earlier_answer() -> None:
    first, second = history(with_edge(1500, 1)), history(with_edge(1500, 1))
    second.prices[1100:] *= np.exp(np.random.default_rng(1).normal(0, 0.1, second.prices[1100:].shape))
    second.features[1100:] += 1.0
    a, b = walked(first), walked(second)
    np.testing.assert_array_equal(a.scores[:1100], b.scores[:1100])
    np.testing.assert_array_equal(a.size[:1100], b.size[:1100])
    assert (a.scores[1100:] != b.scores[1100:]).any()


def test_walk_learns_only_from_labels_that_are_known() -> None:
    jobs: list[tuple[int, Job]] = []
    seen = history(noise(1200, 3))

    class Noting(Here):
        def begin(self, job: Job) -> None:
            jobs.append((walk_row[0], job))
            super().begin(job)

    walk_row = [0]
    walk, starts = Walk(RECIPE, seen, None, 0, Noting(), None), month_starts(seen)
    for row in range(seen.count):
        walk_row[0] = row
        walk.go(row, row + 1, starts[row : row + 1])
    assert [row for row, _ in jobs] == [299, 743]
    for row, job in jobs:
        assert job.until == int(seen.times[row])
        assert len(job.rows) <= row + 1 - 12


def test_walk_window_forgets_what_is_older() -> None:
    seen = history(noise(1200, 3))
    other = history(noise(1200, 3))
    other.prices[:300] *= 2.0
    other.features[:300] = np.random.default_rng(1).normal(size=other.features[:300].shape)
    recipe = RECIPE.model_copy(update={"window": 400})
    a, b = walked(seen, recipe, None), walked(other, recipe, None)
    # The second training falls on row 743, and learns from rows 344 on.
    assert (a.scores[400:743] != b.scores[400:743]).any()
    np.testing.assert_array_equal(a.scores[743:], b.scores[743:])


def test_walk_old_model_is_asked_no_more() -> None:
    seen = history(noise(1400, 3))
    recipe = RECIPE.model_copy(update={"retrain": "never"})
    scores = walked(seen, recipe, None, max_age="10d").scores[:, 0]
    assert np.isfinite(scores[299 : 299 + 241]).all()
    assert np.isnan(scores[299 + 241 :]).all()


def test_walk_features_that_move_shrink_the_size_and_then_end_it() -> None:
    seen = history(noise(900, 3))
    seen.features[500:] += 5.0 * np.nanstd(seen.features, axis=(0, 1))
    recipe = RECIPE.model_copy(update={"retrain": "never"})
    size = walked(seen, recipe).size
    assert np.all(size[:500] == 1.0)
    assert size[-1] == 0.0


def test_walk_nothing_to_learn_is_tried_again() -> None:
    flat = markets.flat(700, markets.HOUR)
    seen = history(flat)
    assert np.isnan(walked(seen).scores).all()
    moving = history(noise(700, 3))
    seen.prices[350:], seen.features[350:] = moving.prices[350:], moving.features[350:]
    scores = walked(seen).scores[:, 0]
    first = int(np.flatnonzero(np.isfinite(scores))[0])
    assert 350 < first < 500
    assert (first + 1 - RECIPE.first) % 50 == 0


def test_walk_model_that_is_given_answers_from_the_first_row() -> None:
    seen = history(noise(900, 3))
    bars = seen.bars(0, 500)
    given = fit(job_of(RECIPE, seen.features[:500], RECIPE.labeler().label(bars)))
    walk = Walk(RECIPE.model_copy(update={"retrain": "never"}), seen, None, 0, Here(), given)
    scores = walk.go(0, 900, np.zeros(900, dtype=bool)).scores
    assert np.isfinite(scores[100:]).all()
    assert walk.model is given


def job() -> Job:
    seen = history(noise(600, 3))
    return job_of(RECIPE, seen.features, RECIPE.labeler().label(seen.bars(0, 600)))


def waited(aside: Aside) -> Fitted:
    while (found := aside.done()) is None:
        assert aside._process is not None
        aside._process.wait(120)
    return found


def test_aside_model_is_the_same_byte_for_byte() -> None:
    aside, wanted = Aside(), job()
    aside.begin(wanted)
    found, here = waited(aside), fit(wanted)
    assert found.model.state() == here.model.state()
    np.testing.assert_array_equal(found.reference.edges, here.reference.edges)
    assert (found.scale, found.until) == (here.scale, here.until)
    assert aside.done() is None


def test_aside_process_that_fails_is_told() -> None:
    aside, wanted = Aside(), job()
    gone = type("Gone", (wanted.kind,), {"name": "no-such-model"})
    aside.begin(replace(wanted, kind=gone))
    with pytest.raises(RunError, match=r"the process that trains ended with 1: .*no model is named 'no-such-model'"):
        waited(aside)


def test_aside_second_training_gives_up_the_first() -> None:
    aside = Aside()
    aside.begin(job())
    first = aside._process
    aside.begin(job())
    assert first is not None
    assert first.poll() is not None
    aside.close()
    assert aside.done() is None
