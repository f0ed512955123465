"""A venue that lives in memory."""

from dataclasses import replace

import numpy as np

from tradekit import BarRequest, DataSource, Paging, Series, Trades, VenueError
from tradekit.data.fetch.asking import Asker, Patience
from tradekit.testing.markets import HOUR


class Venue(DataSource):
    """Gives the first rows of what is asked for, and writes down what that was."""

    name = "venue"

    def __init__(self, *, bars=(), trades=None, rows=10, per_second=1000.0, clock=None) -> None:
        super().__init__()
        self.paging = Paging(rows, per_second) if rows else None
        self.opens = np.array(bars, dtype=np.int64)
        self.all_trades = trades
        self.asked: list[tuple[int, int]] = []
        self.clock = clock
        self.cap = rows
        """What the venue really gives at most."""
        self.takes_last = False
        self.failures: list[Exception] = []

    def venue_time(self):
        return None if self.clock is None else self.clock()

    def bars(self, request: BarRequest):
        self._note(request)
        opens = self._page(self.opens[(self.opens >= request.start) & (self.opens < request.end)])
        price = opens / HOUR % 1000 + 1
        return {request.symbols[0]: Series(opens, opens + request.interval, *[price] * 5, origin="venue")}

    def trades(self, request: BarRequest):
        self._note(request)
        if self.all_trades is None:
            return {}
        time = self.all_trades.time
        place = self._page(np.flatnonzero((time >= request.start) & (time < request.end)))
        found = self.all_trades
        return {
            request.symbols[0]: replace(
                found, **{name: getattr(found, name)[place] for name in ("time", "price", "size", "side", "number")}
            )
        }

    def _page(self, rows):
        if not self.cap:
            return rows
        return rows[-self.cap :] if self.takes_last else rows[: self.cap]

    def _note(self, request):
        self.asked.append((request.start, request.end))
        if self.failures:
            raise self.failures.pop(0)


def trades_at(times) -> Trades:
    """Return trades with a number each."""
    count = len(times)
    return Trades(
        np.array(times, dtype=np.int64),
        np.full(count, 9.0),
        np.ones(count),
        "venue",
        number=np.arange(1, count + 1, dtype=np.int64),
    )


def asker_of(source, clock, tell=lambda _message: None, tries=8) -> Asker:
    """Return an asker whose waits take no time."""
    return Asker(source, clock.clock, Patience(tries=tries), tell)


def passing(message="busy", retry_after_s=None) -> VenueError:
    """Return a failure that passes."""
    return VenueError(message, is_passing=True, retry_after_s=retry_after_s)
