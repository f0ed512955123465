"""Read a run file into a typed configuration. No plugin is imported, so options of components are not checked here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from tradekit.engine.contradictions import Tables, contradictions
from tradekit.engine.document import Document, read_document
from tradekit.engine.locate import Key, key_text
from tradekit.engine.overrides import Override
from tradekit.engine.problems import IN_QUOTES, Problem, shown
from tradekit.engine.tables import (
    AccountTable,
    CurrencyTable,
    DataTable,
    ExecutionTable,
    InstrumentTable,
    LiveTable,
    RunTable,
    ShareTable,
)
from tradekit.engine.validation import unknown_key, validate

__all__ = ["TABLES", "Checked", "ComponentTable", "RunConfig", "RunFile", "check_tables", "read_run_file"]

Table = TypeVar("Table", bound=BaseModel)

TABLES = ("run", "account", "currency", "data", "instrument", "strategy", "risk", "execution", "report", "live")
"""All that a run file may hold."""

_KERNEL_TABLES: Mapping[str, type[BaseModel]] = {
    "run": RunTable,
    "account": AccountTable,
    "data": DataTable,
    "execution": ExecutionTable,
    "live": LiveTable,
    "[currency]": CurrencyTable,
    "[instrument]": InstrumentTable,
    "[strategy]": ShareTable,
}
_DEFAULT_EXECUTOR = "simulated"
_DEFAULTS: Mapping[str, Any] = {"currency": [], "instrument": [], "report": [{"name": "summary"}], "execution": {}, "live": {}}


@dataclass(frozen=True, slots=True)
class ComponentTable:
    """What a run file says about one component: its kind, its name and its options, not checked yet.

    `key` is where the table stands, `label` the key in it that holds the name, `reserved` are keys in it that the kernel reads.
    """

    kind: str
    name: str
    options: Mapping[str, Any]
    key: Key
    label: str
    reserved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A run file, typed."""

    run: RunTable
    account: AccountTable
    data: DataTable
    execution: ExecutionTable
    live: LiveTable
    currencies: tuple[CurrencyTable, ...]
    instruments: tuple[InstrumentTable, ...]
    """Facts that overrule what the data source knows; `None` in them leaves it."""
    source: ComponentTable
    strategies: tuple[ComponentTable, ...]
    rules: tuple[ComponentTable, ...]
    """Those of the account, then those of each strategy of several."""
    costs: tuple[ComponentTable, ...]
    executor: ComponentTable
    reporters: tuple[ComponentTable, ...]
    shares: tuple[ShareTable, ...] = ()
    """What each of several strategies is called and begins with; there are none where the file has one [strategy]."""

    @property
    def strategy(self) -> ComponentTable:
        """The strategy, or the first of several."""
        return self.strategies[0]

    @property
    def components(self) -> tuple[ComponentTable, ...]:
        """All components: the source, the strategies, the rules, the executor, the costs and the reporters."""
        return (self.source, *self.strategies, *self.rules, self.executor, *self.costs, *self.reporters)

    def named_shares(self) -> list[tuple[str, float]]:
        """Return the name of each of several strategies, and the part of the capital that it begins with."""
        equal = 1.0 / max(len(self.shares), 1)
        return [(one.id or table.name, one.share or equal) for one, table in zip(self.shares, self.strategies, strict=False)]


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run file that makes sense as far as the kernel can tell without its plugins."""

    document: Document
    config: RunConfig

    @property
    def path(self) -> Path:
        """The file, as it was named."""
        return self.document.path

    @property
    def folder(self) -> Path:
        """The absolute folder of the file: paths in it start there."""
        return self.document.folder

    @property
    def text(self) -> str:
        """The file as it was written."""
        return self.document.text

    @property
    def overrides(self) -> tuple[Override, ...]:
        """What was overruled from the command line, in that order."""
        return self.document.overrides


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a document: a configuration, or problems; and the components that it names in either case."""

    config: RunConfig | None
    components: tuple[ComponentTable, ...]
    problems: tuple[Problem, ...]


def read_run_file(path: str | Path, overrides: Iterable[str] = ()) -> RunFile:
    """Read a run file, with overrides such as `strategy.fast=30` (see `parse_override`) applied.

    Raises `ConfigError`, which says everything that is wrong at once. Options of components are left to `compose`.
    """
    document = read_document(path, overrides)
    checked = check_tables(document)
    if checked.config is None:
        document.fail(checked.problems)
    return RunFile(document, checked.config)


