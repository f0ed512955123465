"""How commands print: tables and pages for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["json_option", "print_json", "print_table", "show"]

_Command = TypeVar("_Command", bound=Callable[..., object])
_NO_WRAP = 10_000
_GAP = "  "
_LEAST_ROOM = 40


def json_option(command: _Command) -> _Command:
    """Add `--json` to a command that prints data; its parameter is called `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")(command)


def print_json(value: object) -> None:
    """Print `value` as JSON on standard output: keys sorted, ASCII only, so that the same value gives the same bytes anywhere.

    A number that JSON doesn't have (NaN, infinity) raises `ValueError`; say `None` for it.
    """
    click.echo(json.dumps(value, indent=2, sort_keys=True, allow_nan=False))


def show(*pages: RenderableType, is_list: bool = False) -> None:
    """Print what rich can render; strings are taken literally. Colours go to a terminal only, and not when `NO_COLOR` is set.

    A list (`is_list`) wraps only in a terminal, or where `COLUMNS` is set, so that elsewhere each entry is one line to search.
    """
    console = _console(is_list)
    # Captured and echoed, because rich ends the process by itself when a pipe is closed.
    with console.capture() as capture:
        for page in pages:
            console.print(page)
    click.echo("\n".join(line.rstrip() for line in capture.get().split("\n")), nl=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print rows under their columns, as a list (see `show`).

    The last column is the one for long texts: where so little room is left that they'd take many lines, they go below their rows.
    """
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    cells = [tuple(columns), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = _console(is_list=True).width - sum(widths[:-1]) - len(_GAP) * len(widths[:-1])
    heading = [Text(title, style="bold")] if title else []
    if room < _LEAST_ROOM and widths[-1] > 2 * room:
        pages: list[RenderableType] = []
        for *row, text in cells:
            pages.append(_GAP.join(cell.ljust(width) for cell, width in zip(row, widths[:-1], strict=True)))
            pages.append(Padding(Text(text), (0, 0, 0, 4)))
        show(*heading, *pages, is_list=True)
        return
    table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for cell in cells[1:]:
        table.add_row(*map(Text, cell))
    show(*heading, table, is_list=True)


def _console(is_list: bool) -> Console:
    from rich.console import Console

    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    wraps = not is_list or is_terminal or "COLUMNS" in os.environ
    return Console(width=None if wraps else _NO_WRAP, markup=False, highlight=False, emoji=False)
