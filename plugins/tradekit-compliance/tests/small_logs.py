"""Small logs with a clock that is set, and ways to tamper with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tradekit_compliance.audit.canonical import canonical
from tradekit_compliance.audit.folder import LogFolder
from tradekit_compliance.audit.merkle import leaf_hash
from tradekit_compliance.audit.notes import Signer
from tradekit_compliance.audit.records import Judged, Ordered
from tradekit_compliance.audit.writer import LogWriter, Settings

NOON = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


@dataclass
class Clock:
    """A clock that goes on by a second each time it is asked."""

    now: int = NOON

    def __call__(self) -> int:
        self.now += SECOND
        return self.now


@dataclass
class Small:
    """A log in a folder, with its key and its file of heads."""

    path: Path
    signer: Signer | None = None
    heads: Path | None = None
    every: int = 4
    roll_bytes: int = 1 << 26
    clock: Callable[[], int] = field(default_factory=Clock)

    def open(self) -> LogWriter:
        settings = Settings(
            "tradekit-compliance==0",
            "test",
            self.signer,
            self.heads,
            self.every,
            seconds=1e6,
            roll_bytes=self.roll_bytes,
            clock=self.clock,
        )
        return LogWriter(self.path, settings)

    def write(self, count: int, begin: int = 0) -> None:
        """Write some records, and close."""
        writer = self.open()
        for number in range(begin, begin + count):
            writer.append(record(number), run="r1")
        writer.close()

    @property
    def segment(self) -> Path:
        return LogFolder(self.path).segments()[-1]

    def lines(self) -> list[bytes]:
        return self.segment.read_bytes().split(b"\n")[:-1]

    def put(self, lines: list[bytes]) -> None:
        self.segment.write_bytes(b"".join(line + b"\n" for line in lines))


def record(number: int) -> Ordered | Judged:
    if number % 2:
        return Judged(NOON, number, "BTC/USDT", "max-weight", "accept", quantity=Decimal("1.5"), numbers={"Größe": Decimal(2)})
    return Ordered(NOON, number, "BTC/USDT", "market", Decimal("1.5"), values={"close": Decimal("100.25")})


def edited(line: bytes, **changes: object) -> bytes:
    """Return a line with other fields, and a hash that fits them."""
    body = json.loads(line[65:])
    body.update(changes)
    content = canonical(body)
    return leaf_hash(content).hex().encode() + b" " + content


def rechained(lines: list[bytes]) -> list[bytes]:
    """Return lines that follow from each other again: the log written anew."""
    found: list[bytes] = []
    for number, line in enumerate(lines):
        prev = found[-1][:64].decode() if found else json.loads(line[65:])["prev"]
        found.append(edited(line, seq=number, prev=prev))
    return found


def bits(length: int) -> Iterator[tuple[int, int]]:
    for at in range(length):
        for bit in range(8):
            yield at, bit
