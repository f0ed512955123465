"""What a risk rule can say: limits that the simulator enforces, or a verdict on one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

__all__ = ["Limit", "LimitKind", "Verdict", "VerdictKind"]


class LimitKind(IntEnum):
    """The limits that the compiled simulator knows. Sizing kinds give an order its size, the others judge it."""

    FRACTION_SIZE = 0
    VOLATILITY_SIZE = 1
    MAX_WEIGHT = 2
    MAX_LEVERAGE = 3
    MAX_ORDER_VALUE = 4
    MAX_DRAWDOWN = 5

    @property
    def is_sizing(self) -> bool:
        """Say whether this kind gives orders their size."""
        return self <= LimitKind.VOLATILITY_SIZE


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a risk rule.

    - `FRACTION_SIZE`: a signal of weight 1 gets `value` of equity.
    - `VOLATILITY_SIZE`: a signal of weight 1 gets `value / realised volatility` of equity, at most `cap`. Realised volatility is
      the standard deviation of the last `window` close-to-close log returns times `sqrt(bars_per_year)`.
    - `MAX_WEIGHT`: the position's value after the order is at most `value` of equity.
    - `MAX_LEVERAGE`: the sum of absolute position values after the order is at most `value` times equity.
    - `MAX_ORDER_VALUE`: the order's value is at most `value`, in account currency.
    - `MAX_DRAWDOWN`: trading halts once equity has fallen by the fraction `value` from its peak, marked to market at each close.

    `action` is what happens to what an order adds beyond the limit: `clip` cuts it to what is allowed, `reject` refuses all that
    it adds; either lets pass what reduces a position. For `MAX_DRAWDOWN` it is `halt`, or `flatten` to close all positions too.
    """

    kind: LimitKind
    value: float
    action: Literal["clip", "reject", "halt", "flatten"] = "clip"
    window: int = 0
    cap: float = 1.0
    bars_per_year: float | None = None


class VerdictKind(IntEnum):
    """What a risk rule may answer."""

    ACCEPT = 0
    RESIZE = 1
    REJECT = 2
    HALT = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """A risk rule's answer to one order, with the reason and the numbers it judged by."""

    kind: VerdictKind
    reason: str = ""
    quantity: float | None = None
    """For `RESIZE`: the signed quantity allowed; it may not be larger than asked, nor change its sign."""
    numbers: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def accept(cls, reason: str = "", numbers: Mapping[str, float] | None = None) -> Verdict:
        """Let the order pass as it is."""
        return cls(VerdictKind.ACCEPT, reason, None, numbers or {})

    @classmethod
    def resize(cls, quantity: float, reason: str, numbers: Mapping[str, float] | None = None) -> Verdict:
        """Let `quantity` (signed as the order's) pass instead."""
        return cls(VerdictKind.RESIZE, reason, quantity, numbers or {})

    @classmethod
    def reject(cls, reason: str, numbers: Mapping[str, float] | None = None) -> Verdict:
        """Refuse the order."""
        return cls(VerdictKind.REJECT, reason, None, numbers or {})

    @classmethod
    def halt(cls, reason: str, numbers: Mapping[str, float] | None = None) -> Verdict:
        """Refuse the order and stop all trading that adds risk, for the rest of the run."""
        return cls(VerdictKind.HALT, reason, None, numbers or {})
