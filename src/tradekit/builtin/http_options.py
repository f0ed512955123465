"""What the data source `http` must know about a venue: the addresses, and how the rows of their answers are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from string import Formatter
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from tradekit import Field, Options
from tradekit.builtin.http_rows import TIMES, Column

__all__ = ["VARIABLE", "HttpFunding", "HttpOptions", "HttpRows", "HttpTrades"]

_PLACES = ("symbol", "interval", "start", "end", "limit")
_ISO_STEP = TIMES["ms"]

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""Where a header has what an environment variable holds."""

Unit = Literal["s", "ms", "us", "ns", "iso"]


class HttpBarColumns(Options):
    """Where the values of a bar stand in its row: a place from 0 on, a name, or a path of names such as `price.close`."""

    time: Column = Field(default="time", description="when the bar is")
    open: Column = Field(default="open", description="price at the open")
    high: Column = Field(default="high", description="highest price")
    low: Column = Field(default="low", description="lowest price")
    close: Column = Field(default="close", description="price at the close")
    volume: Column | Literal[False] = Field(default="volume", description="units traded; false where there are none")


class HttpTradeColumns(Options):
    """Where the values of a trade stand in its row."""

    time: Column = Field(default="time", description="when it was made")
    price: Column = Field(default="price", description="its price")
    size: Column = Field(default="size", description="units traded")
    side: Column | Literal[False] = Field(default=False, description="who took; false where nobody says")
    number: Column | Literal[False] = Field(default=False, description="the venue's number of the trade; false where there is none")


