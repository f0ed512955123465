"""Everything the simulator needs to know before the first bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.risk import Limit, LimitKind
from tradekit.simulator.costs import Costs

__all__ = ["Finer", "Rule", "Sessions", "Setup"]


@dataclass(frozen=True)
class Rule:
    """One risk rule in the order of the run file: either `limits`, or an object with a `check` method."""

    name: str
    limits: Sequence[Limit] = ()
    checker: Any = None


@dataclass(frozen=True)
class Finer:
    """Finer bars that decide inside each bar of a run.

    `bars` have a clock of their own and the symbols of the run; those of clock row `row` are `first[row] <= k < first[row + 1]`,
    int64 [rows + 1].
    """

    bars: Bars
    first: Times


@dataclass(frozen=True)
class Sessions:
    """Where the sessions of each calendar begin and end.

    `number` is that of each row's session, ascending, int32 [calendar, row]; `is_last` is 1 on the last row of one, int8
    [calendar, row]; `calendar_of` is the calendar of each instrument, int32.
    """

    number: NDArray[np.int32]
    is_last: NDArray[np.int8]
    calendar_of: NDArray[np.int32]


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
    finer: Finer | None = None
    sessions: Sessions | None = None

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
