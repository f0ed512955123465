"""What the checks of one data set come to: verdicts, a score, and whether a run may use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from tradekit.data.quality.actions import against_actions
from tradekit.data.quality.finding import CHECKS, Finding, Verdict, score_of
from tradekit.data.quality.policy import Policy, Quality
from tradekit.data.quality.prices import doubtful_prices, doubtful_volumes
from tradekit.data.quality.ticks import doubts_of_book, doubts_of_quotes, doubts_of_trades
from tradekit.errors import DataError
from tradekit.model.bars import Series
from tradekit.model.reference import Actions
from tradekit.model.ticks import BookUpdates, Quotes, Trades

__all__ = ["Inspected", "Report", "doubts", "inspected_ticks", "inspected_trades", "judge", "refuse"]


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was looked at of one instrument, and what was found."""

    origin: str
    rows: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in the data of one instrument."""

    symbol: str
    origin: str
    rows: int
    """How many rows were looked at, as they were read."""
    findings: tuple[Finding, ...]
    """Each with its verdict, the worst first."""
    kind: str = "bars"
    """What was looked at: bars, finer bars, trades, quotes or book."""

    @property
    def name(self) -> str:
        """What the data are called: those of other kinds than bars with their kind."""
        return self.symbol if self.kind == "bars" or self.symbol.endswith(f" {self.kind}") else f"{self.symbol} {self.kind}"

    @property
    def score(self) -> float:
        """From 0 to 100; see `score_of`."""
        return score_of(self.findings, self.rows)

    def facts(self) -> dict[str, Any]:
        """Return what stands in a result's data entry."""
        return {"quality": self.score, "findings": [finding.facts() for finding in self.findings]}

    def notes(self) -> Iterator[str]:
        """Yield one sentence for what is only noted, and one for each waiver."""
        data = "data" if self.kind == "bars" else self.kind
        noted = [finding.what for finding in self.findings if finding.verdict == "noted"]
        if noted:
            yield f"{self.symbol}: the quality of its {data} is {self.score:g} of 100: {'; '.join(noted)}"
        for finding in self.findings:
            if finding.verdict == "waived":
                reason = f": {finding.reason}" if finding.reason else ""
                yield f"{self.name}: {finding.what} (waived, check = {finding.check!r}{reason})"

    def demand(self, quality: Quality) -> None:
        """Raise `DataError` for what makes a result wrong, and for a score below what the run file demands."""
        refuse(self.symbol, self.origin, self.findings, self.kind)
        if quality.min_quality is not None and self.score < quality.min_quality:
            listed = "".join(f"\n  {finding.what}" for finding in self.findings if finding.verdict != "waived")
            what = "data" if self.kind == "bars" else self.kind
            raise DataError(
                f"the quality of the {what} of {self.symbol!r} is {self.score:g} of 100, below data.quality.min_quality "
                f"{quality.min_quality:g}{listed}\nmend them at their source, waive what you know to be right "
                f"([[data.quality.waive]] check = '...'), or ask for less"
            )


def doubts(series: Series, actions: Actions | None = None) -> Iterator[Finding]:
    """Yield what is doubtful about possible bars; what jumps by right of `actions` is not."""
    explained, findings = against_actions(series, actions)
    yield from doubtful_prices(series, explained)
    yield from findings
    yield from doubtful_volumes(series)


def inspected_trades(trades: Trades) -> Inspected:
    """Return what is doubtful about trades."""
    return Inspected(trades.origin, len(trades), tuple(doubts_of_trades(trades)))


def inspected_ticks(data: Trades | Quotes | BookUpdates) -> Inspected:
    """Return what is doubtful about trades, quotes or updates of a book."""
    if isinstance(data, Trades):
        return inspected_trades(data)
    findings = doubts_of_quotes(data) if isinstance(data, Quotes) else doubts_of_book(data)
    return Inspected(data.origin, len(data), tuple(findings))


def judge(symbol: str, origin: str, rows: int, findings: Iterable[Finding], quality: Quality, kind: str = "bars") -> Report:
    """Return a report of findings, each with a verdict: what no policy decided and nothing waives is refused or noted."""
    order = get_args(Verdict)
    judged = [_judged(finding, symbol, quality) for finding in findings]
    return Report(symbol, origin, rows, tuple(sorted(judged, key=lambda finding: order.index(finding.verdict))), kind)


def _judged(finding: Finding, symbol: str, quality: Quality) -> Finding:
    if finding.verdict != "noted":
        return finding
    for waiver in quality.waive:
        if waiver.covers(finding.check, symbol):
            return finding.judged("waived", waiver.reason)
    return finding.judged("refused") if CHECKS[finding.check].is_wrong else finding


def refuse(symbol: str, origin: str, findings: Sequence[Finding], kind: str = "bars") -> None:
    """Raise `DataError` if any of the findings is refused, with what was found, where, and the ways out."""
    refused = [finding for finding in findings if finding.verdict == "refused"]
    if not refused:
        return
    listed = "".join(f"\n  {_at_length(finding)}" for finding in refused)
    policies = [_choices(CHECKS[finding.check].policy) for finding in refused if CHECKS[finding.check].policy]
    waivers = [finding.check for finding in refused if not CHECKS[finding.check].policy]
    ways = []
    if policies:
        ways.append(f"name a policy that the result will state: [data.policy] {', '.join(policies)}")
    if waivers:
        names = " and ".join(f"check = {name!r}" for name in dict.fromkeys(waivers))
        ways.append(f"if you know them to be right, waive them: [[data.quality.waive]] {names}, instrument = {symbol!r}")
    what = f"the {kind} of {symbol!r} from {origin or 'its source'!r} are refused{listed}"
    raise DataError(f"{what}\nmend them at their source, or {', or '.join(ways)}")


def _at_length(finding: Finding) -> str:
    if not finding.shown:
        return finding.what
    more = finding.count - len(finding.shown)
    lines = [f"\n    {line}" for line in finding.shown] + ([f"\n    and {more} more"] if more > 0 else [])
    return f"{finding.what}:{''.join(lines)}"


def _choices(key: str) -> str:
    allowed = [name for name in get_args(Policy.model_fields[key].annotation) if name != "refuse"]
    return f"{key} = {' or '.join(map(repr, allowed))}"
