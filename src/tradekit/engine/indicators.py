"""Compute what a strategy declares, for all bars at once, and prove that no value depends on a later bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from tradekit.data.interval import interval_text, parse_interval, time_text
from tradekit.data.resample import count_ended, whole_windows
from tradekit.engine.calls import Blaming
from tradekit.engine.shared import Shared
from tradekit.errors import StrategyError, nearest
from tradekit.model.bars import PRICE_COLUMNS, Bars, BarSize, Floats, Series, Threshold, Times
from tradekit.model.reference import SessionTimes
from tradekit.model.timeline import Sessions
from tradekit.plugin.contracts import Indicator, Strategy

__all__ = [
    "UNPROVEN",
    "Computed",
    "Reader",
    "Unproven",
    "check_indicators",
    "compute",
    "declared",
    "differs",
    "is_fed",
    "ratio_of",
    "shared_columns",
    "value_names",
    "warmup_of",
]


class Unproven:
    """Asks for indicators as they are, whatever they look at."""


UNPROVEN = Unproven()


@dataclass(frozen=True)
class Computed:
    """Indicators on all bars: float64 [value, instrument, time], held over holes, and which value is which by its name."""

    names: Mapping[str, int]
    values: Floats


def declared(strategy: Strategy, size: BarSize) -> dict[str, Indicator]:
    """Return the indicators of a strategy, checked, for a run on bars of a size.

    Raises `StrategyError` for what is none, for a name that is taken, and for coarser bars that can't be built from those.
    """
    who = f"strategy {strategy.name!r}"
    with Blaming(f"indicators() of {who}", strategy):
        found = dict(strategy.indicators())
    check_indicators(who, found, size)
    taken = dict.fromkeys(PRICE_COLUMNS, "a price")
    for name, indicator in found.items():
        for value in value_names(name, indicator):
            if value in taken:
                raise StrategyError(f"indicator {name!r} of {who} has the value {value!r}, and so has {taken[value]}; rename it")
            taken[value] = f"indicator {name!r}"
    return found


def check_indicators(who: str, indicators: Mapping[str, Indicator], size: BarSize) -> None:
    """Raise `StrategyError` for what is no indicator, or reads what bars of a size don't have."""
    for name, indicator in indicators.items():
        if not isinstance(indicator, Indicator):
            raise StrategyError(f"indicator {name!r} of {who} is {indicator!r}, which is no indicator; make one, such as sma(20)")
        for column in indicator.inputs:
            if column not in PRICE_COLUMNS:
                allowed = f"allowed: {', '.join(PRICE_COLUMNS)}{nearest(str(column), PRICE_COLUMNS)}"
                raise StrategyError(f"indicator {name!r} of {who} reads {column!r}, which no bar has; {allowed}")
        _check_interval(f"indicator {name!r} of {who}", indicator, size)


def compute(
    indicators: Mapping[str, Indicator], bars: Bars, size: BarSize, sessions: Sessions, shared: Shared | Unproven | None = None
) -> Computed:
    """Compute all values on bars of a size; then some again on shortened bars, which must not change them.

    Coarser bars keep to the sessions of their instrument. `shared` has what other runs on these bars have computed, and keeps it;
    with `UNPROVEN`, nothing is computed again, for a caller who finds out what looks ahead by other means.
    Raises `StrategyError` for an indicator that raises, gives values of another shape, or looks into the future.
    """
    names = [value for name, indicator in indicators.items() for value in value_names(name, indicator)]
    values = np.empty((len(names), len(bars.symbols), len(bars)))
    if isinstance(shared, Shared):
        for row, column in enumerate(shared_columns(indicators, bars, size, sessions, shared).values()):
            values[row] = column
        return Computed({name: row for row, name in enumerate(names)}, values)
    supplies = [_Supply(bars, i, sessions.calendar(i)) for i in range(len(bars.symbols))]
    row = 0
    for name, indicator in indicators.items():
        reader = _reader(name, indicator, size)
        into = values[row : row + len(indicator.outputs)]
        if isinstance(shared, Unproven):
            for i, supply in enumerate(supplies):
                into[:, i] = bars.on_clock(i, _found(reader, supply, len(supply)).on_own_bars())
        else:
            _fill(into, reader, supplies)
        row += len(indicator.outputs)
    return Computed({name: row for row, name in enumerate(names)}, values)


def shared_columns(
    indicators: Mapping[str, Indicator], bars: Bars, size: BarSize, sessions: Sessions, shared: Shared
) -> dict[str, Floats]:
    """Return all values by name as `compute` does, float64 [instrument, time]: what `shared` has itself, so don't write into it."""

    def columns(name: str, indicator: Indicator) -> Floats:
        found = np.empty((len(indicator.outputs), len(bars.symbols), len(bars)))
        supplies = [_Supply(bars, i, sessions.calendar(i)) for i in range(len(bars.symbols))]
        _fill(found, _reader(name, indicator, size), supplies)
        found.flags.writeable = False
        return found

    values: dict[str, Floats] = {}
    for name, indicator in indicators.items():
        found = shared.columns(indicator, partial(columns, name, indicator))
        values.update(zip(value_names(name, indicator), found, strict=True))
    return values


