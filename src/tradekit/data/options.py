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

__all__ = ["ActionOptions", "EventTable", "FundingTable", "SplitTable", "TableColumns", "TableFile", "TableOptions", "TradeTable"]


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


class TableFile(Options):
    """Where a table is, and how its times are written."""

    path: Path = Field(
        description="file; with {symbol} a file for each instrument ('/' and ':' of a symbol are '_' in file names); with * all "
        "files that match, in the order of their names"
    )
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


class ActionOptions(Options):
    """Corporate actions, a table for each kind; several may be columns of one file, and that may be the one of the bars."""

    splits: SplitTable | None = Field(default=None, description="splits; a ratio of 1, or 0, is none")
    dividends: EventTable | None = Field(default=None, description="cash dividends for a unit, by ex-date; 0 is none")
    delistings: EventTable | None = Field(
        default=None, description="cash that was paid for a unit when trading had ended, 0 if none"
    )


class TradeColumns(Options):
    """Which column of a table of trades is what."""

    time: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default=None, description="when it was made; default: as for bars"
    )
    price: str | None = Field(default=None, description="the price; default: the one of that name")
    size: str | None = Field(
        default=None, description="units traded; default: the one called size, quantity, qty, volume or amount"
    )
    symbol: str | Literal[False] | None = Field(default=None, description="the instrument of each row; default: as for bars")


class TradeTable(TableFile):
    """Single trades, those of one time in the order in which they were made."""

    columns: TradeColumns = Field(default=TradeColumns(), description="which column is what, where its name does not say so")


def _interval(text: str) -> str:
    parse_interval(text)
    return text


class TableOptions(TableFile):
    """Where the tables are, how they are laid out, and how their times are written.

    Times become UTC. One with an offset (`2024-01-02 09:30:00-05:00`) is the instant it says; one without is local to `tz`. For
    bars of whole days, stamps that are all midnights of their own offset or of `tz` are dates of sessions, and the bar opens
    at midnight UTC of that date, so that exchanges in different zones share a clock.
    """

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

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if "{symbol}" in str(self.path) and (self.layout == "wide" or self.columns.symbol):
            raise ValueError(f"{str(self.path)!r} has a file for each instrument, so that no column of a file can tell them apart")
        return self
