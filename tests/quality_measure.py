"""What the checks find in every file of the development data that a source reads, beside what its README says is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from market_files import READ, Read, content, files, source_of

from tradekit import Actions, BarRequest, DataError, Instrument
from tradekit.builtin.sources import CsvSource
from tradekit.data.interval import parse_interval
from tradekit.data.quality.finding import Finding
from tradekit.data.quality.inspect import Beside, Second, inspect_bars, inspect_ticks
from tradekit.data.quality.policy import Policy, Quality

CALENDARS = {
    "crypto/*": "24/7",
    "equity_daily/vix*": "",
    "equity_daily/*": "XNYS",
    "options/etf*": "XNYS",
    "options/lean/daily/*": "XNYS",
    "equity_defects/4063-T-1d*": "XTKS",
    "equity_defects/8TRA-DE-1d*": "XETR",
    "equity_defects/ABDP-L-1d*": "XLON",
    "equity_defects/AET-L-1d*": "XLON",
    "equity_defects/CNE-L-1d*": "XLON",
    "equity_defects/REL-L-1d*": "XLON",
    "equity_defects/ALPHA-PA-1d*": "XPAR",
    "equity_defects/CALM-1d*": "XNYS",
    "equity_defects/DODFX-1d*": "XNYS",
    "equity_defects/KME-MI-1d*": "XMIL",
    "equity_defects/1398-HK-1d*": "XHKG",
}
"""The trading calendar of what a file holds, where it is known."""

SECOND = {
    "crypto/binance_2023_2025/perp/*-5m-futures*.feather": ("-5m-", "-1h-", "1h"),
    "crypto/binance_perp_2023_07/[BE]T[CH]*-1m-futures.feather": ("-1m-", "-5m-", "5m"),
    "crypto/freqtrade_testdata/XRP_ETH-1m.feather": ("-1m", "-5m", "5m"),
}
"""Files with bars of another interval beside them: what to replace in the name, and that interval."""


@dataclass(frozen=True)
class Measured:
    """One data set of one file."""

    path: str
    entry: Read
    symbol: str
    rows: int
    score: float
    findings: tuple[Finding, ...] = field(default=())
    error: str = ""


def calendar_of(name: str) -> str | None:
    return next((calendar or None for pattern, calendar in CALENDARS.items() if fnmatch(name, pattern)), None)


def actions_of(entry: Read, path: Path, root: Path) -> Mapping[str, Actions]:
    """Return what is known about splits and dividends; the prices of `equity_defects` are adjusted for splits."""
    name = path.relative_to(root).as_posix()
    tables = {}
    if name.startswith("equity_daily/us9"):
        tables = {
            "splits": {"path": path.with_name("splits.csv"), "multiplies": "prices"},
            "dividends": {"path": path.with_name("dividends.csv")},
        }
    elif name.startswith("equity_daily/wiki_5"):
        tables = {
            kind: {"path": path, "columns": {"value": value, "symbol": "Stock"}}
            for kind, value in (("splits", "SplitRatio"), ("dividends", "ExDividend"))
        }
    elif name.startswith("equity_daily/wiki/"):
        tables = {
            kind: {"path": path, "columns": {"value": value}}
            for kind, value in (("splits", "Split Ratio"), ("dividends", "Ex-Dividend"))
        }
    elif name.startswith("equity_defects/"):
        tables = {"dividends": {"path": path, "columns": {"value": "Dividends"}}}
    if not tables:
        return {}
    symbols = entry.symbols or tuple(one.symbol for one in source_of(entry, path).instruments())
    return CsvSource(CsvSource.Options.model_validate({"path": path, "actions": tables})).actions(symbols)


def second_of(entry: Read, path: Path, root: Path) -> Second | None:
    name = path.relative_to(root).as_posix()
    for pattern, (old, new, interval) in SECOND.items():
        if fnmatch(name, pattern):
            other = path.with_name(path.name.replace(old, new))
            return Second(content(entry, other)[entry.symbols[0]], parse_interval(interval))
    return None


def measure(entry: Read, path: Path, root: Path) -> Iterator[Measured]:
    """Check one file with nothing waived and nothing repaired."""
    name = path.relative_to(root).as_posix()
    try:
        found = content(entry, path)
    except DataError as error:
        yield Measured(name, entry, "", 0, 0.0, error=str(error))
        return
    if entry.kind != "bars":
        for symbol, data in found.items():
            report = inspect_ticks(symbol, data, Quality())
            yield Measured(name, entry, symbol, report.rows, report.score, report.findings)
        return
    actions, second = actions_of(entry, path, root), second_of(entry, path, root)
    request = BarRequest(tuple(found), parse_interval(entry.interval))
    for symbol, series in found.items():
        instrument = Instrument(symbol, calendar=calendar_of(name))
        try:
            report = inspect_bars(instrument, series, request, Policy(), Quality(), Beside(actions.get(symbol), second))
        except DataError as error:
            yield Measured(name, entry, symbol, len(series), 0.0, error=str(error))
        else:
            yield Measured(name, entry, symbol, report.rows, report.score, report.findings)


@cache
def measured(root: Path) -> tuple[Measured, ...]:
    """Check every file that holds bars, trades, quotes or books."""
    entries = [entry for entry in READ if entry.kind in ("bars", "trades", "quotes", "book")]
    return tuple(one for entry in entries for path in files(entry, root) for one in measure(entry, path, root))
