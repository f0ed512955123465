"""What the checks of a run's data find, whether or not the run would go on with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tradekit.data.fetch.whole import all_trades
from tradekit.data.lacking import where_to_say
from tradekit.data.load import bars_of, given_bars
from tradekit.data.quality.inspect import Beside, Second, inspect_bars, inspect_ticks
from tradekit.data.quality.report import Report, judge
from tradekit.data.reference import load_reference
from tradekit.engine.compose import ComposedRun
from tradekit.engine.market import request_of
from tradekit.errors import ConfigError, DataError
from tradekit.model.bars import Threshold
from tradekit.model.instrument import Instrument
from tradekit.model.reference import Actions
from tradekit.plugin.contracts import BarRequest

__all__ = ["inspect_run"]


def inspect_run(composed: ComposedRun, kind: str, second: ComposedRun | None = None) -> Iterator[Report]:
    """Yield a report for each instrument of a run; `kind` is `bars`, `trades`, `quotes` or `book`.

    After those of its bars come those of the trades of which they are made, and of what decides inside of them. The bars
    of `second`, another run with the same symbols, are what those of the first are held against. Raises `DataError` for data that
    can't be read, or of which the source has none.
    """
    if kind == "bars":
        yield from _bars(composed, second)
        return
    request = request_of(composed.config)
    symbols = request.symbols or tuple(one.symbol for one in composed.source.instruments())
    request = BarRequest(symbols, 0, request.start, request.end)
    found = getattr(composed.source, kind)(request)
    if not found:
        what = f"the data source {composed.source.name!r} has no {kind} of {', '.join(map(repr, symbols))}"
        raise DataError(f"{what}{where_to_say(composed.source, kind)}")
    for symbol, data in found.items():
        yield inspect_ticks(symbol, data, composed.config.data.quality)


def _bars(composed: ComposedRun, second: ComposedRun | None) -> Iterator[Report]:
    config = composed.config
    named = {fact.symbol: fact.calendar for fact in config.instruments if fact.calendar is not None}
    kinds = {fact.symbol: fact for fact in config.instruments}
    request = request_of(composed.config)
    given = given_bars(composed.source, request, named, config.data.policy)
    found = given.series
    instruments = tuple(kinds[one.symbol].onto(one) if one.symbol in kinds else one for one in given.instruments)
    actions = load_reference(composed.source, instruments, request).actions
    others = {} if second is None else _others(second)
    if second is not None and not set(others) & set(found):
        raise DataError(f"the second run file has none of {', '.join(map(repr, found))}; it has {', '.join(map(repr, others))}")
    for one in instruments:
        beside = Beside(actions.get(one.symbol), others.get(one.symbol))
        yield inspect_bars(one, found[one.symbol], request, config.data.policy, config.data.quality, beside)
    for symbol, inside in given.trades.items():
        yield judge(symbol, inside.origin, inside.rows, inside.findings, config.data.quality, "trades")
    if config.data.fill_interval is not None:
        yield from _finer(composed, instruments, actions)


def _finer(composed: ComposedRun, instruments: Sequence[Instrument], actions: Mapping[str, Actions]) -> Iterator[Report]:
    """Yield a report for what decides inside the bars of each instrument."""
    data, source, request = composed.config.data, composed.source, request_of(composed.config)
    symbols = tuple(one.symbol for one in instruments)
    request = BarRequest(symbols, data.fill_interval_ns or 0, request.start, request.end)
    if data.fill_interval_ns is None:
        for symbol, trades in all_trades(source, request).items():
            yield inspect_ticks(symbol, trades, data.quality)
        return
    found, policy = bars_of(source, request), data.policy.model_copy(update={"gaps": "hole"})
    for one in instruments:
        beside = Beside(actions.get(one.symbol), kind="finer bars")
        yield inspect_bars(one, found[one.symbol], request, policy, data.quality, beside)


def _others(second: ComposedRun) -> Mapping[str, Second]:
    size = second.config.data.size
    if isinstance(size, Threshold):
        raise ConfigError(f"bars of {str(size)!r} have no length, so other bars can't be held against them")
    found = given_bars(second.source, request_of(second.config)).series
    return {symbol: Second(series, size) for symbol, series in found.items()}
