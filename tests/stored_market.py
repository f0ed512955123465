"""Files of the development data in stores: each imported by the command, with what belongs to it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from market_files import Read, cases, options_of
from market_runs import toml
from quality_measure import action_tables, actions_of, calendar_of, second_path
from tradekit.cli.main import main
from tradekit.data.store.keys import DataKey


@dataclass(frozen=True)
class Case:
    """One file as one entry of the catalogue reads it."""

    number: int
    entry: Read
    path: Path
    root: Path

    def __str__(self) -> str:
        return f"{self.path.relative_to(self.root)} {self.entry.kind} {self.entry.interval}".rstrip()

    @property
    def is_unreadable(self) -> bool:
        return bool(self.entry.refused and not self.entry.policy)

    @property
    def is_sorted(self) -> bool:
        """Whether its rows, or those of the bars that it is run with, must be sorted before they can be kept."""
        return "sort" in (one.entry.policy.get("unsorted") for one in (self, self.bars) if one is not None)

    @property
    def calendar(self) -> str | None:
        return calendar_of(self.path.relative_to(self.root).as_posix())

    def data_set(self, symbol: str) -> str:
        """Return what the rows of an instrument are called in its store."""
        return str(DataKey("v", symbol, self.entry.kind, self.entry.interval))

    @property
    def bars(self) -> Case | None:
        """The bars that what belongs to bars is run with."""
        if self.entry.with_bars is None:
            return None
        path = self.path.with_name(self.path.name.replace(*self.entry.with_bars))
        return next(replace(self, entry=entry, path=path) for entry, one in cases(self.root, "bars") if one == path)


@dataclass(frozen=True)
class Kept:
    """A store with what a file has, and what was said when it was imported."""

    folder: Path
    imported: tuple[Mapping[str, Any], ...]


class Shelf:
    """The stores of all files, each made once, with what belongs to a file beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: dict[int, Kept] = {}

    def of(self, case: Case) -> Kept:
        if case.number not in self.made:
            self.made[case.number] = self._kept(case, self.folder / str(case.number))
        return self.made[case.number]

    def _kept(self, case: Case, store: Path) -> Kept:
        found = imported(case, store)
        if case.bars is not None:
            imported(case.bars, store)
        if case.entry.kind == "bars":
            actions = actions_of(case.entry, case.path, case.root)
            if any(map(len, actions.values())):
                symbols = [word for symbol in actions for word in ("--symbol", symbol)]
                tables = action_tables(case.path, case.root)
                what = [word for name, table in tables.items() for word in ("--set", f"actions.{name}={toml(table)}")]
                done(store, "import", "csv", "--venue", "v", "--kind", "actions", *symbols, *what)
            second = second_path(case.path, case.root)
            if second is not None:
                imported(replace(case, entry=replace(case.entry, interval=second[1]), path=second[0]), store)
        return Kept(store, tuple(found))


def imported(case: Case, store: Path) -> list[dict[str, Any]]:
    """Import a file; where its rows have to be sorted, or are too far apart, only after that was said."""
    words = import_words(case)
    needed = [
        word for name in ("unsorted", "spacing") if name in case.entry.policy for word in (f"--{name}", case.entry.policy[name])
    ]
    if needed:
        code, said = command("data", *words, "--store", str(store))
        assert code == 4, (str(case), said)
        assert f"say {' '.join(needed)}" in said
    return json.loads(done(store, *words, *needed, "--json"))


def import_words(case: Case) -> list[str]:
    """Return what is typed to import a file: it as an argument, and all else of its options by `--set`."""
    entry, options, files = case.entry, dict(options_of(case.entry, case.path)), []
    own = dict(options.pop(entry.kind, {})) if entry.kind != "actions" else {}
    if "path" in options or "path" in own:
        files = [options.pop("path", None) or own["path"]]
        own.pop("path", None)
    values = {**options, **{f"{entry.kind}.{key}": value for key, value in own.items()}}
    words = ["import", entry.source, *files, "--venue", "v", "--kind", entry.kind]
    words += [word for key, value in values.items() for word in ("--set", f"{key}={toml(value)}")]
    words += [word for symbol in entry.symbols for word in ("--symbol", symbol)]
    words += ["--interval", entry.interval] if entry.interval else []
    return words + (["--fact", f"calendar={toml(case.calendar)}"] if case.calendar else [])


def done(store: Path, *words: str) -> str:
    """Run a command about data, which must end well, and return what it said."""
    code, said = command("data", *words, "--store", str(store))
    assert code == 0, (words, said)
    return said


def command(*words: str) -> tuple[int, str]:
    """Run a command in this process; return its exit code, and what it said."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    return code, out.getvalue() or err.getvalue()