class HttpRows(Options):
    """An address, and how the rows of its answers are written."""

    address: str = Field(
        description="where to ask, with {symbol}, {interval}, {start}, {end} and {limit} in the places of these; without {start}, "
        "all that there is comes at once"
    )
    format: Literal["json", "csv"] = Field(default="json", description="how an answer is written; CSV has a header")
    rows: str = Field(
        default="",
        description="names that lead to the list of rows in JSON, such as result.list or result.{symbol}; empty: it is one",
    )
    unit: Unit = Field(
        default="ms",
        description="how {start} and {end} are written: counted from 1970 in this unit, or as ISO 8601; times in rows that are "
        "numbers are counted in it, too",
    )
    row_unit: Literal["s", "ms", "us", "ns"] | None = Field(default=None, description="unit of times in rows, where it is another")
    start_is_included: bool = Field(default=True, description="whether the venue gives what is exactly at {start}")
    end_is_included: bool = Field(default=True, description="whether the venue gives what is exactly at {end}")
    newest_first: bool = Field(default=False, description="whether the rows of an answer go back in time")

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or not value.isascii() or re.search(r"\s", value):
            raise ValueError(
                f"{value!r} is no address of the web; write one such as 'https://api.example.com/bars?symbol={{symbol}}'"
            )
        _check_places(value, _PLACES)
        return value

    @field_validator("rows")
    @classmethod
    def _is_path(cls, value: str) -> str:
        _check_places(value, ("symbol", "interval"))
        return value

    @property
    def is_paged(self) -> bool:
        """Whether it is asked for one stretch of time after the other."""
        return "{start}" in self.address

    @property
    def scale(self) -> int:
        """Return how many nanoseconds the unit of times in rows has."""
        unit = self.row_unit or ("s" if self.unit == "iso" else self.unit)
        return TIMES[unit]

    def span(self, start: int | None, end: int | None) -> dict[str, str]:
        """Return how the start and the end of a request are written."""
        step = _ISO_STEP if self.unit == "iso" else TIMES[self.unit]
        written = {}
        if start is not None:
            # The first and the last count in the range: what comes too much at the edges of coarse units is cut off.
            first = start // step if self.start_is_included else -(-start // step) - 1
            written["start"] = self._written(first)
        if end is not None:
            last = -(-end // step) - 1 if self.end_is_included else -(-end // step)
            written["end"] = self._written(last)
        return written

    def _written(self, count: int) -> str:
        if self.unit != "iso":
            return str(count)
        moment = datetime.fromtimestamp(count // 1_000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{count % 1_000:03}Z" if count % 1_000 else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class HttpTrades(HttpRows):
    """Single trades: where, and how."""

    columns: HttpTradeColumns = Field(default=HttpTradeColumns(), description="where each value stands in a row")
    bought: tuple[str, ...] = Field(
        default=("buy", "BUY", "Buy", "b", "B"), description="what `columns.side` says where a buyer took"
    )
    sold: tuple[str, ...] = Field(default=("sell", "SELL", "Sell", "s", "S"), description="what it says where a seller took")


class HttpFundingColumns(Options):
    """Where the values of a funding rate stand in its row."""

    time: Column = Field(default="time", description="when it is paid")
    rate: Column = Field(default="rate", description="the rate, as a fraction")
    mark: Column | Literal[False] = Field(default=False, description="the mark price at that time; false where there is none")


class HttpFunding(HttpRows):
    """Funding rates of perpetuals: where, and how."""

    columns: HttpFundingColumns = Field(default=HttpFundingColumns(), description="where each value stands in a row")


class HttpOptions(HttpRows):
    """Where bars are, how they are written, and how fast the venue may be asked."""

    columns: HttpBarColumns = Field(default=HttpBarColumns(), description="where each value stands in a row")
    label: Literal["open", "close"] = Field(default="open", description="which end of its bar a time is")
    trades: HttpTrades | None = Field(default=None, description="single trades, where the venue gives them")
    funding: HttpFunding | None = Field(default=None, description="funding rates, where the venue gives them")
    limit: int = Field(default=1000, ge=2, description="at most so many rows come for one request: the first of those asked for")
    per_second: float = Field(default=5.0, gt=0, description="at most so many requests a second")
    timeout_s: float = Field(default=20.0, gt=0, description="how long to wait for an answer, in seconds")
    headers: dict[str, str] = Field(
        default={},
        description="what to send with each request, such as a key: text with the names of environment variables in place of what "
        "is secret: { Authorization = 'Bearer ${VENUE_KEY}' }",
    )
    separator: str = Field(default="", description="what the venue writes for the '/' of a symbol, such as '-'")
    symbols: dict[str, str] = Field(
        default={}, description="how the venue writes a symbol, where it is written otherwise: { BTC/USD = 'XXBTZUSD' }"
    )
    intervals: dict[str, str] = Field(
        default={}, description="how the venue writes an interval, where it is written otherwise: { 1h = '60' }"
    )

    @field_validator("headers")
    @classmethod
    def _are_from_the_environment(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not re.fullmatch(r"[A-Za-z0-9-]+", name):
                raise ValueError(f"{name!r} is no name of a header; one has letters, digits and hyphens, such as 'X-Api-Key'")
            if not VARIABLE.search(text):
                # The text is not shown: it may be the key itself.
                raise ValueError(
                    f"the header {name!r} names no environment variable; a key does not belong into a file: write ${{NAME}} for it"
                )
        return value

    @model_validator(mode="after")
    def _is_sent_in_secret(self) -> Self:
        addresses = [self.address, *(part.address for part in (self.trades, self.funding) if part is not None)]
        for address in addresses if self.headers else ():
            parts = urlsplit(address)
            if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
                raise ValueError(
                    f"headers would be sent to {address!r} for anybody to read; the address of a key begins with https"
                )
        return self

    @model_validator(mode="after")
    def _is_asked_for_one(self) -> Self:
        if "{interval}" not in self.address and self.intervals:
            raise ValueError(f"intervals are given, but {self.address!r} has no {{interval}} to put them")
        return self


def _check_places(text: str, known: Iterable[str]) -> None:
    """Raise `ValueError` for braces that hold something else than a known name."""
    try:
        names = [name for _, name, spec, conversion in Formatter().parse(text) if name is not None and not (spec or conversion)]
    except ValueError as error:
        raise ValueError(f"{text!r} has braces that don't match: {error}") from None
    unknown = [name for name in names if name not in known]
    if unknown or text.count("{") != len(names):
        allowed = ", ".join(f"{{{name}}}" for name in known)
        raise ValueError(f"{text!r} has {{{''.join(unknown[:1])}}}, which stands for nothing; allowed: {allowed}")
