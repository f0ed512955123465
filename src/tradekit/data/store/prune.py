"""Take out of a store what nobody needs any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tradekit.data.store.dataset import DataSet
from tradekit.data.store.manifest import MANIFEST, Manifest, Part, Revision, write_manifest
from tradekit.data.store.staging import staged_pages
from tradekit.data.store.strays import find_strays

__all__ = ["Pruned", "prune"]


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was, or would be, taken out of one data set."""

    name: str
    revisions: tuple[int, ...]
    held: tuple[int, ...]
    """Old revisions that stay because a run names them."""
    files: tuple[Path, ...]
    size: int
    """Of the files, in bytes."""
    is_gone: bool = False
    """Whether all of it goes, because it has no revision."""


def prune(data_set: DataSet, keep: int | None, named: Collection[int], is_dry: bool = False) -> Pruned:
    """Drop all but the newest `keep` revisions and those that are `named`, and the files that nobody needs then.

    `None` drops no revision. What is left reads as before. One without a revision goes, but for pages that the next fetch takes up.
    With `is_dry` nothing is changed.
    """
    with data_set.writing():
        manifest = data_set.manifest
        is_gone = not manifest.revisions and not staged_pages(data_set.folder)
        old = [] if keep is None else manifest.revisions[: len(manifest.revisions) - keep]
        dropped = [revision.number for revision in old if revision.number not in named]
        held = [revision.number for revision in old if revision.number in named]
        less = manifest.model_copy(update={"revisions": tuple(_without(manifest, dropped))})
        files = (*find_strays(data_set.folder, less).left, *([data_set.folder / MANIFEST] if is_gone else []))
        size = sum(file.stat().st_size for file in files)
        if not is_dry:
            if dropped:
                write_manifest(data_set.folder, less)
                data_set.reload()
            for file in files:  # only now: until the manifest was replaced, readers could still need them
                file.unlink()
        return Pruned(str(data_set.key), tuple(dropped), tuple(held), files, size, is_gone)


def _without(manifest: Manifest, dropped: Sequence[int]) -> list[Revision]:
    """Return the revisions that stay; what those before one changed is in it now."""
    kept: list[Revision] = []
    months: dict[str, Part | None] = {}
    instrument = None
    for revision in manifest.revisions:
        months |= revision.months
        instrument = instrument if revision.instrument is None else revision.instrument
        if revision.number not in dropped:
            if not kept:
                months = {month: part for month, part in months.items() if part is not None}
            kept.append(revision.model_copy(update={"months": months, "instrument": instrument}))
            months, instrument = {}, None
    return kept
