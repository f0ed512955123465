"""The strategy `ml`: hold what a model says will rise, or short what it says will fall."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

import tradekit
from tradekit import Bars, ConfigError, Context, Field, Indicator, Strategy, Values, bar
from tradekit_ml.drift.policy import DriftOptions
from tradekit_ml.features.catalogue import PAIR_FEATURES
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.training.aside import Aside
from tradekit_ml.training.history import PRICES, History
from tradekit_ml.training.keeping import load_fitted
from tradekit_ml.training.recipe import Recipe, span_ns
from tradekit_ml.training.walk import Answers, Here, Walk

__all__ = ["Ml", "MlOptions"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class MlOptions(Recipe):
    """The recipe, and how what comes of it is traded."""

    registered: str = Field("", description="the model to begin with, as NAME or NAME@VERSION; without it, the run trains one")
    registry: Path = Field(Path("models"), description="the folder of the registry")
    every: int = Field(24, ge=1, description="bars from one decision to the next")
    full: float = Field(0.1, gt=0, le=1, description="score that is a full opinion, in standard deviations of the labels")
    enter: float = Field(0.5, ge=0, le=1, description="opinion from which a position is held, as a part of a full one")
    weight: float = Field(1.0, gt=0, description="part of equity that all positions together may take")
    short: bool = Field(False, description="also sell short what is said to fall (needs a margin account)")
    max_age: str = Field("", description="age of the newest label that it knows, such as '60d', from which no model is asked")
    watch: bool = Field(True, description="whether drift shrinks positions, and then ends them")
    drift: DriftOptions = Field(
        default_factory=lambda: DriftOptions.model_validate({}), description="what counts as drift, and what follows"
    )
    aside: bool = Field(False, description="train in a process of its own, for live runs; a backtest waits for the model instead")

    @field_validator("max_age")
    @classmethod
    def _is_a_span(cls, text: str) -> str:
        if text:
            span_ns(text)
        return text


class Ml(Strategy):
    """Hold each instrument while a model says that it will rise: one that is registered, or one that is trained along the run.

    Trainings fall on the bar clock and learn from labels that are known by then, so a backtest is a walk-forward test. Every
    `every` bars the model's score becomes an opinion from -1 to 1; from `enter` on, an equal part of `weight` is held. Where the
    model can't tell, is too old, or has drifted too far, nothing is held.
    """

    name = "ml"
    Options: type[tradekit.Options] = MlOptions

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._features = self.options.feature_set()
        specs = self._features.specs
        self._is_pair = np.array([spec.kind in PAIR_FEATURES for spec in specs])
        singles = [spec for spec in specs if spec.kind not in PAIR_FEATURES]
        pairs = [spec for spec in specs if spec.kind in PAIR_FEATURES]
        self._singles = FeatureSet(singles) if singles else None
        self._pairs = FeatureSet(pairs) if pairs else None
        self._history: History | None = None
        self._walk: Walk | None = None
        self._last_size = 1.0

    def sells_short(self) -> bool:
        return bool(self.options.short)

    def indicators(self) -> dict[str, Indicator]:
        found = dict(self._features.indicators())
        for name, indicator in {"bar": bar(), **self.technical()}.items():
            if name in found:
                raise ConfigError(f"a feature of strategy {self.name!r} is named {name!r}, which it needs itself; leave it out")
            found[name] = indicator
        return found

    def technical(self) -> Mapping[str, Indicator]:
        """Return further indicators, that `opinions` reads. The strategy `ml` has none."""
        return {}

    def opinions(self, scores: Floats, technical: Mapping[str, Floats]) -> Floats:  # noqa: ARG002 - what an override is given
        """Return opinions from -1 to 1 of scores [..., instrument], with the values of `technical` on the same bars."""
        found: Floats = np.clip(scores / self.options.full, -1.0, 1.0)
        return found

    def on_bar(self, ctx: Context) -> None:
        views = list(ctx)
        symbols = tuple(view.symbol for view in views)
        if self._history is None:
            self._history = History.empty(symbols, len(self._features))
            self._walk = self._new_walk(self._history, is_live=True)
        history, walk = self._history, self._walk
        prices = np.array([[view[f"bar.{name}"] if view.has_bar else np.nan for name in PRICES] for view in views])
        features = np.full((len(views), len(self._features)), np.nan)
        if self._singles is not None:
            features[:, ~self._is_pair] = self._singles.rows(ctx)
        history.append(ctx.time_ns, prices, features)
        row = history.count - 1
        if self._pairs is not None:
            history.features[row, :, self._is_pair] = self._of_pairs(history.bars(0, row + 1))[-1].T
        starts = self.options.retrain != "never" and ctx.starts(self.options.retrain)
        answers = walk.go(row, row + 1, np.array([starts])) if walk is not None else Answers(prices[None, :, 0], np.ones(1))
        named = [name for name, one in self.technical().items() for name in _outputs(name, one)]
        technical = {name: np.array([[view[name] for view in views]]) for name in named}
        weights = self._weights(answers, technical, row)[0]
        is_ready = {view.symbol for view in ctx.instruments}
        for view, weight in zip(views, weights.tolist(), strict=True):
            if view.symbol in is_ready and not np.isnan(weight):
                view.target(weight=weight)

    def targets(self, bars: Bars, ind: Values) -> Floats:
        # `on_bar` is called, and so begins to see, where an instrument is ready.
        seen = np.flatnonzero(ind.ready.any(axis=1))
        weights = np.full(bars.close.shape, np.nan)
        if not len(seen):
            return weights
        prices = np.stack([ind[f"bar.{name}"][seen] for name in PRICES], axis=2)
        prices[~bars.exists[seen]] = np.nan
        shape = (len(seen), len(bars.symbols), len(self._features))
        history = History(bars.symbols, bars.close_time[seen], prices, np.empty(shape), len(seen))
        if self._singles is not None:
            history.features[:, :, ~self._is_pair] = self._singles.assemble(bars, ind)[seen]
        if self._pairs is not None:
            history.features[:, :, self._is_pair] = self._of_pairs(history.bars(0, len(seen)))
        retrain = self.options.retrain
        starts = np.zeros(len(seen), dtype=np.bool_) if retrain == "never" else bars.starts(retrain)[seen]
        answers = self._new_walk(history, is_live=False).go(0, len(seen), starts)
        named = [name for name, one in self.technical().items() for name in _outputs(name, one)]
        found = self._weights(answers, {name: ind[name][seen] for name in named}, 0)
        found[~ind.ready[seen]] = np.nan
        weights[seen] = found
        return weights

    def _of_pairs(self, bars: Bars) -> Floats:
        """Return the features of two instruments, which read the bars that both had."""
        if self._pairs is None:
            return np.empty((len(bars), len(bars.symbols), 0))
        return self._pairs.assemble(bars, Values(bars, {}, 1))

    def _new_walk(self, history: History, *, is_live: bool) -> Walk:
        options = self.options
        start = load_fitted(options.registry, options.registered, self._features)[0] if options.registered else None
        age = span_ns(options.max_age) if options.max_age else 0
        trainer: Here | Aside = Here()
        if is_live and options.aside:
            trainer = Aside()
            # A run has no end that a strategy is told of.
            weakref.finalize(self, trainer.close)
        return Walk(options, history, options.drift if options.watch else None, age, trainer, start)

    def _weights(self, answers: Answers, technical: Mapping[str, Floats], first: int) -> Floats:
        """Return target weights [row, instrument] of rows from `first` on: on each that is decided on, and where size changes."""
        options, size = self.options, answers.size
        before = np.concatenate(([self._last_size], size[:-1]))
        is_decided = ((first + np.arange(len(size))) % options.every == 0) | (size != before)
        self._last_size = float(size[-1])
        opinions = self.opinions(answers.scores, technical)
        side = np.where(np.abs(opinions) >= options.enter, np.sign(opinions), 0.0)
        if not options.short:
            side = np.maximum(side, 0.0)
        weights: Floats = np.where(np.isnan(opinions), 0.0, side) * size[:, None] * options.weight / answers.scores.shape[1]
        weights[~is_decided] = np.nan
        return weights


def _outputs(name: str, indicator: Indicator) -> list[str]:
    """Return what the values of an indicator are called."""
    return [name] if len(indicator.outputs) == 1 else [f"{name}.{output}" for output in indicator.outputs]
