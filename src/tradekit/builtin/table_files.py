"""What the data sources that read tables out of files have in common."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from tradekit import (
    Actions,
    BarRequest,
    BookUpdates,
    DataError,
    DataSource,
    FundingRates,
    Instrument,
    Quotes,
    Series,
    TableOptions,
    Trades,
    list_symbols,
    read_actions,
    read_book,
    read_funding,
    read_quotes,
    read_series,
    read_trades,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OtherKind", "TableFiles", "opened"]

OtherKind = Literal["funding", "actions", "trades", "quotes", "book"]
"""What a file holds that is not one of bars."""

_TICKS: tuple[OtherKind, ...] = ("trades", "quotes", "book", "funding")


class TableFiles(DataSource):
    """Tables of bars, funding rates, actions, trades, quotes and book updates; a subclass knows how its files are written."""

    Options = TableOptions

    def __init__(self, options: TableOptions | None = None) -> None:
        super().__init__(options)
        # Where each bar says when it ends, what ended it doesn't matter.
        self.has_threshold_bars = self.options.columns.close_time is not None

    def column_names(self, path: Path) -> Sequence[str]:
        """Return the names of a file's columns."""
        raise NotImplementedError

    def read_table(self, path: Path, numbers: Sequence[str], others: Sequence[str]) -> pa.Table:
        """Return columns of a file, as `TableSource` says."""
        raise NotImplementedError

    def written_as(self, kind: OtherKind) -> Self:  # noqa: ARG002 - what an override is given
        """Return the source as it reads the files of that kind, where they are written in another way than those of bars."""
        return self

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that the files have, by name only: those of the bars, or else of the first table that there is."""
        options: TableOptions = self.options
        if options.path is None:
            for kind in _TICKS:
                if getattr(options, kind) is not None:
                    return [Instrument(symbol) for symbol in list_symbols(self.written_as(kind), kind)]
            if options.actions != type(options.actions)():
                return [Instrument(symbol) for symbol in list_symbols(self.written_as("actions"), "actions")]
        return [Instrument(symbol) for symbol in list_symbols(self)]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the bars as they stand in the files."""
        return read_series(self, request)

    def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:
        """Return what the tables of funding rates and mark prices hold."""
        return read_funding(self.written_as("funding"), symbols)

    def actions(self, symbols: Sequence[str]) -> Mapping[str, Actions]:
        """Return what the tables of corporate actions hold."""
        return read_actions(self.written_as("actions"), symbols)

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return what the table of trades holds."""
        return read_trades(self.written_as("trades"), request)

    def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:
        """Return what the table of quotes holds."""
        return read_quotes(self.written_as("quotes"), request)

    def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
        """Return what the table of book updates holds."""
        return read_book(self.written_as("book"), request)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file for reading bytes, decompressed; turn what goes wrong into `DataError`."""
    import pyarrow as pa

    try:
        if path.suffix.lower() != ".zip":
            with pa.input_stream(str(path), compression="detect") as stream:
                yield stream
            return
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.namelist() if not member.endswith("/") and not member.startswith("__MACOSX")]
            if len(members) != 1:
                raise DataError(f"{str(path)!r} holds {len(members)} files; a zip of bars holds one")
            yield pa.BufferReader(archive.read(members[0]))
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{str(path)!r} can't be read: {error}") from error
