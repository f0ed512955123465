"""The sign of life of a process that trades an account, and the venue's timer that it keeps from running out.

Both are a few bytes that it writes again and again, and others read.
"""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Beat", "Heartbeat", "Timer", "last_beat", "last_timer"]

_FORM = struct.Struct("<qq")
_TIMER = struct.Struct("<qd")
_SIZE = _FORM.size + _TIMER.size
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Beat:
    """How old the last sign of life is, in seconds; infinite if it is from before this machine was started.

    `is_over` once the process has ended cleanly: nothing has to be watched then.
    """

    age_s: float
    is_over: bool


@dataclass(frozen=True, slots=True)
class Timer:
    """When the venue was last told to cancel all orders unless it hears again, and after how many seconds; 0: it was taken back.

    The time is this machine's, in nanoseconds since 1970, of the moment before the request left: it holds no shorter than that.
    """

    asked: int
    seconds: float

    def left_s(self, now: int) -> float:
        """Return for how many seconds it still holds; below 0 once it has run out."""
        return self.seconds - (now - self.asked) / _SECOND


class Heartbeat:
    """What the trading process gives signs of life with. One takes less than a microsecond, and no room on the disk."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(_SIZE)
            self._memory = mmap.mmap(file.fileno(), _SIZE)
        self.beat()

    def beat(self) -> None:
        """Give a sign of life, by the clock that all processes of this machine have in common and nobody sets."""
        _FORM.pack_into(self._memory, 0, time.monotonic_ns(), 1)

    def note(self, timer: Timer) -> None:
        """Tell of the venue's timer, which outlives this process."""
        self._memory[_FORM.size : _SIZE] = _TIMER.pack(timer.asked, timer.seconds)

    def close(self, is_clean: bool) -> None:
        """Give the last one: whether the process has ended as it should."""
        if is_clean:
            _FORM.pack_into(self._memory, 0, time.monotonic_ns(), 0)
        self._memory.close()


def last_beat(path: Path) -> Beat | None:
    """Return the last sign of life; `None` if there never was one."""
    content = _content(path)
    if len(content) < _FORM.size:
        return None
    at, is_on = _FORM.unpack(content[: _FORM.size])
    age = time.monotonic_ns() - at
    return Beat(age / _SECOND if age >= 0 else float("inf"), not is_on)


def last_timer(path: Path) -> Timer | None:
    """Return the venue's timer as it was last set; `None` if it never was, or was taken back."""
    content = _content(path)
    if len(content) < _SIZE:
        return None
    timer = Timer(*_TIMER.unpack(content[_FORM.size : _SIZE]))
    return timer if timer.seconds else None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
