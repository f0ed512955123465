"""What a run needs of a source that answers page by page, without keeping it."""

from __future__ import annotations

from collections.abc import Mapping

from tradekit.data.fetch.asking import Asker
from tradekit.data.fetch.pages import Page, Pager, Wanted, comes_at_once
from tradekit.data.store.kinds import LAYOUTS, Kept
from tradekit.errors import ConfigError
from tradekit.model.bars import Series
from tradekit.model.reference import FundingRates
from tradekit.model.ticks import Trades
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["all_bars", "all_funding", "all_trades"]


def all_bars(source: DataSource, request: BarRequest, asker: Asker | None = None) -> Mapping[str, Series]:
    """Return the bars that a source has, put together where it gives them page by page.

    Raises `ConfigError` where such a source is asked for bars since ever, and what the source raises.
    """
    if source.paging is None:
        return source.bars(request)
    found = {symbol: _all(source, Wanted(symbol, "bars", request.interval), request, asker) for symbol in request.symbols}
    return {symbol: series for symbol, series in found.items() if isinstance(series, Series)}


def all_trades(source: DataSource, request: BarRequest, asker: Asker | None = None) -> Mapping[str, Trades]:
    """Return the trades that a source has, as `all_bars` does."""
    if source.paging is None:
        return source.trades(request)
    found = {symbol: _all(source, Wanted(symbol, "trades"), request, asker) for symbol in request.symbols}
    return {symbol: trades for symbol, trades in found.items() if isinstance(trades, Trades)}


def all_funding(source: DataSource, request: BarRequest, asker: Asker | None = None) -> Mapping[str, FundingRates]:
    """Return the funding rates that a source has, as `all_bars` does; over any time where it gives them all at once."""
    if source.paging is None or comes_at_once(source, "funding"):
        return source.funding(request.symbols)
    found = {symbol: _all(source, Wanted(symbol, "funding"), request, asker) for symbol in request.symbols}
    return {symbol: rates for symbol, rates in found.items() if isinstance(rates, FundingRates)}


def _all(source: DataSource, wanted: Wanted, request: BarRequest, asker: Asker | None) -> Kept | None:
    if request.start is None:
        what = f"the data source {source.name!r} is asked page by page, so it must know where to begin"
        raise ConfigError(f"{what}; give the run a start: [run] start = 2024-01-01")
    asker = Asker(source) if asker is None else asker
    end = asker.clock.now() if request.end is None else request.end
    return _joined(wanted, list(Pager(asker, wanted).pages([(request.start, end)])))


def _joined(wanted: Wanted, pages: list[Page]) -> Kept | None:
    layout = LAYOUTS[wanted.kind]
    filled = [page.data for page in pages if len(page.data)]
    if not filled:
        return None
    origin = filled[0].origin if len(filled) == 1 else f"{filled[0].origin} ({len(filled)} answers)"
    return layout.data_of(layout.joined([layout.columns_of(data) for data in filled]), origin)
