"""Where arrays that are as long as a run lie: in memory, or on disk, for data larger than it."""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.errors import RunError, system_reason

__all__ = ["BLOCK", "MEMORY", "Column", "Memory", "Scratch"]

BLOCK = 1 << 16
"""How many rows are worked on at a time where that keeps memory small."""


class Memory:
    """A place for arrays in memory."""

    def array(self, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
        """Return a new array, whose values are yet to be set."""
        return np.empty(shape, dtype)

    def columns(self, rows: int, compute: Callable[[int, int], tuple[NDArray[Any], ...]]) -> tuple[NDArray[Any], ...]:
        """Return columns that `compute` makes for rows `start <= row < stop`; it is asked for all of them, in order."""
        return compute(0, rows)

    def blocks(self, rows: int) -> Iterator[slice]:
        """Yield the rows a block at a time, and `release` after each: what is added up by blocks has the same sum anywhere."""
        for start in range(0, rows, BLOCK):
            yield slice(start, min(start + BLOCK, rows))
            self.release()

    def release(self) -> None:
        """Give back what can be had again; here, nothing."""


MEMORY = Memory()
"""The usual place."""


class Scratch(Memory):
    """A place for arrays in files without a name, which are gone when the process is, however it ends.

    The system reads and writes their pages as they are used; `release` gives back the memory that these take, and no value is
    lost by it. They lie where temporary files do (`TMPDIR` says where, if that should not be the default).
    """

    def __init__(self) -> None:
        self._maps: list[mmap.mmap] = []

    def array(self, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
        """Return a new array, whose values are yet to be set; raise `RunError` if the disk has no room for it."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if not size:
            return np.empty(shape, dtype)
        with tempfile.TemporaryFile() as file:
            _reserve(file.fileno(), size)
            return self._mapped(file.fileno(), size, mmap.ACCESS_WRITE).view(dtype).reshape(shape)

    def columns(self, rows: int, compute: Callable[[int, int], tuple[NDArray[Any], ...]]) -> tuple[NDArray[Any], ...]:
        """Return columns that `compute` makes for rows `start <= row < stop`; it is asked for one block after the other."""
        found: list[NDArray[Any]] = []
        for block in self.blocks(rows):
            parts = compute(block.start, block.stop)
            found = found or [self.array((rows,), part.dtype.type) for part in parts]
            for whole, part in zip(found, parts, strict=True):
                whole[block] = part
        return tuple(found) or compute(0, 0)

    def column(self, dtype: type[np.generic], width: int | None = None) -> Column:
        """Return an array that grows at its end until it is complete: [row], or [row, column] with a `width`."""
        return Column(self, np.dtype(dtype), width)

    def release(self) -> None:
        """Give back the memory of all arrays; what is used next is read again."""
        for pages in self._maps:
            if hasattr(pages, "madvise"):  # where it is missing, the system decides by itself what stays in memory
                pages.madvise(mmap.MADV_DONTNEED)

    def _mapped(self, file: int, size: int, access: int) -> NDArray[np.uint8]:
        pages = mmap.mmap(file, size, access=access)
        self._maps.append(pages)
        return np.frombuffer(pages, dtype=np.uint8)


class Column:
    """An array on disk that is written from its beginning to its end."""

    def __init__(self, scratch: Scratch, dtype: np.dtype[Any], width: int | None) -> None:
        self._scratch = scratch
        self._dtype = dtype
        self._shape = () if width is None else (width,)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed by `done`, or with this object
        weakref.finalize(self, self._file.close)
        self._size = 0

    def append(self, values: NDArray[Any]) -> None:
        """Add rows; raise `RunError` if the disk is full."""
        content = np.ascontiguousarray(values, dtype=self._dtype)
        try:
            self._file.write(content.data)
        except OSError as error:
            raise _full(error) from error
        self._size += content.nbytes

    def done(self) -> NDArray[Any]:
        """Return the array, which can't be changed."""
        with self._file as file:
            file.flush()
            if not self._size:
                return np.empty((0, *self._shape), self._dtype)
            flat = self._scratch._mapped(file.fileno(), self._size, mmap.ACCESS_READ)  # noqa: SLF001 - the two are one thing
        return flat.view(self._dtype).reshape(-1, *self._shape)


def _reserve(file: int, size: int) -> None:
    """Make a file as large as it will be: a page that finds no room later would end the process."""
    try:
        os.truncate(file, size)
        with suppress(AttributeError):
            os.posix_fallocate(file, 0, size)
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> RunError:
    return RunError(f"no room for temporary files in {tempfile.gettempdir()!r}: {system_reason(error)}; TMPDIR names another place")
