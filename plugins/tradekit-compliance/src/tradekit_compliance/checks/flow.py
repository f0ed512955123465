"""P03 and P04: the same order twice, and too many of them.

Both go by the time of the account, never by a clock, so that a run, its repetition and a restarted session judge alike. Orders that
are decided at the same close have the same time.
"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

import tradekit
from tradekit import Account, Field, Order, RiskRule, Verdict
from tradekit_compliance.checks.facts import Facts

__all__ = ["DuplicateOrder", "MessageRate"]

_SECOND = 1_000_000_000


class DuplicateOrder(RiskRule):
    """Refuse an order that asks for the same as one shortly before: symbol, quantity, kind, prices and terms (P03)."""

    name = "duplicate-order"
    facts: ClassVar[Facts] = Facts(
        "P03",
        "duplicate order",
        "SEC 15c3-5(c)(1)(ii), orders that indicate duplication; Knight Capital, 2012",
        {"window_s": "a person or a strategy that means it twice takes longer; a loop that is broken doesn't"},
    )

    class Options(tradekit.Options):
        """The window."""

        window_s: float = Field(1.0, ge=0, description="seconds within which the same order is taken for a duplicate")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._seen: deque[tuple[int, tuple[object, ...], int]] = deque()

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        window = round(self.options.window_s * _SECOND)
        while self._seen and account.time - self._seen[0][0] > window:
            self._seen.popleft()
        asked = (order.symbol, order.quantity, order.kind, order.limit, order.stop, order.terms, order.bracket)
        same = next(((time, number) for time, what, number in self._seen if what == asked), None)
        self._seen.append((account.time, asked, order.id))
        if same is None:
            return Verdict.accept()
        numbers = {"age_s": (account.time - same[0]) / _SECOND, "order": float(same[1])}
        return Verdict.reject(f"it asks for the same as order {same[1]}, {numbers['age_s']:g} s before", numbers)


class MessageRate(RiskRule):
    """Refuse orders beyond so many a second, and halt when one order is asked for over and over (P04).

    A halt lasts until an operator resumes. Orders and their replacements are counted; of a cancellation no rule is told.
    """

    name = "message-rate"
    facts: ClassVar[Facts] = Facts(
        "P04",
        "message rate and repeated execution",
        "RTS 6 (EU 2017/589) art. 15, message limits and repeated-execution throttle; SEC 15c3-5(c)(1)(ii)",
        {
            "per_second": "below what venues allow one session, far above what bars can lead to",
            "repeats": "more of the same within a minute than any schedule of child orders needs",
            "window_s": "a minute: the first look of a person takes about that long",
        },
    )

    class Options(tradekit.Options):
        """The limits."""

        per_second: int = Field(50, ge=1, description="most orders in one second")
        repeats: int = Field(
            20, ge=1, description="most orders of one symbol, size, kind and price within window_s; one more halts"
        )
        window_s: float = Field(60.0, gt=0, description="seconds over which the same orders are counted")

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        self._times: deque[int] = deque()
        self._alike: dict[tuple[object, ...], deque[int]] = {}

    def check(self, order: Order, account: Account) -> Verdict:
        """Judge one order."""
        now, options = account.time, self.options
        alike = self._alike.setdefault((order.symbol, order.quantity, order.kind, order.limit, order.stop), deque())
        _forget(alike, now - round(options.window_s * _SECOND))
        _forget(self._times, now - _SECOND)
        alike.append(now)
        self._times.append(now)
        numbers = {"in_one_second": float(len(self._times)), "repeats": float(len(alike))}
        if len(alike) > options.repeats:
            # Whoever resumes begins to count anew.
            self._alike.clear()
            what = f"{order.quantity:+g} {order.symbol} was asked for {len(alike):.0f} times within {options.window_s:g} s"
            return Verdict.halt(f"{what}, more than {options.repeats}", numbers)
        if len(self._times) > options.per_second:
            # What is refused has not been sent.
            self._times.pop()
            return Verdict.reject(
                f"it would be order {len(self._times) + 1} within one second, of at most {options.per_second}", numbers
            )
        return Verdict.accept(numbers=numbers)


def _forget(times: deque[int], until: int) -> None:
    while times and times[0] <= until:
        times.popleft()
