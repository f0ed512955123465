"""What is known about an instrument besides its bars: funding rates, corporate actions, single trades, trading sessions."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ScheduledKind"]


class ScheduledKind(IntEnum):
    """What happens to an instrument at a time that is known before."""

    SPLIT = 0
    DIVIDEND = 1
    DELISTING = 2
    FUNDING = 3