def check_tables(document: Document) -> Checked:
    """Check the tables of a run file that the kernel reads, and find the components that it names."""
    reading = _Reading(document.values, document.written)
    config = reading.config()
    return Checked(None if reading.problems else config, tuple(reading.components), tuple(reading.problems))


class _Reading:
    """Reads one document table by table, so that a mistake in one does not hide those in another."""

    def __init__(self, values: Mapping[str, Any], written: Mapping[str, Any]) -> None:
        self.values = values
        self.written = written
        self.problems: list[Problem] = [unknown_key((name,), "a run file", TABLES) for name in values if name not in TABLES]
        self.components: list[ComponentTable] = []

    def config(self) -> RunConfig | None:
        """Return the configuration; `None` if there can't be one, with `problems` saying why."""
        run = self.kernel(RunTable, "run")
        account = self.kernel(AccountTable, "account")
        data, source = self.shared(DataTable, "data", "data source", "source")
        currencies = self.entries_of(CurrencyTable, "currency")
        facts = self.entries_of(InstrumentTable, "instrument")
        strategies, shares = self.strategies()
        rules = [*self.list_of("risk rule", ("risk",), "rule"), *self.own_rules(len(shares))]
        live = self.kernel(LiveTable, "live")
        execution, executor = self.shared(ExecutionTable, "execution", "executor", "executor", ("costs",))
        costs = self.list_of("cost model", ("execution", "costs"), "model")
        reporters = self.list_of("reporter", ("report",), "name")
        self.problems += contradictions(Tables(run, account, data, currencies, facts, shares), self.values, self.written)
        if run is None or account is None or data is None or execution is None or live is None:
            return None
        if source is None or executor is None or not strategies:
            return None
        return RunConfig(
            run=run,
            account=account,
            data=data,
            execution=execution,
            live=live,
            currencies=tuple(currency for currency in currencies if currency is not None),
            instruments=tuple(fact for fact in facts if fact is not None),
            source=source,
            strategies=strategies,
            shares=tuple(share for share in shares if share is not None),
            rules=tuple(rules),
            costs=costs,
            executor=executor,
            reporters=reporters,
        )

    def strategies(self) -> tuple[tuple[ComponentTable, ...], list[ShareTable | None]]:
        """Read the strategy, or several and what the account is shared by."""
        if not isinstance(self.values.get("strategy"), list):
            one = self.component("strategy", ("strategy",), self.table("strategy"), "name")
            return (() if one is None else (one,)), []
        found: list[ComponentTable | None] = []
        shares: list[ShareTable | None] = []
        own = tuple(ShareTable.model_fields)
        for key, table in self.entries(("strategy",)):
            known = {name: value for name, value in table.items() if name in own}
            shares.append(self.model(ShareTable, key, known, "[[strategy]]"))
            found.append(self.component("strategy", key, table, "name", (*own, "risk")))
        if not shares:
            self.note(("strategy",), "strategy is an empty list; write one [strategy], or a [[strategy]] for each of several")
        return tuple(one for one in found if one is not None), shares

    def own_rules(self, count: int) -> Iterator[ComponentTable]:
        """Read the rules of each of several strategies, which may be left out."""
        for index in range(count):
            yield from self.list_of("risk rule", ("strategy", index, "risk"), "rule", [])

    def note(self, key: Key, text: str) -> None:
        self.problems.append(Problem(key, text))

    def table(self, name: str) -> Mapping[str, Any] | None:
        """Return a table, or `None` after noting that it is missing or is something else."""
        value = self.values.get(name, _DEFAULTS.get(name))
        if value is None:
            self.note((name,), f"table [{name}] is missing; a run file needs it")
        elif isinstance(value, dict):
            return value
        elif isinstance(value, list):
            self.note((name,), f"{name} must be one table; write [{name}] instead of [[{name}]]")
        else:
            self.note((name,), f"{name} must be a table that begins with [{name}], got {shown(value)}")
        return None

    def model(self, model: type[Table], key: Key, values: Mapping[str, Any], owner: str) -> Table | None:
        made, problems = validate(model, values, key, owner, elsewhere=_elsewhere)
        self.problems += problems
        return made

    def kernel(self, model: type[Table], name: str) -> Table | None:
        """Read a table that is the kernel's alone."""
        table = self.table(name)
        return None if table is None else self.model(model, (name,), table, f"[{name}]")

    def shared(
        self, model: type[Table], name: str, kind: str, label: str, also: tuple[str, ...] = ()
    ) -> tuple[Table | None, ComponentTable | None]:
        """Read a table that the kernel shares with a component: what is not the kernel's is an option of the component."""
        table = self.table(name)
        if table is None:
            return None, None
        own = {key: value for key, value in table.items() if key in model.model_fields}
        reserved = (*model.model_fields, *also)
        return self.model(model, (name,), own, f"[{name}]"), self.component(kind, (name,), table, label, reserved)

    def component(
        self, kind: str, key: Key, table: Mapping[str, Any] | None, label: str, reserved: tuple[str, ...] = ()
    ) -> ComponentTable | None:
        """Read which component a table names; `label` is the key that names it."""
        if table is None:
            return None
        name = table.get(label, _DEFAULT_EXECUTOR if kind == "executor" else None)
        named = (*key, label)
        if name is None:
            self.note(named, f"{key_text(named)} is missing; {_indefinite(kind)} is named there ('tradekit plugins' lists them)")
            return None
        if not isinstance(name, str) or not name:
            self.note(named, f"{key_text(named)} must be the name of {_indefinite(kind)} {IN_QUOTES}, got {shown(name)}")
            return None
        options = {option: value for option, value in table.items() if option != label and option not in reserved}
        found = ComponentTable(kind, name, options, key, label, reserved)
        self.components.append(found)
        return found

    def entries(self, key: Key, usual: list[Any] | None = None) -> Iterator[tuple[Key, Mapping[str, Any]]]:
        """Yield each entry of a list of tables with its key; note what is no such list. With a `usual` one it may be left out."""
        holder: Any = self.values
        for part in key[:-1]:
            holder = holder.get(part, {}) if isinstance(holder, dict) else holder[int(part)] if isinstance(holder, list) else {}
        name = key_text(key)
        value = holder.get(key[-1], _DEFAULTS.get(name, usual)) if isinstance(holder, dict) else []
        if value is None:
            self.note(key, _missing_list(name, self.values))
        elif not isinstance(value, list):
            wanted = f"write [[{name}]] instead of [{name}]" if len(key) == 1 else f"write {key[-1]} = [{{ ... }}]"
            self.note(key, f"{name} must be a list of tables, got {shown(value)}; {wanted}")
        else:
            for index, entry in enumerate(value):
                if isinstance(entry, dict):
                    yield (*key, index), entry
                else:
                    self.note((*key, index), f"{key_text((*key, index))} must be a table, got {shown(entry)}")

    def list_of(self, kind: str, key: Key, label: str, usual: list[Any] | None = None) -> tuple[ComponentTable, ...]:
        """Read a list of components."""
        found = [self.component(kind, at, table, label) for at, table in self.entries(key, usual)]
        return tuple(component for component in found if component is not None)

    def entries_of(self, model: type[Table], name: str) -> list[Table | None]:
        """Read a list of tables that is the kernel's alone; `None` stands where one is wrong."""
        return [self.model(model, key, table, f"[[{name}]]") for key, table in self.entries((name,))]


def _indefinite(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _missing_list(name: str, values: Mapping[str, Any]) -> str:
    """Return why `risk` and `execution.costs` may not be left out; a `risk = []` below a table header belongs to that table."""
    stray = [table for table, inner in values.items() if name == "risk" and isinstance(inner, dict) and name in inner]
    if stray:
        return (
            f"risk is missing: the one in the file belongs to [{stray[0]}], because it stands below that line; move it to the top"
        )
    if name == "risk":
        return "risk is missing; list the risk rules as [[risk]] tables, or write 'risk = []' at the top for a run without any"
    return f"{name} is missing; list the cost models, such as [{{ model = 'fee', bps = 10 }}], or write 'costs = []' for none"


def _elsewhere(name: str) -> str:
    """Return which table of the kernel has a key, for one that stands in another."""
    homes = [f"[{table}]" for table, model in _KERNEL_TABLES.items() if name in model.model_fields]
    return f"{name!r} is a key of {homes[0]}" if homes else ""
