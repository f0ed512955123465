"""Whether a store is what was written to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tradekit.data.arrays import digest
from tradekit.data.months import content_hash, months_between
from tradekit.data.store.cache import CACHE, read_cache
from tradekit.data.store.dataset import read_part
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import key_of
from tradekit.data.store.kinds import LAYOUTS, Columns, Layout
from tradekit.data.store.manifest import MANIFEST, Manifest, Part, read_manifest
from tradekit.data.store.spans import joined
from tradekit.data.store.staging import staged_pages
from tradekit.data.store.strays import Strays, find_strays
from tradekit.errors import DataError

__all__ = ["Verified", "verify"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in the folder of one data set."""

    folder: Path
    name: str
    revisions: int
    files: int
    """Those that hold rows of any revision."""
    rows: int
    """Of the newest revision."""
    staged: int
    """Pages of a fetch that are in no revision yet."""
    problems: tuple[str, ...]
    """What is not as it was written, one clause each; empty if all is."""
    strays: Strays


def verify(store: Store) -> Iterator[Verified]:
    """Check each data set of a store: each file's hash, rows and their order, and that the manifest agrees with itself.

    Files that nothing needs, such as those left behind by a process that died, are no problem; they are told.
    """
    for path in sorted(store.folder.glob(f"*/*/*/{MANIFEST}")):
        yield _verified(store.folder, path.parent)


def _verified(store: Path, folder: Path) -> Verified:
    where = folder.relative_to(store)
    try:
        manifest = read_manifest(folder)
        key = key_of(where)
    except DataError as error:
        return Verified(folder, where.as_posix(), 0, 0, 0, 0, (str(error),), Strays((), ()))
    problems = list(_manifest_problems(manifest, str(key)))
    parts = {part.file: (month, part) for revision in manifest.revisions for month, part in revision.months.items() if part}
    if not problems:
        for month, part in parts.values():
            problems += _part_problems(folder, LAYOUTS[key.kind], month, part)
        problems += _staged_problems(folder, LAYOUTS[key.kind])
        problems += _cache_problems(folder, LAYOUTS[key.kind], manifest)
    rows = sum(part.rows for part in manifest.parts(manifest.newest).values())
    staged = sum(page.number > manifest.merged for page in staged_pages(folder))
    strays = find_strays(folder, manifest)
    return Verified(folder, str(key), len(manifest.revisions), len(parts), rows, staged, tuple(problems), strays)


def _manifest_problems(manifest: Manifest, name: str) -> Iterator[str]:
    if manifest.name != name:
        yield f"the manifest is that of {manifest.name}"
    numbers = [revision.number for revision in manifest.revisions]
    if numbers != sorted(set(numbers)) or min(numbers, default=1) < 1:
        yield f"the revisions are numbered {', '.join(map(str, numbers))}, which is not ascending from 1 or more"
        return
    if list(manifest.covered) != joined(manifest.covered):
        yield "the ranges that are covered are not in order, or overlap"
    for revision in manifest.revisions:
        if manifest.content(revision.number) != revision.content:
            yield f"the content hash of revision {revision.number} is not that of its months"
    files = [part.file for revision in manifest.revisions for part in revision.months.values() if part is not None]
    yield from (f"the file {file!r} is in the manifest twice" for file in sorted({file for file in files if files.count(file) > 1}))


def _part_problems(folder: Path, layout: Layout, month: str, part: Part) -> Iterator[str]:
    try:
        columns = read_part(folder, layout, part)
        # Whoever made the file may have been another version, so what a row must be is looked at again.
        layout.columns_of(layout.data_of(columns, ""))
    except DataError as error:
        yield str(error) if part.file in str(error) else f"{part.file}: {error}"
        return
    times = columns[layout.time]
    if len(times) != part.rows:
        yield f"{part.file} has {len(times):,} rows, and the manifest says {part.rows:,}"
    elif (int(times[0]), int(times[-1])) != (part.first, part.last):
        yield f"{part.file} begins or ends at another time than the manifest says"
    elif [name for name, _ in months_between(int(times[0]), int(times[-1]) + 1)] != [month]:
        yield f"{part.file} has rows outside of its month, {month}"
    elif digest(columns.values()) != part.content:
        yield f"the rows of {part.file} don't have the content hash that the manifest gives"


def _staged_problems(folder: Path, layout: Layout) -> Iterator[str]:
    for page in staged_pages(folder):
        try:
            times = page.columns(layout)[layout.time]
        except DataError as error:
            yield str(error)
            continue
        except FileNotFoundError:  # it has been committed meanwhile
            continue
        if len(times) and not page.span[0] <= times[0] <= times[-1] < page.span[1]:
            yield f"the staged page {page.number} has rows outside of its range"


def _cache_problems(folder: Path, layout: Layout, manifest: Manifest) -> Iterator[str]:
    for revision in manifest.revisions:
        rows = sum(part.rows for part in manifest.parts(revision.number).values())
        columns = read_cache(folder, layout, revision.content, rows)
        if columns is not None and _hash(layout, columns) != revision.content:
            yield f"the cache of revision {revision.number} is not what was written; remove the folder {str(folder / CACHE)!r}"


def _hash(layout: Layout, columns: Columns) -> str:
    return content_hash(columns[layout.time], list(columns.values()))