def _reader(name: str, indicator: Indicator, size: BarSize) -> Reader:
    coarse = indicator.bar_interval if ratio_of(indicator, size) > 1 else None
    return Reader(name, indicator, None if coarse is None else parse_interval(coarse))


def _fill(into: Floats, reader: Reader, supplies: Sequence[_Supply]) -> None:
    for i, supply in enumerate(supplies):
        into[:, i] = supply.bars.on_clock(i, _proven(reader, supply))


def warmup_of(strategy: Strategy, indicators: Mapping[str, Indicator], size: BarSize) -> int:
    """Return how many bars of a size a strategy and its indicators need.

    Those of an indicator on coarser bars hold enough of its windows whole, wherever they begin; where bars are missing, they reach
    over more windows. Raises `StrategyError` if one of them can't say.
    """
    owners: list[tuple[Strategy | Indicator, str, int]] = [(strategy, f"strategy {strategy.name!r}", 1)]
    owners += [(indicator, f"indicator {name!r}", ratio_of(indicator, size)) for name, indicator in indicators.items()]
    found = 0
    for owner, who, ratio in owners:
        with Blaming(f"warmup of {who}", owner):
            bars = owner.warmup
        if not isinstance(bars, int | np.integer):
            raise StrategyError(f"warmup of {who} is {bars!r}; it must be a whole number of bars")
        found = max(found, int(bars) * ratio + ratio - 1)
    return found


