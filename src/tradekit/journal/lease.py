"""A file that one process holds at a time, and that is free again when it ends, however that happens."""

from __future__ import annotations

import os
from pathlib import Path

from tradekit.errors import RunError

__all__ = ["Lease", "is_held"]


class Lease:
    """Hold a file until `close`; raise `RunError`, which says `what` another process does, if that has it."""

    def __init__(self, path: Path, what: str) -> None:
        import fcntl

        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode() or "unknown"
            os.close(self._file)
            raise RunError(
                f"account {path.stem!r} is {what} by another process ({holder.strip()}); end that, or name another account"
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def close(self) -> None:
        """Give it back."""
        os.close(self._file)


def is_held(path: Path) -> bool:
    """Say whether some process holds a file now."""
    import fcntl

    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False
