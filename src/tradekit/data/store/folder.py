"""A store: a folder of data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from tradekit.data.store.dataset import DataSet
from tradekit.data.store.keys import DataKey, file_safe, key_of
from tradekit.data.store.manifest import MANIFEST, has_revision
from tradekit.errors import DataError, nearest

__all__ = ["Store", "listed"]

_SHOWN = 8


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """A folder in which market data are kept; there need be none yet."""

    def __init__(self, folder: str | Path, now: Callable[[], datetime] = _utc_now) -> None:
        self.folder = Path(folder)
        self._now = now

    def keys(self, venue: str | None = None, symbol: str | None = None) -> list[DataKey]:
        """Return what is kept, sorted: all, or what there is of a venue, or of one of its symbols.

        What has no revision yet is not there: nothing of it can be read.
        """
        return self._keys(True, venue, symbol)

    def remnants(self) -> list[DataKey]:
        """Return what has a manifest and no revision, sorted: what a fetch has asked for in vain, or has not finished."""
        return self._keys(False)

    def _keys(self, is_kept: bool, venue: str | None = None, symbol: str | None = None) -> list[DataKey]:
        where = "/".join("*" if name is None else file_safe(name) for name in (venue, symbol))
        folders = (path.parent for path in self.folder.glob(f"{where}/*/{MANIFEST}"))
        return sorted(key_of(folder.relative_to(self.folder)) for folder in folders if has_revision(folder) is is_kept)

    def open(self, key: DataKey) -> DataSet:
        """Return a data set; raise `DataError` if it isn't there, or can't be read."""
        folder = self.folder / key.folder
        if not has_revision(folder):
            names = [str(other) for other in self.keys()]
            what = f"it keeps {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}" if names else "it is empty"
            raise DataError(f"the store {str(self.folder)!r} has no {key}; {what}{nearest(str(key), names)}")
        return DataSet(folder, key, self._now)

    def find(self, words: Iterable[str]) -> DataKey:
        """Return the only data set that `find_all` finds; raise `DataError` if there is none, or more than one."""
        words = " ".join(words).split()
        found = self.find_all(words)
        if len(found) > 1:
            raise DataError(f"{' '.join(words)!r} may be any of {listed(map(str, found))}; write more of it")
        return found[0]

    def find_all(self, words: Iterable[str]) -> list[DataKey]:
        """Return the data set whose name these words are, or those that have them all in their names, whole or as parts of words.

        Raises `DataError` if there is none.
        """
        wanted = " ".join(words).split()
        keys = self.keys()
        names = [str(key) for key in keys]
        found = [key for key, name in zip(keys, names, strict=True) if name.split() == wanted]
        found = found or [key for key, name in zip(keys, names, strict=True) if set(wanted) <= set(name.split())]
        found = found or [key for key, name in zip(keys, names, strict=True) if all(word in name for word in wanted)]
        if not found:
            has = f"it has {listed(names)}{nearest(' '.join(wanted), names)}" if names else "it is empty"
            raise DataError(f"no data set of {str(self.folder)!r} is called {' '.join(wanted)!r}; {has}")
        return found

    def create(self, key: DataKey) -> DataSet:
        """Return a data set to write to, which comes to be with the first that is kept in it if it isn't there."""
        return DataSet(self.folder / key.folder, key, self._now)


def listed(names: Iterable[str]) -> str:
    """Return names for a message, the first of many."""
    names = list(names)
    return ", ".join(map(repr, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
