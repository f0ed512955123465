"""What other processes ask of the one that trades an account: a file to which lines are added, and which nobody locks.

So something can be asked for while that process hangs in the middle of a transaction of its journal.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from tradekit.errors import ConfigError

__all__ = ["COMMANDS", "STOPPING", "Asked", "Mailbox"]

STOPPING = ("reduce-only", "halt", "flatten")
"""What stops new risk, the weakest first."""
COMMANDS = (*STOPPING, "resume")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, by whom (`cause`), and when. `id` is the place in the file at which it ends."""

    id: int
    time: int
    command: str
    reason: str
    cause: str


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The file of what was asked for. What the trading process has taken of it stands in the journal."""

    path: Path

    def ask(self, command: str, reason: str, cause: str = "operator") -> int:
        """Ask for something, durably, and return its id."""
        if command not in COMMANDS:
            raise ConfigError(f"a live account can't be asked for {command!r}; allowed: {', '.join(COMMANDS)}")
        told = {"time": time.time_ns(), "command": command, "reason": reason, "cause": cause}
        # It begins on a line of its own even if what was asked before was cut off.
        line = f"\n{json.dumps(told)}\n".encode()
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            while line:
                line = line[os.write(file, line) :]
            os.fsync(file)
            return os.lseek(file, 0, os.SEEK_CUR)
        finally:
            os.close(file)

    def size(self) -> int:
        """Return how long the file is; 0 if there is none."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def since(self, start: int) -> list[Asked]:
        """Return what was asked for behind a place in the file, oldest first; all if the file is shorter than that by now."""
        if not self.size():
            return []
        found = []
        with self.path.open("rb") as file:
            at = file.seek(start if start <= self.size() else 0)
            for line in file:
                at += len(line)
                if line.strip() and line.endswith(b"\n"):
                    found.append(_read(at, line))
        return found


def _read(place: int, line: bytes) -> Asked:
    """Return what a line asks for. One that can't be read halts: whoever wrote it wanted something."""
    try:
        told = json.loads(line)
        asked = Asked(place, int(told["time"]), told["command"], str(told["reason"]), str(told["cause"]))
    except (ValueError, KeyError, TypeError):
        return Asked(place, 0, "halt", f"a line of what was asked for can't be read: {line[:80]!r}", "operator")
    if asked.command not in COMMANDS:
        return Asked(place, asked.time, "halt", f"{asked.command!r} was asked for, which is no command", asked.cause)
    return asked
