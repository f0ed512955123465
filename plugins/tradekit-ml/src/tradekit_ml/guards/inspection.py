"""All guards at once, over everything that a training is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit import Bars, LabelSplit
from tradekit_ml.guards.findings import Finding
from tradekit_ml.guards.fitting import Prepare, fit_findings, split_findings
from tradekit_ml.guards.looking import Compute, label_findings, poison_findings, prefix_findings
from tradekit_ml.guards.scores import FitPredict, placebo_findings, score_findings
from tradekit_ml.labels.labels import Labels, label_uniqueness

__all__ = ["Training", "inspect_features", "inspect_training"]


@dataclass(frozen=True)
class Training:
    """Everything that a training is made of, as guards need it. The rows of features are those of the labels."""

    bars: Bars
    names: Sequence[str]
    """Of the features."""
    compute: Compute
    """Bars to features, such as `FeatureSet.values`."""
    relabel: Callable[[Bars], Labels]
    """Bars to labels, such as `Labeler.label`."""
    splits: Sequence[LabelSplit]
    """Of the labels of `bars`."""
    prepare: Prepare | None = None
    """Transforms, fitted to places of the training and applied to all rows."""
    fit_predict: FitPredict | None = None
    """The whole training of one split, `prepare` included."""


def inspect_features(compute: Compute, names: Sequence[str], bars: Bars, seed: int = 0) -> list[Finding]:
    """Return what is wrong with features alone: values that change with bars that come later."""
    found = prefix_findings(compute, names, bars, seed=seed)
    told = {finding.culprit for finding in found}
    return found + [one for one in poison_findings(compute, names, bars, seed=seed) if one.culprit not in told]


def inspect_training(training: Training, seed: int = 0) -> list[Finding]:
    """Return what is wrong with a training, before it is worth anything: features, label, splits, transforms, and scores.

    `placebo` trains ten times on shuffled labels, over two of the splits. Pass the result to `refuse_leaks` to stop on it.
    """
    bars = training.bars
    found = inspect_features(training.compute, training.names, bars, seed)
    found += label_findings(training.relabel, bars, seed=seed)
    labels = training.relabel(bars)
    found += split_findings(labels.t0, labels.t1, training.splits)
    x, y = training.compute(bars)[labels.bar, labels.instrument], labels.value
    found += score_findings(training.names, x, y, float(label_uniqueness(labels).sum()))
    if training.prepare is not None:
        for split in _some(training.splits):
            told = {finding.culprit for finding in found}
            fitted = fit_findings(training.prepare, training.names, x, y, split, seed)
            found += [one for one in fitted if one.culprit not in told]
    if training.fit_predict is not None:
        found += placebo_findings(training.fit_predict, x, y, _some(training.splits), seed=seed)
    return found


def _some(splits: Sequence[LabelSplit]) -> list[LabelSplit]:
    """Return two of the splits, the one in the middle and the last, of which no training is the smallest."""
    places = sorted({len(splits) // 2, len(splits) - 1}) if len(splits) else []
    return [splits[int(place)] for place in np.asarray(places, dtype=np.int64)]
