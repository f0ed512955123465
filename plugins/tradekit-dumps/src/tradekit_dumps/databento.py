"""Databento's files: DBN, plain or compressed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tradekit import (
    BarRequest,
    BookUpdates,
    DataError,
    DataSource,
    Field,
    Instrument,
    Options,
    PluginError,
    Quotes,
    Series,
    Trades,
)
from tradekit_dumps.messages import files_of, opened, wanted
from tradekit_dumps.orders import OrderBook
from tradekit_dumps.rows import QuoteRows, TradeRows

__all__ = ["Databento"]

_SECOND = 1_000_000_000
_INTERVALS = {"ohlcv-1s": _SECOND, "ohlcv-1m": 60 * _SECOND, "ohlcv-1h": 3600 * _SECOND, "ohlcv-1d": 86_400 * _SECOND}
_QUOTES = ("mbp-1", "tbbo", "mbp-10")
_TRADES = ("trades", "tbbo", "mbp-1", "mbp-10", "mbo")
_KINDS: Mapping[str, Literal["equity", "future"]] = {"F": "future", "K": "equity"}
_NO_PRICE = 2**63 - 1
_NO_COUNT = 2**31 - 1
_SIDES = {"B": 1, "A": -1}
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class _File:
    """The records of one file."""

    path: Path
    schema: str
    records: list[Any]
    symbols: Mapping[int, str]
    """What the venue calls each instrument, by the number that the records have."""

    def symbol(self, record: Any) -> str:
        return self.symbols.get(record.instrument_id, str(record.instrument_id))


class Databento(DataSource):
    """DBN files of Databento, plain or compressed (.zst): bars, trades, best bids and asks, and order books made of single orders.

    What a file holds, its schema says: `ohlcv-*` bars; `trades`, `tbbo`, `mbp-1`, `mbp-10` and `mbo` trades; `tbbo`, `mbp-1` and
    `mbp-10` quotes; `mbo` order books, its orders added up by price; `definition` facts about instruments. Needs the package
    databento-dbn.
    """

    name = "databento"

    class Options(Options):
        """Which files are read, and which of the two times counts."""

        path: Path = Field(description="DBN file; with * all files that match, in the order of their names")
        definitions: Path | None = Field(
            default=None, description="DBN file with the definitions of the instruments, for ticks, multipliers and currencies"
        )
        clock: Literal["arrival", "exchange"] = Field(
            default="arrival",
            description="which time counts but for bars: the one at which Databento had it, or the one that the exchange gives",
        )

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments of the files, with what their definitions say."""
        known: dict[str, Instrument] = {}
        if self.options.definitions is not None:
            known = {
                one.raw_symbol: _instrument(one)
                for file in _files(self.options.definitions)
                for one in file.records
                if hasattr(one, "raw_symbol")
            }
            if not known:
                raise DataError(f"{str(self.options.definitions)!r} holds no definitions")
        found = {symbol for file in _files(self.options.path, with_records=False) for symbol in file.symbols.values()}
        return [known.get(symbol, Instrument(symbol)) for symbol in sorted(found)]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the bars as they stand in the files."""
        columns: dict[str, list[tuple[int, ...]]] = {}
        for file in _files(self.options.path):
            interval = _INTERVALS.get(file.schema)
            if interval != request.interval:
                length = f"bars of {file.schema.removeprefix('ohlcv-')}" if interval else f"{file.schema!r} and no bars"
                raise DataError(f"{str(file.path)!r} holds {length}; bars of {request.interval / _SECOND:g} s are asked for")
            for one in file.records:
                row = (one.ts_event, one.open, one.high, one.low, one.close, one.volume)
                columns.setdefault(file.symbol(one), []).append(row)
        wanted(request.symbols, columns, self.options.path, "bars")
        found = {}
        for symbol in request.symbols:
            values = np.array(columns[symbol], dtype=np.int64).T
            open_, high, low, close = values[1:5] / 1e9
            volume, origin = values[5].astype(np.float64), str(self.options.path)
            found[symbol] = Series(values[0], values[0] + request.interval, open_, high, low, close, volume, origin)
        return found

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return the trades of the files, if their schema has any."""
        found: dict[str, TradeRows] = {}
        for file in _files(self.options.path):
            if file.schema not in _TRADES:
                return {}
            for one in file.records:
                if _code(one.action) == "T":
                    side = _SIDES.get(_code(one.side), 0)
                    found.setdefault(file.symbol(one), TradeRows()).add(self._time(one), one.price / 1e9, one.size, side, 0)
        wanted(request.symbols, found, self.options.path, "trades")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:
        """Return the best bid and ask after each event, if the schema of the files has them."""
        found: dict[str, QuoteRows] = {}
        for file in _files(self.options.path):
            if file.schema not in _QUOTES:
                return {}
            for one in file.records:
                top = one.levels[0]
                values = (_price(top.bid_px), top.bid_sz, _price(top.ask_px), top.ask_sz)
                found.setdefault(file.symbol(one), QuoteRows()).add(self._time(one), values)
        wanted(request.symbols, found, self.options.path, "quotes")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
        """Return the order books that single orders add up to, if the files hold such."""
        found: dict[str, OrderBook] = {}
        for file in _files(self.options.path):
            if file.schema != "mbo":
                return {}
            for one in file.records:
                found.setdefault(file.symbol(one), OrderBook()).take(one, self._time(one))
        wanted(request.symbols, found, self.options.path, "orders")
        return {symbol: found[symbol].result(request, symbol, str(self.options.path)) for symbol in request.symbols}

    def _time(self, record: Any) -> int:
        time: int = record.ts_recv if self.options.clock == "arrival" else record.ts_event
        return time


