"""Along the bars: train when it is due, answer, watch for drift, and age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tradekit import DataError
from tradekit_ml.drift.policy import DriftMonitor, DriftOptions
from tradekit_ml.labels.labels import Labels
from tradekit_ml.training.fitted import Fitted, Job, fit, job_of
from tradekit_ml.training.history import History
from tradekit_ml.training.recipe import Recipe

__all__ = ["Answers", "Here", "Trainer", "Walk"]

Floats = NDArray[np.float64]
_TRY_AGAIN = 50


class Trainer(Protocol):
    """Where trainings are done."""

    def begin(self, job: Job) -> None:
        """Begin a training; one that is under way is given up."""
        ...

    def done(self) -> Fitted | None:
        """Return the model of a training that has ended since the last call."""
        ...


class Here:
    """Trains on the spot, between two bars."""

    def __init__(self) -> None:
        self._found: Fitted | None = None

    def begin(self, job: Job) -> None:
        """Do the training."""
        self._found = fit(job)

    def done(self) -> Fitted | None:
        """Return its model."""
        found, self._found = self._found, None
        return found


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered on some rows: scores within -1 and 1, [row, instrument], NaN for none, and the size that drift allows."""

    scores: Floats
    size: Floats


class Walk:
    """A model on its way along the bars. Rows may come one by one or many at once: the answers are the same numbers.

    On a row on which a training is due, it learns from labels that are known at its close, and the new model answers on that row.
    A model older than `max_age` nanoseconds, by the last label that it knows, is asked no more. `drift` watches each model from its
    training on; its state ends with the model.
    """

    def __init__(
        self, recipe: Recipe, history: History, drift: DriftOptions | None, max_age: int, trainer: Trainer, start: Fitted | None
    ) -> None:
        self._recipe = recipe
        self._history = history
        self._drift = drift
        self._max_age = max_age
        self._trainer = trainer
        self._labeler = recipe.labeler()
        self._monitor: DriftMonitor | None = None
        self._begun = 0
        self._answered: list[Floats] = []
        """What the present model has answered, [instrument] a row, from row `_begun` on; kept only to judge it."""
        self._judged: set[tuple[int, int]] = set()
        self.model: Fitted | None = None
        self._is_due = start is None
        if start is not None:
            self._take(start, 0)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the size isn't 1 now."""
        return () if self._monitor is None else self._monitor.state.reasons

    def go(self, first: int, stop: int, starts: NDArray[np.bool_]) -> Answers:
        """Answer on rows `first <= row < stop` of the history; `starts` [row - first] says where the schedule's periods begin."""
        scores = np.full((stop - first, len(self._history.symbols)), np.nan)
        size = np.ones(stop - first)
        row = first
        while row < stop:
            self._train(row, bool(starts[row - first]))
            until = self._next(row, stop, starts, first)
            if self.model is not None:
                self._answer(row, until, scores[row - first : until - first], size[row - first : until - first])
            row = until
        return Answers(scores, size)

    def _next(self, row: int, stop: int, starts: NDArray[np.bool_], first: int) -> int:
        """Return the next row on which something else than answering is to be done."""
        until = row + 1
        while until < stop and not self._has_deed(until, bool(starts[until - first])):
            until += 1
        return until

    def _has_deed(self, row: int, starts: bool) -> bool:
        return starts or self._is_due or self._judges(row)

    def _judges(self, row: int) -> bool:
        return self._drift is not None and row % self._drift.every == 0

    def _train(self, row: int, starts: bool) -> None:
        """Train if it is due, take a model that is ready, and judge the one that there is."""
        recipe = self._recipe
        seen = row + 1
        # Where there was nothing to learn yet, it is tried again after some more bars.
        is_first = self._is_due and (seen - recipe.first) % _TRY_AGAIN == 0
        if seen >= recipe.first and ((starts and recipe.retrain != "never") or is_first):
            job = self._job(seen)
            self._is_due = job is None
            if job is not None:
                self._trainer.begin(job)
        found = self._trainer.done()
        if found is not None:
            self._take(found, row)
        elif self._judges(row):
            self._judge(row)

    def _job(self, seen: int) -> Job | None:
        """Return the training on what is known after so many rows; `None` where that is too little, to try on the next row."""
        start = max(seen - self._recipe.window, 0) if self._recipe.window else 0
        bars = self._history.bars(start, seen)
        try:
            return job_of(self._recipe, self._history.features[start:seen], self._labeler.label(bars))
        except DataError:
            # Nothing to learn yet: no label, too few, or all alike. Until there is, nothing is answered.
            return None

    def _take(self, fitted: Fitted, row: int) -> None:
        self.model, self._begun, self._is_due = fitted, row, False
        self._answered, self._judged = [], set()
        if self._drift is not None:
            self._monitor = DriftMonitor(self._drift, fitted.reference, fitted.scale.usual_loss)

    def _answer(self, row: int, until: int, scores: Floats, size: Floats) -> None:
        """Fill in the answers on rows between two trainings, and the size that each row is traded with."""
        fitted, history = self.model, self._history
        if fitted is None:
            return
        rows = fitted.prepared(history.features[row:until].reshape(-1, history.features.shape[2]))
        answers = fitted.model.predict(rows).reshape(until - row, -1)
        if self._max_age:
            answers[history.times[row:until] - fitted.until > self._max_age] = np.nan
        # A bar that isn't there is not answered: its features are those of the last one.
        has_bar = ~np.isnan(history.prices[row:until, :, 3])
        answers[~has_bar] = np.nan
        scores[:] = fitted.scores(answers)
        monitor = self._monitor
        if monitor is None:
            return
        self._answered.extend(answers)
        seen = rows.reshape(until - row, len(history.symbols), -1)
        for k in range(until - row):
            monitor.see(seen[k][has_bar[k]])
            size[k] = monitor.state.size

    def _judge(self, row: int) -> None:
        """Tell the monitor how wrong the answers were whose labels are known by now, in the order of the decisions."""
        fitted, monitor = self.model, self._monitor
        if fitted is None or monitor is None or self._drift is None:
            return
        seen, recipe = row + 1, self._recipe
        start = max(seen - 4 * (recipe.horizon + self._drift.every) - recipe.label_lookback, 0)
        labels = self._known(start, seen)
        if labels is None:
            return
        for bar, i, value in zip((labels.bar + start).tolist(), labels.instrument.tolist(), labels.value.tolist(), strict=True):
            place = bar - self._begun
            if not 0 <= place < len(self._answered) or (bar, i) in self._judged:
                continue
            answer = float(self._answered[place][i])
            self._judged.add((bar, i))
            if not np.isnan(answer):
                monitor.learn((answer - value) ** 2)

    def _known(self, start: int, seen: int) -> Labels | None:
        try:
            return self._labeler.label(self._history.bars(start, seen))
        except DataError:
            return None  # no decision of these rows has an outcome yet
