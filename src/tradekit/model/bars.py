"""Market data in columns: one instrument's series as it was read, and several of them on one clock."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import DataError, nearest

__all__ = ["BAR_COLUMNS", "PRICE_COLUMNS", "BarSize", "Bars", "Floats", "Period", "Series", "Stored", "Threshold", "Times"]

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
PRICE_COLUMNS = ("open", "high", "low", "close", "volume")
"""What a bar has besides its times."""
BAR_COLUMNS = ("open_time", "close_time", *PRICE_COLUMNS)
"""What a bar has."""

Period = Literal["day", "week", "month", "quarter", "year"]

_PERIOD_UNIT = {"day": ("D", 1), "week": ("W", 1), "month": ("M", 1), "quarter": ("M", 3), "year": ("Y", 1)}


@dataclass(frozen=True, slots=True)
class Stored:
    """Where in a store rows are from, so that a result can name it."""

    data_set: str
    """Venue, symbol, kind and interval, as in `binance BTC/USDT bars 1h`."""
    revision: int
    content: str
    """The content hash of the whole revision."""
    sha256: str = ""
    """The content hash of these rows; empty where some were left out or changed, and in general where nobody knows it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What ends a bar that does not end by the clock: the trade by which it has so many trades, units or so much money in it.

    The text of one, such as `1000 trades`, `50 volume` or `1000000 value`, is what people write.
    """

    amount: float
    of: Literal["trades", "volume", "value"]
    """What is counted: trades, their sizes added up, or their prices times their sizes."""

    def __str__(self) -> str:
        return f"{self.amount:.15g} {self.of}"


BarSize = int | Threshold
"""What makes a bar: so many nanoseconds, or so much that is traded."""


@dataclass(frozen=True, slots=True)
class Series:
    """The bars of one instrument, oldest first: seven arrays of equal length.

    Times are int64 nanoseconds since 1970 in UTC; a bar spans `open_time <= t < close_time`. Prices and volume are float64.
    Where no volume is known, all of them are 0.
    """

    open_time: Times
    close_time: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    origin: str = ""
    """Where it came from, as a person would name it: a path, or a venue."""
    stored: Stored | None = None
    """Where in a store it is from, if it is from one."""

    def __len__(self) -> int:
        return len(self.open_time)


@dataclass(frozen=True)
class Bars:
    """The bars of one or more instruments on a shared clock.

    `open_time` and `close_time` are int64 [time], UTC nanoseconds; `open`, `high`, `low`, `close` and `volume` are
    float64 [time, instrument]. Where an instrument has no bar, its five values are NaN (a hole). The arrays are read-only.
    """

    symbols: tuple[str, ...]
    open_time: Times
    close_time: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __post_init__(self) -> None:
        for field in fields(self)[1:]:
            array = getattr(self, field.name)
            expected = (len(self.open_time),) if field.name.endswith("_time") else (len(self.open_time), len(self.symbols))
            if array.shape != expected:
                raise DataError(f"bars column {field.name!r} has shape {array.shape}, expected {expected}")
            frozen = np.ascontiguousarray(array)
            if frozen.flags.writeable:
                frozen = frozen.view()
                frozen.flags.writeable = False
            object.__setattr__(self, field.name, frozen)

    def __len__(self) -> int:
        return len(self.open_time)

    def index_of(self, symbol: str) -> int:
        """Return the column of an instrument; raise `DataError` if the bars don't have it."""
        try:
            return self.symbols.index(symbol)
        except ValueError:
            hint = nearest(symbol, self.symbols)
            raise DataError(f"no instrument {symbol!r} in these bars; they hold {', '.join(self.symbols)}{hint}") from None

    def rows(self, start: int, stop: int) -> Bars:
        """Return the bars of clock rows `start <= row < stop`, sharing memory."""
        cut = slice(start, stop)
        columns = (getattr(self, field.name)[cut] for field in fields(self)[1:])
        return Bars(self.symbols, *columns)

    @cached_property
    def exists(self) -> NDArray[np.bool_]:
        """Bool [time, instrument]: whether the instrument has a bar at that time."""
        return ~np.isnan(self.close)

    @cached_property
    def is_whole(self) -> bool:
        """Whether every instrument has a bar at every time."""
        return bool(self.exists.all())

    def own(self, i: int, values: Floats) -> Floats:
        """Return a column of [time, instrument] values on the bars that the instrument has: [bar]."""
        exists = self.exists[:, i]
        return np.ascontiguousarray(values[:, i]) if exists.all() else values[exists, i]

    def on_clock(self, i: int, own: Floats) -> Floats:
        """Return values of an instrument's own bars, [..., bar], on the clock, [..., time]: held over holes, NaN before any."""
        exists = self.exists[:, i]
        if own.shape[-1] == len(exists):
            return own
        latest = np.cumsum(exists) - 1
        # Before the first bar `latest` is -1, which looks up the NaN at the end.
        padded = np.concatenate((own, np.full((*own.shape[:-1], 1), np.nan)), axis=-1)
        held: Floats = padded[..., latest]
        return held

    def starts(self, period: Period) -> NDArray[np.bool_]:
        """Return bool [time]: is this the first row of a new day, week, month, quarter or year (UTC, by open time).

        The first row of the data is never a start: whether it is one can't be known.
        """
        if period not in _PERIOD_UNIT:
            raise ValueError(f"unknown period {period!r}; allowed: {', '.join(_PERIOD_UNIT)}")
        unit, size = _PERIOD_UNIT[period]
        stamps = self.open_time.view("M8[ns]")
        if unit == "W":
            # NumPy's weeks begin on Thursday (1970-01-01); ours on Monday.
            numbers = (stamps.astype("M8[D]").astype(np.int64) + 3) // 7
        else:
            numbers = stamps.astype(f"M8[{unit}]").astype(np.int64) // size
        starts = np.zeros(len(numbers), dtype=np.bool_)
        starts[1:] = numbers[1:] != numbers[:-1]
        return starts
