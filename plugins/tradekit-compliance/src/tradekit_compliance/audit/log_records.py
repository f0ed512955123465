"""Records of the log about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["BreakAcknowledged", "KeyChanged", "Recovered", "SegmentOpened"]


@dataclass(frozen=True, slots=True)
class SegmentOpened:
    """A file of the log begins: what stood in those before it, which it repeats."""

    KIND: ClassVar[str] = "log.segment"
    segment: int
    size: int
    """Records before this one."""
    root: str
    """The Merkle root of those, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The process that wrote the log had died in the middle of a record: its fragment was set aside, in `quarantine/`."""

    KIND: ClassVar[str] = "log.recovered"
    segment: int
    offset: int
    """Where in the segment the fragment began."""
    length: int
    sha256: str
    last_good: int
    """The number of the last whole record; -1 for none."""


@dataclass(frozen=True, slots=True)
class BreakAcknowledged:
    """A damaged log was set aside, as a person, the `actor`, has acknowledged; this log goes on in its place."""

    KIND: ClassVar[str] = "log.broken"
    log: str
    """The id of the log that was set aside."""
    reason: str
    last_good: int
    """The number of its last record that was good; -1 for none."""


@dataclass(frozen=True, slots=True)
class KeyChanged:
    """Checkpoints are signed by another key from here on; both keys have signed this sentence: see the format reference."""

    KIND: ClassVar[str] = "log.key"
    new: str
    """The verifier key of the new key."""
    new_signature: str
    old: str = ""
    """Empty where there was none before."""
    old_signature: str = ""
