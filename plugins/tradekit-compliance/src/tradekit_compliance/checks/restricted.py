"""P07 and P14: instruments that may not be traded, always or just now."""

from __future__ import annotations

import bisect
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import tradekit
from tradekit import Account, ConfigError, Field, Order, PluginError, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.reference_data import day_of, read_reference
from tradekit_compliance.checks.verdicts import MISSING, Missing, exposure, refused, unknown, warned

__all__ = ["RestrictedList", "TradingHalt"]


class RestrictedList(RiskRule):
    """Refuse orders in instruments on a list with effective dates; those on the watch list pass with a warning (P07)."""

    name = "restricted-list"
    facts: ClassVar[Facts] = Facts(
        "P07",
        "restricted list",
        "SEC 15c3-5(c)(2)(ii), securities that a person is restricted from trading; Advisers Act 204A, policies against misuse of "
        "material nonpublic information",
        {"closing": "selling on inside information is as forbidden as buying; who must be let out says so"},
    )

    class Options(tradekit.Options):
        """The list."""

        restricted: Path | None = Field(
            None, description="CSV file: symbol, list (restricted or watch), and optionally from, until, reason"
        )
        closing: Literal["block", "allow"] = Field(
            "block", description="orders that only reduce a position: block refuses them, allow doesn't"
        )
        missing: Missing = Field("block", description=MISSING)

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        path: Path | None = self.options.restricted
        known = ("symbol", "list"), ("from", "until", "reason"), ("from", "until")
        self._file = None if path is None else read_reference(path, *known)
        for number, row in () if self._file is None else self._file.rows:
            if row["list"] not in ("restricted", "watch"):
                raise ConfigError(f"{str(path)!r}, line {number}: list must be 'restricted' or 'watch', not {row['list']!r}")

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        if self._file is None:
            return unknown(self.options.missing, "no list is named; set restricted")
        found = [row for row in self._file.dated(day_of(account.time)) if row["symbol"] == order.symbol]
        row = next((row for row in found if row["list"] == "restricted"), next(iter(found), None))
        if row is None:
            return Verdict.accept()
        why = f": {row['reason']}" if row.get("reason") else ""
        what = f"{order.symbol!r} is on the {row['list']} list ({self._file.name}){why}"
        if row["list"] == "watch":
            return warned(what)
        return refused(order, exposure(order, account).reducing if self.options.closing == "allow" else 0.0, what, {})


class TradingHalt(RiskRule):
    """Refuse orders in instruments whose trading is halted, and outside the sessions of a calendar (P14).

    The kernel has the kill switch: `tradekit halt`, and the verdict `halt` of any rule.
    """

    name = "trading-halt"
    facts: ClassVar[Facts] = Facts(
        "P14",
        "trading halt and closed session",
        "SEC 15c3-5(c)(2)(i), regulatory requirements before entry; RTS 6 (EU 2017/589) art. 12, kill functionality",
        {
            "halts": "which instruments are halted is told by their venue, so nothing is assumed",
            "calendar": "not set, because a decision at the close of a daily bar is one for the next session",
        },
    )

    class Options(tradekit.Options):
        """Where halts are read, and when the market is open."""

        halts: Path | None = Field(
            None, description="CSV file: symbol (* is all), from, and optionally until (times in UTC), reason"
        )
        calendar: str | None = Field(
            None, description="name of a calendar of exchange_calendars, such as XNYS; without it, always open"
        )
        missing: Missing = Field("block", description=MISSING)

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        path: Path | None = self.options.halts
        file = None if path is None else read_reference(path, ("symbol", "from"), ("until", "reason"))
        self._name = "" if file is None else file.name
        self._halts = [
            (row["symbol"], _time(path, number, row["from"]), _time(path, number, row.get("until", "")), row.get("reason", ""))
            for number, row in (() if file is None else file.rows)
        ]
        if self.options.calendar is not None:
            _sessions(self.options.calendar)

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        now = account.time
        for symbol, since, until, reason in self._halts:
            if symbol in ("*", order.symbol) and (since or 0) <= now and (until is None or now < until):
                why = f": {reason}" if reason else ""
                return Verdict.reject(f"trading of {'everything' if symbol == '*' else repr(symbol)} is halted ({self._name}){why}")
        if self.options.calendar is None:
            return Verdict.accept()
        opens, closes = _sessions(self.options.calendar)
        at = bisect.bisect_right(opens, now) - 1
        if at < 0 or (at == len(opens) - 1 and now >= closes[at]):
            return unknown(self.options.missing, f"calendar {self.options.calendar!r} doesn't reach {day_of(now)}")
        if now >= closes[at] and order.terms.at is None:
            return Verdict.reject(f"{self.options.calendar} is closed; an order at the open or the close may wait")
        return Verdict.accept()


def _time(path: Path | None, number: int, text: str) -> int | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        what = f"{str(path)!r}, line {number}: {text!r} is no time; write it as 2024-06-28T14:30:00Z"
        raise ConfigError(what) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp()) * 10**9


@lru_cache(maxsize=8)
def _sessions(name: str) -> tuple[list[int], list[int]]:
    """Return when the sessions of a calendar open and close, UTC nanoseconds."""
    try:
        import exchange_calendars
        from exchange_calendars.errors import InvalidCalendarName
    except ImportError as error:
        what = f"calendar {name!r} needs the package exchange_calendars, which is not installed"
        raise PluginError(f"{what}: pip install 'tradekit[calendars]'") from error
    try:
        calendar = exchange_calendars.get_calendar(name, start="1990-01-01")
    except InvalidCalendarName as error:
        raise ConfigError(f"no calendar {name!r}; allowed are the names in exchange_calendars, such as 'XNYS'") from error
    opens, closes = calendar.opens, calendar.closes
    return [round(time.timestamp()) * 10**9 for time in opens], [round(time.timestamp()) * 10**9 for time in closes]
