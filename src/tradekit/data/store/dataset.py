"""One data set of a store: read by anybody at any time, written to by one process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tradekit.data.arrays import digest
from tradekit.data.interval import time_text
from tradekit.data.months import hash_of_months, months_between
from tradekit.data.store.cache import keep_cache, read_cache
from tradekit.data.store.keys import DataKey
from tradekit.data.store.kinds import LAYOUTS, Columns, Kept, Layout
from tradekit.data.store.manifest import MANIFEST, Manifest, Part, Revision, read_manifest, write_manifest
from tradekit.data.store.parts import decode, encode, read_file
from tradekit.data.store.spans import Span, joined, without
from tradekit.data.store.staging import Page, merged, overlapping, stage, staged_pages
from tradekit.durable import make_folder, publish_file
from tradekit.errors import DataError, LockedError, system_reason
from tradekit.lock import FileLock
from tradekit.model.bars import Stored

__all__ = ["LOCK", "DataSet", "read_part"]

LOCK = ".lock"

_WORTH_CACHING = 100_000
_MOST_CACHED = 20_000_000
"""Rows of a revision: fewer are read in no time, and more would take too much of a disk."""

_EVER = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Revised:
    """Where a revision comes from."""

    source: str
    why: str
    instrument: Mapping[str, Any] | None


class DataSet:
    """The rows of one key, in revisions. A `Store` opens it.

    What is read is a revision as it was made: writers, in this process or another, add revisions and change none. Times are UTC
    nanoseconds, and ranges are half open: `start <= t < end`; of bars, the time is when they open.
    """

    def __init__(self, folder: Path, key: DataKey, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self.key = key
        self.manifest = self._known()
        """What is known about it, as of when it was opened, written to, or `reload`ed."""
        self._now = now
        self._depth = 0

    @property
    def layout(self) -> Layout:
        """The columns that it has."""
        return LAYOUTS[self.key.kind]

    @property
    def revision(self) -> int:
        """The number of the newest revision; 0 if there is none yet."""
        return self.manifest.newest

    def reload(self) -> None:
        """Take note of what other processes have written since."""
        self.manifest = self._known()

    def _known(self) -> Manifest:
        """Return the manifest; a new one if there is none yet, and refuse what only a system blind to case takes for its folder."""
        key = self.key
        if not (self.folder / MANIFEST).exists():
            return Manifest(venue=key.venue, symbol=key.symbol, kind=key.kind, interval=key.interval)
        found = read_manifest(self.folder)
        if (found.venue, found.symbol, found.kind, found.interval) != (key.venue, key.symbol, key.kind, key.interval):
            raise DataError(f"{str(self.folder)!r} is the folder of {found.name}, and {key} can't have the same one")
        return found

    def covered(self) -> list[Span]:
        """Return the ranges that were asked for and answered, those of staged pages included."""
        return joined([*self.manifest.covered, *(page.span for page in self._staged())])

    def missing(self, start: int, end: int) -> list[Span]:
        """Return the parts of a range that nobody has asked for yet."""
        return without((start, end), self.covered())

    def reach(self, revision: int, first: int, end: int) -> Span:
        """Return the range around rows in which nothing else is: further than they reach where that was asked for, too.

        What was asked for is known of the newest revision only.
        """
        if revision == self.revision:
            for span in self.manifest.covered:
                first = span[0] if span[0] <= first < span[1] else first
                end = span[1] if span[0] < end <= span[1] else end
        return first, end

    def read(self, start: int | None = None, end: int | None = None, revision: int | None = None, caching: bool = False) -> Kept:
        """Return the rows in a range, of the newest revision or another; each file that is read is checked against its hash.

        With `caching`, many rows come from a cache, which is made if it isn't there; its arrays are read-only. Of a cache only the
        length is checked: it was made from files that were, and is named by the hash of their content. Raises `DataError` for a
        revision that is not there, and for a file that is missing or not what was written.
        """
        number = self.revision if revision is None else revision
        span = (_EVER[0] if start is None else start, _EVER[1] if end is None else end)
        months = self.manifest.parts(number)
        content = self.manifest.content(number)
        found = {month: part for month, part in months.items() if part.first < span[1] and span[0] <= part.last}
        columns = self._cached(months, found, content) if caching else None
        if columns is None:
            columns = self.layout.joined([read_part(self.folder, self.layout, part) for part in found.values()])
        columns = self.layout.cut(columns, span)
        stored = Stored(str(self.key), number, content, self._hash(found, columns, span))
        what = " ".join(filter(None, (self.key.venue, self.key.kind, self.key.interval)))
        return self.layout.data_of(columns, f"{what}, revision {number}", stored)

    def _cached(self, months: Mapping[str, Part], found: Mapping[str, Part], content: str) -> Columns | None:
        """Return all rows of a revision from its cache, which is made if that pays; `None` if there is none."""
        rows, wanted = (sum(part.rows for part in parts.values()) for parts in (months, found))
        if rows < _WORTH_CACHING:
            return None
        columns = read_cache(self.folder, self.layout, content, rows)
        if columns is None and 2 * wanted >= rows and rows <= _MOST_CACHED:
            columns = self.layout.joined([read_part(self.folder, self.layout, part) for part in months.values()])
            keep_cache(self.folder, columns, content)
        return columns

    def _hash(self, months: Mapping[str, Part], columns: Columns, span: Span) -> str:
        """Return the content hash of rows: the manifest knows those of months that are there whole."""
        digests = []
        for month, part in months.items():
            known = part.content
            if part.first < span[0] or span[1] <= part.last:
                known = digest(self.layout.cut(columns, (part.first, part.last + 1)).values())
            digests.append((month, known))
        return hash_of_months(digests)

    @contextmanager
    def writing(self) -> Iterator[DataSet]:
        """Be the one writer; each method that writes does so for itself, so this is for several that belong together.

        Raises `DataError` at once if another process is the writer. The lock goes with the process, however it ends.
        """
        if self._depth:
            yield self
            return
        make_folder(self.folder)
        try:
            lock = FileLock(self.folder / LOCK)
        except LockedError as error:
            where = f"{self.key} in {str(self.folder)!r}"
            raise DataError(f"{error.holder} is writing to {where}; wait until it is done, or end it") from None
        with lock:
            self.reload()
            self._depth += 1
            try:
                yield self
            finally:
                self._depth -= 1

    def stage(self, data: Kept, start: int, end: int, source: str) -> None:
        """Keep the answer to what is in a range, to be committed later; when this returns, it is safe on the disk.

        Raises `DataError` for rows outside of the range, and for what can't be kept.
        """
        columns = self._checked(data, (start, end))
        with self.writing():
            staged = staged_pages(self.folder)
            if not (self.folder / MANIFEST).exists():
                write_manifest(self.folder, self.manifest)
            number = 1 + max([self.manifest.merged, *(page.number for page in staged)])
            stage(self.folder, Page(number, (start, end), columns), source)

    def commit(self, source: str, why: str, instrument: Mapping[str, Any] | None = None) -> int:
        """Make a revision of all staged pages, and return its number; without new rows, that of the newest revision.

        `instrument` is what is known about the instrument, by the names of its facts.
        """
        with self.writing():
            pages = self._staged()
            number = self._revise(pages, Revised(source, why, instrument), pages[-1].number if pages else self.manifest.merged)
            # From here on the pages are only in the way: were this the end, the next commit would pass them over.
            for page in staged_pages(self.folder):
                if isinstance(page.content, Path):
                    page.content.unlink()
            return number

    def put(
        self,
        data: Kept,
        source: str,
        why: str,
        start: int | None = None,
        end: int | None = None,
        instrument: Mapping[str, Any] | None = None,
    ) -> int:
        """Replace what is in a range by other rows, as a new revision, and return its number; if they are equal, there is none.

        The range is from the first row to the last unless it is given. Staged pages are committed before. Raises `DataError` for
        rows outside of the range, and for what can't be kept.
        """
        columns = self.layout.columns_of(data)
        first, last = extent(self.layout, columns) or (start, end)
        start, end = first if start is None else start, last if end is None else end
        if start is None or end is None:
            raise DataError(f"there are no {self.key.kind} to put into {self.key}; say which range is empty")
        self._checked(data, (start, end))
        with self.writing():
            if self._staged():
                self.commit(source, "pages that were staged before")
            return self._revise([Page(0, (start, end), columns)], Revised(source, why, instrument), self.manifest.merged)

    def _staged(self) -> list[Page]:
        """Return the pages that are in no revision yet; those up to the last one merged were left behind by a dying process."""
        return [page for page in staged_pages(self.folder) if page.number > self.manifest.merged]

    def _checked(self, data: Kept, span: Span) -> Columns:
        columns = self.layout.columns_of(data)
        start, end = span
        if end <= start:
            raise DataError(f"a range ends after it begins, and this is from {time_text(start)} to {time_text(end)}")
        times = columns[self.layout.time]
        if len(times) and not start <= times[0] <= times[-1] < end:
            what = f"rows from {time_text(times[0])} to {time_text(times[-1])}"
            raise DataError(f"{what} are not in the range from {time_text(start)} to {time_text(end)}")
        return columns

    def _revise(self, pages: Sequence[Page], revised: Revised, merged_to: int) -> int:
        """Write the parts that pages change, and a manifest that has them."""
        manifest, number = self.manifest, self.revision + 1
        known = self.manifest.parts(self.revision)
        months: dict[str, Part | None] = {}
        for month, span in _months(page.span for page in pages):
            before = known.get(month)
            base = self.layout.empty() if before is None else read_part(self.folder, self.layout, before)
            part = self._written(month, number, merged(self.layout, base, overlapping(pages, span), span), before)
            if part != before:
                months[month] = part
        facts = None if revised.instrument is None else dict(revised.instrument)
        facts = None if facts is None or facts == manifest.instrument(self.revision) else facts
        covered = tuple(joined([*manifest.covered, *(page.span for page in pages)]))
        changed = manifest.model_copy(update={"covered": covered, "merged": merged_to})
        if months or facts is not None:
            made_at = self._now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            revision = Revision(
                number=number, made_at=made_at, source=revised.source, why=revised.why, months=months, instrument=facts, content=""
            )
            changed = changed.model_copy(update={"revisions": (*manifest.revisions, revision)})
            whole = revision.model_copy(update={"content": changed.content(number)})
            changed = changed.model_copy(update={"revisions": (*manifest.revisions, whole)})
        if changed != manifest:
            write_manifest(self.folder, changed)
            self.manifest = changed
        return self.revision

    def _written(self, month: str, number: int, columns: Columns, before: Part | None) -> Part | None:
        """Write the rows of a month, unless they are those of the part that it has."""
        times = columns[self.layout.time]
        if not len(times):
            return None
        found = digest(columns.values())
        if before is not None and found == before.content:
            return before
        content, file = encode(columns), f"{month}.{number}.parquet"
        publish_file(self.folder / file, content)
        return Part(
            file=file,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            rows=len(times),
            first=int(times[0]),
            last=int(times[-1]),
            content=found,
        )


def read_part(folder: Path, layout: Layout, part: Part) -> Columns:
    """Return the rows of a part; raise `DataError` if its file is missing, or not what was written."""
    path = folder / part.file
    try:
        content = read_file(path)
    except OSError as error:
        raise DataError(f"{str(path)!r} can't be read: {system_reason(error)}") from error
    if len(content) != part.size or hashlib.sha256(content).hexdigest() != part.sha256:
        raise DataError(f"{str(path)!r} is not what was written: its SHA-256 is another than in the manifest; get it from a copy")
    return decode(content, layout, repr(str(path)))


def extent(layout: Layout, columns: Columns) -> Span | None:
    """Return the range that rows take up, or `None` if there are none."""
    times = columns[layout.time]
    if not len(times):
        return None
    return int(times[0]), max(int(times[-1]) + 1, int(columns["close_time"].max()) if "close_time" in columns else 0)


def _months(spans: Iterable[Span]) -> list[tuple[str, Span]]:
    found = {month: span for start, end in joined(spans) for month, span in months_between(start, end)}
    return sorted(found.items())
