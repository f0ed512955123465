"""What happened in a run: the entries of its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

__all__ = ["CashKind", "Event", "EventKind"]


class EventKind(IntEnum):
    """The kinds of journal entry."""

    ORDER = 0
    VERDICT = 1
    REJECT = 2
    FILL = 3
    CANCEL = 4
    HALT = 5
    REQUEST = 6
    """A strategy asks to cancel or to replace an order, and the answer is still under way."""
    TRIGGER = 7
    """A stop or take-profit order has been set off."""
    CASH = 8
    """Money comes or goes without a trade."""
    ACTION = 9
    """A split, a dividend or a delisting."""
    LIQUIDATION = 10
    """The account no longer covers its maintenance margin, and its positions are closed."""

    @property
    def text(self) -> str:
        """Return the name as it stands in the journal."""
        return self.name.lower()


class CashKind(IntEnum):
    """Why money came or went without a trade."""

    FUNDING = 0
    BORROWING = 1
    INTEREST = 2
    DIVIDEND = 3
    IN_LIEU = 4
    """Paid for the fraction of a unit that a split leaves."""
    LIQUIDATION_FEE = 5
    CONVERSION = 6

    @property
    def text(self) -> str:
        """Return the name as it stands in the journal."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: `number` counts from 0 in the order of happening, `cause` is the number of the entry that led to it.

    `time` is UTC nanoseconds. What `numbers` holds depends on the kind: see the journal page of the documentation.
    """

    number: int
    time: int
    kind: EventKind
    cause: int | None
    order: int | None
    symbol: str | None
    text: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    rule: str = ""
    """The risk rule of a verdict or a halt."""
    reason: str = ""
    """A verdict: why, in the words of a rule in Python."""
    strategy: str = ""
    """Whose of several strategies on one account it is about."""
    values: Mapping[str, float] = field(default_factory=dict, compare=False)
    """What a decision rests on: close, indicators, equity, cash and position. Critical reporters are told, and only they."""
    conditions: Mapping[str, float | str] = field(default_factory=dict, compare=False)
    """The conditions of an order that are not the usual ones. Critical reporters are told, and only they."""
