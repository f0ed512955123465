"""Leaks planted into a training that is sound: each is found, by the guard that it is for, and by name. None is found without."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tradekit_ml.features.catalogue import GROUPS, ready_features
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.features.transforms import TransformChain
from tradekit_ml.guards.findings import LeakError, refuse_leaks
from tradekit_ml.guards.inspection import Training, inspect_training
from tradekit_ml.labels.labelers import make_labeler

from tradekit import LabelSplit, combinatorial_purged, purged_k_fold, purged_walk_forward
from tradekit.testing import markets

HOURS = 24 * 25
CLEAN = ("log-return", "band-position", "close-percentile", "time-of-day.sin")
FEATURES = FeatureSet([FeatureSpec(kind=name.partition(".")[0], output=name.partition(".")[2]) for name in CLEAN])


def market(seed=0, count=HOURS):
    """Return two instruments, one with holes, in bars of an hour."""
    return markets.bars({"A": markets.walk(count, markets.HOUR, seed), "B": markets.missing(count, markets.HOUR, seed + 100)})


def frame(bars):
    """Return the closes, forward-filled over holes, which is what most people do."""
    return pd.DataFrame(bars.close).ffill()


def train_ridge(x, y, split, prepare):
    """Fit a ridge regression to the training and return what it predicts for the test."""
    ready = np.nan_to_num(prepare(x, y, split.train))
    a, b = ready[split.train], y[split.train] - y[split.train].mean()
    weights = np.linalg.solve(a.T @ a + 10.0 * np.eye(a.shape[1]), a.T @ b)
    return ready[split.test] @ weights


def scale(x, y, train):
    return TransformChain.fit(["winsor", "scaler"], x, train).apply(x)


def sound(bars, planted=None, **changes):
    """Return a training without a leak, but for one feature that is planted, or other parts."""

    def compute(given):
        values = FEATURES.values(given)
        if planted is None:
            return values
        return np.concatenate((values, np.asarray(planted(given), dtype=np.float64)[:, :, np.newaxis]), axis=2)

    labeler = make_labeler("triple-barrier", {"horizon": 12, "volatility": 20})
    labels = labeler.label(bars)
    parts: dict[str, Any] = {
        "bars": bars,
        "names": CLEAN if planted is None else (*CLEAN, "planted"),
        "compute": compute,
        "relabel": labeler.label,
        "splits": purged_k_fold(labels.t0, labels.t1, 4, 6 * markets.HOUR),
        "prepare": scale,
    } | changes
    prepare = parts["prepare"]
    parts.setdefault("fit_predict", lambda x, y, split: train_ridge(x, y, split, prepare))
    return Training(**parts)


# Features that see the future.


def shifted(bars):
    """Tomorrow's return, by shift(-1)."""
    return np.log(frame(bars)).diff().shift(-1)


def centred(bars):
    """A moving average of which the window is centred."""
    return frame(bars) / frame(bars).rolling(9, center=True, min_periods=1).mean()


def scaled_by_all(bars):
    """A close less the mean of the whole sample, in its standard deviations."""
    return (frame(bars) - frame(bars).mean()) / frame(bars).std()


def ranked_among_all(bars):
    """The rank of a return among all of the sample."""
    return frame(bars).pct_change().rank(pct=True)


def smoothed_states(bars):
    """The chance of the wild state by a hidden Markov model of two states, smoothed: forward and backward over the sample."""
    found = np.full(bars.close.shape, np.nan)
    for i in range(2):
        r = np.log(frame(bars)[i]).diff().to_numpy()[1:]
        likely = np.stack([np.exp(-0.5 * (r / s) ** 2) / s for s in (0.006, 0.015)], axis=1)
        moves = np.array([[0.97, 0.03], [0.05, 0.95]])
        forward, backward = np.empty_like(likely), np.ones_like(likely)
        state = np.array([0.5, 0.5])
        for t in range(len(r)):
            state = (state if t == 0 else state @ moves) * likely[t]
            forward[t] = state = state / state.sum()
        for t in range(len(r) - 2, -1, -1):
            ahead = moves @ (likely[t + 1] * backward[t + 1])
            backward[t] = ahead / ahead.sum()
        both = forward * backward
        found[1:, i] = (both / both.sum(axis=1, keepdims=True))[:, 1]
    return found


def filled_backward(bars):
    """A value for each day, given to the hours before it."""
    daily = np.log(frame(bars)).diff(24)
    daily[np.arange(len(bars)) % 24 != 23] = np.nan
    return daily.bfill().ffill()


