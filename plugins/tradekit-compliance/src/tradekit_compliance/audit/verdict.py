"""What came of verifying a log: the level that it reached, what that does not exclude, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Finding", "Verdict", "Warned"]

LEVELS = {
    0: "L0: the chain is consistent with itself",
    1: "L1: its checkpoints are signed by the key that was given",
    2: "L2: it agrees with a head that was kept elsewhere",
}
_LIMITS = {
    0: "not excluded: records cut off at the end; all of it written anew, by whoever can write the folder",
    1: "not excluded: records cut off behind a checkpoint; an older copy of all of it; all of it written anew by who has the key",
    2: "not excluded: changes behind the last head that was kept elsewhere, by whoever can write the folder and has the key",
}
_ALWAYS = "no level says that what was written is true, that everything was written, or when it was written"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and where: `expected` and `found` are what should be there and what is."""

    kind: str
    segment: str
    line: int
    offset: int
    number: int
    """Of the record; -1 where it is about none."""
    expected: str
    found: str
    last_good: int
    """The number of the last record that was good; -1 for none."""

    def __str__(self) -> str:
        """Return it in one line."""
        where = f" in line {self.line} of {self.segment} (byte {self.offset})" if self.line else f" in {self.segment}"
        record = f" at record {self.number}" if self.number >= 0 else ""
        return f"{self.kind}{record}{where}: expected {self.expected}, found {self.found}; the last good record is {self.last_good}"


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a reader should know, and that is no damage."""

    kind: str
    number: int
    text: str


@dataclass
class Verdict:
    """What was found in a log. `level` is the highest that was reached; -1 where something is wrong."""

    log: str = ""
    records: int = 0
    head: str = ""
    root: str = ""
    begun_at: int = 0
    """How many records were not read anew, because a checkpoint vouches for them."""
    level: int = -1
    checkpoints: int = 0
    """How many signed checkpoints agreed."""
    checked_to: int = 0
    """How many records the last checkpoint or head covers that was asked for."""
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)

    @property
    def first(self) -> Finding | None:
        """The first thing that is wrong, in the order of the records."""
        return self.findings[0] if self.findings else None

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def statement(self) -> str:
        """Return what was reached, in one line: never without a level and what it leaves open."""
        if self.first is not None:
            return f"tampered with or damaged, at or before this place: {self.first}"
        return f"tamper-evident, verified to level {LEVELS[self.level]}"

    @property
    def limits(self) -> tuple[str, ...]:
        """Return what the level does not exclude."""
        return (_LIMITS[self.level], _ALWAYS) if self.level >= 0 else (_ALWAYS,)

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as JSON has it."""
        first = self.first
        return {
            "log": self.log,
            "verified": self.is_good,
            "level": f"L{self.level}" if self.level >= 0 else None,
            "statement": self.statement,
            "limits": list(self.limits),
            "records": self.records,
            "begun_at": self.begun_at,
            "head": self.head,
            "root": self.root,
            "checkpoints": self.checkpoints,
            "checked_to": self.checked_to,
            "first": None if first is None else {name: getattr(first, name) for name in Finding.__slots__},
            "findings": len(self.findings),
            "warnings": [{"kind": one.kind, "number": one.number, "text": one.text} for one in self.warnings],
        }
