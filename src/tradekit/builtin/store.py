"""Data from a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import field_validator

from tradekit import (
    Actions,
    BarRequest,
    BookUpdates,
    DataSource,
    Field,
    FundingRates,
    Instrument,
    Options,
    Quotes,
    Series,
    StoreView,
    Trades,
)

__all__ = ["StoreSource"]


class StoreSource(DataSource):
    """Data that `tradekit data import` and `fetch` have kept; bars of other lengths are made of those, or of trades."""

    name = "store"
    has_threshold_bars = True

    class Options(Options):
        """Which store, and which state of it."""

        path: Path = Field(default=Path("store"), description="the folder of the store")
        venue: str | None = Field(
            default=None, min_length=1, description="whose data; default: all, where no instrument is of several venues"
        )
        revisions: dict[str, int] = Field(
            default={},
            description="data set and revision, as the result of a run names them, to see what that run saw: "
            '{ "binance BTC/USDT bars 1h" = 3 }; default: the newest',
        )
        as_of: datetime | None = Field(
            default=None,
            description="see the store as it was at this time, UTC: of each data set the newest revision made until then",
        )
        cache: bool = Field(
            default=True,
            description="keep many bars uncompressed in the store as well, which takes room, and a fraction of the time to read",
        )

        @field_validator("as_of")
        @classmethod
        def _is_utc(cls, value: datetime | None) -> datetime | None:
            return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    @cached_property
    def _view(self) -> StoreView:
        options = self.options
        return StoreView(options.path, options.venue, options.revisions, options.as_of, options.cache)

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the store has, with what is known about them."""
        return self._view.instruments()

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the bars of each symbol, as they are kept or made of what is."""
        size = request.threshold or request.interval
        return {symbol: self._view.bars(symbol, size, request.start, request.end) for symbol in request.symbols}

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return the trades that are kept."""
        return self._rows("trades", request.symbols, request.start, request.end)

    def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:
        """Return the quotes that are kept."""
        return self._rows("quotes", request.symbols, request.start, request.end)

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
        """Return the updates of order books that are kept."""
        return self._rows("book", request.symbols, request.start, request.end)

    def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:
        """Return the funding rates that are kept."""
        return self._rows("funding", symbols)

    def actions(self, symbols: Sequence[str]) -> Mapping[str, Actions]:
        """Return the corporate actions that are kept."""
        return self._rows("actions", symbols)

    def _rows(self, kind: str, symbols: Sequence[str], start: int | None = None, end: int | None = None) -> dict[str, Any]:
        found = {symbol: self._view.rows(symbol, kind, start, end) for symbol in symbols}
        return {symbol: rows for symbol, rows in found.items() if rows is not None}