def unfinished_day(bars):
    """The close of the day, joined to each of its hours by its date."""
    day = bars.open_time // markets.DAY
    return np.log(frame(bars)) - np.log(frame(bars).groupby(day).transform("last"))


def days_to_the_end(bars):
    """How long until the next hole of the instrument: a calendar made of the bars to come."""
    rows = pd.DataFrame(np.where(bars.exists, np.nan, np.arange(len(bars))[:, np.newaxis]))
    return (rows.bfill() - np.arange(len(bars))[:, np.newaxis]).fillna(99.0)


def interpolated(bars):
    """Holes filled in a straight line to the next bar."""
    return np.log(pd.DataFrame(bars.close).interpolate()).diff()


def swings(bars):
    """1 at a high of five bars to either side."""
    close = frame(bars)
    return (close == close.rolling(11, center=True).max()).astype(float)


def rebased(bars):
    """Prices adjusted backward, so that the last one stays."""
    return frame(bars) / frame(bars).iloc[-1]


def both_ways(bars):
    """A filter that runs forward and then backward, so that it lags nothing."""
    return frame(bars) / frame(bars).ewm(span=8).mean().iloc[::-1].ewm(span=8).mean().iloc[::-1]


def denoised(bars):
    """A close without its high frequencies, by a Fourier transform of the sample."""
    waves = np.fft.rfft(frame(bars).bfill().to_numpy(), axis=0)
    waves[len(waves) // 8 :] = 0.0
    return np.fft.irfft(waves, len(bars), axis=0)


def survivor(bars):
    """Whether the instrument ended the sample higher than it began."""
    close = frame(bars).bfill()
    return np.broadcast_to((close.iloc[-1] > close.iloc[0]).to_numpy().astype(float), bars.close.shape) + 0.0 * close


def wrapped(bars):
    """A change by np.roll, which gives the first row the last one's value."""
    close = frame(bars).bfill().to_numpy()
    return np.log(close / np.roll(close, 1, axis=0))


def fitted_trend(bars):
    """The residual of a line through the whole sample."""
    close = np.log(frame(bars).bfill().to_numpy())
    x = np.arange(len(close))
    return close - np.stack([np.polyval(np.polyfit(x, column, 1), x) for column in close.T], axis=1)


class Remembering:
    """A mean that is kept from the longest data seen, so that shortened data change nothing."""

    __name__ = "remembered mean"

    def __init__(self):
        self.length, self.mean = 0, None

    def __call__(self, bars):
        if len(bars) >= self.length:
            self.length, self.mean = len(bars), frame(bars).mean()
        return frame(bars) / self.mean


# Other parts that know what they must not.


def overlapping_labels(labels):
    """Folds of successive rows, without purging."""
    block = np.arange(len(labels)) * 4 // len(labels)
    empty = np.array([], dtype=np.int64)
    return [LabelSplit(np.flatnonzero(block != k), np.flatnonzero(block == k), empty, empty, (k,)) for k in range(4)]


def purged_by_count(labels):
    """Folds purged by a number of rows, where labels reach over other numbers of them."""
    found = []
    for split in overlapping_labels(labels):
        rows = np.arange(len(labels))
        near = (rows >= split.test[0] - 5) & (rows <= split.test[-1] + 5)
        found.append(replace(split, train=rows[~near]))
    return found


def shuffled_folds(labels):
    """Folds drawn at random."""
    block = np.random.default_rng(1).integers(0, 4, len(labels))
    empty = np.array([], dtype=np.int64)
    return [LabelSplit(np.flatnonzero(block != k), np.flatnonzero(block == k), empty, empty, (k,)) for k in range(4)]


def embargo_without_purge(labels):
    """Folds with an embargo after the test but nothing purged before it."""
    rows = np.arange(len(labels))

    def outside(split):
        return rows[(rows < split.test[0]) | (rows > split.test[-1] + 60)]

    return [replace(split, train=outside(split)) for split in overlapping_labels(labels)[1:]]


def all_rows_trained_on(labels):
    """A training of all rows, the test among them."""
    return [replace(split, train=np.arange(len(labels))) for split in overlapping_labels(labels)]


def known_too_early(bars):
    """A trend scan that says it is known at the horizon that it chose."""
    labels = make_labeler("trend-scan", {"shortest": 4, "longest": 12}).label(bars)
    last = np.minimum(labels.first + 4, labels.last)
    return replace(labels, last=last, t1=bars.close_time[last])


def before_the_fill(bars):
    """A return that counts from the open of the very bar at whose close it was decided."""
    labels = make_labeler("fixed-horizon", {"horizon": 3}).label(bars)
    return replace(labels, t0=bars.open_time[labels.bar])


def scaler_of_everything(x, y, train):
    """A scaler fitted to training and test."""
    return (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0)


def median_of_everything(x, y, train):
    """Missing values filled with the median of all rows."""
    x = x.copy()
    x[::7, 1] = np.nan
    return np.where(np.isnan(x), np.nanmedian(x, axis=0), x)


def encoded_by_all_labels(x, y, train):
    """The hour replaced by the mean label of all rows of that hour."""
    hour = np.round(x[:, 3] * 12).astype(int)
    mean = pd.Series(y).groupby(hour).transform("mean").to_numpy()
    return np.column_stack((scale(x, y, train)[:, :3], mean))


def encoded_with_its_own_label(x, y, train):
    """A fine category of the training replaced by the mean label of it, the row's own included."""
    group = np.floor(x[:, 2] * 60)
    mean = pd.Series(y[train]).groupby(group[train]).mean()
    encoded = pd.Series(group).map(mean).fillna(0.0).to_numpy()
    return np.column_stack((scale(x, y, train)[:, :2], encoded, x[:, 3]))


def chosen_by_all_labels(x, y, train):
    """Each feature turned so that it rises with the label, by all labels."""
    known = np.nan_to_num(scale(x, y, train))
    return known * np.tanh(known.T @ (y - y.mean()) / len(y))


@dataclass(frozen=True)
class Leak:
    """What is planted, which guard is for it, and what is to be named."""

    plant: Any
    guard: str
    culprits: set[str]
    part: str = "feature"


def _feature(plant, guard="prefix"):
    return Leak(plant, guard, {"feature 'planted'"})


def _split(plant, *numbers):
    return Leak(plant, "split", {f"split {k}" for k in numbers}, "splits")


def _fit(plant, *names):
    return Leak(plant, "fit", {f"feature {name!r}" for name in names}, "prepare")


LEAKS = (
    *(_feature(plant) for plant in (shifted, centred, scaled_by_all, ranked_among_all, smoothed_states, filled_backward)),
    *(_feature(plant) for plant in (unfinished_day, days_to_the_end, interpolated, swings, rebased, both_ways, denoised)),
    *(_feature(plant) for plant in (survivor, wrapped, fitted_trend)),
    _feature(Remembering(), "poison"),
    _split(overlapping_labels, 0, 1, 2, 3),
    _split(purged_by_count, 0, 1, 2, 3),
    _split(shuffled_folds, 0, 1, 2, 3),
    _split(embargo_without_purge, 0, 1, 2),
    _split(all_rows_trained_on, 0, 1, 2, 3),
    Leak(known_too_early, "label", {"the label"}, "relabel"),
    Leak(before_the_fill, "label", {"the label"}, "relabel"),
    _fit(scaler_of_everything, *CLEAN),
    _fit(median_of_everything, "band-position"),
    _fit(encoded_by_all_labels, "time-of-day.sin"),
    _fit(encoded_with_its_own_label, "close-percentile"),
    _fit(chosen_by_all_labels, *CLEAN),
)
"""Those that change what a guard recomputes. Two more, below, are told by their scores alone."""


def planted(leak, bars):
    """Return the sound training with the leak in it."""
    if leak.part == "feature":
        return sound(bars, leak.plant)
    labels = sound(bars).relabel(bars)
    if leak.part == "splits":
        return sound(bars, splits=leak.plant(labels))
    if leak.part == "relabel":
        labels = leak.plant(bars)
        return sound(bars, relabel=leak.plant, splits=purged_k_fold(labels.t0, labels.t1, 4, 6 * markets.HOUR))
    return sound(bars, prepare=leak.plant)


@pytest.mark.proof("ml-leaks")
def test_planted_leak_is_found_by_its_guard_and_named(matrix):
    bars = market()
    for leak in matrix.some(LEAKS, 5):
        findings = inspect_training(planted(leak, bars))
        by_guard = {finding.culprit for finding in findings if finding.guard == leak.guard}
        assert by_guard == leak.culprits, (leak.plant.__name__, [str(one) for one in findings])
        # What is sound is not blamed: only the planted part, or a score that shows the same leak.
        others = {finding.culprit for finding in findings} - leak.culprits
        assert others <= {"the model"}, (leak.plant.__name__, others)
        with pytest.raises(LeakError) as stopped:
            refuse_leaks(findings)
        assert any(culprit in str(stopped.value) for culprit in leak.culprits)
        named = ", ".join(sorted(leak.culprits)) if len(leak.culprits) < 4 else f"all {len(leak.culprits)}"
        matrix.tell(leak.plant.__name__.replace("_", " "), str(leak.plant.__doc__), f"stopped by {leak.guard}: {named}")


@pytest.mark.proof("ml-leaks")
@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_planted_label_in_a_ready_made_column_is_found_by_its_score(matrix, noise):
    matrix.count = 1
    bars = market(3, 3 * HOURS)
    labels = sound(bars).relabel(bars)
    answers = np.zeros(bars.close.shape)
    answers[labels.bar, labels.instrument] = labels.value
    answers += noise * np.random.default_rng(2).normal(size=answers.shape)

    def column(given):
        # A file of "signals", joined by time: no bar that comes later changes it.
        rows = np.searchsorted(bars.open_time, given.open_time)
        return answers[rows]

    findings = inspect_training(sound(bars, column))
    assert {(one.guard, one.culprit) for one in findings} == {("score", "feature 'planted'")}
    what = "with noise of 1.5 times its size" if noise else "as it is"
    matrix.tell(f"label in the features, {what}", "A column of a file that was made from the label.", "stopped by score")


@pytest.mark.proof("ml-leaks")
def test_planted_test_labels_in_the_training_are_found_by_shuffled_labels(matrix):
    matrix.count = 1
    bars = market(5)

    def neighbours(x, y, split):
        # It looks up the nearest row of all, of which the test's own is the nearest.
        known = np.nan_to_num(x)
        return np.array([y[np.argmin(((known - known[row]) ** 2).sum(axis=1))] for row in split.test])

    findings = inspect_training(sound(bars, fit_predict=neighbours))
    assert [(one.guard, one.culprit) for one in findings] == [("placebo", "the model")]
    matrix.tell("test in the memory", "A model that looks labels up among all rows.", "stopped by placebo: the model")


SPLITS = (
    lambda labels: purged_k_fold(labels.t0, labels.t1, 5, 4 * markets.HOUR),
    lambda labels: purged_walk_forward(labels.t0, labels.t1, 5 * markets.DAY, embargo=2 * markets.HOUR),
    lambda labels: purged_walk_forward(labels.t0, labels.t1, 5 * markets.DAY, 12 * markets.DAY),
    lambda labels: combinatorial_purged(labels.t0, labels.t1, 5, 2, markets.HOUR).splits,
)
LABELS = (
    ("fixed-horizon", {"horizon": 4}),
    ("fixed-horizon", {"horizon": 1, "value": "up"}),
    ("triple-barrier", {"horizon": 16}),
    ("trend-scan", {}),
)


def clean_training(seed):
    """Return a training that is sound, with features, label, split and transforms drawn at random."""
    generator = np.random.default_rng(seed)
    bars = market(1000 + seed)
    pool = [*(spec for group in GROUPS.values() for spec in group), *ready_features(["pairs", "cross-section"], "A")]
    specs = [pool[int(k)] for k in generator.choice(len(pool), 8, replace=False)]
    specs += [
        FeatureSpec(kind="log-return", options={"length": 2}, every="4h", lag=int(generator.integers(1, 4))),
        FeatureSpec(kind="rsi", options={"length": 9}, every="1d", transform="change"),
        FeatureSpec(kind="parkinson", transform="zscore", window=30, across="demean"),
    ]
    features = FeatureSet(specs)
    name, options = LABELS[seed % len(LABELS)]
    labeler = make_labeler(name, options)
    splits = SPLITS[seed // len(LABELS) % len(SPLITS)](labeler.label(bars))
    steps = [["scaler"], ["winsor", "scaler"], ["scaler", "pca"], ["winsor"]][int(generator.integers(4))]

    def compute(given):
        return features.values(given, "1h")

    def prepare(x, y, train):
        chain = TransformChain.fit(steps, np.nan_to_num(x), train)
        return chain.apply(np.nan_to_num(x))

    def fit_predict(x, y, split):
        return train_ridge(x, y, split, prepare)

    return Training(bars, features.names, compute, labeler.label, splits, prepare, fit_predict)


@pytest.mark.proof("ml-leaks")
def test_clean_training_has_no_finding(matrix):
    for seed in matrix.seeds(2, 60):
        assert [str(one) for one in inspect_training(clean_training(seed), seed)] == [], seed


@pytest.mark.proof("ml-leaks")
def test_clean_training_of_all_ready_features_on_real_hours_has_no_finding(matrix, bitcoin):
    matrix.count = 1
    bars = bitcoin.rows(0, 3000)
    features = FeatureSet(ready_features())
    labeler = make_labeler("triple-barrier", {})
    labels = labeler.label(bars)
    training = Training(
        bars, features.names, features.values, labeler.label, purged_k_fold(labels.t0, labels.t1, 5, markets.DAY), scale
    )
    assert [str(one) for one in inspect_training(training)] == []
