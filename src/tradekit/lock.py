"""One process at a time: a lock on a file, which the system lets go of when the process ends, however it does."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tradekit.durable import make_folder
from tradekit.errors import LockedError

__all__ = ["FileLock"]

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        # A byte far behind the content, because what is locked can't be read by others.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """Hold a file, which is made if there is none and stays, until `close` or the end of a `with` block.

    Whose it is stands in it. Raises `LockedError` at once if it is held already.
    """

    def __init__(self, path: Path) -> None:
        make_folder(path.parent)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _take(self._file)
        except OSError:
            told = os.read(self._file, 20).decode("utf-8", "replace").strip()
            os.close(self._file)
            raise LockedError(str(path), f"process {told}" if told.isdigit() else "another process") from None
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    @staticmethod
    def is_held(path: Path) -> bool:
        """Say whether somebody holds a file now."""
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            _take(file)
        except OSError:
            return True
        finally:
            os.close(file)
        return False

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
