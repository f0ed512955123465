"""Bars, trades and funding rates from any venue that answers over HTTP with rows, as JSON or CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

import numpy as np

from tradekit import (
    BarRequest,
    DataError,
    DataSource,
    FundingRates,
    Paging,
    Series,
    Trades,
    VenueError,
    interval_text,
    trade_number,
)
from tradekit.builtin.http_headers import filled, hiding, variables
from tradekit.builtin.http_options import HttpFunding, HttpOptions, HttpRows, HttpTrades
from tradekit.builtin.http_request import get
from tradekit.builtin.http_rows import Column, collect, csv_rows, json_rows, number, text, time

__all__ = ["HttpSource"]

_SECOND = 1_000_000_000
_PRICES = ("open", "high", "low", "close")
_Columns = dict[str, tuple[Column, Callable[[Any], Any]]]


class HttpSource(DataSource):
    """Bars, trades and funding rates from an address that answers with rows of JSON or CSV, as most exchanges have one.

    It is asked page by page, no faster than `per_second`, and again where it failed in passing. History that is used more than
    once belongs into the store: `tradekit data fetch`.
    """

    name = "http"

    Options = HttpOptions

    def __init__(self, options: HttpOptions) -> None:
        super().__init__(options)
        self.paging = Paging(options.limit, options.per_second) if options.is_paged else None
        self._asked_at: int | None = None

    def venue_time(self) -> int | None:
        """Return the venue's time when it was last asked, from the `Date` of its answer."""
        return self._asked_at

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the bars of one answer for each symbol."""
        return {symbol: self._bars(symbol, request) for symbol in request.symbols}

    def trades(self, request: BarRequest) -> Mapping[str, Trades]:
        """Return the trades of one answer for each symbol; nothing without the option `trades`."""
        options = self.options.trades
        return {} if options is None else {symbol: self._trades(symbol, request, options) for symbol in request.symbols}

    def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:
        """Return the funding rates of one answer for each symbol; nothing without the option `funding`."""
        return self.funding_page(BarRequest(tuple(symbols), 0))

    def funding_page(self, request: BarRequest) -> Mapping[str, FundingRates]:
        """Return the first funding rates of a range for each symbol, as `funding` does."""
        options = self.options.funding
        return {} if options is None else {symbol: self._funding(symbol, request, options) for symbol in request.symbols}

    def _funding(self, symbol: str, request: BarRequest, options: HttpFunding) -> FundingRates:
        named = options.columns
        columns: _Columns = {"time": (named.time, partial(time, scale=options.scale)), "rate": (named.rate, number)}
        if named.mark is not False:
            columns["mark"] = (named.mark, _number_or_nothing)
        # Rates are dated to the second, and some venues pay them a little early: those are asked for as well.
        early = request.start if request.start is None else request.start - _SECOND
        found, origin = self._ask(options, symbol, replace(request, start=early), columns)
        times = np.array(found["time"], dtype=np.int64)
        is_wanted = self._wanted(times, replace(request, start=early), options, origin)
        values = {role: np.array(found[role], dtype=np.float64)[is_wanted] for role in found if role != "time"}
        values.setdefault("mark", np.full(int(np.count_nonzero(is_wanted)), np.nan))
        try:
            return FundingRates(times[is_wanted], values["rate"], values["mark"], origin=_bare(origin))
        except DataError as error:
            raise VenueError(f"the rows of {origin!r} are refused: {error}", is_passing=True) from None

    def _bars(self, symbol: str, request: BarRequest) -> Series:
        options: HttpOptions = self.options
        named = options.columns
        columns: _Columns = {"time": (named.time, partial(time, scale=options.scale))}
        columns |= {role: (getattr(named, role), number) for role in _PRICES}
        if named.volume is not False:
            columns["volume"] = (named.volume, number)
        shift = request.interval if options.label == "close" else 0
        found, origin = self._ask(options, symbol, request, columns, shift)
        opened = np.array(found["time"], dtype=np.int64) - shift
        is_wanted = self._wanted(opened, request, options, origin)
        values = {role: np.array(column, dtype=np.float64)[is_wanted] for role, column in found.items() if role != "time"}
        opened = opened[is_wanted]
        values.setdefault("volume", np.zeros(len(opened)))
        return Series(opened, opened + request.interval, **values, origin=_bare(origin))

    def _trades(self, symbol: str, request: BarRequest, options: HttpTrades) -> Trades:
        named = options.columns
        columns: _Columns = {"time": (named.time, partial(time, scale=options.scale))}
        columns |= {"price": (named.price, number), "size": (named.size, number)}
        if named.side is not False:
            sides = {**dict.fromkeys(options.bought, 1), **dict.fromkeys(options.sold, -1)}
            columns["side"] = (named.side, partial(_side, sides=sides))
        if named.number is not False:
            columns["number"] = (named.number, _number)
        found, origin = self._ask(options, symbol, request, columns)
        types = {"time": np.int64, "side": np.int8, "number": np.int64}
        arrays = {role: np.array(column, dtype=types.get(role, np.float64)) for role, column in found.items()}
        is_wanted = self._wanted(arrays["time"], request, options, origin)
        try:
            return Trades(**{role: array[is_wanted] for role, array in arrays.items()}, origin=_bare(origin))
        except DataError as error:
            raise VenueError(f"the rows of {origin!r} are refused: {error}", is_passing=True) from None

    def _ask(
        self, where: HttpRows, symbol: str, request: BarRequest, columns: _Columns, shift: int = 0
    ) -> tuple[dict[str, list[Any]], str]:
        """Return what an answer holds, by column and oldest first, and the address that gave it.

        `shift` is how much later the times of the venue are than those of the request.
        """
        names = self._places(where, symbol, request, shift)
        address = where.address.format_map({name: quote(value, safe="") for name, value in names.items()})
        secrets = variables(self.options.headers)
        headers = filled(self.options.headers, secrets)
        with hiding(secrets.values()):
            answer = get(address, self.options.timeout_s, headers)
            self._asked_at = answer.asked_at
            if where.format == "csv":
                rows = csv_rows(answer.text, answer.has_length, address)
            else:
                rows = json_rows(answer.text, where.rows.format_map(names), address)
            return collect(rows[::-1] if where.newest_first else rows, columns, address), address

    def _wanted(self, times: Any, request: BarRequest, where: HttpRows, origin: str) -> Any:
        """Return which rows are in the range that was asked for: venues are free with its edges.

        Raises `VenueError` for rows that go back in time, and for a full answer that does not lead on, because what comes after it
        could never be asked for.
        """
        _check_order(times, origin)
        start = np.iinfo(np.int64).min if request.start is None else request.start
        end = np.iinfo(np.int64).max if request.end is None else request.end
        is_wanted = (times >= start) & (times < end)
        if not where.is_paged or len(times) < self.options.limit:
            return is_wanted
        last = int(times.max())
        if not is_wanted.any() and (last < start or "{end}" in where.address):
            what = f"rows from {_when(times.min())} to {_when(last)}, where those from {_when(start)} to {_when(end)}"
            raise VenueError(
                f"{origin!r} answered with {what} are asked for; does it heed {{start}} and {{end}}, and is unit right?"
            )
        if last < end and times[is_wanted].min() == last:
            what = f"{origin!r} answered with {len(times)} rows, and those from {_when(start)} on are all of {_when(last)}"
            raise VenueError(
                f"{what}: there may be more of that time, which can't be asked for; raise limit if the venue gives more"
            )
        return is_wanted

    def _places(self, where: HttpRows, symbol: str, request: BarRequest, shift: int) -> dict[str, str]:
        """Return what stands for the names in braces."""
        if "{symbol}" not in where.address and len(request.symbols) > 1:
            what = f"{where.address!r} is about one instrument, but {len(request.symbols)} are asked for"
            raise DataError(f"{what}; put {{symbol}} where the address names it")
        start, end = (None if bound is None else bound + shift for bound in (request.start, request.end))
        span = where.span(start, end)
        for name in ("start", "end"):
            if f"{{{name}}}" in where.address and name not in span:
                raise DataError(f"{where.address!r} can't be asked without {name}, and none is given")
        options: HttpOptions = self.options
        length = interval_text(request.interval)
        return {
            "symbol": options.symbols.get(symbol, symbol.replace("/", options.separator)),
            "interval": options.intervals.get(length, length),
            "limit": str(options.limit),
            **span,
        }


def _bare(address: str) -> str:
    """Return an address without what was asked of it."""
    return address.partition("?")[0]


def _check_order(times: Any, origin: str) -> None:
    back = np.flatnonzero(np.diff(times) < 0)
    if not len(back):
        return
    what = f"rows of {origin!r} go back in time, from {_when(times[back[0]])} to {_when(times[back[0] + 1])}"
    if len(back) == len(times) - 1 > 1:
        raise VenueError(f"{what}, and so do all; set newest_first to what the venue does")
    raise VenueError(what, is_passing=True)


def _side(value: Any, sides: Mapping[str, int]) -> int:
    said = text(value)
    if said not in sides:
        raise ValueError
    return sides[said]


def _number_or_nothing(value: Any) -> float:
    return np.nan if value in (None, "") else number(value)


def _number(value: Any) -> int:
    try:
        return trade_number(text(value))
    except DataError:
        raise ValueError from None


def _when(time: int) -> str:
    return f"{np.datetime64(int(time), 'ns')}".rstrip("0").rstrip(".") + "Z"