def _files(path: Path, with_records: bool = True) -> Iterator[_File]:
    """Give the files of a path, one after the other."""
    dbn = _library()
    for file in files_of(path):
        decoder = dbn.DBNDecoder()
        records: list[Any] = []
        try:
            with opened(file) as stream:
                while block := stream.read(_BLOCK):
                    decoder.write(block)
                    records += decoder.decode()
                    if records and not with_records:
                        break
        except (ValueError, RuntimeError, dbn.DBNError) as error:
            raise DataError(f"{str(file)!r} is not DBN: {error}") from None
        if not records:
            raise DataError(f"{str(file)!r} is not DBN: it has no beginning")
        metadata, *rest = records
        yield _File(file, str(metadata.schema), rest, _symbols(file, metadata))


def _library() -> Any:
    try:
        return importlib.import_module("databento_dbn")
    except ImportError:
        raise PluginError(
            "the data source 'databento' needs the package databento-dbn; install it: pip install 'tradekit-dumps[databento]'"
        ) from None


def _symbols(file: Path, metadata: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for symbol, spans in sorted(metadata.mappings.items()):
        for span in spans:
            if not span["symbol"].isdigit():
                continue
            if found.setdefault(int(span["symbol"]), symbol) != symbol:
                other = found[int(span["symbol"])]
                raise DataError(
                    f"{str(file)!r} calls instrument {span['symbol']} both {other!r} and {symbol!r}; take a file of fewer days"
                )
    return found


def _instrument(one: Any) -> Instrument:
    """Return what a definition says."""
    kind = _KINDS.get(_code(one.instrument_class))
    facts = Instrument(one.raw_symbol, currency=one.currency or None)
    if one.min_price_increment not in (0, _NO_PRICE):
        facts = replace(facts, tick=one.min_price_increment / 1e9)
    if kind == "future":
        size = one.unit_of_measure_qty / 1e9 if one.unit_of_measure_qty not in (0, _NO_PRICE) else 1.0
        # What a contract is worth is its price as displayed, times what it is a contract on.
        multiplier = size if one.contract_multiplier in (0, _NO_COUNT) else size * one.contract_multiplier
        facts = replace(facts, multiplier=multiplier)
    return facts if kind is None else replace(facts, kind=kind)


def _price(price: int) -> float:
    return float("nan") if price == _NO_PRICE else price / 1e9


def _code(value: Any) -> str:
    """Return the letter of an action, a side or a class, which newer versions of the library wrap."""
    return str(getattr(value, "value", value))
