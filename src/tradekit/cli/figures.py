"""Figures as lists of runs show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tradekit.analysis.definitions import DEFINITIONS, Unit

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["change", "figure", "figures_table", "label", "plain"]

_DECIMALS = {"fraction": 2, "ratio": 3, "days": 0, "money": 2, "count": 0, "per year": 2}
_UNITS = {"fraction": " %", "days": " days", "per year": " a year"}


def label(key: str) -> str:
    """Return what a figure is called; one of another version by its key."""
    return DEFINITIONS[key].label if key in DEFINITIONS else key.replace("_", " ")


def figure(key: str, value: float | None, decimals: int | None = None) -> str:
    """Return a figure with its unit; `-` for one that is undefined."""
    unit = _unit(key)
    return "-" if value is None else _number(unit, value, "", decimals) + _UNITS.get(unit, "")


def change(key: str, first: float | None, second: float | None) -> str:
    """Return by how much a figure differs, in percentage points where it is in per cent; nothing where that can't be said."""
    if first is None or second is None:
        return ""
    unit = _unit(key)
    return _number(unit, second - first, "+", None) + (" pp" if unit == "fraction" else "")


def plain(value: object) -> str:
    """Return a setting as a person would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {plain(inner)}' for name, inner in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(plain, value))}]"
    return "-" if value is None else str(value)


def figures_table(titles: Sequence[str], rows: Iterable[Sequence[str]], texts: Sequence[int]) -> Table:
    """Return a table of figures, aligned to the right but for the columns `texts`; only the last column ever wraps."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column, title in enumerate(titles):
        is_last = column == len(titles) - 1
        table.add_column(title, justify="left" if column in texts else "right", no_wrap=not is_last, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _unit(key: str) -> Unit:
    return DEFINITIONS[key].unit if key in DEFINITIONS else "ratio"


def _number(unit: Unit, value: float, sign: str, decimals: int | None) -> str:
    places = _DECIMALS[unit] if decimals is None else decimals
    return f"{100.0 * value if unit == 'fraction' else value:{sign}z,.{places}f}"  # z: no minus before a zero
