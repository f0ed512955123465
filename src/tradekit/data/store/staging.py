"""Pages of a fetch that are safe on the disk, and not yet in a revision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tradekit.data.store.kinds import Columns, Layout
from tradekit.data.store.parts import decode, encode, read_file
from tradekit.data.store.spans import Span, joined, without
from tradekit.durable import make_folder, publish_file

__all__ = ["STAGED", "Page", "merged", "overlapping", "stage", "staged_pages"]

STAGED = "staged"
"""The folder of staged pages, beside the manifest."""

_NAME = re.compile(r"([0-9]{8,})\.(-?[0-9]+)\.(-?[0-9]+)\.parquet")


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to what is in a range: all of its rows. A later one, by its number, overrules those before it."""

    number: int
    span: Span
    content: Columns | Path

    def columns(self, layout: Layout) -> Columns:
        """Return the rows."""
        if isinstance(self.content, Path):
            return decode(read_file(self.content), layout, repr(str(self.content)))
        return self.content


def stage(folder: Path, page: Page, source: str) -> None:
    """Keep a page in the folder of a data set; when this returns, it is safe."""
    if isinstance(page.content, Path):
        raise TypeError(f"page {page.number} is in {str(page.content)!r} already")
    make_folder(folder / STAGED)
    start, end = page.span
    publish_file(folder / STAGED / f"{page.number:08}.{start}.{end}.parquet", encode(page.content, {"source": source}))


def staged_pages(folder: Path) -> list[Page]:
    """Return the pages that are staged, in the order in which they came."""
    found = []
    for path in (folder / STAGED).glob("*.parquet"):
        match = _NAME.fullmatch(path.name)
        if match is not None:
            found.append(Page(int(match[1]), (int(match[2]), int(match[3])), path))
    return sorted(found, key=lambda page: page.number)


def merged(layout: Layout, base: Columns, pages: Iterable[Page], span: Span) -> Columns:
    """Return the rows of a range: those of `base`, overruled by the pages in their order."""
    taken: list[Span] = []
    parts: list[tuple[int, Columns]] = []
    for page in sorted(pages, key=lambda page: page.number, reverse=True):
        free = [_within(part, span) for part in without(page.span, taken)]
        columns = page.columns(layout)
        parts += [(start, layout.cut(columns, (start, end))) for start, end in free if start < end]
        taken = joined([*taken, page.span])
    parts += [(start, layout.cut(base, (start, end))) for start, end in without(span, taken)]
    return layout.joined([columns for _, columns in sorted(parts, key=lambda part: part[0])])


def _within(part: Span, span: Span) -> Span:
    return max(part[0], span[0]), min(part[1], span[1])


def overlapping(pages: Sequence[Page], span: Span) -> list[Page]:
    """Return the pages that reach into a range."""
    return [page for page in pages if page.span[0] < span[1] and span[0] < page.span[1]]
