"""A store: a folder of data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from tradekit.data.store.dataset import LOCK, DataSet
from tradekit.data.store.durable import make_folder
from tradekit.data.store.keys import DataKey, key_of
from tradekit.data.store.lock import locked
from tradekit.data.store.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from tradekit.errors import DataError, nearest

__all__ = ["Store"]

_SHOWN = 8


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """A folder in which market data are kept; there need be none yet."""

    def __init__(self, folder: str | Path, now: Callable[[], datetime] = _utc_now) -> None:
        self.folder = Path(folder)
        self._now = now

    def keys(self) -> list[DataKey]:
        """Return what is kept, sorted."""
        return sorted(key_of(path.parent.relative_to(self.folder)) for path in self.folder.glob(f"*/*/*/{MANIFEST}"))

    def open(self, key: DataKey) -> DataSet:
        """Return a data set; raise `DataError` if it isn't there, or can't be read."""
        folder = self.folder / key.folder
        if not (folder / MANIFEST).exists():
            names = [str(other) for other in self.keys()]
            what = f"it keeps {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}" if names else "it is empty"
            raise DataError(f"the store {str(self.folder)!r} has no {key}; {what}{nearest(str(key), names)}")
        self._check_name(folder, key)
        return DataSet(folder, key, self._now)

    def find(self, words: Iterable[str]) -> DataKey:
        """Return the only data set whose name these words are, or that has them all in its name, whole or as parts of words.

        Raises `DataError` if there is none, or more than one.
        """
        wanted = " ".join(words).split()
        keys = self.keys()
        names = [str(key) for key in keys]
        found = [key for key, name in zip(keys, names, strict=True) if name.split() == wanted]
        found = found or [key for key, name in zip(keys, names, strict=True) if set(wanted) <= set(name.split())]
        found = found or [key for key, name in zip(keys, names, strict=True) if all(word in name for word in wanted)]
        if len(found) == 1:
            return found[0]
        names = [str(key) for key in found or keys]
        listed = ", ".join(map(repr, names[:_SHOWN])) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        text = repr(" ".join(wanted))
        if found:
            raise DataError(f"{text} may be any of {listed}; write more of it")
        has = f"it has {listed}{nearest(' '.join(wanted), names)}" if names else "it is empty"
        raise DataError(f"no data set of {str(self.folder)!r} is called {text}; {has}")

    def create(self, key: DataKey) -> DataSet:
        """Return a data set, made if it isn't there."""
        folder = self.folder / key.folder
        make_folder(folder)
        if not (folder / MANIFEST).exists():
            with locked(folder / LOCK, str(key)):
                if not (folder / MANIFEST).exists():
                    write_manifest(folder, Manifest(venue=key.venue, symbol=key.symbol, kind=key.kind, interval=key.interval))
        return self.open(key)

    def _check_name(self, folder: Path, key: DataKey) -> None:
        """Refuse what only a system that is blind to case takes for the same folder."""
        found = read_manifest(folder)
        if (found.venue, found.symbol, found.kind, found.interval) != (key.venue, key.symbol, key.kind, key.interval):
            raise DataError(f"{str(folder)!r} is the folder of {found.name}, and {key} can't have the same one")
