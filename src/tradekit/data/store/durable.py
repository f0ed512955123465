"""Files that are there whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

__all__ = ["UNFINISHED", "make_folder", "publish"]

UNFINISHED = ".part"
"""How the name of a file ends that is still being written, or was when its writer died."""


def publish(path: Path, *content: bytes | memoryview) -> None:
    """Write a file aside, and give it its name when it is safe on the disk; what had that name before is replaced at once.

    Raises `OSError`, as for a full disk; the file is then what it was.
    """
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    with aside.open("xb") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    _fsync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, safe on the disk."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        _fsync_folder(path.parent)


def _fsync_folder(folder: Path) -> None:
    """See to it that the names in a folder are safe on the disk; Windows does so by itself, and can't be asked."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
