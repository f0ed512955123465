"""Files and folders that are there whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

__all__ = ["UNFINISHED", "make_folder", "publish_file", "publish_folder", "sync_folder"]

UNFINISHED = ".part"
"""How the name of a file or folder ends that is still being written, or was when its writer died."""


def publish_file(path: Path, *content: bytes | memoryview, is_durable: bool = True) -> None:
    """Write a file aside, and give it its name when it is whole; what had that name before is replaced at once.

    Without `is_durable` it is not waited for until it is safe on the disk, which a crash of the machine may then undo. Raises
    `OSError`, as for a full disk; the file is then what it was.
    """
    aside = _aside(path)
    try:
        _write(aside, content, is_durable)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    if is_durable:
        sync_folder(path.parent)


def publish_folder(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder of files aside, and give it its name when all of it is safe on the disk; say whether it was not there yet.

    What has that name already is left alone: another writer was first. Raises `OSError`, as for a full disk.
    """
    make_folder(folder.parent)
    aside = _aside(folder)
    aside.mkdir()
    try:
        for name, content in files.items():
            _write(aside / name, (content,), is_durable=True)
        sync_folder(aside)
        aside.rename(folder)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        if folder.is_dir():
            return False
        raise
    sync_folder(folder.parent)
    return True


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, safe on the disk. Raises `OSError`."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See to it that the names in a folder are safe on the disk; Windows does so by itself, and can't be asked."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}{UNFINISHED}")


def _write(path: Path, content: tuple[bytes | memoryview, ...], is_durable: bool) -> None:
    with path.open("xb") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        if is_durable:
            os.fsync(file.fileno())
