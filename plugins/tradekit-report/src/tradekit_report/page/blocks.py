"""What a section of a page is made of: pictures, tables, heat maps of months, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

__all__ = ["Block", "Cell", "Heat", "Picture", "Row", "Section", "Table", "Text", "tinted"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table with a tone: `up`, `down`, or none."""

    text: str
    tone: str = ""


Row = Sequence[str | Cell]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with its title."""

    title: str
    svg: Markup
    note: str = ""
    width: Literal["", "third", "wide"] = ""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: each head with whether its column holds numbers; the first cell of a row names it."""

    caption: str
    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Row]
    note: str = ""
    foot: Row | None = None
    wide: bool = False
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Heat:
    """A map of returns by year and month, each cell with its tone."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    note: str = ""
    kind: Literal["heat"] = "heat"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in place of what can't be shown."""

    text: str
    kind: Literal["text"] = "text"


Block = Picture | Table | Heat | Text


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under a heading of its own."""

    id: str
    title: str
    lead: str
    blocks: Sequence[Block]
    short: str = ""
    """Its name where there is little room; empty: its title."""


def tinted(text: str, value: float | None) -> Cell:
    """Return a cell in the colour of gains or of losses."""
    return Cell(text, "" if value is None or value != value or value == 0 else "up" if value > 0 else "down")
