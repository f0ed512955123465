"""Detectors that are fed one value after the other, and say when their mean has changed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

__all__ = ["Adwin", "PageHinkley"]

_PER_ROW = 5
"""Buckets of one size that are kept before two of them are joined."""
_LEAST = 5
"""Values that each side of a cut has at least."""


@dataclass(slots=True)
class _Bucket:
    total: float
    variance: float
    """The sum of squared deviations from the bucket's mean."""


@dataclass(slots=True)
class _Row:
    """Buckets of one size, oldest first."""

    buckets: list[_Bucket] = field(default_factory=list)


class Adwin:
    """A window that grows while the mean of its values stays the same, and drops its oldest part where that differs.

    A. Bifet, R. Gavalda, Learning from Time-Changing Data with Adaptive Windowing, SIAM International Conference on Data Mining
    (2007), the second variant: values lie in buckets of doubling size, so that a window of n takes memory of order log n. `delta`
    is the probability of a false alarm in a window; values should lie between 0 and 1.
    """

    def __init__(self, delta: float = 0.002, clock: int = 32, grace: int = 10) -> None:
        self._delta, self._clock, self._grace = delta, clock, grace
        self._rows: list[_Row] = [_Row()]
        self._seen = 0
        self._total, self._variance = 0.0, 0.0
        self.width = 0
        """How many values the window holds."""

    @property
    def mean(self) -> float:
        """The mean of the window; 0 while it is empty."""
        return self._total / self.width if self.width else 0.0

    def push(self, value: float) -> bool:
        """Take a value, and say whether the window has been cut because its older part has another mean."""
        if self.width:
            self._variance += self.width * (value - self.mean) ** 2 / (self.width + 1)
        self.width += 1
        self._total += value
        self._rows[0].buckets.append(_Bucket(value, 0.0))
        self._join()
        self._seen += 1
        is_changed = False
        if self._seen % self._clock == 0 and self.width > self._grace:
            while self._has_cut():
                self._drop_oldest()
                is_changed = True
        return is_changed

    def _join(self) -> None:
        """Join the two oldest buckets of a size into one of twice that, where there are too many."""
        size = 1
        for number, row in enumerate(self._rows):
            if len(row.buckets) <= _PER_ROW:
                return
            if number + 1 == len(self._rows):
                self._rows.append(_Row())
            first, second = row.buckets[:2]
            del row.buckets[:2]
            spread = size * (first.total / size - second.total / size) ** 2 / 2
            joined = _Bucket(first.total + second.total, first.variance + second.variance + spread)
            self._rows[number + 1].buckets.append(joined)
            size *= 2

    def _has_cut(self) -> bool:
        """Say whether the window has two parts whose means differ by more than chance allows."""
        count, total = 0, 0.0
        for number in range(len(self._rows) - 1, -1, -1):
            for bucket in self._rows[number].buckets:
                count += 1 << number
                total += bucket.total
                rest = self.width - count
                if rest < _LEAST:
                    return False
                if count >= _LEAST and abs(total / count - (self._total - total) / rest) > self._bound(count, rest):
                    return True
        return False

    def _bound(self, older: int, newer: int) -> float:
        scale = math.log(2.0 * math.log(self.width) / self._delta)
        inverse = 1.0 / (older - _LEAST + 1) + 1.0 / (newer - _LEAST + 1)
        spread = max(self._variance, 0.0) / self.width
        return math.sqrt(2.0 * inverse * spread * scale) + 2.0 / 3.0 * scale * inverse

    def _drop_oldest(self) -> None:
        size = 1 << (len(self._rows) - 1)
        bucket = self._rows[-1].buckets.pop(0)
        self.width -= size
        self._total -= bucket.total
        between = size * self.width * (bucket.total / size - self.mean) ** 2 / (size + self.width)
        self._variance -= bucket.variance + between
        while len(self._rows) > 1 and not self._rows[-1].buckets:
            self._rows.pop()


class PageHinkley:
    """Says when the mean of values has risen: when their sum above it exceeds its own lowest by a threshold.

    E. S. Page, Continuous Inspection Schemes, Biometrika 41 (1954); D. V. Hinkley, Inference about the Change-Point from
    Cumulative Sum Tests, Biometrika 58 (1971). `slack` is a rise that is let pass, in the units of the values, `threshold` the sum
    of what exceeds it. After an alarm it begins anew.
    """

    def __init__(self, slack: float = 0.005, threshold: float = 50.0, grace: int = 30) -> None:
        self._slack, self._threshold, self._grace = slack, threshold, grace
        self._begin()

    def _begin(self) -> None:
        self._seen, self._mean, self._sum, self._lowest = 0, 0.0, 0.0, 0.0

    def push(self, value: float) -> bool:
        """Take a value, and say whether the mean has risen."""
        self._seen += 1
        self._mean += (value - self._mean) / self._seen
        self._sum += value - self._mean - self._slack
        self._lowest = min(self._lowest, self._sum)
        if self._seen < self._grace or self._sum - self._lowest <= self._threshold:
            return False
        self._begin()
        return True
