"""S02: orders that were never meant to be filled."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import ClassVar

import tradekit
from tradekit import Field
from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.surveillance.activity import Fill, Life
from tradekit_compliance.surveillance.finding import Alert, Case, Detector

__all__ = ["Spoofing"]


class Spoofing(Detector):
    """Find orders that were shown shortly, and cancelled unfilled right after a fill on the other side.

    Of orders at three or more prices it says layering, of others spoofing. What the account shows on the side of the fill is set
    against them, so that a market maker who shows both sides alike and cancels both is not alerted.
    """

    facts: ClassVar[Facts] = Facts(
        "S02",
        "spoofing and layering",
        "Commodity Exchange Act 4c(a)(5)(C); CME 575; EU 2016/522 annex II, 5(e); CFTC v. Panther (Coscia), Sarao",
        {
            "orders": "fewer can be a quote that was moved",
            "size_ratio": "one order that dwarfs what was wanted on the other side says the same as several",
            "imbalance": "who shows both sides alike is not alerted; Coscia's and Sarao's layers were many times the other side",
            "shown_s": "orders that are meant to be filled are left in the market for longer",
            "cancelled_percent": "some are filled by accident",
            "within_s": "what the layers bring about happens while they stand, or not at all",
        },
    )

    class Options(tradekit.Options):
        """The pattern."""

        orders: int = Field(3, ge=2, description="orders on one side from which they count as many")
        size_ratio: float = Field(
            5.0, gt=1, description="their size, as a multiple of the order that was filled, which counts as many"
        )
        imbalance: float = Field(
            2.0, ge=1, description="least size of theirs, as a multiple of all that is shown on the other side"
        )
        shown_s: float = Field(2.0, gt=0, description="seconds in the market below which an order was shown shortly")
        cancelled_percent: float = Field(90.0, gt=0, le=100, description="least part of that side which is cancelled unfilled")
        within_s: float = Field(5.0, gt=0, description="seconds from their entry until the fill on the other side")

    def find(self, case: Case) -> Iterator[Alert]:
        """Yield one alert for each group of orders."""
        lives: dict[str, list[Life]] = defaultdict(list)
        fills: list[Fill] = []
        for activity in case.activities:
            fills += activity.fills
            for life in activity.lives:
                lives[life.symbol].append(life)
        entered = {}
        for symbol, orders in lives.items():
            orders.sort(key=lambda one: one.entered)
            entered[symbol] = [one.entered for one in orders]
        told: set[tuple[str, int]] = set()
        for fill in sorted(fills, key=lambda one: (one.time, one.account, one.number)):
            orders = lives.get(fill.symbol, [])
            recent = orders[bisect_left(entered.get(fill.symbol, []), fill.time - round(self.options.within_s * 1e9)) :]
            recent = [one for one in recent if one.stands(fill.time, fill.time)]
            alert = self._judged(fill, recent, orders)
            names = {(one.account, one.order) for one in recent if one.quantity * fill.quantity < 0}
            if alert is not None and not names <= told:
                told |= names
                yield alert

    def _judged(self, fill: Fill, recent: Sequence[Life], orders: Sequence[Life]) -> Alert | None:
        """Return the alert on what stood against a fill, if it is one; `recent` are the orders alive that were just entered."""
        options = self.options
        against = [one for one in recent if one.quantity * fill.quantity < 0]
        shown = [one for one in against if _is_cancelled(one) and (one.ended or 0) - one.entered < options.shown_s * 1e9]
        size, whole = (sum(abs(one.quantity) for one in some) for some in (shown, against))
        if not shown or size * 100.0 < options.cancelled_percent * whole:
            return None
        # What stood on the side of the fill since then, and has been filled, was shown as well: one side of a maker may be swept.
        since = min(one.entered for one in shown)
        beside = [one for one in orders if one.quantity * fill.quantity > 0 and one.stands(since, fill.time)]
        asked = next(
            (abs(one.quantity) for one in beside if (one.account, one.order) == (fill.account, fill.order)), abs(fill.quantity)
        )
        other = max(sum(abs(one.quantity) for one in beside), asked)
        if len(shown) < options.orders and size < options.size_ratio * asked:
            return None
        if size < options.imbalance * other:
            return None
        levels = len({one.price for one in shown})
        longest = max((one.ended or 0) - one.entered for one in shown) / 1e9
        numbers = {
            "orders": float(len(shown)),
            "levels": float(levels),
            "size": size,
            "to_fill": size / asked,
            "to_other_side": size / other,
            "cancelled_percent": 100.0 * size / whole,
            "longest_shown_s": longest,
        }
        side = "sell" if fill.quantity > 0 else "buy"
        kind = "layering" if levels >= 3 else "spoofing"
        what = f"{kind}: {len(shown)} orders to {side} {size:g} units, shown for at most {longest:.3g} s and cancelled after "
        what += f"a fill of {fill.quantity:+g} units"
        evidence = [fill.number, *(number for one in shown for number in one.numbers if one.account == fill.account)]
        return self.alert((fill.account, fill.symbol, fill.time), what, sorted(evidence), numbers)


def _is_cancelled(life: Life) -> bool:
    return life.end == "cancel" and life.filled == 0.0
