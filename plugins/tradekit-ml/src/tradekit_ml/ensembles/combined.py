"""Several fitted models as one, which is kept, loaded and traded as any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

import numpy as np

import tradekit
from tradekit import DataError, Field
from tradekit_ml.ensembles.averaging import RankAverage, logit_average, mean
from tradekit_ml.ensembles.calibration import Calibration, Isotonic, Platt
from tradekit_ml.models.contract import Floats, Model, Task
from tradekit_ml.models.files import arrays_of, bytes_of, model_files
from tradekit_ml.models.finding import model_of_files

__all__ = ["Combined", "Rule"]

Rule = Literal["mean", "logit-mean", "rank-mean", "stack"]

_FILE = "combination.npz"
_META = "meta"
_CALIBRATIONS: Mapping[str, type[Calibration]] = {"platt": Platt, "isotonic": Isotonic}


class Combined(Model):
    """Several fitted models as one: a mean of their scores, log-odds or ranks, or a stack; calibrated if wanted.

    `Combined.of` makes it of models that are fitted already, so it is not trained by `fit`.
    """

    name = "combined"
    trains = False

    class Options(tradekit.Options):
        task: Task = Field("regression", description="what the labels of its models are: regression, or classification of 0 and 1")
        rule: Rule = Field("mean", description="how scores become one: mean, logit-mean, rank-mean or stack")
        members: int = Field(1, ge=1, description="how many models it is made of")
        calibration: Literal["none", "platt", "isotonic"] = Field("none", description="how the result becomes a probability")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._members: tuple[Model, ...] = ()
        self._how: Floats | RankAverage | Model = np.ones(1)
        self._calibration: Calibration | None = None

    @classmethod
    def of(
        cls,
        members: Sequence[Model],
        rule: Rule = "mean",
        how: Floats | RankAverage | Model | None = None,
        calibration: Calibration | None = None,
    ) -> Self:
        """Return fitted models as one.

        `how` is what the rule needs: the weights of a mean or logit-mean (equal by default), the `RankAverage` of a rank-mean, the
        meta-model that `stack` fitted. Raises `DataError` for parts that don't fit each other.
        """
        tasks, counts = {member.task for member in members}, {member.feature_count for member in members}
        if len(tasks) != 1 or len(counts) != 1 or None in counts:
            told = ", ".join(f"{member.name!r} ({member.task} of {member.feature_count} features)" for member in members) or "none"
            raise DataError(f"models can't be combined that are {told}; give fitted ones of the same task and features")
        kinds = [kind for kind, made in _CALIBRATIONS.items() if isinstance(calibration, made)]
        chosen = cls.Options(task=tasks.pop(), rule=rule, members=len(members), calibration=(kinds or ["none"])[0])  # type: ignore[arg-type]  # a key of the table
        model = cls(chosen)
        model.feature_count = counts.pop()
        model._take(tuple(members), np.ones(len(members)) if how is None else how, calibration)
        return model

    @property
    def task(self) -> Task:
        """Return what the labels are."""
        task: Task = self.options.task
        return task

    def train(self, rows: Floats, labels: Floats, weights: Floats, seed: int) -> None:  # noqa: ARG002 - nothing is trained
        """Refuse: it is made of fitted models."""
        raise DataError("a model 'combined' is made of fitted models by Combined.of(), not trained")

    def scores(self, rows: Floats) -> Floats:
        """Return one number a row."""
        table = np.column_stack([member.predict(rows) for member in self._members])
        if isinstance(self._how, RankAverage):
            found = self._how.apply(table)
        elif isinstance(self._how, Model):
            found = self._how.predict(table)
        else:
            found = (logit_average if self.options.rule == "logit-mean" else mean)(table, self._how)
        return found if self._calibration is None else self._calibration.apply(found)

    def state(self) -> Mapping[str, bytes]:
        """Return the files of all its models, each under a prefix, and how they are combined."""
        parts: dict[str, Model] = {f"member{number}": member for number, member in enumerate(self._members)}
        arrays: dict[str, Floats] = {}
        if isinstance(self._how, RankAverage):
            arrays = {f"known{number}": known for number, known in enumerate(self._how.known)} | {"weights": self._how.weights}
        elif isinstance(self._how, Model):
            parts[_META] = self._how
        else:
            arrays = {"weights": self._how}
        if self._calibration is not None:
            arrays |= self._calibration.arrays()
        files = {f"{part}-{file}": content for part, model in parts.items() for file, content in model_files(model).items()}
        return {**files, _FILE: bytes_of(arrays)}

    def restore(self, state: Mapping[str, bytes]) -> None:
        """Load all its models, and how they are combined."""
        options = self.options
        members = tuple(_part(state, f"member{number}") for number in range(options.members))
        known = [f"known{number}" for number in range(options.members)] if options.rule == "rank-mean" else []
        weights = [] if options.rule == "stack" else ["weights"]
        calibrated = {"none": [], "platt": ["platt"], "isotonic": ["scores", "chances"]}[options.calibration]
        arrays = arrays_of(state.get(_FILE, b""), f"{_FILE!r} of model 'combined'", [*known, *weights, *calibrated])
        how: Floats | RankAverage | Model
        if options.rule == "rank-mean":
            how = RankAverage(tuple(arrays[name] for name in known), arrays["weights"])
        else:
            how = _part(state, _META) if options.rule == "stack" else arrays["weights"]
        calibration = _CALIBRATIONS[options.calibration].of_arrays(arrays) if calibrated else None
        self._take(members, how, calibration)

    def _take(self, members: tuple[Model, ...], how: Floats | RankAverage | Model, calibration: Calibration | None) -> None:
        rule = self.options.rule
        expected = {"rank-mean": RankAverage, "stack": Model}.get(rule, np.ndarray)
        if not isinstance(how, expected):
            raise DataError(f"rule {rule!r} is told how by {expected.__name__}, not by {type(how).__name__}")
        if rule == "logit-mean" and self.task != "classification":
            raise DataError("rule 'logit-mean' is for probabilities, and these models do regression; use 'mean' or 'rank-mean'")
        size = len(how.known) if isinstance(how, RankAverage) else how.feature_count if isinstance(how, Model) else how.size
        if size != len(members):
            raise DataError(f"rule {rule!r} is told how for {size} models, and there are {len(members)}")
        if isinstance(how, np.ndarray):
            mean(np.empty((0, len(members))), how)  # which refuses weights that can't be
        self._members, self._how, self._calibration = members, how, calibration
        self.takes_nan = all(member.takes_nan for member in members)


def _part(state: Mapping[str, bytes], prefix: str) -> Model:
    files = {name.removeprefix(f"{prefix}-"): content for name, content in state.items() if name.startswith(f"{prefix}-")}
    return model_of_files(files, f"part {prefix!r} of model 'combined'")
