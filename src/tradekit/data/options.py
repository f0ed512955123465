"""How a table of bars is described in a run file: the options that file-based data sources share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from tradekit.errors import nearest
from tradekit.plugin.options import Options

__all__ = ["TableColumns", "TableOptions"]


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


class TableOptions(Options):
    """Where the tables are, how they are laid out, and how their times are written.

    Times become UTC. One with an offset (`2024-01-02 09:30:00-05:00`) is the instant it says; one without is local to `tz`. For
    bars of whole days, stamps that are all midnights of their own offset or of `tz` are dates of sessions, and the bar opens
    at midnight UTC of that date, so that exchanges in different zones share a clock.
    """

    path: Path = Field(
        description="file; with {symbol} a file for each instrument ('/' and ':' of a symbol are '_' in file names); with * all "
        "files that match, in the order of their names"
    )
    layout: Literal["long", "wide"] = Field(
        default="long",
        description="long: a row is a bar; wide: a row is a time and each column the closes of one instrument, blank where it has "
        "no bar (open, high and low are then the close, volume is 0)",
    )
    columns: TableColumns = Field(default=TableColumns(), description="which column is what, where its name does not say so")
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
    label: Literal["open", "close"] = Field(
        default="open", description="which end of its bar a time is; a date without a time of day stands for that whole day"
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
    def _agrees(self) -> Self:
        if self.unit is not None and self.time_format is not None:
            raise ValueError("unit is for times that are numbers, time_format for times that are text; give one of them")
        if "{symbol}" in str(self.path) and (self.layout == "wide" or self.columns.symbol):
            raise ValueError(f"{str(self.path)!r} has a file for each instrument, so that no column of a file can tell them apart")
        return self
