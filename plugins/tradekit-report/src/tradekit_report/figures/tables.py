"""What a report shows of a run, as frozen tables: one for each part, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CalendarReturns",
    "CostPart",
    "Costs",
    "Distribution",
    "DrawdownRow",
    "Excursions",
    "FactorFit",
    "FactorRow",
    "Figures",
    "Floats",
    "Group",
    "KeyFigure",
    "MarketStates",
    "Piece",
    "Rolling",
    "RuleVerdicts",
    "Tail",
    "Times",
    "TurnoverMonths",
]

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
"""UTC nanoseconds."""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure: the run's, and the benchmark's where it has one. `None` is undefined."""

    key: str
    """As in `Result.metrics`, or of the report's own."""
    label: str
    unit: str
    """As in `tradekit.Definition`: `fraction` is shown in per cent, `money` is in the account's currency."""
    text: str
    """How it is made, in one sentence."""
    value: float | int | None
    benchmark: float | None = None


@dataclass(frozen=True, slots=True)
class CalendarReturns:
    """Compound returns by calendar month and year: float64 [year, 12] and [year], NaN where the run has no period.

    A period belongs to the month in which it ends. The months of a year compound to the year, and all years to the total return.
    """

    years: tuple[int, ...]
    months: Floats
    totals: Floats
    benchmark_totals: Floats | None
    is_part: tuple[bool, ...]
    """Whether the run covers only a part of the year."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Value at risk and expected shortfall of one period at a level, such as 0.95: positive is a loss, `None` is undefined.

    `historical` and `shortfall` are of the returns themselves; `normal` and `cornish_fisher` of a normal distribution with their
    mean and deviation, and of one that is corrected for their skewness and kurtosis.
    """

    level: float
    historical: float | None
    shortfall: float | None
    normal: float | None
    cornish_fisher: float | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the periodic returns are distributed. `counts` is [bin], `edges` [bin + 1], and `normal` the counts of a normal one."""

    edges: Floats
    counts: NDArray[np.int64]
    normal: Floats
    zeros: int
    """How many returns are exactly 0, as where nothing was held: they are in the bin whose lower edge is 0."""
    mean: float
    deviation: float
    skewness: float | None
    excess_kurtosis: float | None
    best: float
    worst: float
    positive: float
    """Share of the periods with a return above 0."""
    quantiles: Mapping[float, float]
    """By probability: 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99."""
    tails: tuple[Tail, ...]


@dataclass(frozen=True, slots=True)
class DrawdownRow:
    """One drawdown: from its peak by its trough to the return to the peak (`None`: not by the end of the run)."""

    start: int
    trough: int
    end: int | None
    depth: float
    """The fall from peak to trough, as a positive fraction of the peak."""
    days: float
    """From the peak to the return to it, or to the end of the run."""
    to_trough_days: float


@dataclass(frozen=True, slots=True)
class Rolling:
    """Statistics of the last `window` periods, at the end of each period from the `window`-th on: arrays of equal length.

    The ones of the benchmark are `None` where there is none; a value that is undefined is NaN.
    """

    window: int
    time: Times
    sharpe: Floats
    volatility: Floats
    beta: Floats | None
    benchmark_sharpe: Floats | None
    benchmark_volatility: Floats | None


@dataclass(frozen=True, slots=True)
class Excursions:
    """Entry and exit quality: arrays over all trades, in the order of `Result.trades`; open ones are in them.

    `adverse` and `favourable` are the trades' `mae` and `mfe`, fractions of the entry price; `gross` is what the price did from
    entry to exit, `return_on_entry` what was left of it after costs; `days` the time that the trade was held.
    """

    symbol: tuple[str, ...]
    is_long: NDArray[np.bool_]
    is_open: NDArray[np.bool_]
    adverse: Floats
    favourable: Floats
    gross: Floats
    return_on_entry: Floats
    profit: Floats
    days: Floats
    summary: tuple[KeyFigure, ...]
    """Medians and means over the closed trades: how much of the favourable move was kept, how far losers and winners went."""


@dataclass(frozen=True, slots=True)
class CostPart:
    """One sort of cost: money, positive when it cost; `note` says what is in it where that isn't plain."""

    key: str
    """`fees`, `spread`, `impact`, `slippage` (what can't be split), `funding`, `borrowing`, ..."""
    label: str
    money: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading cost: `parts` add up to `total`, money; `by_symbol` has fees and slippage of each instrument."""

    parts: tuple[CostPart, ...]
    total: float
    traded: float
    """Value of all fills, money."""
    bps: float | None
    """Total over traded value, in basis points."""
    of_gross: float | None
    """Total over the profit before costs, where that is above 0."""
    by_symbol: Mapping[str, tuple[float, float]]
    note: str
    """What the record can't split, in one sentence; empty if it can."""


