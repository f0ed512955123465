"""Markdown that reads well as plain text too: tables whose columns line up, and text in which nothing is taken for a mark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

__all__ = ["bullets", "plain", "section", "table"]

_PLAIN = str.maketrans({"\N{NARROW NO-BREAK SPACE}": " ", "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
_MARKS = str.maketrans({"|": r"\|", "*": r"\*", "`": r"\`", "<": "&lt;", "\n": " "})


def plain(text: object) -> str:
    """Return a text with the signs of a keyboard, and without anything that Markdown would take for a mark."""
    return str(text).translate(_PLAIN).translate(_MARKS)


def section(title: str, *parts: Iterable[str]) -> Iterator[str]:
    """Yield a heading and the parts below it, each after an empty line; nothing at all where no part has a line."""
    found = [lines for part in parts if (lines := list(part))]
    if not found:
        return
    yield f"## {title}"
    for lines in found:
        yield ""
        yield from lines
    yield ""


def bullets(texts: Iterable[str]) -> Iterator[str]:
    """Yield one list item a text."""
    for text in texts:
        yield f"- {plain(text)}"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], texts: int = 1) -> Iterator[str]:
    """Yield a table, the first `texts` columns to the left and the others to the right; none without rows."""
    if not rows:
        return
    cells = [[plain(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(heads))]
    if texts == len(heads):
        widths[-1] = max(3, len(cells[0][-1]))  # what is last and long needs no room kept for it
    for number, row in enumerate(cells):
        padded = [
            cell.ljust(width) if column < texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"| {' | '.join(padded)} |"
        if not number:
            rules = ["-" * width if column < texts else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
            yield f"| {' | '.join(rules)} |"
