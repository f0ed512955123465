"""The zip files of LEAN, QuantConnect's engine."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from tradekit import (
    BarRequest,
    DataError,
    DataSource,
    Field,
    Instrument,
    Options,
    Quotes,
    Series,
    TableOptions,
    Trades,
    list_symbols,
    read_quotes,
    read_series,
    read_trades,
)
from tradekit.builtin.arrow_columns import number_array, text_array, time_array

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LeanSource"]

Content = Literal["trade bars", "quote bars", "trades", "quotes", "open interest"]

_NAME = re.compile(
    r"((?P<day>[0-9]{8})_)?(?P<ticker>[^_\s]+)(_(?P<resolution>minute|second|tick))?(_(?P<kind>trade|quote|openinterest))?"
    r"(_perp|_(?P<style>american|european)_(?P<right>call|put)_(?P<strike>[0-9]+)_(?P<expiry>[0-9]{8}))?\.csv"
)
_WIDTHS: Mapping[Content, tuple[int, ...]] = {"trade bars": (6,), "quote bars": (11,), "trades": (3, 4, 6), "quotes": (3, 5, 7, 8)}
"""How many cells a line may have."""
_COLUMNS: Mapping[Content, tuple[str, ...]] = {
    "trade bars": ("open", "high", "low", "close", "volume"),
    "quote bars": ("open", "high", "low", "close"),
    "trades": ("price", "size"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
}
_SIZES = ("volume", "size", "bid_size", "ask_size")
_OPTION_SCALE = 10_000


class LeanSource(DataSource):
    """Zip files as LEAN, QuantConnect's engine, keeps them: bars of trades, bars of quotes, single trades and single quotes.

    What a file holds, and of which instrument, the name of the CSV file inside says; instruments are called by their ticker in
    capital letters. A zip of options holds a file for each contract, and each is an instrument, called as the OCC does:
    `TWX160115C00100000` is the call on TWX that expires on 2016-01-15 with a strike of 100.
    """

    name = "lean"

    class Options(Options):
        """Which files are read, and what their numbers mean."""

        path: Path = Field(
            description="zip file; with {symbol} those of each instrument, in small letters; with * all files that match, in the "
            "order of their names"
        )
        price: Literal["mid", "bid", "ask"] = Field(
            default="mid",
            description="of bars of quotes, which side is read; mid is half-way between the two, for each of its four prices",
        )
        tz: str = Field(
            default="UTC", description="IANA zone of the times: UTC for crypto and currencies, America/New_York for the US"
        )
        price_scale: float | None = Field(
            default=None,
            gt=0,
            description="what prices are multiplied by in the files, and divided by when read; default: 10000 for options, else 1; "
            "US equities have 10000",
        )

        @field_validator("tz")
        @classmethod
        def _is_zone(cls, value: str) -> str:
            try:
                ZoneInfo(value)
            except (KeyError, OSError, ValueError):
                raise ValueError(f"unknown time zone {value!r}; allowed are IANA names such as 'America/New_York'") from None
            return value

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the files have, by name only."""
        return [Instrument(symbol.upper()) for symbol in list_symbols(_Tables(self.options, self.options.path))]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the bars as they stand in the files; those of quotes have no volume."""
        return {
            symbol: series
            for path, symbols in self._paths(request.symbols)
            for symbol, series in read_series(
                _Tables(self.options, path, ("trade bars", "quote bars")), BarRequest(symbols, request.interval)
            ).items()
        }

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return single trades, if the files hold such."""
        found: dict[str, Trades] = {}
        for path, symbols in self._paths(request.symbols):
            try:
                tables = _Tables(self.options, path, ("trades",))
                found |= read_trades(tables, BarRequest(symbols, 0, request.start, request.end))
            except _OtherContentError:
                continue
        return found

    def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:
        """Return single quotes, if the files hold such."""
        found: dict[str, Quotes] = {}
        for path, symbols in self._paths(request.symbols):
            try:
                tables = _Tables(self.options, path, ("quotes",))
                found |= read_quotes(tables, BarRequest(symbols, 0, request.start, request.end))
            except _OtherContentError:
                continue
        return found

    def _paths(self, symbols: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Give the path of each instrument, or the one of all."""
        text = str(self.options.path)
        if "{symbol}" not in text:
            yield self.options.path, symbols
            return
        for symbol in symbols:
            yield Path(text.replace("{symbol}", re.sub(r"[/\\:]", "_", symbol.lower()))), (symbol,)


class _OtherContentError(DataError):
    """A file holds something else than what is asked for."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A CSV file in a zip: what its name says."""

    name: str
    symbol: str
    content: Content | None
    """`None`: bars, of trades or of quotes, which only their number of cells tells."""
    day: np.datetime64 | None
    is_option: bool


class _Tables:
    """A zip of LEAN as a table of bars, trades or quotes, with a column for the instrument."""

    def __init__(self, options: Any, path: Path, wanted: Sequence[Content] = ()) -> None:
        table: dict[str, Any] = {"path": path, "tz": options.tz, "time_format": "%Y%m%d %H:%M"}
        self.options = TableOptions.model_validate(table | {"trades": table, "quotes": table})
        self.price: str = options.price
        self.scale: float | None = options.price_scale
        self.wanted = wanted
        self.content: Content | None = None

    def column_names(self, path: Path) -> Sequence[str]:
        """Return the columns that every member has."""
        with _archive(path) as archive:
            members = _members(path, archive)
            content, width = _content(path, archive, members[0]), _width(path, archive, members[0])
        if self.wanted and content not in self.wanted:
            what = f"{str(path)!r} holds {content}, where {' or '.join(self.wanted)} are asked for"
            raise _OtherContentError(what)
        if self.content not in (None, content):
            way_out = "let the path end with _trade.zip or _quote.zip"
            raise DataError(f"{str(self.options.path)!r} has files of {self.content} and of {content}; {way_out}")
        self.content = content
        has_sizes = content != "quotes" or width > 3
        return ("time", "symbol", *(name for name in _COLUMNS.get(content, ()) if has_sizes or name not in _SIZES))

    def read_table(self, path: Path, numbers: Sequence[str], others: Sequence[str]) -> pa.Table:
        """Return columns of all members, one after the other."""
        import pyarrow as pa

        wanted = [*numbers, *others]
        with _archive(path) as archive:
            members = _members(path, archive)
            if wanted == ["symbol"]:
                return pa.Table.from_arrays([text_array([one.symbol for one in members])], names=wanted)
            parts = [self._part(path, archive, member) for member in members]
        return pa.concat_tables(part.select(wanted) for part in parts)

    def _part(self, path: Path, archive: zipfile.ZipFile, member: _Member) -> pa.Table:
        """Return the rows of one member."""
        import pyarrow as pa

        content = _content(path, archive, member)
        cells = _cells(path, archive, member)
        scale = self.scale or (_OPTION_SCALE if member.is_option else 1)
        columns = {
            name: number_array(values if name in _SIZES else values / scale)
            for name, values in self._values(content, cells[1:]).items()
        }
        if member.day is None:
            time = text_array(cells[0].to_pylist())
        else:
            since = np.rint(_floats(cells[0]) * 1e6).astype(np.int64)
            time = time_array(member.day.astype("M8[ns]").astype(np.int64) + since)
        named = {"time": time, "symbol": text_array([member.symbol] * len(time)), **columns}
        return pa.Table.from_arrays(list(named.values()), names=list(named))

    def _values(self, content: Content, cells: Sequence[pa.ChunkedArray]) -> dict[str, NDArray[np.float64]]:
        """Return what the cells of a line after the first are."""
        values = [_floats(column) for column in cells]
        if content == "quote bars":
            bid, ask = values[0:4], values[5:9]
            sides = {"bid": bid, "ask": ask, "mid": [(low + high) / 2 for low, high in zip(bid, ask, strict=True)]}
            return dict(zip(_COLUMNS[content], sides[self.price], strict=True))
        if content == "quotes" and len(values) == 2:
            return {"bid": values[0], "ask": values[1]}
        names = _COLUMNS[content]
        return dict(zip(names, values[: len(names)], strict=True))


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{str(path)!r} can't be read: {error}") from error


def _members(path: Path, archive: zipfile.ZipFile) -> list[_Member]:
    """Return the CSV files of a zip, those of one kind, in their order."""
    found = []
    for name in archive.namelist():
        match = _NAME.fullmatch(name)
        if match is None:
            example = "'20140501_eurusd_minute_quote.csv' or 'eurusd.csv'"
            raise DataError(f"{str(path)!r} holds {name!r}, which is not called as LEAN calls a file, such as {example}")
        found.append(_Member(name, _symbol(path, match), _content_named(match), _day(path, match), match["style"] is not None))
    if not found:
        raise DataError(f"{str(path)!r} holds no file")
    return found


def _symbol(path: Path, match: re.Match[str]) -> str:
    """Return what the instrument of a file is called."""
    ticker = match["ticker"].upper()
    if match["style"] is None:
        return ticker
    strike, rest = divmod(int(match["strike"]), 10)
    if rest or strike >= 10**8:
        raise DataError(f"{str(path)!r}: the strike of {match[0]!r} can't be written in thousandths, as the OCC names contracts")
    return f"{ticker}{match['expiry'][2:]}{match['right'][0].upper()}{strike:08}"


def _content_named(match: re.Match[str]) -> Content | None:
    if match["kind"] is None:
        return None
    if match["kind"] == "openinterest":
        return "open interest"
    if match["resolution"] == "tick":
        return "trades" if match["kind"] == "trade" else "quotes"
    return "trade bars" if match["kind"] == "trade" else "quote bars"


def _day(path: Path, match: re.Match[str]) -> np.datetime64 | None:
    """Return the date from whose midnight the times of a file count, if they do."""
    if match["day"] is None:
        return None
    text = match["day"]
    try:
        return np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "D")
    except ValueError:
        raise DataError(f"{str(path)!r}: {text!r} in the name of {match[0]!r} is no date") from None


