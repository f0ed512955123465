"""How tables are described in a run file: the options that file-based data sources share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, field_validator, model_validator

from tradekit.data.interval import parse_interval
from tradekit.errors import nearest
from tradekit.plugin.options import Options

__all__ = [
    "ActionOptions",
    "ActionTable",
    "BookTable",
    "EventTable",
    "FundingTable",
    "LevelColumns",
    "QuoteTable",
    "SplitTable",
    "TableColumns",
    "TableFile",
    "TableForm",
    "TableOptions",
    "TradeTable",
]

_PATH = (
    "with {symbol} a file for each instrument ('/' and ':' of a symbol are '_' in file names); with * all files that match, in the "
    "order of their names"
)


class TableColumns(Options):
    """Which column of a table is what.

    A column that is not named here is looked for under its own name, whatever its case. Several may be one and the same: a
    table of closes alone takes `open = "close"`, `high = "close"`, `low = "close"`.
    """

    time: str | tuple[str, ...] | None = Field(
        default=None,
        description="when the bar is; several columns, such as a date and a time of day, are joined by a space; default: the one "
        "called time, timestamp, datetime, date, open_time, timestamp_utc or ts, or else the first if it has no name",
    )
    close_time: str | None = Field(
        default=None, description="when the bar ends, that itself left out; default: one interval after it opens"
    )
    open: str | None = Field(default=None, description="price at the open")
    high: str | None = Field(default=None, description="highest price")
    low: str | None = Field(default=None, description="lowest price")
    close: str | None = Field(default=None, description="price at the close")
    volume: str | Literal[False] | None = Field(
        default=None,
        description="units traded; with false, or without such a column, or if all of it is blank, it is 0 and the origin says so",
    )
    symbol: str | Literal[False] | None = Field(
        default=None,
        description="the instrument of each row; default: the column called symbol or ticker, unless the path has {symbol}; "
        "with false the table holds one instrument",
    )

    @field_validator("time")
    @classmethod
    def _is_named(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if value == ():
            raise ValueError("an empty list names no column; leave the key out to have it guessed")
        return value


class TableForm(Options):
    """Which rows of a table are read, and how its times are written."""

    where: dict[str, str] = Field(default={}, description="column and value: only rows that have this text in this column are read")
    tz: str = Field(default="UTC", description="IANA zone of times without an offset")
    unit: Literal["s", "ms", "us", "ns"] | None = Field(
        default=None,
        description="unit of times that are numbers, counted from 1970 UTC; default: the one in which all of them lie between 1990 "
        "and 2100, and the origin says which",
    )
    time_format: str | None = Field(
        default=None, description="how times are written, as in Python's strptime ('%m/%d/%Y'), where they are not ISO 8601"
    )

    @field_validator("tz")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError, ValueError):
            hint = nearest(value, available_timezones())
            raise ValueError(f"unknown time zone {value!r}; allowed are IANA names such as 'America/New_York'{hint}") from None
        return value

    @field_validator("time_format")
    @classmethod
    def _is_format(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if "%Y" not in value and "%y" not in value:
            raise ValueError(f"{value!r} has no year; write it as in Python's strptime, such as '%Y-%m-%d %H:%M'")
        try:
            example = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC).strftime(value)
            datetime.strptime(example, value)  # noqa: DTZ007 - only the format is tried
        except ValueError as error:
            raise ValueError(f"{value!r} is not a format that Python's strptime knows ({error})") from None
        return value

    @model_validator(mode="after")
    def _has_one_spelling(self) -> Self:
        if self.unit is not None and self.time_format is not None:
            raise ValueError("unit is for times that are numbers, time_format for times that are text; give one of them")
        return self


class TableFile(TableForm):
    """Where a table is, and how its times are written."""

    path: Path = Field(description=f"file; {_PATH}")


class EventColumns(Options):
    """Which column of a table of dated values is what."""

    time: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default=None, description="when it is; default: as for bars, or the one called ex_date or effective_date"
    )
    value: str | None = Field(
        default=None, description="the value; default: the one called value, rate, funding_rate, ratio, amount or price"
    )
    symbol: str | Literal[False] | None = Field(default=None, description="the instrument of each row; default: as for bars")


class EventTable(TableFile):
    """Dated values of instruments, in any order."""

    columns: EventColumns = Field(default=EventColumns(), description="which column is what, where its name does not say so")


class FundingTable(EventTable):
    """Funding rates of perpetuals, as fractions, and the mark prices at those times."""

    mark: EventTable | None = Field(
        default=None, description="table of the mark prices; of mark bars, take the open; without it, the last close serves"
    )


class SplitTable(EventTable):
    """Splits."""

    multiplies: Literal["units", "prices"] = Field(
        default="units",
        description="what the ratio multiplies: the units that one holds (7 when seven replace one), or the prices before it (1/7)",
    )


class ActionColumns(EventColumns):
    """Which column of a table of all kinds of actions is what."""

    kind: str | None = Field(
        default=None,
        description="what it is: split or 0, dividend or 1, delisting or 2, in any case; default: the one called kind, type or "
        "action",
    )


class ActionTable(EventTable):
    """Corporate actions of all kinds: a split by the units that replace one, cash for a unit of the others."""

    columns: ActionColumns = Field(default=ActionColumns(), description="which column is what, where its name does not say so")


class ActionOptions(Options):
    """Corporate actions, a table for each kind, or one for all; several may be columns of one file, even of that of the bars."""

    events: ActionTable | None = Field(default=None, description="actions of all kinds in one table, such as `data export` writes")
    splits: SplitTable | None = Field(default=None, description="splits; a ratio of 1, or 0, is none")
    dividends: EventTable | None = Field(default=None, description="cash dividends for a unit, by ex-date; 0 is none")
    delistings: EventTable | None = Field(
        default=None, description="cash that was paid for a unit when trading had ended, 0 if none"
    )


class TickColumns(Options):
    """Which column of a table of trades, quotes or book updates is what."""

    time: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default=None, description="when it was; default: as for bars"
    )
    symbol: str | Literal[False] | None = Field(default=None, description="the instrument of each row; default: as for bars")


class TradeColumns(TickColumns):
    """Which column of a table of trades is what."""

    price: str | None = Field(default=None, description="the price; default: the one of that name")
    size: str | None = Field(
        default=None, description="units traded; default: the one called size, quantity, qty, volume or amount"
    )
    side: str | Literal[False] | None = Field(
        default=None,
        description="who took: buy, buyer, bid, b or 1, and sell, seller, ask, a, s or -1, in any case; blank, unknown, none or 0 "
        "if nobody says; default: the one called side, if there is one; with false it is not read",
    )
    buyer_maker: str | None = Field(
        default=None,
        description="in place of `side`, whether the buyer was waiting, so that a seller took: true or false, 1 or 0; default: the "
        "one called buyer_maker, is_buyer_maker or isBuyerMaker, if there is one and no side",
    )
    number: str | Literal[False] | None = Field(
        default=None,
        description="the venue's number of the trade; one that is no whole number is stood for by one made of it; default: the one "
        "called id, trade_id or number, if there is one; with false it is not read",
    )


class TradeTable(TableFile):
    """Single trades, those of one time in the order in which they were made."""

    columns: TradeColumns = Field(default=TradeColumns(), description="which column is what, where its name does not say so")


class QuoteColumns(TickColumns):
    """Which column of a table of quotes is what."""

    bid: str | None = Field(
        default=None, description="the best bid, blank if there is none; default: the one called bid or bid_price"
    )
    ask: str | None = Field(
        default=None, description="the best ask, blank if there is none; default: the one called ask or ask_price"
    )
    bid_size: str | Literal[False] | None = Field(
        default=None,
        description="units bid for; default: the one called bid_size, bid_amount, bid_qty, bid_quantity or bid_volume; with false, "
        "or without such a column, it is 0 and the origin says so",
    )
    ask_size: str | Literal[False] | None = Field(default=None, description="units on offer; default: as for the bid")


class QuoteTable(TableFile):
    """The best bid and ask, whenever one of them changes, in the order of time."""

    columns: QuoteColumns = Field(default=QuoteColumns(), description="which column is what, where its name does not say so")


class BookColumns(TickColumns):
    """Which column of a table of book updates is what."""

    side: str | None = Field(
        default=None,
        description="bid, bids, buy, b or 1, and ask, asks, sell, a, s or -1, in any case; default: the one called side",
    )
    price: str | None = Field(default=None, description="the price of the level; default: the one of that name")
    size: str | None = Field(
        default=None, description="units now at that price, 0 if it is gone; default: the one called size, quantity, qty or amount"
    )
    sequence: str | Literal[False] | None = Field(
        default=None,
        description="the venue's number of the update that a row belongs to: rows of one time and number are seen at once; "
        "default: the one called sequence, update_id or last_update_id, if there is one",
    )
    snapshot: str | Literal[False] | None = Field(
        default=None,
        description="whether a row is of a whole book, which replaces what was there: true, 1, snapshot or snap, and false, 0, "
        "update, delta or set; default: the one called is_snapshot or update_type; without one, no row is",
    )


class LevelColumns(Options):
    """What the columns of the levels are called where a row is a whole book; `{level}` counts from 0 or 1."""

    bid_price: str = Field(default="bids[{level}].price", description="price of a bid; blank where there is no such level")
    bid_size: str = Field(default="bids[{level}].amount", description="units at it")
    ask_price: str = Field(default="asks[{level}].price", description="price of an ask; blank where there is no such level")
    ask_size: str = Field(default="asks[{level}].amount", description="units at it")

    @field_validator("*")
    @classmethod
    def _counts(cls, value: str) -> str:
        if "{level}" not in value:
            raise ValueError(f"{value!r} is one column; put {{level}} where its name counts the levels")
        return value


class BookTable(TableFile):
    """Changes of an order book by price level, or whole books, in the order of time."""

    columns: BookColumns = Field(default=BookColumns(), description="which column is what, where its name does not say so")
    levels: LevelColumns | None = Field(
        default=None,
        description="given where a row is a whole book, with its levels in columns of their own; {} for names such as "
        "bids[0].price and bids[0].amount",
    )


def _interval(text: str) -> str:
    parse_interval(text)
    return text


class TableOptions(TableForm):
    """Where the tables are, how they are laid out, and how their times are written.

    Times become UTC. One with an offset (`2024-01-02 09:30:00-05:00`) is the instant it says; one without is local to `tz`. For
    bars of whole days, stamps that are all midnights of their own offset or of `tz` are dates of sessions, and the bar opens
    at midnight UTC of that date, so that exchanges in different zones share a clock.
    """

    path: Path | None = Field(
        default=None, description=f"file of bars; {_PATH}; it may be left out where tables of something else are named"
    )
    layout: Literal["long", "wide"] = Field(
        default="long",
        description="long: a row is a bar; wide: a row is a time and each column the closes of one instrument, blank where it has "
        "no bar (open, high and low are then the close, volume is 0)",
    )
    columns: TableColumns = Field(default=TableColumns(), description="which column is what, where its name does not say so")
    label: Literal["open", "close"] = Field(
        default="open", description="which end of its bar a time is; a date without a time of day stands for that whole day"
    )
    intervals: dict[Annotated[str, AfterValidator(_interval)], Path] = Field(
        default={},
        description='files with bars of other lengths, by interval, laid out as those of `path` are: { 1m = "minute.csv" }',
    )
    funding: FundingTable | None = Field(default=None, description="funding rates")
    actions: ActionOptions = Field(default=ActionOptions(), description="corporate actions")
    trades: TradeTable | None = Field(default=None, description="single trades")
    quotes: QuoteTable | None = Field(default=None, description="best bids and asks")
    book: BookTable | None = Field(default=None, description="updates of order books")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        others = (self.intervals, self.funding, self.trades, self.quotes, self.book, self.actions != ActionOptions())
        if self.path is None and not any(others):
            raise ValueError(
                "no file is named; say where the bars are, such as path = 'bars.csv', or name a table of something else"
            )
        if self.path is None and not self.intervals:
            self._check_idle()
        if "{symbol}" in str(self.path) and (self.layout == "wide" or self.columns.symbol):
            raise ValueError(f"{str(self.path)!r} has a file for each instrument, so that no column of a file can tell them apart")
        return self

    def _check_idle(self) -> None:
        """Refuse what is said about bars where there are none: it would have no effect."""
        for name in ("layout", "columns", "label", *TableForm.model_fields):
            if getattr(self, name) != TableOptions.model_fields[name].default:
                tables = [kind for kind in ("trades", "quotes", "book", "funding") if getattr(self, kind) is not None]
                hint = f"; that of the {tables[0]} is {tables[0]}.{name}" if tables and name not in ("layout", "label") else ""
                raise ValueError(f"{name} is about the bars, and no file of these is named{hint}")
