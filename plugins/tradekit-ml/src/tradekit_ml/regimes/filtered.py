"""Hidden Markov model and GARCH as indicators: fitted again and again on bars that have passed, and read by their filters."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

import tradekit
from tradekit import DataError, Field, Indicator, Step
from tradekit_ml.regimes.garch import GarchFilter, fit_garch
from tradekit_ml.regimes.hmm import HmmFilter, fit_hmm

__all__ = ["GarchVolatility", "HiddenStates"]

Floats = NDArray[np.float64]
_Row = float | tuple[float, ...]


class FitOptions(tradekit.Options):
    """When the model is fitted, and on what."""

    window: int = Field(1000, ge=200, description="returns that the model is fitted on: the last ones before")
    refit: int = Field(500, ge=1, description="bars until it is fitted again")


class _Fitted:
    """The state of one instrument: the returns of the window, a model fitted on them, and its filter.

    A model is fitted after a bar, on the returns up to it, and what it says from then on comes of its filter alone. A window in
    which nothing moves has no model: the values are NaN until there is one.
    """

    def __init__(self, options: FitOptions, width: int) -> None:
        self._window: deque[float] = deque(maxlen=options.window)
        self._refit = options.refit
        self._seen = 0
        self._last = math.nan
        self._nothing: _Row = (math.nan,) * width if width > 1 else math.nan
        self._is_fitted = False

    def push(self, close: float) -> _Row:
        """Return the values on a bar. One without a price is passed over."""
        if not close > 0.0:
            return self._nothing
        price, before = math.log(close), self._last
        self._last = price
        if math.isnan(before):
            return self._nothing
        change = price - before
        self._window.append(change)
        self._seen += 1
        since = self._seen - self._window.maxlen if self._window.maxlen is not None else 0
        found = self._filtered(change) if self._is_fitted else self._nothing
        if since < 0 or since % self._refit:
            return found
        try:
            self._fit(np.array(self._window))
        except DataError:
            # A market that stood still for a whole window: what is unknown is not traded on.
            self._is_fitted = False
            return self._nothing
        self._is_fitted = True
        return self._now()

    @abstractmethod
    def _fit(self, window: Floats) -> None:
        """Fit the model on the window, and run its filter over it."""

    @abstractmethod
    def _filtered(self, change: float) -> _Row:
        """Feed the filter a return, and return the values after it."""

    @abstractmethod
    def _now(self) -> _Row:
        """Return the values after the last return."""


class HiddenStates(Indicator):
    """What a hidden Markov model of the returns says: how likely the market is in its wildest state, and what it expects next.

    `wild` is the filtered probability of the state with the largest variance, `mean` and `volatility` are the expected log return
    of the next bar and its standard deviation. The model is fitted on the last `window` returns, and again every `refit` bars.
    """

    name = "hidden-states"
    inputs = ("close",)
    outputs = ("wild", "mean", "volatility")

    class Options(FitOptions):
        """The model, and when it is fitted."""

        states: int = Field(2, ge=2, le=4, description="states of the market")

        @model_validator(mode="after")
        def _has_returns_enough(self) -> HiddenStates.Options:
            if self.window < 100 * self.states:
                raise ValueError(f"window is {self.window} and states is {self.states}; each state needs 100 returns")
            return self

    @property
    def warmup(self) -> int:
        return int(self.options.window) + 1

    def step(self) -> Step:
        return _HiddenStep(self.options)


class _HiddenStep(_Fitted):
    def __init__(self, options: HiddenStates.Options) -> None:
        super().__init__(options, len(HiddenStates.outputs))
        self._states = options.states
        self._filter: HmmFilter

    def _fit(self, window: Floats) -> None:
        model = fit_hmm(window, self._states)
        self._mean, self._variance = model.mean.tolist(), model.variance.tolist()
        self._filter = HmmFilter(model)
        for value in window.tolist():
            self._probability = self._filter.push(value)

    def _filtered(self, change: float) -> _Row:
        self._probability = self._filter.push(change)
        return self._now()

    def _now(self) -> _Row:
        ahead = self._filter.ahead()
        mean = math.fsum(p * m for p, m in zip(ahead, self._mean, strict=True))
        square = math.fsum(p * (v + m * m) for p, m, v in zip(ahead, self._mean, self._variance, strict=True))
        return self._probability[-1], mean, math.sqrt(max(square - mean * mean, 0.0))


class GarchVolatility(Indicator):
    """The standard deviation that GARCH(1,1) expects of the next bar's log return.

    The model is fitted on the last `window` returns, and again every `refit` bars.
    """

    name = "garch"
    inputs = ("close",)
    Options = FitOptions

    @property
    def warmup(self) -> int:
        return int(self.options.window) + 1

    def step(self) -> Step:
        return _GarchStep(self.options, 1)


class _GarchStep(_Fitted):
    def __init__(self, options: FitOptions, width: int) -> None:
        super().__init__(options, width)
        self._filter: GarchFilter
        self._value = math.nan

    def _fit(self, window: Floats) -> None:
        self._filter = GarchFilter(fit_garch(window))
        for value in window.tolist():
            self._value = self._filter.push(value)

    def _filtered(self, change: float) -> _Row:
        self._value = self._filter.push(change)
        return self._now()

    def _now(self) -> _Row:
        return self._value