def _check_interval(who: str, indicator: Indicator, size: BarSize) -> None:
    """Raise `StrategyError` unless the bars that an indicator reads can be built from those of the run."""
    if indicator.bar_interval is None:
        return
    try:
        wanted = parse_interval(str(indicator.bar_interval))
    except ValueError as error:
        raise StrategyError(f"{who}: {error}") from None
    if isinstance(size, Threshold):
        what = f"{who} reads bars of {indicator.bar_interval!r}, which can't be built from the run's bars of {str(size)!r}"
        raise StrategyError(f"{what}: these may reach from one into the next; leave every() out")
    if wanted % size:
        own, such = interval_text(size), interval_text((wanted // size + 1) * size)
        raise StrategyError(
            f"{who} reads bars of {indicator.bar_interval!r}, which can't be built from the run's bars of {own!r}; "
            f"allowed: whole multiples of {own!r}, such as {such!r}"
        )


def ratio_of(indicator: Indicator, size: BarSize) -> int:
    """Return how many bars of the run make one of those that an indicator reads."""
    if indicator.bar_interval is None or isinstance(size, Threshold):
        return 1
    return parse_interval(indicator.bar_interval) // size


def value_names(name: str, indicator: Indicator) -> list[str]:
    """Return what the values of an indicator are called."""
    return [name] if len(indicator.outputs) == 1 else [f"{name}.{output}" for output in indicator.outputs]


@dataclass(frozen=True)
class Reader:
    """An indicator, and how long the bars are that it reads, in nanoseconds; `None` for those of the run."""

    name: str
    indicator: Indicator
    interval: int | None

    def __str__(self) -> str:
        coarse = "" if self.interval is None else f" every {self.indicator.bar_interval}"
        return f"indicator {self.name!r} ({self.indicator.name}{coarse})"


@dataclass(frozen=True)
class _Found:
    """Values of an indicator, [output, bar], on the bars that it read; `ended` counts how many of these had, by each own bar."""

    values: Floats
    ended: Times | None

    def on_own_bars(self) -> Floats:
        """Return values on the bars that the instrument has in the run: those of the last bar that had ended."""
        if self.ended is None:
            return self.values
        return np.concatenate((np.full((len(self.values), 1), np.nan), self.values), axis=1).take(self.ended, axis=1)

    def repeats(self, whole: _Found) -> bool:
        """Say whether it is the beginning of another, which is quick to tell where few bars are read."""
        if self.ended is not None and whole.ended is not None and not np.array_equal(self.ended, whole.ended[: len(self.ended)]):
            return False
        return not differs(self.values, whole.values[:, : self.values.shape[1]]).any()


class _Supply:
    """The bars that one instrument has, and coarser ones built from them; each column and interval is made once."""

    def __init__(self, bars: Bars, i: int, calendar: SessionTimes | None) -> None:
        self.bars = bars
        self.i = i
        self.calendar = calendar
        self.symbol = bars.symbols[i]
        self.columns: dict[str, Floats] = {}
        self.coarse: dict[tuple[int, int], tuple[Series, Times]] = {}
        self.opened: dict[int, Times] = {}

    def __len__(self) -> int:
        return int(np.count_nonzero(self.bars.exists[:, self.i]))

    @cached_property
    def open_time(self) -> Times:
        """When its own bars open."""
        return self.bars.open_time[self.bars.exists[:, self.i]]

    @cached_property
    def close_time(self) -> Times:
        """When they have been seen: at the end of their row."""
        return self.bars.close_time[self.bars.exists[:, self.i]]

    def column(self, name: str) -> Floats:
        """Return a column of its own bars."""
        if name not in self.columns:
            self.columns[name] = self.bars.own(self.i, getattr(self.bars, name))
        return self.columns[name]

    def read(self, reader: Reader, length: int) -> tuple[list[Floats], Times | None]:
        """Return what an indicator reads if there are `length` bars: whole bars, and how many had ended by each of those."""
        if reader.interval is None:
            return [self.column(name)[:length] for name in reader.indicator.inputs], None
        key = reader.interval, length
        if key not in self.coarse:
            close_time = self.close_time[:length]
            opened, highest, lowest, closed, volume = (self.column(name)[:length] for name in PRICE_COLUMNS)
            own = Series(self.open_time[:length], close_time, opened, highest, lowest, closed, volume)
            built, counts_from = whole_windows(own, reader.interval, self.calendar)
            self.coarse[key] = built, count_ended(built, close_time)
            if length == len(self):
                self.opened[reader.interval] = counts_from
        built, ended = self.coarse[key]
        whole = int(ended[-1]) if length else 0
        return [getattr(built, name)[:whole] for name in reader.indicator.inputs], ended

    def ends(self, interval: int | None) -> list[int]:
        """Return after how many bars to end the data for a check; with coarser bars, right before one of them is complete."""
        total = len(self)
        chosen = {total // 3, total * 5 // 6, total - 1}
        if interval is not None:
            # All bars have been read before some of them are.
            windows = np.searchsorted(self.coarse[interval, total][0].open_time, self.opened[interval], side="right")
            last = np.flatnonzero((windows[1:-1] != windows[2:]) & (windows[1:-1] == windows[:-2])) + 1
            chosen = {int(last[np.searchsorted(last, length, "right") - 1]) for length in chosen} if len(last) else chosen
        return sorted(chosen)


def _proven(reader: Reader, supply: _Supply) -> Floats:
    """Return values on an instrument's own bars, after computing some again on shortened data: none of them may change.

    What the kernel's own loop feeds bar by bar, or ours, sees no later bar.
    """
    whole = _found(reader, supply, len(supply))
    values = whole.on_own_bars()
    if reader.interval is None and is_fed(reader.indicator):
        return values
    for length in supply.ends(reader.interval):
        columns, _ = supply.read(reader, length)
        if len(columns[0]) < max(reader.indicator.warmup, 1):
            continue
        part = _found(reader, supply, length)
        if part.repeats(whole):
            continue
        again = part.on_own_bars()
        changed = differs(again, values[:, :length])
        if changed.any():
            output, row = (int(k) for k in np.argwhere(changed)[0])
            raise StrategyError(
                f"{reader} looks into the future: its value for {supply.symbol!r} at {time_text(supply.close_time[row])} is "
                f"{float(values[output, row])!r}, but {float(again[output, row])!r} when the data ends at "
                f"{time_text(supply.close_time[length - 1])}"
            )
    return values


def is_fed(indicator: Indicator) -> bool:
    """Say whether an indicator is fed bar by bar, by the kernel's own loop or by ours."""
    if type(indicator).compute is not Indicator.compute:
        return False
    state = indicator.step()
    return type(state).__module__.startswith("tradekit.simulator.") or not hasattr(state, "run")


def _found(reader: Reader, supply: _Supply, length: int) -> _Found:
    indicator = reader.indicator
    columns, ended = supply.read(reader, length)
    expected = (len(indicator.outputs), len(columns[0]))
    if ended is not None and not expected[1]:
        return _Found(np.empty(expected), ended)
    with Blaming(str(reader), indicator):
        found = np.asarray(indicator.compute(*columns), dtype=np.float64)
    if found.shape != expected:
        raise StrategyError(f"{reader} returned values of shape {found.shape}, expected [output, time] {expected}")
    return _Found(found, ended)


def differs(first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Say where two arrays differ by more than rounding, which may be another where sums have another length; NaN equals NaN."""
    slack = 1e-9 * np.max(np.abs(second), initial=0.0, where=np.isfinite(second))
    with np.errstate(invalid="ignore"):
        same: NDArray[np.bool_] = (first == second) | (np.abs(first - second) <= slack) | (np.isnan(first) & np.isnan(second))
    return ~same
