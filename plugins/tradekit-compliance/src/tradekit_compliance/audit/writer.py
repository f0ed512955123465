"""Writing a log: one record a line, one writer, checkpoints now and then."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from tradekit import FileLock, LockedError, RunError, publish_file, sync_folder
from tradekit_compliance.audit.canonical import canonical
from tradekit_compliance.audit.coding import encode, time_text
from tradekit_compliance.audit.folder import Head, LogFolder, first_link
from tradekit_compliance.audit.keys import rotation_text
from tradekit_compliance.audit.merkle import GrowingTree, leaf_hash
from tradekit_compliance.audit.notes import Checkpoint, Signer, checkpoint_text
from tradekit_compliance.audit.opening import take_up
from tradekit_compliance.audit.records import KeyChanged, Record, SegmentOpened

__all__ = ["LogWriter", "Settings", "hold_lock"]

VERSION = 1
_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND


@dataclass(frozen=True, slots=True)
class Settings:
    """How a log is written.

    `heads` is a file elsewhere into which each head is written too. A checkpoint is made every `every` records or `seconds`, and a
    new segment is begun once one has `roll_bytes`, or the day (UTC) is another. `source` is the package that writes, `actor` who
    acts where a record doesn't say. Without `is_durable`, only the last checkpoint sees to it that what it vouches for outlives the
    machine. `clock` and `mono` return nanoseconds.
    """

    source: str
    actor: str
    signer: Signer | None = None
    heads: Path | None = None
    every: int = 1024
    seconds: float = 60.0
    roll_bytes: int = 64 * 1024 * 1024
    is_durable: bool = True
    clock: Callable[[], int] = time.time_ns
    mono: Callable[[], int] = time.monotonic_ns


class LogWriter:
    """The one writer of a log. What `append` has returned a number for is in the file, and outlives the death of the process.

    `sync` makes it outlive the death of the machine too. After a failed write nothing more is written: the log has to be opened
    again, which sets aside what was written in part.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        """Open the log in a folder, or begin one. Raises `RunError` for one that is damaged, or that another process writes."""
        self.folder = LogFolder(path)
        self.settings = settings
        path.mkdir(parents=True, exist_ok=True)
        self._lock: FileLock | None = hold_lock(path)
        self._file: IO[bytes] | None = None
        try:
            self._take_up()
        except BaseException:
            self.close_files()
            raise

    def _take_up(self) -> None:
        signer = self.settings.signer
        found = take_up(self.folder, self.settings.heads, None if signer is None else signer.verifier)
        self._tree: GrowingTree = found.tree
        self._kept = found.tree.size
        self._checked = self.settings.mono()
        self._segment, self._length = max(found.segment, 0), found.length
        if found.last is None:
            self.log = f"{self.folder.path.name}.{secrets.token_hex(4)}"
            self._leaf, self._day = first_link(self.log), 0
        else:
            self.log, self._leaf = found.last.log, found.last.leaf
            self._day = found.last.written // _DAY
        self._open_segment()
        if found.torn is not None:
            self.append(found.torn)
        self.checkpoint()

    @property
    def size(self) -> int:
        """How many records there are."""
        return self._tree.size

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can be written, because it was closed or writing failed."""
        return self._file is None

    @property
    def head(self) -> Head:
        """The head of what was written so far."""
        return Head(self.log, self.size, self._leaf, self._tree.root().hex())

    def append(self, record: Record, run: str = "", causes: Sequence[int] = (), actor: str = "") -> int:
        """Write a record, and return its number. Raises `OSError`, and `TypeError` or `ValueError` for what no record can hold."""
        now = self.settings.clock()
        # What has to be done besides is done first: where that fails, the record was not written.
        if self._length >= self.settings.roll_bytes or now // _DAY > self._day:
            self.checkpoint()
            self._roll()
        elif self._tree.size - self._kept >= self.settings.every or self._is_due():
            self.checkpoint()
        return self._write(record, now, (run, causes, actor))

    def _is_due(self) -> bool:
        return self.settings.mono() - self._checked >= self.settings.seconds * _SECOND

    def _write(self, record: Record, now: int, about: tuple[str, Sequence[int], str]) -> int:
        run, causes, actor = about
        number = self._tree.size
        body: dict[str, Any] = {
            "actor": actor or self.settings.actor,
            "cause": list(causes),
            "data": encode(record),
            "log": self.log,
            "mono": str(self.settings.mono()),
            "prev": self._leaf,
            "run": run,
            "seq": number,
            "src": self.settings.source,
            "ts": time_text(now),
            "type": record.KIND,
            "v": VERSION,
        }
        content = canonical(body)
        leaf = leaf_hash(content)
        line = b"%s %s\n" % (leaf.hex().encode(), content)
        self._put(line)
        self._tree.add(leaf)
        self._leaf = leaf.hex()
        self._length += len(line)
        return number

    def _put(self, line: bytes) -> None:
        """Write a line; after a failure nothing may follow what was written of it."""
        file = self._file
        if file is None:
            raise RunError(f"audit log {str(self.folder.path)!r} is closed; open it again")
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[file.write(rest) or 0 :]
        except BaseException:
            self.close_files()
            raise

    def _roll(self) -> None:
        """Go on in another segment. Its first record tells of those before, so that nothing can come between it and them."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._segment += 1
        self._length = 0
        self._open_segment()

    def _open_segment(self) -> None:
        is_new = self._length == 0
        self._file = self.folder.segment(self._segment).open("ab", buffering=0)
        if is_new:
            sync_folder(self.folder.path)
            now = self.settings.clock()
            self._day = max(self._day, now // _DAY)
            self._write(SegmentOpened(self._segment, self._tree.size, self._tree.root().hex()), now, ("", (), ""))

    def hand_over(self, new: Signer, actor: str) -> int:
        """Let another key sign from here on, and return the number of the record of it, which both keys have signed."""
        old = self.settings.signer
        before = "" if old is None else str(old.verifier)
        text = rotation_text(self.log, before, str(new.verifier))
        if old is not None:
            self.checkpoint()
        changed = KeyChanged(str(new.verifier), new.signature(text).hex(), before, "" if old is None else old.signature(text).hex())
        number = self.append(changed, actor=actor)
        self.settings = replace(self.settings, signer=new)
        self.checkpoint()
        return number

    def sync(self) -> None:
        """Make sure that all that was written is safe on the disk. Raises `OSError`."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def checkpoint(self, is_last: bool = False) -> None:
        """Make sure of all records, note the head, here and elsewhere, and sign it. Raises `OSError`."""
        is_durable = self.settings.is_durable or is_last
        if is_durable:
            self.sync()
        head = self.head
        publish_file(self.folder.head, head.content(), is_durable=is_durable)
        signer = self.settings.signer
        if signer is not None:
            text = checkpoint_text(Checkpoint(f"tradekit/{self.log}", head.size, bytes.fromhex(head.root)))
            before = self.folder.checkpoints.read_bytes() if self.folder.checkpoints.exists() else b""
            publish_file(self.folder.checkpoints, before + signer.sign(text).encode(), is_durable=is_durable)
        if self.settings.heads is not None:
            _append_line(self.settings.heads, head.line(), is_durable)
        self._kept = head.size
        self._checked = self.settings.mono()

    def close(self) -> None:
        """Make a last checkpoint, and let another process write."""
        try:
            if self._file is not None:
                self.checkpoint(is_last=True)
        finally:
            self.close_files()

    def close_files(self) -> None:
        """Let go of the files, without a checkpoint."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _append_line(path: Path, line: str, is_durable: bool) -> None:
    """Append a line to a file of whole lines; what was left of one that could not be written whole is overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0)
        content = file.read()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            file.truncate(end)
        file.write(line.encode())
        file.flush()
        if is_durable:
            os.fsync(file.fileno())


def hold_lock(path: Path) -> FileLock:
    """Become the one who writes a log, until the lock is closed. Raises `RunError` if another process is."""
    try:
        return FileLock(path / "lock")
    except LockedError as error:
        what = f"audit log {str(path)!r} is written by {error.holder}"
        raise RunError(f"{what}; end that, or name another folder") from None
