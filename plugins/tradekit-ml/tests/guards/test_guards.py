"""What guards measure by, and what they say."""

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.guards.findings import Finding, LeakError, refuse_leaks
from tradekit_ml.guards.fitting import fit_findings, split_findings
from tradekit_ml.guards.inspection import inspect_features
from tradekit_ml.guards.looking import poison_findings, poisoned, prefix_findings
from tradekit_ml.guards.scores import area_under_curve, placebo_findings, rank_correlation, score_findings

from tradekit import DataError, LabelSplit, RunError, purged_k_fold
from tradekit.testing import markets

EMPTY = np.array([], dtype=np.int64)


def draws(seed, count, ties):
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, count))
    return (np.round(x), np.round(y)) if ties else (x, y)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rank_correlation_is_that_of_scipy(seed, ties):
    x, y = draws(seed, 60, ties)
    y = y + 0.5 * x
    assert rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic)
    gaps = x.copy()
    gaps[::5] = np.nan
    known = np.isfinite(gaps)
    assert rank_correlation(gaps, y) == pytest.approx(spearmanr(x[known], y[known]).statistic)


@pytest.mark.parametrize("ties", [True, False])
def test_area_under_curve_is_the_share_of_pairs(ties):
    score, y = draws(4, 50, ties)
    positive, negative = score[y > 0], score[y <= 0]
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    assert area_under_curve(score, y > 0) == pytest.approx(np.mean(pairs))
    ranks = rankdata(score)[y > 0].sum()
    assert area_under_curve(score, y > 0) == pytest.approx(
        (ranks - len(positive) * (len(positive) + 1) / 2) / len(positive) / len(negative)
    )


def test_scores_of_what_never_changes_are_chance():
    assert rank_correlation(np.ones(9), np.arange(9.0)) == 0.0
    assert rank_correlation(np.array([1.0]), np.array([2.0])) == 0.0
    assert area_under_curve(np.arange(9.0), np.ones(9, dtype=bool)) == 0.5


def test_score_findings_names_the_feature_and_its_score():
    generator = np.random.default_rng(1)
    y = np.sign(generator.normal(size=800))
    x = np.stack((generator.normal(size=800), y + generator.normal(size=800)), axis=1)
    (finding,) = score_findings(("noise", "answer"), x, y, 800.0)
    assert finding.culprit == "feature 'answer'"
    assert "has a rank correlation of 0.7" in finding.message
    (finding,) = score_findings(("forecast",), x[:, 1:], y, 800.0, "model")
    assert finding.culprit == "model 'forecast'"


def test_score_findings_by_area_where_classes_are_uneven():
    # A rare class: its rank correlation is small however well it is told.
    generator = np.random.default_rng(2)
    y = (generator.random(3000) < 0.03).astype(float)
    x = (y + 0.5 * generator.normal(size=3000))[:, np.newaxis]
    assert abs(rank_correlation(x[:, 0], y)) < 0.3
    (finding,) = score_findings(("answer",), x, y, 3000.0)
    assert "has an AUC of 0.9" in finding.message


def test_score_findings_few_labels_are_chance():
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert score_findings(("lucky",), y[:, np.newaxis], y, 6.0) == []


def test_prefix_and_poison_say_where_and_when():
    bars = markets.bars({"A": markets.walk(60, markets.HOUR)})

    def compute(given):
        return np.roll(given.close, -1, axis=0)[:, :, np.newaxis]

    (finding,) = prefix_findings(compute, ("next",), bars)
    assert finding.culprit == "feature 'next'"
    assert "sees the future: on 'A' at 2024-01-0" in finding.message
    assert "when the bars end at 2024-01-0" in finding.message
    (finding,) = poison_findings(compute, ("next",), bars)
    assert "when all bars after 2024-01-0" in finding.message


def test_inspect_features_names_only_what_leaks_once():
    bars = markets.bars({"A": markets.walk(200, markets.HOUR), "B": markets.missing(200, markets.HOUR, 3)})
    features = FeatureSet([FeatureSpec(kind="rsi"), FeatureSpec(kind="parkinson")])

    def compute(given):
        values = features.values(given)
        values[:, :, 1] -= np.nanmean(values[:, :, 1], axis=0)
        return values

    assert [one.culprit for one in inspect_features(compute, features.names, bars)] == ["feature 'parkinson'"]
    assert inspect_features(features.values, features.names, bars) == []


