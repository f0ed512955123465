"""Everything the simulator needs to know before the first bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.memory import MEMORY, Memory
from tradekit.model.reference import ScheduledKind
from tradekit.model.risk import Limit, LimitKind
from tradekit.model.tape import Tape
from tradekit.model.timeline import Finer, Schedule, Sessions
from tradekit.simulator.costs import Costs

__all__ = ["AccountTerms", "Currency", "Finer", "Rule", "Schedule", "Sessions", "Setup", "Share"]


@dataclass(frozen=True)
class Rule:
    """One risk rule in the order of the run file: either `limits`, or an object with a `check` method.

    It judges the orders of one strategy by that one's `share` of the account, or those of all by the whole account (-1).
    """

    name: str
    limits: Sequence[Limit] = ()
    checker: Any = None
    share: int = -1


@dataclass(frozen=True, slots=True)
class Share:
    """What a strategy has of an account that several trade: its money at the start, its indicators by name, and its warm-up."""

    name: str
    capital: float
    names: Mapping[str, int]
    warmup: int


@dataclass(frozen=True, slots=True)
class Currency:
    """Another currency than the account's, with the money in it at the start.

    Its `rate`, in the account's currency for one of it, is fixed, or it is the last close of the instrument number `source`; with
    `is_inverse`, that close counts the other way round.
    """

    code: str
    balance: float = 0.0
    rate: float | None = None
    source: int = -1
    is_inverse: bool = False

    def first_rate(self, bars: Bars) -> float:
        """Return the rate that holds until the first close: the first open."""
        if self.rate is not None:
            return self.rate
        opens = bars.own(self.source, bars.open)
        if not len(opens):
            return float("nan")
        return float(1.0 / opens[0] if self.is_inverse else opens[0])


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """What the account must keep, what it is charged and what it is paid; rates are fractions a year of 365 days.

    `maintenance` is the share of a position's value that equity must not fall below, for instruments without one of their own;
    `None` takes the smaller of a quarter and half the initial margin. `liquidation_fee` is a fraction of the value closed, `None`
    the maintenance margin. `conversion` is a fraction of what is changed into another currency.
    """

    maintenance: float | None = None
    liquidation_fee: float | None = None
    borrow_rate: float = 0.0
    interest_rate: float = 0.0
    loan_rate: float = 0.0
    conversion: float = 0.0


@dataclass(frozen=True)
class Setup:
    """A composed run, reduced to arrays and numbers.

    `values` are the indicators, float64 [value, instrument, time], held over holes, and `names` says which is which. `volatility`
    holds, for the sizing rule that needs it, the annualised volatility of each instrument, float64 [instrument, time].

    `bars` are the prices at which orders fill. `adjusted` are the same bars with the effect of splits and dividends taken out of
    prices and volumes, for everything that compares one bar with another; they are `bars` where there were none.

    `currencies` are those beside the account's, which is number 0. `memory` is where arrays that are as long as the run lie.
    With `is_outside` nothing is matched here: see `Outside`. With a `tape`, the run goes through it; where that holds trades only,
    `finer` are these trades, a row each.

    With `shares` several strategies trade the account. Each has instruments of its own then: all of the first stand before all of
    the second, and so on, and the same ones in each share, with the same bars. So positions and orders are one strategy's alone.
    With `is_netted`, market orders of theirs that are given at one time and meet are filled with each other.
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
    fills: FillRules
    costs: Costs
    rules: Sequence[Rule]
    names: Mapping[str, int]
    values: Floats
    warmup: int
    volatility: Floats
    finer: Finer | None = None
    currencies: Sequence[Currency] = ()
    terms: AccountTerms = AccountTerms()
    seed: int = 0
    memory: Memory = MEMORY
    is_outside: bool = False
    tape: Tape | None = None
    shares: Sequence[Share] = ()
    is_netted: bool = False

    def __post_init__(self) -> None:
        rows, size = len(self.bars), len(self.instruments)
        most = max((len(share.names) for share in self.shares), default=len(self.names))
        expected = {"values": (most, size, rows), "volatility": (size, rows)}
        if not any(limit.kind is LimitKind.VOLATILITY_SIZE for rule in self.rules for limit in rule.limits):
            del expected["volatility"]
        # Compiled code doesn't look where it reads.
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")
        if self.finer is not None and self.finer.first.shape != (rows + 1,):
            raise ValueError(f"finer bars are divided into {len(self.finer.first) - 1} rows, expected {rows}")
        if self.tape is not None and self.tape.first.shape != (rows + 1,):
            raise ValueError(f"the tape is divided into {len(self.tape.first) - 1} rows, expected {rows}")
        if self.adjusted.close.shape != (rows, size):
            raise ValueError(f"adjusted bars have shape {self.adjusted.close.shape}, expected {(rows, size)}")
        if self.shares and (size % len(self.shares) or self.currencies):
            raise ValueError(f"{len(self.shares)} strategies can't share {size} instruments, or {len(self.codes)} currencies")
        if len(self.bars.symbols) != size:
            raise ValueError(f"there are {size} instruments, but bars of {len(self.bars.symbols)}")
        self.costs.check(self.bars)
        self._check_money()
        self._check_schedule()

    @property
    def codes(self) -> tuple[str, ...]:
        """The currencies of the account by their number; its own is number 0."""
        return (self.currency, *(currency.code for currency in self.currencies))

    @property
    def share_size(self) -> int:
        """How many instruments each strategy has: all of them, where there is one."""
        return len(self.instruments) // max(len(self.shares), 1)

    @cached_property
    def settlement(self) -> Times:
        """The number of the currency that each instrument is settled in, int64 [instrument]."""
        codes = self.codes
        return np.array([codes.index(instrument.currency or self.currency) for instrument in self.instruments], dtype=np.int64)

    @cached_property
    def multiplier(self) -> Floats:
        """What one unit of each instrument at a price of 1 is worth in its currency, float64 [instrument]."""
        return np.array([instrument.multiplier for instrument in self.instruments], dtype=np.float64)

    @cached_property
    def is_margined(self) -> NDArray[np.bool_]:
        """Whether each instrument is held against margin, bool [instrument]."""
        return np.array([instrument.is_derivative for instrument in self.instruments], dtype=np.bool_)

    def _check_money(self) -> None:
        size, codes = len(self.instruments), self.codes
        for instrument in self.instruments:
            if instrument.currency is not None and instrument.currency not in codes:
                raise ValueError(f"{instrument.symbol!r} is settled in {instrument.currency!r}; the account has {', '.join(codes)}")
        for currency in self.currencies:
            if currency.rate is None and not 0 <= currency.source < size:
                raise ValueError(f"currency {currency.code!r} has no rate, and no instrument {currency.source}")
        assets = self.costs.fee_asset
        if assets.shape != (size,) or (assets < 0).any() or (assets >= 2 + len(codes)).any():
            raise ValueError(f"fee_asset must be {size} numbers from 0 to {1 + len(codes)}")

    def _check_schedule(self) -> None:
        schedule = self.schedule
        columns = (schedule.row, schedule.instrument, schedule.kind, schedule.value, schedule.price)
        if len({column.shape for column in columns}) > 1 or (np.diff(schedule.row) < 0).any():
            raise ValueError("a schedule must have columns of one length, in order of their rows")
        if len(schedule) and not (schedule.instrument.min() >= 0 and schedule.instrument.max() < len(self.instruments)):
            raise ValueError(f"a schedule must be of instruments from 0 to {len(self.instruments) - 1}")
        splits = schedule.value[schedule.kind == ScheduledKind.SPLIT]
        if not ((splits > 0) & (splits < np.inf)).all():
            raise ValueError("the value of a split must be above 0")
