"""S08: what the venue says, and the own log doesn't, or the other way round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import ClassVar

import tradekit
from tradekit import Field
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.surveillance.activity import Activity, Fill
from tradekit_compliance.surveillance.finding import Alert, Case, Detector, NotKnownError
from tradekit_compliance.surveillance.statement import Trade

__all__ = ["Unreconciled"]


class Unreconciled(Detector):
    """Find trades and positions in which the venue and the account's own record differ.

    A live log holds what the venue told, and a statement of the venue can be given as files.
    """

    facts: ClassVar[Facts] = Facts(
        "S08",
        "unreconciled trades and positions",
        "SEC 15c3-5(c)(2)(iv), immediate post-trade reports to surveillance; RTS 6 (EU 2017/589) art. 13",
        {"gap_s": "a venue's statement may have whole seconds, and bars of a backtest no times within them"},
    )

    class Options(tradekit.Options):
        """How near is the same."""

        gap_s: float = Field(1.0, ge=0, description="most seconds between a fill and the trade of the statement that it is")

    def find(self, case: Case) -> Iterator[Alert]:
        """Yield an alert for each trade and position."""
        has_statement = case.statement is not None and (case.statement.trades is not None or case.statement.positions is not None)
        if not has_statement and not any(activity.is_live for activity in case.activities):
            raise NotKnownError("nothing of the venue; give its statement with --venue-trades or --venue-positions")
        if has_statement and len(case.activities) > 1:
            raise NotKnownError("a statement is of one account, and several are looked at")
        for activity in case.activities:
            if activity.is_live:
                yield from self._told(activity)
        if case.statement is not None and case.statement.trades is not None:
            yield from self._trades(case.activities[0], case.statement.trades)
        if case.statement is not None and case.statement.positions is not None:
            yield from self._positions(case.activities[0], case.statement.positions)

    def _told(self, activity: Activity) -> Iterator[Alert]:
        """Yield what a live log itself shows: trades of the venue that led to no fill, fills without one, books that disagree."""
        trades = {one.number: one for one in activity.messages if one.kind == "venue-fill"}
        fills = [one for one in activity.messages if one.kind == "fill"]
        led = {cause for one in fills for cause in one.causes}
        for one in trades.values():
            if one.number not in led:
                what = f"trade {one.text or 'without a number'} of the venue, {one.quantity:+g} at {one.price:g}, is no fill here"
                yield self.alert((activity.name, one.symbol, one.time), what, [one.number], {"quantity": one.quantity})
        for one in fills if trades else ():
            told = [trades[cause] for cause in one.causes if cause in trades]
            if not told or abs(sum(trade.quantity for trade in told) - one.quantity) > 1e-9 * abs(one.quantity):
                what = f"fill of {one.quantity:+g} at {one.price:g} is not what the venue has told"
                yield self.alert((activity.name, one.symbol, one.time), what, [one.number], {"quantity": one.quantity})
        for one in activity.messages:
            if one.kind == "blocked" and one.text:
                yield self.alert(
                    (activity.name, one.symbol, one.time), f"books disagree with the venue's: {one.text}", [one.number], {}
                )

    def _trades(self, activity: Activity, trades: tuple[Trade, ...]) -> Iterator[Alert]:
        """Yield trades of the statement that are no fill, and fills that are not in the statement."""
        free: dict[tuple[str, float, float], list[Fill]] = defaultdict(list)
        for fill in activity.fills:
            free[fill.symbol, _round(fill.quantity), _round(fill.price)].append(fill)
        gap = round(self.options.gap_s * 1e9)
        for trade in trades:
            same = free[trade.symbol, _round(trade.quantity), _round(trade.price)]
            found = next((fill for fill in same if abs(fill.time - trade.time) <= gap), None)
            if found is not None:
                same.remove(found)
                continue
            what = f"line {trade.line} of the statement, {trade.quantity:+g} at {trade.price:g}, is no fill here"
            yield self.alert(
                (activity.name, trade.symbol, trade.time), what, [], {"quantity": trade.quantity, "price": trade.price}
            )
        for fill in sorted((fill for fills in free.values() for fill in fills), key=lambda one: one.number):
            what = f"fill of {fill.quantity:+g} at {fill.price:g} is not in the statement"
            yield self.alert((activity.name, fill.symbol, fill.time), what, [fill.number], {"quantity": fill.quantity})

    def _positions(self, activity: Activity, positions: Mapping[str, float]) -> Iterator[Alert]:
        held: dict[str, float] = defaultdict(float)
        traded = 0.0
        for fill in activity.fills:
            held[fill.symbol] += fill.quantity
            traded += abs(fill.quantity)
        last = activity.messages[-1].time if activity.messages else 0
        for symbol in sorted({*held, *positions}):
            ours, theirs = held.get(symbol, 0.0), positions.get(symbol, 0.0)
            if abs(ours - theirs) > 1e-9 * max(1.0, traded):
                what = f"position of {ours:g} units by the own fills, and of {theirs:g} by the venue"
                yield self.alert((activity.name, symbol, last), what, [], {"ours": ours, "theirs": theirs})


def _round(value: float) -> float:
    """Return a number as it compares with others: a statement may be written with fewer digits than a float has."""
    return float(f"{value:.10g}")
