"""The folder of a log: what lies where, and how what is not the log itself is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tradekit import DataError, publish_file
from tradekit_compliance.audit.canonical import canonical, read_canonical
from tradekit_compliance.audit.notes import Checkpoint, Note, checkpoint_of, notes

__all__ = ["LEAF_DIGITS", "Head", "LogFolder", "first_link", "read_heads"]

LEAF_DIGITS = 64
_SEED = b"tradekit-audit-v1\x00"


def first_link(log: str) -> str:
    """Return what the first record of a log has as the leaf before it: no other log has the same."""
    return sha256(_SEED + log.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """How many records of a log are safe on the disk, the leaf of the last one, and the root of all; both in hexadecimal."""

    log: str
    size: int
    leaf: str
    root: str

    def content(self) -> bytes:
        """Return the head as `head.json` has it."""
        return canonical({"log": self.log, "size": self.size, "leaf": self.leaf, "root": self.root}) + b"\n"

    def line(self) -> str:
        """Return the head as it stands in a file of heads that is kept elsewhere."""
        return f"{self.log} {self.size} {self.root}\n"


@dataclass(frozen=True, slots=True)
class LogFolder:
    """Where the parts of a log lie."""

    path: Path

    def segment(self, number: int) -> Path:
        """Return the file of a segment."""
        return self.path / f"seg-{number:08d}.tkl"

    def segments(self) -> list[Path]:
        """Return the segments that are there, in order."""
        return sorted(self.path.glob("seg-*.tkl"))

    @property
    def checkpoints(self) -> Path:
        """Return the file of signed checkpoints."""
        return self.path / "checkpoints.txt"

    @property
    def head(self) -> Path:
        """Return the file that tells how far the log is safe on the disk."""
        return self.path / "head.json"

    @property
    def quarantine(self) -> Path:
        """Return where torn fragments lie."""
        return self.path / "quarantine"

    def blob(self, digest: str) -> Path:
        """Return the file of a blob."""
        return self.path / "blobs" / digest[:2] / digest

    def keep_blob(self, content: bytes) -> str:
        """Keep some bytes by their SHA-256, and return it. Raises `OSError`."""
        digest = sha256(content).hexdigest()
        path = self.blob(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            publish_file(path, content)
        return digest

    def read_blob(self, digest: str) -> bytes:
        """Return a blob. Raises `DataError` if it is not there, or not what it was."""
        try:
            content = self.blob(digest).read_bytes()
        except OSError as error:
            raise DataError(
                f"blob {digest!r} can't be read: {error.strerror}; it belongs into {str(self.path / 'blobs')!r}"
            ) from error
        if sha256(content).hexdigest() != digest:
            raise DataError(f"blob {digest!r} is not what it was: its content has another hash")
        return content

    def read_head(self) -> Head | None:
        """Return the head, `None` if there is none. Raises `ValueError` if it is damaged."""
        try:
            content = self.head.read_bytes()
        except FileNotFoundError:
            return None
        if not content.endswith(b"\n"):
            raise ValueError("its last line does not end")
        found = read_canonical(content[:-1])
        if set(found) != {"log", "size", "leaf", "root"}:
            raise ValueError(f"it has {', '.join(sorted(found))}, and not log, size, leaf and root")
        if not isinstance(found["size"], int) or not all(isinstance(found[name], str) for name in ("log", "leaf", "root")):
            raise ValueError("size is no integer, or another of its values no text")
        return Head(**found)

    def read_checkpoints(self) -> list[tuple[Note, Checkpoint]]:
        """Return the signed checkpoints, oldest first. Raises `ValueError` if the file is damaged."""
        try:
            content = self.checkpoints.read_bytes()
        except FileNotFoundError:
            return []
        return [(note, checkpoint_of(note.text)) for note in notes(content)]


def read_heads(content: str) -> Iterator[Head]:
    """Yield the heads of a file of them. Raises `ValueError` for a line that is none."""
    # What has no line feed was being written when its writer died, and says nothing.
    for number, line in enumerate(content.split("\n")[:-1], 1):
        parts = line.split(" ")
        if len(parts) != 3 or not parts[1].isdecimal() or len(parts[2]) != LEAF_DIGITS:
            raise ValueError(f"line {number} is no head: {line!r:.80}; a head is 'LOG SIZE ROOT'")
        yield Head(parts[0], int(parts[1]), "", parts[2])
