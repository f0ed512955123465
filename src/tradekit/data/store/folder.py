"""A store: a folder of data sets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tradekit.data.store.dataset import LOCK, DataSet
from tradekit.data.store.durable import make_folder
from tradekit.data.store.keys import DataKey, key_of
from tradekit.data.store.lock import locked
from tradekit.data.store.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from tradekit.errors import DataError, nearest

__all__ = ["Store"]


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
