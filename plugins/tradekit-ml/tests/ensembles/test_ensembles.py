"""Several models as one: averages, stacks, ranks, calibration; and what each refuses."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradekit_ml.ensembles import (
    Combined,
    Isotonic,
    OutOfFold,
    Platt,
    RankAverage,
    Samples,
    hybrid,
    logit_average,
    mean,
    out_of_fold,
    stack,
)
from tradekit_ml.models import load_model, make_model

from tradekit import ConfigError, DataError

nan = float("nan")
COUNT = 600


def samples(task="classification", seed=3, span=0) -> Samples:
    random = np.random.default_rng(seed)
    rows = random.normal(size=(COUNT, 4))
    values = rows @ [1.0, -0.5, 0.0, 0.0] + random.normal(size=COUNT)
    labels = (values > 0).astype(float) if task == "classification" else values
    start = np.arange(COUNT) * 10
    return Samples(rows, labels, np.ones(COUNT), start, start + span)


def thirds(gap=0):
    """Return splits into three blocks, each tested by a model of the others, `gap` rows apart."""
    places = np.arange(COUNT)
    for k in range(3):
        first, end = k * 200, (k + 1) * 200
        yield SimpleNamespace(train=places[(places < first - gap) | (places >= end + gap)], test=places[first:end])


def scored(name="logistic", task="classification", seed=3) -> OutOfFold:
    return out_of_fold(lambda: make_model(name, {}), samples(task, seed), list(thirds()))


def given_scores(scores, labels, weights=None) -> OutOfFold:
    return OutOfFold(np.asarray(scores, float), np.asarray(labels, float), np.ones(len(labels)) if weights is None else weights)


def test_out_of_fold_answers_come_from_models_that_have_not_seen_the_row() -> None:
    found = scored("ridge", "regression")
    data, (first, *_) = samples("regression"), list(thirds())
    model = make_model("ridge", {})
    model.fit(data.rows[first.train], data.labels[first.train])
    assert np.array_equal(found.scores[first.test], model.predict(data.rows[first.test]))
    assert found.known.all()


def test_out_of_fold_rows_that_nobody_tests_have_no_score_and_those_of_several_the_mean() -> None:
    splits = list(thirds())
    again = SimpleNamespace(train=np.arange(400, 500), test=np.arange(200))
    found = out_of_fold(lambda: make_model("ridge", {}), samples("regression"), [splits[0], again])
    apart = [out_of_fold(lambda: make_model("ridge", {}), samples("regression"), [one]).scores[:200] for one in (splits[0], again)]
    assert np.isnan(found.scores[200:]).all()
    assert np.array_equal(found.scores[:200], (apart[0] + apart[1]) / 2)


def test_out_of_fold_training_that_meets_the_test_is_refused() -> None:
    split = SimpleNamespace(train=np.arange(0, 301), test=np.arange(300, 400))
    with pytest.raises(DataError, match="split 0 trains on 1 rows that it tests, such as row 300"):
        out_of_fold(lambda: make_model("logistic", {}), samples(), [split])
    what = "split 0 trains on 2 labels that overlap its test, such as that of row 200, from 2000 to 2025; purge the split"
    with pytest.raises(DataError, match=what):
        out_of_fold(lambda: make_model("logistic", {}), samples(span=25), list(thirds()))
    out_of_fold(lambda: make_model("logistic", {}), samples(span=25), list(thirds(gap=3)))
    with pytest.raises(DataError, match="there is no split"):
        out_of_fold(lambda: make_model("logistic", {}), samples(), [])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), min_size=4, max_size=25), st.randoms())
def test_out_of_fold_overlaps_are_found_as_by_comparing_each_pair(spans, random) -> None:
    t0 = np.array([start for start, _ in spans])
    t1 = t0 + np.array([length for _, length in spans])
    places = list(range(len(spans)))
    random.shuffle(places)
    cut = len(places) // 2
    train, test = np.sort(places[:cut]), np.sort(places[cut:])
    meets = any(t0[a] <= t1[b] and t0[b] <= t1[a] for a in train for b in test)
    data = Samples(np.ones((len(spans), 1)), np.arange(float(len(spans))), np.ones(len(spans)), t0, t1)
    split = [SimpleNamespace(train=train, test=test)]
    if meets:
        with pytest.raises(DataError, match="overlap its test"):
            out_of_fold(lambda: make_model("ridge", {}), data, split)
    else:
        out_of_fold(lambda: make_model("ridge", {}), data, split)


def test_stack_weighs_the_model_that_knows_more() -> None:
    data = samples("regression")
    good = scored("ridge", "regression")
    noise = given_scores(np.random.default_rng(1).normal(size=COUNT), data.labels)
    meta = stack(make_model("ridge", {}), [noise, good])
    assert meta.weights[1, 0] > 5 * abs(meta.weights[0, 0])


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], "stacking was given no scores"),
        ([np.ones(5)], "stacking learns from out-of-fold predictions only, not from 'ndarray'; make them by out_of_fold"),
        ([given_scores([1, 2, 3], [1, 0, 1]), given_scores([1, 2, 3], [1, 0, 0])], "of different rows"),
        ([given_scores([1, 2, nan, nan], [1, 0, 1, 0]), given_scores([nan, nan, 2, 1], [1, 0, 1, 0])], "only 0 rows have"),
        ([given_scores([1, nan, nan], [1, 0, 1])], "stacking has 1 out-of-fold predictions to learn from"),
    ],
)
def test_stack_anything_else_than_out_of_fold_is_refused(scores, message) -> None:
    with pytest.raises(DataError, match=message):
        stack(make_model("logistic", {}), scores)


def test_platt_is_the_fit_of_lin_lin_and_weng() -> None:
    from scipy.optimize import minimize

    random = np.random.default_rng(5)
    scores = random.normal(3, 2, size=300)
    labels = (random.random(300) < 1 / (1 + np.exp(-(1.5 * scores - 4)))).astype(float)
    found = Platt.fit(given_scores(scores, labels))
    ones, zeros = labels.sum(), (1 - labels).sum()
    targets = np.where(labels == 1, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    best = minimize(
        lambda b: (np.logaddexp(0, b[0] * scores + b[1]) - targets * (b[0] * scores + b[1])).sum(), [1.0, 0.0], tol=1e-12
    ).x
    assert np.allclose([found.slope, found.intercept], best, atol=1e-4)


def test_platt_separated_labels_give_no_certainty() -> None:
    found = Platt.fit(given_scores([-2, -1, 1, 2], [0, 0, 1, 1]))
    assert found.apply(np.array([-2.0, 2.0])) == pytest.approx([0.25, 0.75], abs=0.08)


def isotonic_by_force(labels, weights):
    """Return the isotonic regression by its min-max formula, for labels in order of their scores."""
    count = len(labels)
    part = lambda a, b: np.average(labels[a:b], weights=weights[a:b])  # noqa: E731 - read beside its use
    return [max(min(part(a, b) for b in range(k + 1, count + 1)) for a in range(k + 1)) for k in range(count)]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=2, max_size=14))
def test_isotonic_is_the_min_max_formula(rows) -> None:
    labels = np.array([float(label) for label, _ in rows])
    weights = np.array([float(weight) for _, weight in rows])
    scores = np.arange(float(len(rows)))
    if len(set(labels.tolist())) < 2:
        with pytest.raises(DataError, match="calibration needs labels that are 0 and 1, both of them"):
            Isotonic.fit(given_scores(scores, labels, weights))
        return
    found = Isotonic.fit(given_scores(scores, labels, weights))
    expected = np.array(isotonic_by_force(labels, weights))
    pooled = [np.average(scores[expected == value], weights=weights[expected == value]) for value in np.unique(expected)]
    assert np.allclose(found.scores, pooled)
    assert np.allclose(found.chances, np.unique(expected))


def test_isotonic_equal_scores_are_one_pool_and_ends_go_on() -> None:
    found = Isotonic.fit(given_scores([1, 1, 1, 2, 2], [0, 1, 0, 1, 1]))
    assert found.apply(np.array([-9.0, 1.0, 1.5, 9.0, nan])) == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1.0, nan], nan_ok=True)


@pytest.mark.parametrize("kind", [Platt, Isotonic])
def test_calibration_makes_probabilities_as_often_right_as_they_say(kind) -> None:
    random = np.random.default_rng(6)
    scores = random.normal(size=6000)
    truth = 1 / (1 + np.exp(-(2 * scores - 1)))
    calibration = kind.fit(given_scores(scores, random.random(6000) < truth))
    assert np.abs(calibration.apply(scores) - truth).mean() < 0.03


@pytest.mark.parametrize("kind", [Platt, Isotonic])
def test_calibration_of_scores_that_are_not_out_of_fold_is_refused(kind) -> None:
    with pytest.raises(DataError, match="learns from out-of-fold predictions only, not from 'list'"):
        kind.fit([1.0, 2.0])
    with pytest.raises(DataError, match=r"labels that are 0 and 1, both of them, and these are 1.5, 2.5"):
        kind.fit(given_scores([1, 2], [1.5, 2.5]))


def test_mean_and_logit_average_of_known_values() -> None:
    scores = np.array([[0.2, 0.8, 0.5], [0.9, 0.9, 0.9], [0.1, nan, 0.3]])
    assert mean(scores) == pytest.approx([0.5, 0.9, nan], nan_ok=True)
    assert mean(scores, np.array([2.0, 1.0, 1.0]))[0] == pytest.approx(0.425)
    assert logit_average(scores) == pytest.approx([0.5, 0.9, nan], nan_ok=True)
    assert logit_average(np.array([[0.9, 0.5]]))[0] == pytest.approx(0.75)
    assert logit_average(np.array([[1.0, 0.5]]))[0] == pytest.approx(1000 / 1001, rel=1e-6)


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0, 1.0], [0.0, 0.0, 0.0], [1.0, nan, 1.0]])
def test_mean_weights_that_can_not_be_are_refused(weights) -> None:
    with pytest.raises(DataError, match="weights of 3 models can't be"):
        mean(np.ones((2, 3)), np.array(weights))


def test_logit_average_of_no_probability_is_refused() -> None:
    with pytest.raises(DataError, match=r"1.5 is no probability, so it has no log-odds"):
        logit_average(np.array([[0.5, 1.5]]))


def test_rank_average_ranks_among_out_of_fold_scores_only() -> None:
    ranks = RankAverage.of([given_scores([10, 20, 30, 40], [0, 1, 0, 1]), given_scores([1, 1, 2, 3], [0, 1, 0, 1])])
    found = ranks.apply(np.array([[5.0, 0.0], [25.0, 1.0], [99.0, 99.0], [nan, 1.0]]))
    assert found == pytest.approx([0.0, (0.5 + 0.25) / 2, 1.0, nan], nan_ok=True)
    assert ranks.apply(np.array([[25.0, 1.0]]))[0] == found[1]


def test_hybrid_is_the_mean_unless_told_otherwise_and_abstains_with_either() -> None:
    assert hybrid(1.0, 0.5) == 0.75
    assert hybrid(np.array([1.0, nan, 1.0]), np.array([-1.0, 1.0, nan]), share=0.25) == pytest.approx([0.5, nan, nan], nan_ok=True)


def test_hybrid_out_of_bounds_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the share of a model's score is 1.5; it must be from 0 to 1"):
        hybrid(1.0, 1.0, share=1.5)
    with pytest.raises(DataError, match=r"a model's score is 3.0 in size; both scores must be from -1 to 1"):
        hybrid(1.0, np.array([nan, -3.0]))


def members(task):
    data = samples(task)
    made = [
        make_model("lightgbm", {"trees": 10, "task": task}),
        make_model("logistic" if task == "classification" else "ridge", {}),
    ]
    for model in made:
        model.fit(data.rows, data.labels)
    return made


def parts(rule):
    task = "regression" if rule == "mean" else "classification"
    scores = [scored("logistic"), scored("logistic")]
    how = None
    if rule == "rank-mean":
        how = RankAverage.of(scores)
    elif rule == "stack":
        how = stack(make_model("logistic", {}), scores)
    return members(task), rule, how, None if rule == "mean" else Platt.fit(scores[0])


@pytest.mark.parametrize("rule", ["mean", "logit-mean", "rank-mean", "stack"])
def test_combined_keeps_the_rules_of_a_model(rule, tmp_path) -> None:
    model = Combined.of(*parts(rule))
    rows = samples().rows[:100].copy()
    rows[3, 0] = nan
    found = model.predict(rows)
    assert np.isnan(found).tolist() == [k == 3 for k in range(100)]
    assert np.array_equal([model.predict_row(row) for row in rows], found, equal_nan=True)
    model.dump(tmp_path / "kept")
    again = load_model(tmp_path / "kept")
    assert isinstance(again, Combined)
    assert np.array_equal(again.predict(rows), found, equal_nan=True)
    again.dump(tmp_path / "again")
    for path in (tmp_path / "kept").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_combined_isotonic_calibration_comes_back(tmp_path) -> None:
    model = Combined.of(members("classification"), calibration=Isotonic.fit(scored()))
    model.dump(tmp_path)
    rows = samples().rows
    assert np.array_equal(load_model(tmp_path).predict(rows), model.predict(rows))


def test_combined_parts_that_do_not_fit_are_refused() -> None:
    trees, logistic = members("classification")
    narrow = make_model("logistic", {})
    narrow.fit(samples().rows[:, :2], samples().labels)
    for arguments, message in (
        (([],), "models can't be combined that are none"),
        (([trees, narrow],), r"that are 'lightgbm' \(classification of 4 features\), 'logistic' \(classification of 2 features\)"),
        (([trees, make_model("ridge", {})],), r"'ridge' \(regression of None features\)"),
        ((members("regression"), "logit-mean"), "rule 'logit-mean' is for probabilities"),
        (([trees, logistic], "stack", np.ones(2)), "rule 'stack' is told how by Model, not by ndarray"),
        (([trees, logistic], "mean", np.ones(3)), "rule 'mean' is told how for 3 models, and there are 2"),
        (([trees, logistic], "mean", -np.ones(2)), "weights of 2 models can't be"),
    ):
        with pytest.raises(DataError, match=message):
            Combined.of(*arguments)


def test_combined_is_not_trained() -> None:
    with pytest.raises(DataError, match="model 'combined' can't be trained here"):
        make_model("combined", {}).fit(samples().rows, samples().labels)
