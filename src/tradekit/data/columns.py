"""Which column of a file is what, found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from tradekit.data.files import has_symbol
from tradekit.data.options import TableForm
from tradekit.errors import DataError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Mark", "Roles", "filters", "find_column", "guess", "listed", "symbol_column", "time_columns", "usual_column"]

_TIMES = ("time", "timestamp", "datetime", "date", "open_time", "timestamp_utc", "ts")
_DATES = ("ex_date", "effective_date")
_SYMBOLS = ("symbol", "ticker")
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Mark:
    """A column that holds something else than measured values, such as sides, and what makes numbers of it."""

    column: str
    read: Callable[[pa.ChunkedArray], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns of one file, by what they are."""

    time: tuple[str, ...]
    values: Mapping[str, str]
    where: Mapping[str, str]
    symbol: str | None = None
    may_be_empty: bool = False
    marks: Mapping[str, Mark] = field(default_factory=dict)


def filters(names: Sequence[str], table: TableForm, file: Path) -> dict[str, str]:
    """Return which columns must hold which text."""
    return {find_column("where", name, names, file): value for name, value in table.where.items()}


def time_columns(names: Sequence[str], named: str | tuple[str, ...] | None, file: Path) -> tuple[str, ...]:
    """Return the columns that say when: those that the options name, or else the one whose name tells."""
    if named is not None:
        return tuple(find_column("time", name, names, file) for name in ([named] if isinstance(named, str) else named))
    guesses = guess(_TIMES, names) or guess(_DATES, names) or [name for name in names[:1] if not name]
    if len(guesses) == 1:
        return (guesses[0],)
    if not guesses:
        raise DataError(f'no column of times in {str(file)!r}; {listed(names)}; name it: columns = {{ time = "..." }}')
    choice = ", ".join(repr(name) for name in guesses)
    raise DataError(f"{choice} in {str(file)!r} could each be the time; name one, or several to join: columns = {{ time = ... }}")


def find_column(role: str, name: str, names: Sequence[str], file: Path) -> str:
    """Return the column that is spelled like `name`, or else the only one that differs from it in case."""
    found = [other for other in names if other == name] or guess((name,), names)
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{len(found)} columns of {str(file)!r} are called {name!r}; give the file other names")
    way_out = f'; name it: columns = {{ {role} = "..." }}' if role == name else ""
    raise DataError(f"no column {name!r} in {str(file)!r}; {listed(names, name)}{way_out}")


def symbol_column(names: Sequence[str], named: str | bool | None, path: Path, file: Path) -> str | None:
    """Return the column that says whose a row is; `None` if a file holds one instrument."""
    if isinstance(named, str):
        return find_column("symbol", named, names, file)
    if named is None and not has_symbol(path):
        return next(iter(guess(_SYMBOLS, names)), None)
    return None


def usual_column(role: str, named: str | bool | None, usual: Sequence[str], names: Sequence[str], file: Path) -> str | None:
    """Return the column that the options name, or else the only one that is called as usual; `None` without one, or for `False`."""
    if isinstance(named, str):
        return find_column(role, named, names, file)
    found = [] if named is False else guess(usual, names)
    if len(found) > 1:
        choice = ", ".join(map(repr, found))
        raise DataError(f'{choice} in {str(file)!r} could each be the {role}; name one: columns = {{ {role} = "..." }}')
    return found[0] if found else None


def guess(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the columns that are called like one of those wanted, whatever their case."""
    lowered = {name.lower() for name in wanted}
    return [name for name in names if name.strip().lower().replace(" ", "_") in lowered or name.lower() in lowered]


def listed(names: Sequence[str], missing: str = "") -> str:
    """Return what a file has, for a message, and what may have been meant by a name that it doesn't have."""
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"it has {shown or 'none'}{more}{nearest(missing, names) if missing else ''}"
