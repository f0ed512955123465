"""What the checks find in every file of the development data that a source reads, beside what its README says is wrong with it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from market_files import READ, Read, content, files, source_of
from quality_known import BEYOND, NOT_FOUND, TOLD
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


def action_tables(path: Path, root: Path) -> dict[str, dict[str, Any]]:
    """Return the tables of splits and dividends of a file of bars; the prices of `equity_defects` are adjusted for splits."""
    name = path.relative_to(root).as_posix()
    if name.startswith("equity_daily/us9"):
        return {
            "splits": {"path": path.with_name("splits.csv"), "multiplies": "prices"},
            "dividends": {"path": path.with_name("dividends.csv")},
        }
    if name.startswith("equity_daily/wiki_5"):
        return {
            kind: {"path": path, "columns": {"value": value, "symbol": "Stock"}}
            for kind, value in (("splits", "SplitRatio"), ("dividends", "ExDividend"))
        }
    if name.startswith("equity_daily/wiki/"):
        return {
            kind: {"path": path, "columns": {"value": value}}
            for kind, value in (("splits", "Split Ratio"), ("dividends", "Ex-Dividend"))
        }
    if name.startswith("equity_defects/"):
        return {"dividends": {"path": path, "columns": {"value": "Dividends"}}}
    return {}


def actions_of(entry: Read, path: Path, root: Path) -> Mapping[str, Actions]:
    """Return what is known about splits and dividends."""
    tables = action_tables(path, root)
    if not tables:
        return {}
    symbols = entry.symbols or tuple(one.symbol for one in source_of(entry, path).instruments())
    return CsvSource(CsvSource.Options.model_validate({"path": path, "actions": tables})).actions(symbols)


def second_path(path: Path, root: Path) -> tuple[Path, str] | None:
    """Return the file with bars of another interval beside a file of bars, and that interval."""
    name = path.relative_to(root).as_posix()
    for pattern, (old, new, interval) in SECOND.items():
        if fnmatch(name, pattern):
            return path.with_name(path.name.replace(old, new)), interval
    return None


def second_of(entry: Read, path: Path, root: Path) -> Second | None:
    found = second_path(path, root)
    return None if found is None else Second(content(entry, found[0])[entry.symbols[0]], parse_interval(found[1]))


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
        report = inspect_bars(instrument, series, request, Policy(), Quality(), Beside(actions.get(symbol), second))
        yield Measured(name, entry, symbol, report.rows, report.score, report.findings)


@cache
def measured(root: Path) -> tuple[Measured, ...]:
    """Check every file that holds bars, trades, quotes or books."""
    entries = [entry for entry in READ if entry.kind in ("bars", "trades", "quotes", "book")]
    return tuple(one for entry in entries for path in files(entry, root) for one in measure(entry, path, root))


@dataclass
class File:
    """All data sets of one file."""

    path: str
    sets: list[Measured] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.sets)

    @property
    def found(self) -> Counter[str]:
        """How many rows each check finds; where an entry reads the file in several ways, in all of them."""
        counts: Counter[str] = Counter()
        for one in self.sets:
            for finding in one.findings:
                counts[finding.check] += finding.count
        return counts

    @property
    def least(self) -> float:
        return min((one.score for one in self.sets if not one.error), default=0.0)

    @property
    def expected(self) -> dict[str, tuple[int | None, str]]:
        """What must be found, by check: how many, and who says so."""
        expected: dict[str, tuple[int | None, str]] = {}
        named = {"missing": "gaps", "ohlc": "ohlc", "blank": "missing", "copied": "repeated-block"}
        for one in {(one.entry.interval, str(one.entry.options)): one for one in self.sets}.values():
            for defect, check in named.items():
                if count := one.entry.defects.get(defect, 0):
                    expected[check] = (expected.get(check, (0, ""))[0] + count, "README")
            count = one.entry.defects.get("zero_volume", 0)
            if count and "us9" not in self.path:
                which = "no-trades" if "no-trades" in self.found else "missing-volume"
                expected[which] = (count, "README")
        for told, who in ((TOLD, "README"), (BEYOND, "beyond")):
            for pattern, check, count, why in told:
                if fnmatch(self.path, pattern) and (count is not None or check in self.found):
                    expected.setdefault(check, (count, f"{who}: {why}"))
        return expected

    def disagreement(self) -> str:
        """Return what is found and not known, or known and not found."""
        expected, found = self.expected, self.found
        wrong = [f"{check} {count} not known" for check, count in found.items() if check not in expected]
        wrong += [
            f"{check} {found.get(check, 0)} instead of {count}"
            for check, (count, _) in expected.items()
            if count is not None and found.get(check, 0) != count
        ]
        return f"{self.path}: {', '.join(wrong)}" if wrong else ""


def by_file(root: Path) -> list[File]:
    """Return what was measured, file by file."""
    found: dict[str, File] = {}
    for one in measured(root):
        found.setdefault(one.path, File(one.path)).sets.append(one)
    return list(found.values())


HEAD = """\
# Data quality, measured

