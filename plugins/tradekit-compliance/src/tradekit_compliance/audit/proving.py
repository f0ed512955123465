"""Proofs that a record is in a log, which say nothing of the others: so one order can be shown without the log."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from tradekit import DataError
from tradekit_compliance.audit.folder import LEAF_DIGITS, LogFolder
from tradekit_compliance.audit.merkle import inclusion_proof, root_of
from tradekit_compliance.audit.reading import lines, segments

__all__ = ["Proof", "prove"]

_FORMAT = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A record, the hashes beside its way to the root, and the signed checkpoint that has this root."""

    number: int
    record: bytes
    """Its canonical JSON: the SHA-256 of a zero byte and this is its leaf."""
    path: tuple[bytes, ...]
    size: int
    root: bytes
    checkpoint: str
    """As the log has signed it."""

    def text(self) -> str:
        """Return the proof in the format tlog-proof of C2SP, which tools for transparency logs read."""
        hashes = "".join(base64.b64encode(one).decode() + "\n" for one in self.path)
        return f"{_FORMAT}\nindex {self.number}\n{hashes}\n{self.checkpoint}"


def prove(folder: Path, number: int) -> Proof:
    """Return the proof that a record is in a log, by its last checkpoint.

    Raises `DataError` for a record that isn't there, for a log that signs no checkpoints, for one that has signed none since, and
    where the log does not agree with its checkpoint.
    """
    content = [line.content for segment in segments(folder) for line in lines(segment) if line.is_whole]
    if not 0 <= number < len(content):
        raise DataError(f"log {str(folder)!r} has no record {number}; it has 0 to {len(content) - 1}")
    try:
        signed = LogFolder(folder).read_checkpoints()
        leaves = [bytes.fromhex(line[:LEAF_DIGITS].decode("ascii")) for line in content]
    except ValueError as error:
        raise DataError(f"log {str(folder)!r} is damaged: {error}; 'tradekit audit verify' tells more") from error
    if not signed:
        raise DataError(
            f"log {str(folder)!r} has no signed checkpoint to prove it by; give its reporter a key, or sign with it now"
        )
    note, last = signed[-1]
    if number >= last.size:
        raise DataError(f"record {number} is newer than the last checkpoint, which has {last.size} records; close the log first")
    if last.size > len(leaves) or root_of(leaves[: last.size]) != last.root:
        raise DataError(f"log {str(folder)!r} does not agree with its last checkpoint; 'tradekit audit verify' tells more")
    path = inclusion_proof(leaves[: last.size], number)
    body = content[number][LEAF_DIGITS + 1 :]
    shown = note.text + "\n" + "".join(f"— {name} {base64.b64encode(key + sign).decode()}\n" for name, key, sign in note.signatures)
    return Proof(number, body, tuple(path), last.size, last.root, shown)
