"""What trading costs, in the arrays that the venue reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Bars, Floats, Times

__all__ = ["DAY", "MAKER", "PER_UNIT", "TAKER", "Costs", "Impact", "Tiers", "days_of"]

DAY = 86_400_000_000_000
"""Nanoseconds."""
MAKER, TAKER, PER_UNIT = range(3)
"""The rows of an array of fees: a part of the value for makers and for takers, and an amount for each unit."""


@dataclass(frozen=True)
class Tiers:
    """The fees of one model that depend on what was traded with it in the 30 whole UTC days before.

    `from_volume` is float64 [tier], ascending from 0, in account currency; `fees` float64 [tier, 3, instrument]. Bool [instrument]
    are `is_counted` (trades in it count) and `is_floored` (its fee here is part of what an order's minimum is the least of).
    `past_volume` was traded evenly over the 30 days before the first bar.
    """

    from_volume: Floats
    fees: Floats
    is_counted: NDArray[np.bool_]
    is_floored: NDArray[np.bool_]
    past_volume: float = 0.0

    def times(self, multiplier: Floats) -> Tiers:
        """Return the same with fees that are multiplied by something, [3, instrument]."""
        return replace(self, fees=self.fees * multiplier)


@dataclass(frozen=True)
class Impact:
    """A price gets worse by `coefficient x (Q / V) ** exponent` of itself.

    `coefficient` is float64 [day, instrument] for each of `days_of` the bars, or [1, instrument] if it is the same on all. V is
    `day_volume`, float64 [day, instrument], or that of the bar if this is `None`.
    """

    coefficient: Floats
    exponent: float
    day_volume: Floats | None = None

    @property
    def volume(self) -> Floats:
        """Return `day_volume`, NaN on one day if there is none."""
        return np.full((1, self.coefficient.shape[1]), np.nan) if self.day_volume is None else self.day_volume


@dataclass(frozen=True)
class Costs:
    """All costs of a run. `fees` and `floored` are float64 [3, instrument], the rest [instrument] unless said otherwise.

    `fees` are those that are the same on all days, and `floored` the part of them that `minimum` is the least of, for an order.
    `fee_asset` says what a fee is taken in: 0 the quote currency, 1 the base, 2 + c the currency number c of the account.
    `row_slippage_rate` and `row_half_spread`, float64 [time, instrument] or with no row, add to the ones without `row`.
    """

    fees: Floats
    minimum: Floats
    floored: Floats
    fee_asset: Times
    slippage_rate: Floats
    half_spread: Floats
    row_slippage_rate: Floats
    row_half_spread: Floats
    tiers: Sequence[Tiers] = ()
    impacts: Sequence[Impact] = ()

    @classmethod
    def none(cls, size: int) -> Costs:
        """Return the costs of trading for nothing."""
        fees, each, rows = np.zeros((3, size)), np.zeros(size), np.zeros((0, size))
        return cls(fees, each, fees, np.zeros(size, dtype=np.int64), each, each, rows, rows)

    def check(self, bars: Bars) -> None:
        """Raise `ValueError` unless all arrays are as large as the bars ask for: compiled code doesn't look where it reads."""
        size = len(bars.symbols)
        for name, shape in _shapes(size).items():
            array = getattr(self, name)
            is_by_row = name.startswith("row_") and len(array) > 0
            _expect(name, array, (max(len(array), len(bars)), size) if is_by_row else shape)
        for tiers in self.tiers:
            _expect("fees of tiers", tiers.fees, (len(tiers.from_volume), 3, size))
            _expect("is_counted", tiers.is_counted, (size,))
            _expect("is_floored", tiers.is_floored, (size,))
        days = len(days_of(bars)) if self.impacts else 0
        for impact in self.impacts:
            for name, table in {"coefficient": impact.coefficient, "day_volume": impact.volume}.items():
                _expect(name, table, (1 if len(table) == 1 else max(len(table), days), size))


def _shapes(size: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("minimum", "fee_asset", "slippage_rate", "half_spread"), (size,))
    shapes |= dict.fromkeys(("fees", "floored"), (3, size))
    return shapes | dict.fromkeys(("row_slippage_rate", "row_half_spread"), (0, size))


def _expect(name: str, array: NDArray[np.generic], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")


def days_of(bars: Bars) -> Times:
    """Return the UTC days on which bars open, each once: int64 [day], counted from 1970."""
    return np.unique(bars.open_time // DAY)