def _content(path: Path, archive: zipfile.ZipFile, member: _Member) -> Content:
    """Return what a member holds; raise `DataError` if its lines are not as long as that takes."""
    width = _width(path, archive, member)
    content = member.content or next((one for one, widths in _WIDTHS.items() if width in widths and "bars" in one), None)
    if content is None or width not in _WIDTHS.get(content, (width,)):
        what = f"{content} have {' or '.join(map(str, _WIDTHS[content]))}" if content else "bars of trades have 6, of quotes 11"
        raise DataError(f"{str(path)!r}, {member.name!r}: the first line has {width} cells, where {what}")
    return content


def _width(path: Path, archive: zipfile.ZipFile, member: _Member) -> int:
    with archive.open(member.name) as stream:
        first = stream.readline().strip()
    if not first:
        raise DataError(f"{str(path)!r}: {member.name!r} is empty")
    return first.count(b",") + 1


def _cells(path: Path, archive: zipfile.ZipFile, member: _Member) -> list[pa.ChunkedArray]:
    """Return the columns of a member: the first as text if it is a date, the others, but for codes behind prices, as float64."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    raw = archive.read(member.name)
    width = raw[: raw.find(b"\n") % (len(raw) + 1)].count(b",") + 1
    names = [str(place) for place in range(width)]
    first = pa.string() if member.day is None else pa.float64()
    # Ticks of equities and options end with an exchange and conditions, which are no numbers.
    used = names if member.content not in ("trades", "quotes") else names[: 3 if member.content == "trades" else min(width, 5)]
    convert = arrow_csv.ConvertOptions(
        include_columns=used, column_types={"0": first, **dict.fromkeys(used[1:], pa.float64())}, null_values=[""]
    )
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(raw), arrow_csv.ReadOptions(column_names=names, use_threads=False), convert_options=convert
        )
    except pa.ArrowInvalid as error:
        raise _explained(path, member, raw, len(used), error) from None
    return list(table.columns)


def _explained(path: Path, member: _Member, raw: bytes, used: int, error: Exception) -> DataError:
    """Read again, slowly, for the line that Arrow stumbled over."""
    where = f"{str(path)!r}, {member.name!r}"
    lines = raw.decode("utf-8", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        cells = line.split(",")
        if len(cells) != lines[0].count(",") + 1:
            return DataError(
                f"{where}, line {number}: {len(cells)} cells, where the first line has {lines[0].count(',') + 1}: {line!r}"
            )
        for cell in cells[member.day is None : used]:
            if cell and re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", cell) is None:
                return DataError(f"{where}, line {number}: {cell!r} is not a number")
    return DataError(f"{where} can't be read: {error}")


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return numbers, NaN for blanks."""
    import pyarrow.compute as pc

    filled = pc.fill_null(column, float("nan")) if column.null_count else column
    return np.concatenate([np.frombuffer(chunk.buffers()[1])[chunk.offset : chunk.offset + len(chunk)] for chunk in filled.chunks])
