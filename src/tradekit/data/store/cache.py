"""The columns of a revision as they are in memory, in a file that is mapped instead of read, for what is read over and over.

A cache is named by the content hash of what is in it, made only from parts whose files were checked, and given its name when it is
whole and safe. It may be removed at any time.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from pathlib import Path

import numpy as np

from tradekit.data.store.kinds import Columns, Layout
from tradekit.durable import make_folder, publish_file

__all__ = ["CACHE", "keep_cache", "read_cache"]

CACHE = "cache"
"""The folder of caches, beside the manifest."""

_ENDING = ".columns"


def read_cache(folder: Path, layout: Layout, content: str, rows: int) -> Columns | None:
    """Return the columns of a revision, mapped; `None` if there is no cache of it, or one that is not as long as it must be."""
    path = folder / CACHE / (content + _ENDING)
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # there is none, or an empty one, which can't be mapped
        return None
    if len(mapped) != rows * sum(np.dtype(kind).itemsize for kind in layout.columns.values()):
        return None
    columns, offset = {}, 0
    for name, kind in layout.columns.items():
        columns[name] = np.frombuffer(mapped, kind, rows, offset)
        offset += columns[name].nbytes
    return columns


def keep_cache(folder: Path, columns: Columns, content: str) -> None:
    """Make the cache of a revision, in place of those of others; where the store can't be written to, there will be none."""
    path = folder / CACHE / (content + _ENDING)
    try:
        make_folder(path.parent)
        publish_file(path, *(column.data.cast("B") for column in columns.values()))
        others = [other for other in path.parent.glob(f"*{_ENDING}") if other != path]
    except OSError:  # a store that is read-only or full is still one to read from, only slower
        return
    for other in others:
        with suppress(OSError):  # Windows keeps what somebody has mapped; the next cache takes its place
            other.unlink()
