"""Files in a store that nothing needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tradekit.data.store.cache import CACHE
from tradekit.data.store.dataset import LOCK
from tradekit.data.store.manifest import MANIFEST, Manifest
from tradekit.data.store.staging import staged_pages
from tradekit.durable import UNFINISHED

__all__ = ["Strays", "find_strays", "outside"]

_PART = re.compile(r"-?[0-9]{4,}-[0-9]{2}\.[0-9]+\.parquet")


@dataclass(frozen=True, slots=True)
class Strays:
    """What is in a folder without being needed, sorted."""

    left: tuple[Path, ...]
    """Left behind by a process that died, or by revisions and caches that are no more: may go."""
    foreign: tuple[Path, ...]
    """Nothing that the store would make: not its business."""


def find_strays(folder: Path, manifest: Manifest) -> Strays:
    """Return the stray files of a data set. A writer that is at work has some, so what removes them must be the writer."""
    needed = {part.file for revision in manifest.revisions for part in revision.months.values() if part is not None}
    needed |= {MANIFEST, LOCK}
    waiting = {page.content for page in staged_pages(folder) if page.number > manifest.merged}
    merged = {page.content for page in staged_pages(folder)} - waiting
    newest = manifest.content(manifest.newest)
    left: list[Path] = []
    foreign: list[Path] = []
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        name = path.relative_to(folder).as_posix()
        if name in needed or path in waiting or name == f"{CACHE}/{newest}.columns":
            continue
        is_ours = (
            name.endswith(UNFINISHED) or _PART.fullmatch(name) or path in merged or re.fullmatch(rf"{CACHE}/.*\.columns", name)
        )
        (left if is_ours else foreign).append(path)
    return Strays(tuple(left), tuple(foreign))


def outside(store: Path) -> Strays:
    """Return the files of a store that are in no data set."""
    homes = [path.parent for path in store.glob(f"*/*/*/{MANIFEST}")]
    files = [path for path in sorted(store.rglob("*")) if not path.is_dir() and not any(home in path.parents for home in homes)]
    # Of a data set that was being made when its process died, there is a folder with a lock, which the next writer takes.
    files = [path for path in files if path.name != LOCK]
    left = [path for path in files if path.name.endswith(UNFINISHED)]
    return Strays(tuple(left), tuple(path for path in files if path not in left))
