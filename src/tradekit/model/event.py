"""What happened in a run: the entries of its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

__all__ = ["Event", "EventKind"]


class EventKind(IntEnum):
    """The kinds of journal entry."""

    ORDER = 0
    VERDICT = 1
    REJECT = 2
    FILL = 3
    CANCEL = 4
    HALT = 5

    @property
    def text(self) -> str:
        """Return the name as it stands in the journal."""
        return self.name.lower()


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
