"""The recipe of a model: features, label, model and schedule, as a table of a run file says them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, Literal

from pydantic import field_validator, model_validator

import tradekit
from tradekit import Field, TradekitError
from tradekit_ml.features.catalogue import ready_features
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.features.transforms import TRANSFORMS
from tradekit_ml.labels.labeler import Labeler
from tradekit_ml.labels.labelers import make_labeler
from tradekit_ml.models import Model, make_model

__all__ = ["Recipe", "Scalar", "span_ns"]

Scalar = bool | int | float | str
_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def span_ns(text: str) -> int:
    """Return how many nanoseconds a text such as `36h`, `45d` or `6w` means. Raises `ValueError` for what is none.

    >>> span_ns("2d") // 1_000_000_000
    172800
    """
    match = re.fullmatch(r"([1-9][0-9]*)([mhdw])", text)
    if match is None:
        raise ValueError(f"{text!r} is no span of time; write a number and m, h, d or w, such as '45d'")
    return int(match[1]) * _UNITS[match[2]] * 1_000_000_000


class Recipe(tradekit.Options):
    """What a model is made of. The same recipe on the same bars makes the same model, byte for byte."""

    groups: tuple[str, ...] = Field(
        ("returns", "volatility", "trend", "momentum", "volume"), description="groups of features that are ready to use"
    )
    features: tuple[FeatureSpec, ...] = Field((), description="further features, one by one")
    against: str = Field("", description="the other instrument, for the group 'pairs'")
    transforms: tuple[str, ...] = Field((), description="what is fitted to the features of the training: winsor, scaler, pca")
    label: dict[str, Scalar] = Field(
        default={"name": "fixed-horizon", "horizon": 24, "value": "up"}, description="name of the label, and its options"
    )
    model: dict[str, Scalar] = Field(
        default={"name": "lightgbm", "task": "classification"}, description="name of the model, and its options"
    )
    window: int = Field(0, ge=0, description="bars that are learnt from, the last ones; 0 for all there are")
    first: int = Field(2000, ge=50, description="bars that must have been seen before the first training")
    retrain: Literal["never", "day", "week", "month", "quarter", "year"] = Field(
        "month", description="it is trained again on the first bar of each; with 'never', once"
    )
    split: Literal["walk-forward", "combinatorial"] = Field(
        "walk-forward", description="how it is scored: on each period by a model of those before, or on each pair of 6 blocks"
    )
    embargo: int = Field(0, ge=0, description="bars that are left out between training and test, where it is scored")
    seed: int = Field(0, ge=0, description="of all that is random in a training")

    @field_validator("transforms")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in TRANSFORMS:
                raise ValueError(f"there is no transform {name!r}; allowed: {', '.join(TRANSFORMS)}")
        return names

    @model_validator(mode="after")
    def _can_be_made(self) -> Recipe:
        try:
            labeler = self.labeler()
            _ = self.unfitted
        except TradekitError as error:
            raise ValueError(str(error)) from error
        if labeler.name == "meta-label":
            raise ValueError(
                "label 'meta-label' judges the decisions of another strategy, and a recipe has none; use another label"
            )
        if self.window and self.window < self.first:
            raise ValueError(
                f"window is {self.window} and first is {self.first}; the first training can't use more than the window"
            )
        return self

    def feature_set(self) -> FeatureSet:
        """Return the features. Raises `ConfigError` for those that can't be made."""
        return FeatureSet((*(ready_features(self.groups, self.against) if self.groups else ()), *self.features))

    def labeler(self) -> Labeler:
        """Return what makes the labels. Raises `ConfigError` for a name or an option that is none."""
        name, options = _named("label", self.label)
        return make_labeler(name, options)

    @cached_property
    def unfitted(self) -> Model:
        """A model that has learnt nothing. Raises `ConfigError` for options, and `PluginError` for a name, that is none."""
        name, options = _named("model", self.model)
        return make_model(name, options)

    @property
    def horizon(self) -> int:
        """How many bars the outcome of a label takes at most, the fill included."""
        options = self.labeler().options
        return int(getattr(options, "horizon", 0) or options.longest) + 1

    @property
    def label_lookback(self) -> int:
        """How many bars before a decision its label looks at."""
        return int(getattr(self.labeler().options, "volatility", 0)) + 1


def _named(kind: str, table: dict[str, Scalar]) -> tuple[str, dict[str, Any]]:
    options = dict(table)
    name = options.pop("name", None)
    if not isinstance(name, str) or not name:
        raise ValueError(f"{kind} has no name; say which, as in {kind} = {{ name = '...' }}")
    return name, options
