"""The market around an account: bars from any data source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit import BarRequest, ConfigError, Series, open_source

__all__ = ["Market", "interval_ns", "open_market"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SECOND = 1_000_000_000


@dataclass(frozen=True)
class Market:
    """Bars by symbol, and how long they are in nanoseconds."""

    series: Mapping[str, Series]
    interval: int

    def close_at(self, symbol: str, time: int) -> float | None:
        """Return the close of the last bar that had closed at a time; `None` if there was none."""
        row = int(np.searchsorted(self.series[symbol].close_time, time, "right")) - 1 if symbol in self.series else -1
        return None if row < 0 else float(self.series[symbol].close[row])

    def open_after(self, symbol: str, time: int) -> float | None:
        """Return the open of the first bar that opened at a time or later; `None` if there is none."""
        series = self.series.get(symbol)
        row = -1 if series is None else int(np.searchsorted(series.open_time, time, "left"))
        return None if series is None or row >= len(series) else float(series.open[row])

    def between(self, symbol: str, start: int, end: int) -> slice:
        """Return the rows of the bars that open at `start` or later and close at `end` or before."""
        series = self.series[symbol]
        return slice(int(np.searchsorted(series.open_time, start, "left")), int(np.searchsorted(series.close_time, end, "right")))


def open_market(named: str, overrides: Iterable[str], symbols: Sequence[str], interval: str = "") -> Market:
    """Read the bars of some symbols from a data source, named as for `tradekit.open_source`.

    Without an `interval`, that of the file is taken. Raises a `TradekitError` for a source that can't be opened or read.
    """
    opened = open_source(named, overrides)
    length = interval_ns(interval or opened.interval or "")
    found = opened.source.bars(BarRequest(tuple(symbols), length)) if symbols else {}
    return Market(dict(found), length)


def interval_ns(text: str) -> int:
    """Return the nanoseconds of an interval such as `1h`."""
    found = re.fullmatch(r"(\d+)([smhdw])", text)
    if found is None or int(found[1]) < 1:
        raise ConfigError(f"{text!r} is no interval of bars; write one such as '1m', '1h' or '1d' (--interval)")
    return int(found[1]) * _UNITS[found[2]] * _SECOND
