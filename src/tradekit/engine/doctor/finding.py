"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, what was found, and the way out where it is not.

    `fail` is wrong; `warn` may be wrong, or will be; `note` is neither, such as an optional part that isn't there.
    """

    check: str
    verdict: Literal["ok", "note", "warn", "fail"]
    text: str
    way_out: str = ""
