"""Which column of a file is what, found by its name."""

from __future__ import annotations

import re
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

__all__ = ["Header", "Mark", "Roles", "guess", "listed"]

_TIMES = ("time", "timestamp", "datetime", "date", "open_time", "timestamp_utc", "ts")
_DATES = ("ex_date", "effective_date")
_SYMBOLS = ("symbol", "ticker")
_SHOWN = 12
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?")


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


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns, and which option says what they are: `columns`, or that of another table than the bars."""

    names: Sequence[str]
    file: Path
    option: str = "columns"

    def filters(self, table: TableForm) -> dict[str, str]:
        """Return which columns must hold which text."""
        return {self.find("where", name): value for name, value in table.where.items()}

    def times(self, named: str | tuple[str, ...] | None) -> tuple[str, ...]:
        """Return the columns that say when: those that the options name, or else the one whose name tells."""
        names, file = self.names, str(self.file)
        if named is not None:
            return tuple(self.find("time", name) for name in ([named] if isinstance(named, str) else named))
        guesses = guess(_TIMES, names) or guess(_DATES, names) or [name for name in names[:1] if not name]
        if len(guesses) == 1:
            return (guesses[0],)
        if not guesses:
            raise DataError(f"no column of times in {file!r}; {self.listed()}; name it: {self.way_out('time')}")
        choice = ", ".join(repr(name) for name in guesses)
        raise DataError(f"{choice} in {file!r} could each be the time; name one, or several to join: {self.way_out('time', '...')}")

    def find(self, role: str, name: str, is_usual: bool = False) -> str:
        """Return the column that is spelled like `name`, or else the only one that differs from it in case.

        `is_usual` says that nobody has named it.
        """
        found = [other for other in self.names if other == name] or guess((name,), self.names)
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(f"{len(found)} columns of {str(self.file)!r} are called {name!r}; give the file other names")
        way_out = f"; name it: {self.way_out(role)}" if is_usual else ""
        raise DataError(f"no column {name!r} in {str(self.file)!r}; {self.listed(name)}{way_out}")

    def symbol(self, named: str | bool | None, path: Path) -> str | None:
        """Return the column that says whose a row is; `None` if a file holds one instrument."""
        if isinstance(named, str):
            return self.find("symbol", named)
        if named is None and not has_symbol(path):
            return next(iter(guess(_SYMBOLS, self.names)), None)
        return None

    def usual(self, role: str, named: str | bool | None, usual: Sequence[str]) -> str | None:
        """Return the column that the options name, or else the only one that is called as usual; `None` without, or for `False`."""
        if isinstance(named, str):
            return self.find(role, named)
        found = [] if named is False else guess(usual, self.names)
        if len(found) > 1:
            choice = ", ".join(map(repr, found))
            raise DataError(f"{choice} in {str(self.file)!r} could each be the {role}; name one: {self.way_out(role)}")
        return found[0] if found else None

    def value(self, role: str, named: str | None, usual: Sequence[str]) -> str:
        """Return the column that the options name, or else the one that is called as usual; raise `DataError` without one."""
        found = self.usual(role, named, usual)
        if found is not None:
            return found
        called = " or ".join(map(repr, usual))
        raise DataError(f"no column of {str(self.file)!r} is called {called}; {self.listed()}; name it: {self.way_out(role)}")

    def way_out(self, role: str, value: str = '"..."') -> str:
        """Return how to say which column is what, as it is written in a run file."""
        return f"{self.option} = {{ {role} = {value} }}"

    def listed(self, missing: str = "") -> str:
        """Return what the file has, for a message; and if these look like values, that it may have no header."""
        values = [name for name in self.names if _NUMBER.fullmatch(name.strip())]
        hint = ""
        if len(self.names) > 1 and 2 * len(values) >= len(self.names):
            hint = "; if that is its first row, say so, and what the columns are: header = false, names = ['time', ...]"
        return f"{listed(self.names, missing)}{hint}"


def guess(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the columns that are called like one of those wanted, whatever their case."""
    lowered = {name.lower() for name in wanted}
    return [name for name in names if name.strip().lower().replace(" ", "_") in lowered or name.lower() in lowered]


def listed(names: Sequence[str], missing: str = "") -> str:
    """Return what a file has, for a message, and what may have been meant by a name that it doesn't have."""
    shown = ", ".join(repr(name) for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"it has {shown or 'none'}{more}{nearest(missing, names) if missing else ''}"
