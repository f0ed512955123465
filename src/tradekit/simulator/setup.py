"""Everything the simulator needs to know before the first bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradekit.model.bars import Bars, Floats
from tradekit.model.instrument import Instrument
from tradekit.model.risk import Limit, LimitKind
from tradekit.model.timeline import Finer, Schedule, Sessions

__all__ = ["Finer", "Rule", "Schedule", "Sessions", "Setup"]


@dataclass(frozen=True)
class Rule:
    """One risk rule in the order of the run file: either `limits`, or an object with a `check` method."""

    name: str
    limits: Sequence[Limit] = ()
    checker: Any = None


@dataclass(frozen=True)
class Setup:
    """A composed run, reduced to arrays and numbers.

    `fee_rate`, `fee_per_unit` and `slippage_rate` are float64 [instrument]. `values` are the indicators, float64 [value,
    instrument, time], held over holes, and `names` says which is which. `volatility` holds, for the sizing rule that needs it,
    the annualised volatility of each instrument, float64 [instrument, time].

    `bars` are the prices at which orders fill. `adjusted` are the same bars with the effect of splits and dividends taken out of
    prices and volumes, for everything that compares one bar with another; they are `bars` where there were none.
    """

    bars: Bars
    adjusted: Bars
    schedule: Schedule
    sessions: Sessions
    instruments: Sequence[Instrument]
    currency: str
    capital: float
    is_margin: bool
    leverage: float
    cut_when_short_of_funds: bool
    fill_on_touch: bool
    fee_rate: Floats
    fee_per_unit: Floats
    slippage_rate: Floats
    rules: Sequence[Rule]
    names: Mapping[str, int]
    values: Floats
    warmup: int
    volatility: Floats
    finer: Finer | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        rows, size = len(self.bars), len(self.instruments)
        expected = {"values": (len(self.names), size, rows), "volatility": (size, rows)}
        expected |= dict.fromkeys(("fee_rate", "fee_per_unit", "slippage_rate"), (size,))
        if not any(limit.kind is LimitKind.VOLATILITY_SIZE for rule in self.rules for limit in rule.limits):
            del expected["volatility"]
        # Compiled code doesn't look where it reads.
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")
        if self.finer is not None and self.finer.first.shape != (rows + 1,):
            raise ValueError(f"finer bars are divided into {len(self.finer.first) - 1} rows, expected {rows}")
        if self.adjusted.close.shape != (rows, size):
            raise ValueError(f"adjusted bars have shape {self.adjusted.close.shape}, expected {(rows, size)}")
        if len(self.bars.symbols) != size:
            raise ValueError(f"there are {size} instruments, but bars of {len(self.bars.symbols)}")
