"""S03: a close that was moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import field_validator

import tradekit
from tradekit import Field
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.surveillance.activity import Activity
from tradekit_compliance.surveillance.finding import Alert, Case, Detector, NotKnownError
from tradekit_compliance.surveillance.market import Market

__all__ = ["MarkingClose"]

_SECOND = 1_000_000_000


class MarkingClose(Detector):
    """Find sessions whose last minutes an account made much of, and in which the price went its way and its position's."""

    facts: ClassVar[Facts] = Facts(
        "S03",
        "marking the close",
        "Securities Exchange Act 9(a)(2); EU 2016/522 annex II, reference prices near the close; SEC v. Athena Capital, 2014",
        {
            "close": "that of US exchanges",
            "zone": "that of US exchanges",
            "window_minutes": "Athena traded in the last seconds and minutes; auctions take orders in the last ten",
            "volume_percent": "who is a fifth of a market can move it",
            "sigmas": "less than one is what the window does by itself",
            "days": "a month of sessions",
        },
    )

    class Options(tradekit.Options):
        """The window, and what counts as much."""

        close: time = Field(time(16), description="when the session ends, in its time zone")
        zone: str = Field("America/New_York", description="time zone of the exchange")
        window_minutes: int = Field(10, ge=1, description="minutes before the close")
        volume_percent: float = Field(20.0, gt=0, description="part of the market's volume in the window, in percent")
        sigmas: float = Field(1.0, gt=0, description="least move of the price, in standard deviations of the window before")
        days: int = Field(20, ge=5, description="sessions that the deviation is taken over, of which 5 must be known")

        @field_validator("zone")
        @classmethod
        def _is_known(cls, zone: str) -> str:
            try:
                ZoneInfo(zone)
            except (KeyError, ValueError) as error:
                raise ValueError(f"unknown time zone {zone!r}; allowed are names such as 'America/New_York'") from error
            return zone

    def find(self, case: Case) -> Iterator[Alert]:
        """Yield one alert for each session and instrument."""
        market = case.bars()
        window = self.options.window_minutes * 60 * _SECOND
        if market.interval > window:
            what = f"bars of {market.interval // _SECOND} s are longer than the window of {self.options.window_minutes} min"
            raise NotKnownError(what)
        for activity in case.activities:
            for symbol in sorted({fill.symbol for fill in activity.fills}):
                if symbol not in market.series:
                    raise NotKnownError(f"no bars of {symbol!r}")
                yield from self._sessions(activity, symbol, market)

    def _sessions(self, activity: Activity, symbol: str, market: Market) -> Iterator[Alert]:
        fills = [fill for fill in activity.fills if fill.symbol == symbol]
        window = self.options.window_minutes * 60 * _SECOND
        for day in sorted({self._day(fill.time) for fill in fills}):
            end = self._close(day)
            mine = [fill for fill in fills if end - window <= fill.time <= end]
            moves = [
                move for back in range(1, 2 * self.options.days + 1) if (move := self._move(market, symbol, day - timedelta(back)))
            ]
            move = self._move(market, symbol, day)
            if not mine or move is None:
                continue
            if len(moves) < 5:
                raise NotKnownError(f"of {symbol!r} fewer than 5 sessions are known before {day}")
            deviation = float(np.std(moves[: self.options.days], ddof=1))
            traded = float(market.series[symbol].volume[market.between(symbol, end - window, end)].sum())
            own = sum(abs(fill.quantity) for fill in mine)
            net = sum(fill.quantity for fill in mine)
            held = sum(fill.quantity for fill in fills if fill.time <= end)
            numbers = {
                "volume_percent": 100.0 * own / traded if traded > 0 else float("inf"),
                "move": move,
                "sigmas": abs(move) / deviation if deviation > 0 else float("inf"),
                "net": net,
                "position": held,
            }
            is_much = numbers["volume_percent"] >= self.options.volume_percent and numbers["sigmas"] > self.options.sigmas
            if is_much and move * net > 0 and move * held > 0:
                what = f"{numbers['volume_percent']:.1f} % of the volume before the close of {day}, which moved by {move:+.2%} "
                what += f"({numbers['sigmas']:.1f} standard deviations), the way of its position"
                yield self.alert((activity.name, symbol, end), what, [fill.number for fill in mine], numbers)

    def _day(self, moment: int) -> date:
        return datetime.fromtimestamp(moment // _SECOND, ZoneInfo(self.options.zone)).date()

    def _close(self, day: date) -> int:
        return round(datetime.combine(day, self.options.close, ZoneInfo(self.options.zone)).timestamp()) * _SECOND

    def _move(self, market: Market, symbol: str, day: date) -> float | None:
        """Return by what fraction the price moved in the window of a day; `None` where there are no bars in it."""
        end = self._close(day)
        rows = market.between(symbol, end - self.options.window_minutes * 60 * _SECOND, end)
        closes = market.series[symbol].close[rows]
        if not len(closes):
            return None
        before = market.series[symbol].close[rows.start - 1] if rows.start else market.series[symbol].open[rows.start]
        return float(closes[-1] / before - 1.0)
