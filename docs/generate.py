"""Write the parts of the reference pages that the source already says; a test fails when a page says something else.

python docs/generate.py        rewrite what stands between `<!-- generated: NAME -->` and `<!-- end -->` in every page, and pictures
"""

from __future__ import annotations

import inspect
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from contract_parts import caught_plugins, contracts, made_up_markets
from md_tables import escaped, table
from package_index import package_index
from pictures import draw, draw_key, story
from pydantic import BaseModel
from scenes import GROUPS, Scene, Shown, play

import tradekit
from tradekit import DEFINITIONS, EventKind, Indicator, TableOptions, TradekitError, errors
from tradekit.builtin.http_options import HttpTrades
from tradekit.builtin.json_source import JsonFormat
from tradekit.builtin.sources import CsvFormat
from tradekit.cli.main import COMMANDS, cli, main
from tradekit.data.options import BookTable, EventTable, FundingTable, LevelColumns, QuoteTable, SplitTable, TradeTable
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
from tradekit.journal.record import NUMBERS
from tradekit.journal.tables import COLUMNS
from tradekit.plugin.describe import OptionFacts, describe_options
from tradekit.plugin.discovery import Provided, discover
from tradekit.plugin.packages import KERNEL

PAGES = Path(__file__).parent

PICTURES = PAGES / "explanation" / "pictures"

_BLOCK = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_TOML_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "Path": "path",
    "datetime": "date, or date and time",
    "tuple[str, ...]": "list of texts",
    "tuple[table, ...]": "list of tables",
    "dict[str, str]": "table of texts",
    "dict[str, int]": "table of whole numbers",
    "dict[str, Path]": "table of paths",
    f"dict[str, {CsvFormat.__name__}]": "table of [formats](#formats-of-other-files)",
    EventTable.__name__: "[table](#tables-of-dated-values)",
    FundingTable.__name__: "[table](#tables-of-dated-values)",
    SplitTable.__name__: "[table](#tables-of-dated-values)",
    TradeTable.__name__: "[table](#tables-of-trades)",
    HttpTrades.__name__: "[table](#trades-over-http)",
    QuoteTable.__name__: "[table](#tables-of-quotes)",
    BookTable.__name__: "[table](#tables-of-book-updates)",
}
_BOUNDS_IN_WORDS = {
    r"length >= 1, length <= 1": "one character",
    r"length >= 1": "not empty",
    r"length <= (\d+)": r"at most \1 characters",
    r"matches \^\\S\+\$": "without blanks",
    str(2**63): "2^63",
}
_HELP_WIDTH = "80"


