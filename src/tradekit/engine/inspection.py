"""What the checks of a run's data find, whether or not the run would go on with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tradekit.data.load import read_series
from tradekit.data.quality.inspect import Beside, Second, inspect_bars, inspect_ticks
from tradekit.data.quality.report import Report
from tradekit.data.reference import load_reference
from tradekit.engine.compose import ComposedRun
from tradekit.errors import DataError
from tradekit.model.bars import Series
from tradekit.plugin.contracts import BarRequest

__all__ = ["inspect_run"]


def inspect_run(composed: ComposedRun, kind: str, second: ComposedRun | None = None) -> Iterator[Report]:
    """Yield a report for each instrument of a run; `kind` is `bars`, `trades`, `quotes` or `book`.

    The bars of `second`, another run with the same symbols, are what those of the first are held against. Raises `DataError` for
    data that can't be read, or of which the source has none.
    """
    if kind == "bars":
        yield from _bars(composed, second)
        return
    request = _request(composed)
    symbols = request.symbols or tuple(one.symbol for one in composed.source.instruments())
    request = BarRequest(symbols, 0, request.start, request.end)
    found = getattr(composed.source, kind)(request)
    if not found:
        raise DataError(f"the data source {composed.source.name!r} has no {kind} of {', '.join(map(repr, symbols))}")
    for symbol, data in found.items():
        yield inspect_ticks(symbol, data, composed.config.data.quality)


def _bars(composed: ComposedRun, second: ComposedRun | None) -> Iterator[Report]:
    config = composed.config
    named = {fact.symbol: fact.calendar for fact in config.instruments if fact.calendar is not None}
    kinds = {fact.symbol: fact for fact in config.instruments}
    request = _request(composed)
    instruments, found = read_series(composed.source, request, named)
    instruments = tuple(kinds[one.symbol].onto(one) if one.symbol in kinds else one for one in instruments)
    actions = load_reference(composed.source, instruments).actions
    others = {} if second is None else _others(second)
    if second is not None and not set(others) & set(found):
        raise DataError(f"the second run file has none of {', '.join(map(repr, found))}; it has {', '.join(map(repr, others))}")
    for one in instruments:
        beside = Beside(actions.get(one.symbol), others.get(one.symbol))
        yield inspect_bars(one, found[one.symbol], request, config.data.policy, config.data.quality, beside)


def _others(second: ComposedRun) -> Mapping[str, Second]:
    found: Mapping[str, Series] = read_series(second.source, _request(second))[1]
    return {symbol: Second(series, second.config.data.interval_ns) for symbol, series in found.items()}


def _request(composed: ComposedRun) -> BarRequest:
    config = composed.config
    return BarRequest(config.data.instruments or (), config.data.interval_ns, config.run.start_ns, config.run.end_ns)
