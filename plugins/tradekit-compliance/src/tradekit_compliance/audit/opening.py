"""Taking up a log where it ended: what its writer left half-written is set aside, and what is damaged is refused."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from tradekit import RunError, publish_file
from tradekit_compliance.audit.folder import LEAF_DIGITS, Head, LogFolder, read_heads
from tradekit_compliance.audit.merkle import GrowingTree, leaf_hash
from tradekit_compliance.audit.notes import Verifier
from tradekit_compliance.audit.reading import Entry, Line, entry_of, lines
from tradekit_compliance.audit.records import Recovered
from tradekit_compliance.audit.scanning import fragment_path

__all__ = ["Found", "take_up"]


@dataclass
class Found:
    """What a folder holds: the tree of all leaves, the last record, and where to go on."""

    tree: GrowingTree = field(default_factory=GrowingTree)
    last: Entry | None = None
    segment: int = -1
    length: int = 0
    """Bytes of the last segment that are whole lines."""
    torn: Recovered | None = None
    """The fragment that was set aside."""
    roots: dict[int, bytes] = field(default_factory=dict)
    """The roots at the sizes that were asked for."""


def take_up(folder: LogFolder, heads: Path | None, verifier: Verifier | None) -> Found:
    """Return where to go on. Raises `RunError` for a log that is damaged, shorter than it was, or another one than it was.

    A fragment behind the last whole line is moved into `quarantine/`, unless some head says that it had been whole.
    """
    known = [*_own_head(folder), *_checkpoints(folder, verifier), *_heads(heads)]
    found = _scanned(folder, {head.size for head in known})
    for head in known:
        if found.last is None:
            refuse(folder, f"log {head.log!r} had {head.size} records, and nothing of it is here")
        elif head.log != found.last.log:
            refuse(folder, f"it is log {found.last.log!r}, and {head.log!r} was here")
        elif head.size > found.tree.size:
            refuse(folder, f"it has {found.tree.size} records, and had {head.size}")
        elif found.roots[head.size].hex() != head.root:
            refuse(folder, f"its first {head.size} records are not those that it had: their root is another")
    if found.torn is not None:
        _set_aside(folder, found.torn, found)
    return found


def refuse(folder: LogFolder, reason: str) -> NoReturn:
    """Refuse to write into a damaged log."""
    raise RunError(
        f"audit log {str(folder.path)!r} can't be written to: {reason}; 'tradekit audit verify' tells more, and "
        "'tradekit audit set-aside' keeps it as it is and begins another"
    )


def _own_head(folder: LogFolder) -> list[Head]:
    try:
        head = folder.read_head()
    except (ValueError, TypeError, OSError) as error:
        refuse(folder, f"its head.json can't be read: {error}")
    return [] if head is None else [head]


def _checkpoints(folder: LogFolder, verifier: Verifier | None) -> list[Head]:
    """Return the last checkpoint: nothing that disagrees with it may be signed again. Another key than its own is refused."""
    try:
        found = folder.read_checkpoints()
    except (ValueError, OSError) as error:
        refuse(folder, f"its checkpoints.txt can't be read: {error}")
    if verifier is not None and found and not verifier.has_signed(found[-1][0]):
        names = ", ".join(sorted({repr(name) for name, _, _ in found[-1][0].signatures}))
        raise RunError(
            f"the last checkpoint of audit log {str(folder.path)!r} is not signed by key {verifier.name!r}, but by {names}; use "
            "that key, or hand over with 'tradekit audit keys rotate'"
        )
    return [Head(one.origin.removeprefix("tradekit/"), one.size, "", one.root.hex()) for _, one in found[-1:]]


def _heads(path: Path | None) -> list[Head]:
    if path is None or not path.exists():
        return []
    try:
        return list(read_heads(path.read_text("utf-8")))[-1:]
    except (ValueError, OSError) as error:
        raise RunError(f"the file of heads {str(path)!r} can't be read: {error}; put it right, or name another") from error


def _scanned(folder: LogFolder, sizes: set[int]) -> Found:
    found = Found()
    found.roots[0] = found.tree.root()
    paths = folder.segments()
    last_line: Line | None = None
    for number, path in enumerate(paths):
        if path != folder.segment(number):
            refuse(folder, f"segment {folder.segment(number).name} is missing")
        found.segment, found.length = number, 0
        for line in lines(path):
            if not line.is_whole:
                if path != paths[-1]:
                    refuse(folder, f"the last line of {path.name} does not end")
                digest = sha256(line.content).hexdigest()
                found.torn = Recovered(number, line.offset, len(line.content), digest, found.tree.size - 1)
                break
            _add(folder, found, line)
            found.length += len(line.content) + 1
            last_line = line
            if found.tree.size in sizes:
                found.roots[found.tree.size] = found.tree.root()
    if last_line is not None:
        found.last = _last(folder, last_line, found.tree.size)
    return found


def _add(folder: LogFolder, found: Found, line: Line) -> None:
    try:
        found.tree.add(bytes.fromhex(line.content[:LEAF_DIGITS].decode("ascii")))
    except ValueError:
        refuse(folder, f"line {line.number} of {line.segment.name} does not begin with a hash")


def _last(folder: LogFolder, line: Line, size: int) -> Entry:
    """Return the record that is gone on from. Raises `RunError` if it is no good one."""
    try:
        entry = entry_of(line.content)
    except (ValueError, KeyError, TypeError) as error:
        refuse(folder, f"its last record is damaged: {error}")
    if leaf_hash(line.content[LEAF_DIGITS + 1 :]).hex() != entry.leaf:
        refuse(folder, "its last record is damaged: it has another hash")
    if entry.number != size - 1:
        refuse(folder, f"its last record is number {entry.number}, and there are {size}")
    return entry


def _set_aside(folder: LogFolder, torn: Recovered, found: Found) -> None:
    path = folder.segment(torn.segment)
    content = path.read_bytes()[torn.offset :]
    folder.quarantine.mkdir(exist_ok=True)
    publish_file(fragment_path(folder, torn), content)
    with path.open("r+b") as file:
        file.truncate(torn.offset)
        os.fsync(file.fileno())
    found.length = torn.offset
