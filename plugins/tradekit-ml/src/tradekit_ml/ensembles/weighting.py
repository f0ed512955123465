"""Weights of models that follow how they have done, as far as that is known."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np

from tradekit import ConfigError, DataError
from tradekit_ml.models.contract import Floats

__all__ = ["DynamicWeights"]


class DynamicWeights:
    """Weights on the simplex that are larger for models with smaller losses of late, drawn towards equal ones.

    A loss counts from the moment at which its label is known, and halves every `half_life` losses after it. The weights are
    proportional to `exp(-temper * mean loss / deviation)`, with the deviation over the losses of all models, so that the unit of a
    loss doesn't matter; then `shrink` of each is replaced by 1 / models. Times are of any one unit, such as UTC nanoseconds.
    """

    def __init__(self, models: int, half_life: float = 50.0, temper: float = 2.0, shrink: float = 0.5) -> None:
        if models < 1 or not half_life > 0 or not temper >= 0 or not 0 <= shrink <= 1:
            told = f"models {models!r}, half_life {half_life!r}, temper {temper!r} and shrink {shrink!r}"
            raise ConfigError(f"dynamic weights can't have {told}; use a model or more, a half-life above 0, shrink from 0 to 1")
        self.models, self.half_life, self.temper, self.shrink = models, half_life, temper, shrink
        self._losses: Floats = np.zeros(models)
        self._squares: Floats = np.zeros(models)
        self._count = 0.0
        self._now: int | None = None
        self._pending: list[tuple[int, int, tuple[float, ...]]] = []
        self._number = 0

    def observe(self, known_at: int, losses: Sequence[float]) -> None:
        """Take one loss a model, which counts from `known_at` on. Raises `DataError` for losses that are missing or too late."""
        given = tuple(map(float, losses))
        if len(given) != self.models or not np.isfinite(given).all():
            raise DataError(f"losses of {self.models} models can't be {given!r}; give one finite number a model")
        if self._now is not None and known_at < self._now:
            raise DataError(f"a loss known at {known_at} comes after weights of {self._now} were asked for, which lacked it")
        heapq.heappush(self._pending, (known_at, self._number, given))
        self._number += 1

    def weights(self, now: int) -> Floats:
        """Return the weights by what is known at `now`, which never goes back; equal ones before anything is."""
        if self._now is not None and now < self._now:
            raise DataError(f"weights of {now} are asked for after those of {self._now}; time goes on")
        self._now = now
        while self._pending and self._pending[0][0] <= now:
            self._take(np.array(heapq.heappop(self._pending)[2]))
        equal = np.full(self.models, 1 / self.models)
        if self._count == 0:
            return equal
        means = self._losses / self._count
        spread = np.sqrt(max(float(self._squares.mean() / self._count - means.mean() ** 2), 0.0))
        if spread == 0:
            return equal
        pull = np.exp(-self.temper * (means - means.min()) / spread)
        found: Floats = (1 - self.shrink) * pull / pull.sum() + self.shrink * equal
        return found

    def state(self) -> dict[str, Any]:
        """Return all that it remembers, as JSON has it: what waits for its time belongs to a checkpoint."""
        return {
            "losses": self._losses.tolist(),
            "squares": self._squares.tolist(),
            "count": self._count,
            "now": self._now,
            "pending": [[at, number, list(losses)] for at, number, losses in sorted(self._pending)],
            "number": self._number,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self._losses, self._squares = np.array(state["losses"]), np.array(state["squares"])
        self._count, self._now, self._number = state["count"], state["now"], state["number"]
        self._pending = [(at, number, tuple(losses)) for at, number, losses in state["pending"]]

    def _take(self, losses: Floats) -> None:
        fade = 0.5 ** (1 / self.half_life)
        self._losses = self._losses * fade + losses
        self._squares = self._squares * fade + losses**2
        self._count = self._count * fade + 1
