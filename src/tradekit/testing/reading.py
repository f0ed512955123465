"""How the contract of data sources asks a source: for all that it has, or for a range of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tradekit.data.fetch.asking import Asker
from tradekit.data.fetch.pages import Pager, Wanted, comes_at_once
from tradekit.data.interval import parse_interval, time_text
from tradekit.data.store.kinds import LAYOUTS, Columns
from tradekit.plugin.contracts import BarRequest, DataSource
from tradekit.testing.clock import FixedClock
from tradekit.testing.markets import DAY

__all__ = ["LAST", "Reading", "are_same", "extent", "has_ranges"]

Given = Iterator[tuple[str, str, Columns]]

LAST = 7_258_118_400_000_000_000
"""2200-01-01; no market has data from after that."""


@dataclass(frozen=True)
class Reading:
    """What is asked for, as a contract states it."""

    symbols: tuple[str, ...]
    kinds: tuple[str, ...]
    interval: str
    start: str | None
    end: str | None

    def clock(self) -> FixedClock:
        """Return a clock that shows when all that is asked for is finished."""
        return FixedClock(LAST if self.end is None else _ns(self.end) + 10 * DAY)

    def span(self) -> tuple[int, int] | None:
        """Return the range that is stated; `None` where it has no start."""
        return None if self.start is None else (_ns(self.start), self.clock().ns if self.end is None else _ns(self.end))

    def asked(
        self, source: DataSource, kind: str, symbols: tuple[str, ...], span: tuple[int, int] | None = None
    ) -> Mapping[str, Any]:
        """Return what the source answers to one request."""
        start, end = self.span() or (None, None) if span is None else span
        request = BarRequest(symbols, parse_interval(self.interval) if kind == "bars" else 0, start, end)
        if not has_ranges(source, kind):
            return dict(getattr(source, kind)(symbols))
        asks = source.funding_page if kind == "funding" else getattr(source, kind)
        return dict(asks(request) or {})

    def whole(self, source: DataSource) -> Given:
        """Yield the columns of all that is asked for, by kind and symbol, from as many answers as that takes."""
        for kind in self.kinds:
            layout = LAYOUTS[kind]
            for symbol in self.symbols:
                if source.paging is None or not has_ranges(source, kind):
                    yield kind, symbol, layout.columns_of(self.asked(source, kind, (symbol,))[symbol])
                    continue
                clock = self.clock()
                span = self.span()
                if span is None:
                    raise pytest.UsageError(
                        f"{type(self).__name__}: a source that gives pages is asked from a time on; state start"
                    )
                wanted = Wanted(symbol, kind, parse_interval(self.interval) if kind == "bars" else 0)
                pages = Pager(Asker(source, clock.clock), wanted).pages([span])
                yield kind, symbol, layout.joined([layout.columns_of(page.data) for page in pages])


def _ns(text: str) -> int:
    return int(np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64))


def has_ranges(source: DataSource, kind: str) -> bool:
    """Say whether a kind is asked for by a range of time; what is known of all time comes at once."""
    return kind not in ("funding", "actions") or (source.paging is not None and not comes_at_once(source, kind))


def are_same(first: Columns, second: Columns) -> bool:
    """Say whether two sets of columns hold the same rows."""
    return all(np.array_equal(first[name], second[name], equal_nan=first[name].dtype.kind == "f") for name in first)


def extent(times: Any) -> str:
    """Return how many rows there are, and from when to when, in words."""
    return f"{len(times)} rows from {time_text(times[0])} to {time_text(times[-1])}" if len(times) else "nothing"
