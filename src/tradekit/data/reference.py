"""Funding rates and corporate actions of a run: asked for, checked, and described for the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from tradekit.data.fetch.pages import comes_at_once
from tradekit.data.fetch.whole import all_funding
from tradekit.data.interval import time_text
from tradekit.data.months import content_hash
from tradekit.errors import DataError
from tradekit.model.bars import Stored
from tradekit.model.instrument import Instrument
from tradekit.model.reference import Actions, FundingRates
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.contracts import BarRequest, DataSource

__all__ = ["LoadedReference", "facts_of", "given", "load_reference", "stored_facts"]

Kind = TypeVar("Kind", FundingRates, Actions, Trades, Quotes, BookUpdates)

_COLUMNS = {
    FundingRates: ("time", "rate", "mark"),
    Actions: ("time", "kind", "value"),
    Trades: ("time", "price", "size", "side", "number"),
    Quotes: ("time", "bid", "bid_size", "ask", "ask_size"),
    BookUpdates: ("time", "sequence", "side", "price", "size", "is_snapshot"),
}


@dataclass(frozen=True, slots=True)
class LoadedReference:
    """What a source knows about the instruments of a run besides their bars, by symbol."""

    funding: Mapping[str, FundingRates]
    actions: Mapping[str, Actions]
    notes: tuple[str, ...]
    """What is not known, though it costs or pays money."""

    def facts(self, symbol: str) -> dict[str, Any]:
        """Return what a reader of the result should know: `funding` and `actions`, each with origin, rows, range and sha256."""
        found: dict[str, Any] = {}
        if symbol in self.funding:
            found["funding"] = facts_of(self.funding[symbol])
        if symbol in self.actions:
            found["actions"] = facts_of(self.actions[symbol])
        return found


def load_reference(
    source: DataSource, instruments: Sequence[Instrument], request: BarRequest, is_told: bool = False
) -> LoadedReference:
    """Ask for the funding rates of the perpetuals among `instruments`, and for the corporate actions of all.

    A source that gives rates page by page is asked for those in the range of the request. One that has rates of perpetuals only is
    not asked about others.
    `is_told` where a venue tells what is paid, so that rates which are not known are not missed.
    Raises `DataError` for what the source can't read or should not give, and for funding rates of what is no perpetual.
    """
    symbols = [instrument.symbol for instrument in instruments]
    perpetuals = [instrument.symbol for instrument in instruments if instrument.kind == "perpetual"]
    asked = replace(request, symbols=tuple(perpetuals or symbols), interval=0, threshold=None)
    if perpetuals or source.paging is None or comes_at_once(source, "funding"):
        funding = given(source, FundingRates, all_funding(source, asked))
    else:
        funding = {}
    for instrument in instruments:
        if instrument.symbol in funding and instrument.kind != "perpetual":
            what = (
                f"the data source {source.name!r} has funding rates of {instrument.symbol!r}, which is of kind {instrument.kind!r}"
            )
            raise DataError(f"{what}; say kind = 'perpetual' in its [[instrument]] table, or leave the funding rates out")
    actions = given(source, Actions, source.actions(symbols))
    notes = [
        f"{symbol}: no funding rates are known; holding it costs and pays nothing."
        for symbol in perpetuals
        if symbol not in funding and not is_told
    ]
    return LoadedReference(funding, {symbol: actions[symbol] for symbol in symbols if symbol in actions}, tuple(notes))


def given(source: DataSource, kind: type[Kind], found: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return what a source gave, by symbol; raise `DataError` for what it should not give."""
    for symbol, value in found.items():
        if not isinstance(value, kind):
            raise DataError(f"the data source {source.name!r} gave {value!r} for {symbol!r}; expected {kind.__name__}")
    return dict(found)


def facts_of(data: FundingRates | Actions | Trades | Quotes | BookUpdates) -> dict[str, Any]:
    """Return origin, rows, first and last time (UTC), the sha256 of what was read, and where in a store it is from."""
    times = data.time
    known = "" if data.stored is None else data.stored.sha256
    return {
        "origin": data.origin,
        "rows": len(times),
        "first": time_text(times[0]) if len(times) else None,
        "last": time_text(times[-1]) if len(times) else None,
        "sha256": known or content_hash(times, [getattr(data, name) for name in _COLUMNS[type(data)]]),
        **stored_facts(data.stored),
    }


def stored_facts(stored: Stored | None) -> dict[str, Any]:
    """Return what makes data of a store findable again: data set, revision, and its content hash; of other data, nothing."""
    return {} if stored is None else {"data_set": stored.data_set, "revision": stored.revision, "content": stored.content}