def rewritten(page: str) -> str:
    """Return a page with its generated parts as they should be. Raises `KeyError` for a part that nobody makes."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{PARTS[block['name']]().strip()}\n\n{block[3]}", page)


def kernel_table(model: type[BaseModel]) -> str:
    """Return the keys of one table of a run file."""
    holder: Any = SimpleNamespace(Options=model)
    return options_table(describe_options(holder), "key")


def options_table(options: Iterable[OptionFacts], head: str = "option") -> str:
    """Return options as a table: what each is called, what it takes, what it means."""
    rows = [(f"`{option.name}`", _takes(option), escaped(option.description)) for option in options]
    return table((head, "takes", "meaning"), rows) if rows else "It has no options."


def _takes(option: OptionFacts) -> str:
    if option.type == "str | bool" and option.allowed == "false":
        what = "text, or `false`"
    elif option.allowed and " | " in option.allowed and option.type == "str":
        what = " or ".join(f"`{choice}`" for choice in option.allowed.split(" | "))
    else:
        names = [_TOML_WORDS.get(name, name) for name in option.type.split(" | ")]
        what = " or ".join(names) + (f", {_bounds(option.allowed)}" if option.allowed else "")
    if option.required:
        return f"{what}; **required**"
    default = option.default
    if default in (None, [], {}, ""):
        return what
    said = json.dumps(default, ensure_ascii=False).strip('"')
    return f"{what}; default `{said}`"


def _bounds(allowed: str) -> str:
    for pattern, words in _BOUNDS_IN_WORDS.items():
        allowed = re.sub(pattern, words, allowed)
    return allowed


def components(kind: str, level: str = "###") -> str:
    """Return a section for each built-in component of a kind, under headings of a level."""
    found = [one for one in discover([]).components if one.kind == kind and one.package == KERNEL]
    return "\n\n".join(section for one in found for section in _component(one, level))


def _component(one: Provided, level: str) -> Iterator[str]:
    yield f"{level} `{one.name}`"
    yield inspect.cleandoc(one.cls.__doc__ or "")
    if issubclass(one.cls, Indicator):
        yield from _indicator_facts(one.cls)
        return
    options = describe_options(one.cls)
    if issubclass(one.cls.Options, TableOptions):
        own = [option for option in options if option.name.partition(".")[0] not in TableOptions.model_fields]
        yield f"It has the [options of tables](#options-of-tables){', and these:' if own else '.'}"
        if not own:
            return
        options = tuple(own)
    yield options_table(options)


def _indicator_facts(cls: type[Indicator]) -> Iterator[str]:
    """Yield how an indicator is made in a strategy: the call, what it reads and gives, its parameters."""
    signature = inspect.signature(getattr(tradekit, cls.name))
    bare = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    yield f"**`{cls.name}{signature.replace(parameters=bare, return_annotation=signature.empty)}`**"
    reads = "the column `source`" if "source" in cls.Options.model_fields else _listed(cls().inputs)
    several = "" if cls.outputs == ("value",) else f" Declared as `x`, its values are {_listed(f'x.{one}' for one in cls.outputs)}."
    yield f"Reads {reads}. First value on bar {_first_value(cls)}.{several}"
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    options = [replace(option, **_as_parameter(defaults[option.name])) for option in describe_options(cls)]
    if options:
        yield options_table(sorted(options, key=lambda option: list(defaults).index(option.name)), "parameter")


def _as_parameter(default: object) -> dict[str, Any]:
    return {"required": True} if default is inspect.Parameter.empty else {"required": False, "default": default}


def _first_value(cls: type[Indicator]) -> str:
    """Return the warm-up in words: relative to the length where it is, as two lengths show, otherwise that of the defaults."""
    if "length" not in cls.Options.model_fields:
        return f"{cls().warmup}" + (" with the defaults" if cls.Options.model_fields else "")
    short, long = (cls(cls.Options.model_validate({"length": length})).warmup - length for length in (5, 50))
    if short != long:
        raise ValueError(f"the warm-up of {cls.name!r} is not its length and a constant; say it in words")
    return "`length`" + (f" + {short}" if short else "")


def _listed(names: Iterable[str]) -> str:
    *others, last = [f"`{name}`" for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def commands() -> str:
    """Return every command of the kernel with what `--help` prints."""
    return "\n\n".join(_command(path) for path in paths())


def _command(path: Sequence[str]) -> str:
    name = " ".join(["tradekit", *path])
    return f"{'###' if path else '##'} `{name}`\n\n```text\n{_help(path)}\n```"


def paths() -> Iterator[list[str]]:
    """Yield the words of each command of the kernel: none for `tradekit` itself, then `run`, `runs show` and so on."""
    yield []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        yield [name]
        if isinstance(command, click.Group):
            yield from ([name, inner] for inner in command.commands)


def _help(path: Sequence[str]) -> str:
    output = io.StringIO()
    width = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _HELP_WIDTH
    try:
        with redirect_stdout(output):
            main([*path, "--help"])
    finally:
        del os.environ["COLUMNS"]
        if width is not None:
            os.environ["COLUMNS"] = width
    # What other packages add here is not what these pages are about.
    return output.getvalue().partition("\nCommands from plugins:")[0].rstrip()


def error_tree() -> str:
    """Return the exceptions with their exit codes."""
    found = [getattr(errors, name) for name in errors.__all__]
    classes = [one for one in found if isinstance(one, type) and issubclass(one, TradekitError)]
    classes.sort(key=lambda one: (one is not TradekitError, one.exit_code))
    return table(
        ("error", "exit code", "meaning"),
        [(f"`{one.__name__}`", str(one.exit_code), inspect.cleandoc(one.__doc__ or "").partition("\n")[0]) for one in classes],
    )


def metrics() -> str:
    """Return the figures of a result with their definitions."""
    rows = [(f"`{key}`", found.label, found.unit, found.text) for key, found in DEFINITIONS.items()]
    return table(("key", "name", "unit", "definition"), rows)


def journal_numbers() -> str:
    """Return the numbers that each kind of journal entry has: as columns of the journal, and as an event."""
    rows = [
        (
            f"`{kind.text}`",
            _names(name for name, meanings in COLUMNS.items() if {*meanings} & {*NUMBERS[kind]}),
            _names(NUMBERS[kind]),
        )
        for kind in EventKind
    ]
    return table(("event", "columns of `journal.parquet`", "`Event.numbers`"), rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names if name)


@cache
def _played(group: str) -> Mapping[str, tuple[Scene, Shown]]:
    return {scene.name: (scene, play(scene)) for scene in GROUPS[group]}


def pictures() -> Iterator[tuple[str, str]]:
    """Yield the file name and the text of each picture."""
    yield "key.svg", draw_key()
    for group in GROUPS:
        for name, (_, shown) in _played(group).items():
            yield f"{name}.svg", draw(shown)


def picture_lines(group: str) -> str:
    """Return the pictures of a group of scenes as one paragraph, so that as many stand beside each other as there is room for."""
    lines = [
        f"![{scene.title}, {scene.code}: {scene.says}; {story(shown)}]({PICTURES.name}/{name}.svg)"
        for name, (scene, shown) in _played(group).items()
    ]
    return "\n".join(lines)


def _of_group(group: str) -> Callable[[], str]:
    return lambda: picture_lines(group)


def _of_kind(kind: str, level: str = "###") -> Callable[[], str]:
    return lambda: components(kind, level)


def _of_table(model: type[BaseModel]) -> Callable[[], str]:
    return lambda: kernel_table(model)


PARTS: Mapping[str, Callable[[], str]] = {
    "run": _of_table(RunTable),
    "account": _of_table(AccountTable),
    "strategy": _of_table(ShareTable),
    "currency": _of_table(CurrencyTable),
    "data": _of_table(DataTable),
    "instrument": _of_table(InstrumentTable),
    "execution": _of_table(ExecutionTable),
    "live": _of_table(LiveTable),
    "table-options": _of_table(TableOptions),
    "event-table": _of_table(EventTable),
    "trade-table": _of_table(TradeTable),
    "quote-table": _of_table(QuoteTable),
    "book-table": _of_table(BookTable),
    "level-columns": _of_table(LevelColumns),
    "csv-format": _of_table(CsvFormat),
    "http-trades": _of_table(HttpTrades),
    "json-format": _of_table(JsonFormat),
    "data-sources": _of_kind("data source"),
    "indicators": _of_kind("indicator", "##"),
    "strategies": _of_kind("strategy"),
    "risk-rules": _of_kind("risk rule"),
    "executors": _of_kind("executor"),
    "cost-models": _of_kind("cost model"),
    "reporters": _of_kind("reporter"),
    "commands": commands,
    "errors": error_tree,
    "metrics": metrics,
    "journal-numbers": journal_numbers,
    "contracts": contracts,
    "packages": package_index,
    "markets": made_up_markets,
    "caught": caught_plugins,
    **{f"pictures-{group}": _of_group(group) for group in GROUPS},
}
"""What makes each generated part."""


def rewrite() -> None:
    """Rewrite the pages and pictures that are not as they should be, and name them."""
    wanted = {path: rewritten(path.read_text(encoding="utf-8")) for path in sorted(PAGES.rglob("*.md"))}
    wanted |= {PICTURES / name: text for name, text in pictures()}
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"{path.relative_to(PAGES)}\n")


if __name__ == "__main__":
    rewrite()
