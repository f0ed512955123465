"""Look at a data set for everything that may be wrong with it, and refuse nothing: what a run would make of it is in the report."""

from __future__ import annotations

from dataclasses import dataclass

from tradekit.data.load import checked_series
from tradekit.data.quality.against import against_series
from tradekit.data.quality.impossible import check_form, find_spacing, mend
from tradekit.data.quality.policy import Policy, Quality
from tradekit.data.quality.report import Report, doubts, inspected_ticks, judge
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.model.reference import Actions
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.contracts import BarRequest

__all__ = ["Beside", "Second", "inspect_bars", "inspect_ticks"]


@dataclass(frozen=True, slots=True)
class Second:
    """Other bars of the same instrument, to hold the first against."""

    series: Series
    interval: int
    """In nanoseconds; one of the two is a whole multiple of the other."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known besides the bars of an instrument."""

    actions: Actions | None = None
    second: Second | None = None
    kind: str = "bars"
    """What the bars are: those of a run, or `finer bars` that decide inside of these."""


_NOTHING = Beside()


def inspect_bars(
    instrument: Instrument, series: Series, request: BarRequest, policy: Policy, quality: Quality, beside: Beside = _NOTHING
) -> Report:
    """Return all that there is to say about the bars of one instrument in the requested range.

    Of bars of another interval that is all; and where every bar is impossible, there are no others to look at. Raises `DataError`
    for what is no series.
    """
    spacing = None
    if request.threshold is None:
        spacing = find_spacing(check_form(instrument.symbol, series), request.interval, policy)
    if spacing is not None:
        return judge(instrument.symbol, series.origin, len(series), [spacing], quality)
    checked = checked_series(instrument, series, request, policy)
    if not len(checked.sound):
        return judge(instrument.symbol, series.origin, len(checked.raw), checked.findings, quality)
    findings = [*checked.findings, *doubts(checked.sound, beside.actions)]
    if beside.second is not None:
        second = mend(check_form(instrument.symbol, beside.second.series), Policy()).series
        findings += against_series(checked.sound, request.interval, second, beside.second.interval)
    return judge(instrument.symbol, series.origin, len(checked.raw), findings, quality, beside.kind)


def inspect_ticks(symbol: str, data: Trades | Quotes | BookUpdates, quality: Quality) -> Report:
    """Return all that there is to say about trades, quotes or updates of a book."""
    kind = "trades" if isinstance(data, Trades) else "quotes" if isinstance(data, Quotes) else "book"
    found = inspected_ticks(data)
    return judge(symbol, found.origin, found.rows, found.findings, quality, kind)
