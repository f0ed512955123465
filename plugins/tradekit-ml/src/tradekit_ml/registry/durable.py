"""Folders and files that are there whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

__all__ = ["UNFINISHED", "publish_file", "publish_folder"]

UNFINISHED = ".part"
"""How a name ends that is still being written, or was when its writer died."""


def publish_folder(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder of files aside, and give it its name when all of it is safe on the disk; say whether it was not there yet.

    What has that name already is left alone: another writer was first. Raises `OSError`, as for a full disk.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}{UNFINISHED}")
    aside.mkdir()
    try:
        for name, content in files.items():
            _write(aside / name, content)
        _make_safe(aside)
        aside.rename(folder)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        if folder.is_dir():
            return False
        raise
    _make_safe(folder.parent)
    return True


def publish_file(path: Path, content: bytes) -> None:
    """Write a file aside, and give it its name when it is safe on the disk; what had that name before is replaced at once."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    _write(aside, content)
    aside.replace(path)
    _make_safe(path.parent)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_safe(folder: Path) -> None:
    """See to it that the names in a folder are safe on the disk; Windows does so by itself, and can't be asked."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
