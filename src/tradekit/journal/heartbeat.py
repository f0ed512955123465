"""The sign of life of a process that trades an account: a few bytes that it writes again and again, and others read."""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Beat", "Heartbeat", "last_beat"]

_FORM = struct.Struct("<qq")
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Beat:
    """How old the last sign of life is, in seconds; infinite if it is from before this machine was started.

    `is_over` once the process has ended cleanly: nothing has to be watched then.
    """

    age_s: float
    is_over: bool


class Heartbeat:
    """What the trading process gives signs of life with. One takes less than a microsecond, and no room on the disk."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(_FORM.size)
            self._memory = mmap.mmap(file.fileno(), _FORM.size)
        self.beat()

    def beat(self) -> None:
        """Give a sign of life, by the clock that all processes of this machine have in common and nobody sets."""
        _FORM.pack_into(self._memory, 0, time.monotonic_ns(), 1)

    def close(self, is_clean: bool) -> None:
        """Give the last one: whether the process has ended as it should."""
        if is_clean:
            _FORM.pack_into(self._memory, 0, time.monotonic_ns(), 0)
        self._memory.close()


def last_beat(path: Path) -> Beat | None:
    """Return the last sign of life; `None` if there never was one."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(content) < _FORM.size:
        return None
    at, is_on = _FORM.unpack(content[: _FORM.size])
    age = time.monotonic_ns() - at
    return Beat(age / _SECOND if age >= 0 else float("inf"), not is_on)