What the [checks](../explanation/data-quality.md) find in the development data: real files of many vendors, of which a README says
what was measured to be wrong with them. Nothing is repaired or waived. A calendar is given where the exchange is known, splits and
dividends where the files have them, and a second series where bars of another interval lie beside.

A test compares this page with what is measured; `python tests/quality_measure.py FOLDER` writes it anew.
"""


def page(root: Path) -> str:
    """Return the page with the table."""
    files_ = by_file(root)
    clean = [one for one in files_ if not one.found and not any(two.error for two in one.sets)]
    rows = sum(one.rows for one in files_)
    lines = [HEAD, f"{len(files_)} files with {rows:,} rows in {sum(len(one.sets) for one in files_):,} data sets were checked."]
    lines.append(f"In {len(clean)} of them, with {sum(one.rows for one in clean):,} rows, nothing is found.\n")
    lines += ["## Files in which something is found\n", "| file | rows | least quality | check | found | known | from |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    reversed_ = [one for one in files_ if set(one.found) == {"unsorted"}]
    for one in files_:
        if one in reversed_:
            continue
        head = [f"`{one.path}`", f"{one.rows:,}", f"{one.least:g}"]
        for check, count in sorted(one.found.items()):
            known, why = one.expected.get(check, (0, "not known"))
            lines.append(
                "| " + " | ".join([*head, f"`{check}`", f"{count:,}", "any" if known is None else f"{known:,}", why]) + " |"
            )
            head = ["", "", ""]
        errors = [two for two in one.sets if two.error]
        if errors:
            why = _reason(errors[0].error)
            lines.append("| " + " | ".join([*head, "refused as a whole", f"{len(errors):,}", f"{len(errors):,}", why]) + " |")
    lines += [
        "",
        f"{len(reversed_)} more files have their newest rows first, and nothing else (`unsorted`, as the README says of most).",
    ]
    lines += ["", "## Known and not found\n", "| file | what it is, and why |", "| --- | --- |"]
    lines += [f"| `{pattern}` | {why} |" for pattern, why in NOT_FOUND]
    beyond = sum(1 for one in files_ for check, (_, who) in one.expected.items() if check in one.found and who.startswith("beyond"))
    told = sum(1 for one in files_ for check, (_, who) in one.expected.items() if check in one.found and who.startswith("README"))
    lines += ["", f"Of {told + beyond} findings, {told} are told by the README; {beyond} are beyond it, each with what it is. "]
    return "\n".join(lines).rstrip() + "\n"


def _reason(error: str) -> str:
    return "a row without a time" if "has no time" in error else "refused"


PAGE = Path(__file__).resolve().parents[1] / "docs" / "proofs" / "data-quality.md"

if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(Path(sys.argv[1])), "utf-8")
