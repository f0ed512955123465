"""Everything the simulator needs to know before the first bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradekit.model.bars import Bars, Floats
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.risk import Limit, LimitKind
from tradekit.simulator.costs import Costs

__all__ = ["Rule", "Setup"]


@dataclass(frozen=True)
class Rule:
    """One risk rule in the order of the run file: either `limits`, or an object with a `check` method."""

    name: str
    limits: Sequence[Limit] = ()
    checker: Any = None


@dataclass(frozen=True)
class Setup:
    """A composed run, reduced to arrays and numbers.

    `values` are the indicators, float64 [value, instrument, time], held over holes, and `names` says which is which. `volatility`
    holds, for the sizing rule that needs it, the annualised volatility of each instrument, float64 [instrument, time].
    """

    bars: Bars
    instruments: Sequence[Instrument]
    currency: str
    capital: float
    is_margin: bool
    leverage: float
    fills: FillRules
    costs: Costs
    rules: Sequence[Rule]
    names: Mapping[str, int]
    values: Floats
    warmup: int
    volatility: Floats
    seed: int = 0

    def __post_init__(self) -> None:
        rows, size = len(self.bars), len(self.instruments)
        expected = {"values": (len(self.names), size, rows), "volatility": (size, rows)}
        if not any(limit.kind is LimitKind.VOLATILITY_SIZE for rule in self.rules for limit in rule.limits):
            del expected["volatility"]
        # Compiled code doesn't look where it reads.
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")
        if len(self.bars.symbols) != size:
            raise ValueError(f"there are {size} instruments, but bars of {len(self.bars.symbols)}")
        self.costs.check(self.bars)
