"""S01: trades without a change of owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar

import tradekit
from tradekit import Field
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.reference_data import day_of
from tradekit_compliance.surveillance.activity import Fill
from tradekit_compliance.surveillance.finding import Alert, Case, Detector

__all__ = ["WashPattern"]

_DAY = 86_400 * 10**9


class WashPattern(Detector):
    """Find opposite trades at one price: of one account with itself, and between accounts that are looked at together.

    Within an account, both have the same time. Between accounts, they have the same size too, and at most `gap_s` between them.
    """

    facts: ClassVar[Facts] = Facts(
        "S01",
        "wash pattern",
        "FINRA 5210 and 5210.02, wash and self-trades; CME 534; EU MAR annex I(A)(c)",
        {
            "pairs": "5210.02 asks for a pattern or practice: one may be chance, three a day are looked at",
            "volume_percent": "FINRA has called more than 5 % of a day's volume a sign",
            "gap_s": "long enough for two desks that work by hand, too short for two that trade by themselves",
        },
    )

    class Options(tradekit.Options):
        """The limits."""

        pairs: int = Field(3, ge=1, description="pairs a day (UTC) in one instrument from which there is an alert")
        volume_percent: float = Field(5.0, gt=0, description="the same for their part of the market's volume, in percent")
        gap_s: float = Field(60.0, ge=0, description="most seconds between the trades of two accounts")

    def find(self, case: Case) -> Iterator[Alert]:
        """Yield one alert for each instrument and day on which there are too many pairs."""
        by_symbol = defaultdict(list)
        for activity in case.activities:
            for fill in activity.fills:
                by_symbol[fill.symbol].append(fill)
        for symbol, fills in sorted(by_symbol.items()):
            days = defaultdict(list)
            for pair in self._pairs(sorted(fills, key=lambda one: (one.time, one.account, one.number))):
                days[day_of(pair[0].time)].append(pair)
            for day, pairs in sorted(days.items()):
                yield from self._judged(case, symbol, pairs, sum(abs(one.quantity) for one in fills if day_of(one.time) == day))

    def _pairs(self, fills: Sequence[Fill]) -> Iterator[tuple[Fill, Fill]]:
        """Yield pairs, each fill in one of them at most, the nearest in time first."""
        used: set[int] = set()
        gap = round(self.options.gap_s * 1e9)
        for k, first in enumerate(fills):
            for j in range(k + 1, len(fills)):
                second = fills[j]
                if second.time - first.time > gap:
                    break
                if k not in used and j not in used and _is_pair(first, second):
                    used |= {k, j}
                    yield first, second

    def _judged(self, case: Case, symbol: str, pairs: Sequence[tuple[Fill, Fill]], own: float) -> Iterator[Alert]:
        washed = sum(min(abs(first.quantity), abs(second.quantity)) for first, second in pairs)
        numbers = {"pairs": float(len(pairs)), "volume": washed, "own_share": 2 * washed / own}
        time = pairs[0][0].time
        if case.market is not None and symbol in case.market.series:
            start = time - time % _DAY
            traded = float(case.market.series[symbol].volume[case.market.between(symbol, start, start + _DAY)].sum())
            numbers["market_percent"] = 100.0 * washed / traded if traded > 0 else float("inf")
        if len(pairs) < self.options.pairs and numbers.get("market_percent", 0.0) < self.options.volume_percent:
            return
        accounts = sorted({one.account for pair in pairs for one in pair})
        evidence = [one.number for pair in pairs for one in pair if one.account == accounts[0]]
        who = "one account with itself" if len(accounts) == 1 else f"accounts {', '.join(accounts)}"
        what = f"{len(pairs)} pairs of opposite trades at one price between {who} on {day_of(time)}, {washed:g} units"
        yield self.alert((accounts[0], symbol, time), what, evidence, numbers)


def _is_pair(first: Fill, second: Fill) -> bool:
    if first.quantity * second.quantity >= 0 or abs(first.price - second.price) > 1e-9 * abs(first.price):
        return False
    if first.account == second.account:
        return first.time == second.time and first.order != second.order
    return abs(first.quantity + second.quantity) <= 1e-9 * abs(first.quantity)
