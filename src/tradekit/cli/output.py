"""How commands print: tables and pages for people, JSON for programs."""

from __future__ import annotations

import json
import os
import re
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
_NUMBER = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?(e[-+]?[0-9]+)?( ?(%|MB))?|\.\.\.|nan")


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
    """Print rows under their columns, as a list (see `show`); columns of numbers are aligned to the right.

    The last column is the one for long texts: where so little room is left that they'd take many lines, they go below their rows.
    """
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    cells = [tuple(columns), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [_is_numeric(column) for column in zip(*cells, strict=True)]
    room = _console(is_list=True).width - sum(widths[:-1]) - len(_GAP) * len(widths[:-1])
    heading = [Text(title, style="bold")] if title else []
    if room < _LEAST_ROOM and widths[-1] > 2 * room:
        pages: list[RenderableType] = []
        for *row, text in cells:
            places = zip(row, widths[:-1], numeric[:-1], strict=True)
            pages.append(_GAP.join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in places))
            pages.append(Padding(Text(text), (0, 0, 0, 4)))
        show(*heading, *pages, is_list=True)
        return
    table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold")
    for column, right in zip(columns, numeric, strict=True):
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for cell in cells[1:]:
        table.add_row(*map(Text, cell))
    show(*heading, table, is_list=True)


def _is_numeric(column: Sequence[str]) -> bool:
    """Say whether all cells below the title are numbers, perhaps with a unit, and at least one is."""
    filled = [cell for cell in column[1:] if cell]
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)


def _console(is_list: bool) -> Console:
    from rich.console import Console

    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    wraps = not is_list or is_terminal or "COLUMNS" in os.environ
    return Console(width=None if wraps else _NO_WRAP, markup=False, highlight=False, emoji=False)