def test_poisoned_bars_are_sound_and_the_same_before():
    bars = markets.bars({"A": markets.walk(100), "B": markets.missing(100, seed=2)})
    changed = poisoned(bars, 60, 3)
    for name in ("open", "high", "low", "close", "volume"):
        before, after = getattr(bars, name), getattr(changed, name)
        np.testing.assert_array_equal(before[:60], after[:60])
        assert (np.isnan(before) == np.isnan(after)).all()
        assert (before[60:] != after[60:]).any()
    held = changed.exists
    assert (changed.high >= np.maximum(changed.open, changed.close))[held].all()
    assert (changed.low <= np.minimum(changed.open, changed.close))[held].all()
    assert (changed.low > 0)[held].all()
    # Bars that never moved are moved as well.
    still = poisoned(markets.bars({"A": markets.flat(50)}), 25, 1)
    assert np.ptp(still.close[25:]) > 0


def test_split_findings_are_those_of_two_loops():
    generator = np.random.default_rng(6)
    for _ in range(40):
        t0 = generator.integers(0, 60, 30)
        t1 = t0 + generator.integers(0, 8, 30)
        is_test = generator.random(30) < 0.3
        split = LabelSplit(np.flatnonzero(~is_test), np.flatnonzero(is_test), EMPTY, EMPTY, (0,))
        if not is_test.any():
            continue
        meets = [any(t0[i] <= t1[j] and t0[j] <= t1[i] for j in split.test) for i in split.train]
        found = split_findings(t0, t1, [split])
        assert [f"trains on {sum(meets)} labels" in one.message for one in found] == [True] * any(meets)


def test_split_findings_purged_splits_have_none():
    t0 = np.arange(100)
    assert split_findings(t0, t0 + 9, purged_k_fold(t0, t0 + 9, 5)) == []


def test_fit_findings_selection_by_labels_of_the_training_is_no_leak():
    generator = np.random.default_rng(8)
    x, y = generator.normal(size=(200, 5)), generator.normal(size=200)

    def weighed(x, y, train):
        # Each column by how it goes with the training's labels: all rows change, and no row tells of its own label.
        return x * (x[train].T @ y[train])

    (split, *_) = purged_k_fold(np.arange(200), np.arange(200), 4)
    assert fit_findings(weighed, list("abcde"), x, y, split) == []


def test_fit_findings_another_number_of_columns_is_named():
    x, y = np.random.default_rng(1).normal(size=(100, 3)), np.arange(100.0)
    (split, *_) = purged_k_fold(np.arange(100), np.arange(100), 4)

    def narrow(x, y, train):
        return x[:, : 1 + int(x[:50].mean() > 0) + int(x[0, 0] > 3)] - x.mean()

    found = fit_findings(narrow, list("abc"), x, y, split)
    assert found
    assert all(one.culprit in ("the transform", "column 0 of the transform", "column 1 of the transform") for one in found)


def test_placebo_of_an_honest_model_is_silent_over_many_seeds():
    generator = np.random.default_rng(3)
    x, y = generator.normal(size=(300, 4)), generator.normal(size=300)
    splits = purged_k_fold(np.arange(300), np.arange(300), 3)

    def fit_predict(x, y, split):
        weights, *_ = np.linalg.lstsq(x[split.train], y[split.train], rcond=None)
        return x[split.test] @ weights

    assert [one for seed in range(40) for one in placebo_findings(fit_predict, x, y, splits, 3, seed)] == []


def test_refuse_leaks_names_all_and_passes_none():
    refuse_leaks([])
    findings = [Finding("prefix", f"feature {name!r}", "sees the future") for name in "abc"]
    with pytest.raises(LeakError, match=r"^feature 'a' sees the future \(and 2 more: feature 'b', feature 'c'\)$") as stopped:
        refuse_leaks(findings)
    assert stopped.value.findings == tuple(findings)
    assert isinstance(stopped.value, RunError)
    assert stopped.value.exit_code == 1


def test_guards_what_makes_no_sense_is_refused():
    bars = markets.bars({"A": markets.walk(30)})
    with pytest.raises(DataError, match=r"features have the shape \(30, 1\), expected \[time, instrument, feature\] \(30, 1, 1\)"):
        prefix_findings(lambda given: given.close, ("close",), bars)
    with pytest.raises(DataError, match="guards can't look for leaks in 2 bars; give them more"):
        prefix_findings(lambda given: given.close[:, :, np.newaxis], ("close",), bars.rows(0, 2))
