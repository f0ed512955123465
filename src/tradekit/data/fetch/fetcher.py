"""Fetch what a store doesn't have yet: only that, page by page, each page safe before the next is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tradekit.data.fetch.asking import Asker
from tradekit.data.fetch.pages import Page, Pager, Wanted, newest
from tradekit.data.interval import parse_interval
from tradekit.data.store.dataset import DataSet
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.errors import ConfigError, DataError, VenueError
from tradekit.plugin.contracts import DataSource

__all__ = ["Fetched", "fetch"]

Progress = Callable[[int, int], None]
_HOUR = 3_600_000_000_000
_LEAST_PAGES = 20
"""A revision is made of no fewer, unless the fetch ends: months that fit into few pages aren't worth one each."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch did to one data set."""

    key: DataKey
    rows: int
    """So many came; those that replaced equal ones count, too."""
    requests: int
    revision: int
    """The newest one afterwards; 0 if there is still nothing."""


def fetch(
    asker: Asker,
    store: Store,
    key: DataKey,
    start: int | None = None,
    end: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Fetched:
    """Ask for what a data set doesn't have of `start <= t < end`, and keep it.

    Without a start, that is from where it begins on; without an end, up to what is finished by now.

    Every answer is safe on the disk before the next one is asked for, and becomes part of a revision at the end of a month, and at
    the end; what a dying process left behind is taken up first. So a fetch can be stopped at any point, and goes on there.
    Raises what the source raises, after making a revision of what had come, and `ConfigError` without a start for what isn't there.
    """
    wanted = Wanted(key.symbol, key.kind, parse_interval(key.interval) if key.kind == "bars" else 0)
    limit = newest(wanted, asker.clock.now())
    end = limit if end is None else min(end, limit)
    data_set = store.create(key)
    start = _beginning(data_set) if start is None else start
    with data_set.writing():
        missing = data_set.missing(start, end) if start < end else []
        work = _Work(data_set, asker.source.name, _facts(asker, key.symbol) if missing else None)
        before = asker.requests
        try:
            for page in Pager(asker, wanted).pages(missing):
                work.keep(page)
                progress(*_measured(wanted, missing, page.end))
        except (VenueError, DataError, KeyboardInterrupt):
            work.commit()
            raise
        revision = work.commit()
    return Fetched(key, work.rows, asker.requests - before, revision)


def _beginning(data_set: DataSet) -> int:
    covered = data_set.covered()
    if not covered:
        raise ConfigError(f"nothing of {data_set.key} is there yet to go on from; say from when on: --start 2024-01-01")
    return covered[0][0]


class _Work:
    """Keeps pages, and makes revisions of whole months."""

    def __init__(self, data_set: DataSet, source: str, facts: Mapping[str, Any] | None) -> None:
        self.rows = 0
        self._data_set = data_set
        self._source = source
        self._facts = facts
        self._pages = 0
        self._month: np.datetime64 | None = None

    def keep(self, page: Page) -> None:
        self._data_set.stage(page.data, page.start, page.end, self._source)
        self.rows += len(page.data)
        self._pages += 1
        month = np.datetime64(page.end, "ns").astype("M8[M]")
        if self._month is not None and month > self._month and self._pages >= _LEAST_PAGES:
            self.commit()
        self._month = month

    def commit(self) -> int:
        self._pages = 0
        return self._data_set.commit(self._source, "fetched", self._facts)


def _facts(asker: Asker, symbol: str) -> Mapping[str, Any] | None:
    """Return what the source knows about an instrument; `None` if it doesn't, or if it knows nothing about any."""
    if type(asker.source).instruments is DataSource.instruments:
        return None
    known, _ = asker.ask(asker.source.instruments)
    return next((asdict(instrument) for instrument in known if instrument.symbol == symbol), None)


def _measured(wanted: Wanted, missing: Sequence[tuple[int, int]], at: int) -> tuple[int, int]:
    """Return how much has been asked for and how much there is to ask for: bars, or hours of ticks."""
    unit = wanted.interval or _HOUR
    done = sum(max(min(at, end) - start, 0) for start, end in missing)
    return done // unit, sum(end - start for start, end in missing) // unit