@dataclass(frozen=True, slots=True)
class Group:
    """What came of one group of bars and trades, such as an instrument, a weekday or an hour.

    `profit` is money and `contribution` its share of the total return: over all groups of a list they add up to the whole.
    The figures of trades are of those closed ones that were entered in the group.
    """

    name: str
    profit: float
    contribution: float
    trades: int
    win_rate: float | None
    mean_return: float | None
    """Mean `return_on_entry`."""
    trade_profit: float
    fees: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the total return. The pieces of a list add up to it exactly."""

    name: str
    profit: float
    contribution: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class MarketStates:
    """Results by the state that the market was in when a period began, told from the past alone; `rule` says how."""

    rule: str
    groups: tuple[Group, ...]
    share: Mapping[str, float]
    """Share of the periods in each state, by its name."""
    time: Times
    """The end of each period."""
    state: tuple[str, ...]
    """The state in which each period began; `unknown` at first."""


@dataclass(frozen=True, slots=True)
class TurnoverMonths:
    """Value traded in each calendar month over the mean equity in it, as a ratio; `month` is UTC nanoseconds of its first day."""

    month: Times
    ratio: Floats


@dataclass(frozen=True, slots=True)
class RuleVerdicts:
    """What one risk rule did: how many orders it judged, and how many it let pass whole, cut, refused; `halts` it caused."""

    rule: str
    judged: int
    accepted: int
    cut: int
    refused: int
    halts: int
    cut_share: float | None
    """Of the orders it cut: the share of their units that it took away."""
    closest: float | None
    """The highest of what it judged over its limit, where both are told: 1 is at the limit."""
    last: int | None
    """When it last cut, refused or halted: UTC nanoseconds."""
    reasons: Mapping[str, int]
    """Reasons that a rule in Python gave for what it cut or refused, with how often."""


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One factor of a regression. `contribution` is its part of the total return."""

    name: str
    beta: float
    error: float
    """Standard error, robust against heteroskedasticity and autocorrelation (Newey and West 1987)."""
    t: float | None
    p: float | None
    """Two-sided, of a normal distribution."""
    contribution: float


@dataclass(frozen=True, slots=True)
class FactorFit:
    """The periodic returns explained by factors. The contributions of all rows, alpha and `rest` add up to `total_return`."""

    rows: tuple[FactorRow, ...]
    alpha: FactorRow
    """Its `beta` is the intercept of a period times the periods in a year, and so is its `error`."""
    rest: float
    """What the residuals contribute through compounding."""
    total_return: float
    r_squared: float | None
    periods: int
    lags: int
    note: str
    """How many periods were left out because a factor has no value for them; empty if none."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one run. A part that can't be told is `None` or empty, and `missing` says why, by the name of the part."""

    key: Mapping[str, tuple[KeyFigure, ...]]
    """By group: `return`, `risk`, `benchmark`, `trades`, `costs`."""
    calendar: CalendarReturns | None
    distribution: Distribution | None
    drawdowns: tuple[DrawdownRow, ...]
    rolling: Rolling | None
    excursions: Excursions | None
    costs: Costs
    by_instrument: tuple[Group, ...]
    by_direction: tuple[Group, ...]
    by_weekday: tuple[Group, ...]
    by_hour: tuple[Group, ...]
    states: MarketStates | None
    contributions: tuple[Piece, ...]
    """What each instrument contributed, and the account by itself; they add up to the total return."""
    bridge: tuple[Piece, ...]
    """From what prices did to the total return: the gross profit, then each cost and each income; they add up too."""
    turnover: TurnoverMonths | None
    verdicts: tuple[RuleVerdicts, ...]
    factors: FactorFit | None
    missing: Mapping[str, str]
