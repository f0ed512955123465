"""A process that writes records as fast as it can, and says so of each; it is there to be killed, or to meet a full disk."""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

from small_logs import Small, record


def main(folder: str, most: int) -> None:
    """Write until something ends it. `most` bytes may be in a file (0: any number); each number is printed once acknowledged."""
    if most:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    small = Small(Path(folder) / "log", None, Path(folder) / "heads", every=7, roll_bytes=20_000)
    writer = small.open()
    os.write(1, b"open\n")
    try:
        while True:
            number = writer.append(record(writer.size), run="r1")
            os.write(1, b"%d\n" % number)
    except OSError as error:
        os.write(1, f"{error.strerror}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
