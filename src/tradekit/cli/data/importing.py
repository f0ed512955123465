"""`tradekit data import`: what a data source has, into the store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import gather, store_option
from tradekit.cli.data.arguments import KINDS, MOMENT, nanoseconds
from tradekit.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from tradekit.data.store.importing import Imported
    from tradekit.data.store.keys import DataKey
    from tradekit.data.store.kinds import Kept
    from tradekit.engine.sources import NamedSource
    from tradekit.model.bars import Threshold
    from tradekit.plugin.discovery import Registry

__all__ = ["import_command"]

_TABLES = {**{kind: kind for kind in ("trades", "quotes", "book", "funding")}, "actions": "actions.events"}
"""Where a source of files has the table of a kind, with a path of its own."""

_OPTIONS: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]] = (
    (("--venue",), {"required": True, "help": "What the store is to call the place where it is traded, such as kraken."}),
    (("--symbol", "symbols"), {"multiple": True, "help": "An instrument, any number of times. Default: all that there are."}),
    (("--kind",), {"type": click.Choice(KINDS), "default": "bars", "show_default": True, "help": "What to import."}),
    (("--interval",), {"help": "How long a bar is, such as 1h. Default: as in the file."}),
    (("--set", "overrides"), {"multiple": True, "metavar": "KEY=VALUE", "help": "Set an option of SOURCE, or a key of its file."}),
    (("--start",), {"type": MOMENT, "metavar": "TIME", "help": "From when on, UTC. Default: all."}),
    (("--end",), {"type": MOMENT, "metavar": "TIME", "help": "Up to when, UTC, that itself left out."}),
    (
        ("--fact", "facts"),
        {"multiple": True, "metavar": "KEY=VALUE", "help": "What is known of the instruments, such as tick=0.01."},
    ),
    (
        ("--unsorted",),
        {"type": click.Choice(["refuse", "sort"]), "default": "refuse", "show_default": True, "help": "Rows out of order."},
    ),
    (
        ("--duplicates",),
        {
            "type": click.Choice(["refuse", "first", "last"]),
            "default": "refuse",
            "show_default": True,
            "help": "Bars or rates of the same time: which to keep.",
        },
    ),
    (
        ("--spacing",),
        {
            "type": click.Choice(["refuse", "accept"]),
            "default": "refuse",
            "show_default": True,
            "help": "Bars of which no two are one interval apart.",
        },
    ),
    (("--why",), {"default": "import", "show_default": True, "help": "What the revision says about itself."}),
)


@click.command("import")
@click.argument("source")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@gather(_OPTIONS)
@store_option
@json_option
@click.pass_context
def import_command(ctx: click.Context, source: str, files: tuple[Path, ...], store: Path, as_json: bool) -> None:
    """Put what SOURCE has into the store.

    SOURCE is the name of an installed data source, or a TOML file with a [data] table, such as a run file. FILES stand for its
    option 'path', one after the other. Rows are kept as they are read; what lies in their range is replaced, as a new revision.
    """
    from tradekit.data.store.folder import Store
    from tradekit.data.store.importing import Provenance, Tidying, put_pieces

    asked = ctx.obj
    sources = list(_sources(source, files, asked))
    how = Tidying(asked["unsorted"], asked["duplicates"], asked["spacing"])
    kept, done = Store(store), []
    for key, facts, pieces in _pieces(sources, asked):
        provenance = Provenance(sources[0].source.name, asked["why"], facts)
        done.append(put_pieces(kept, key, pieces, how, provenance))
    if as_json:
        print_json([_facts(one) for one in done])
        return
    _print(done)


def _sources(named: str, files: Sequence[Path], asked: Mapping[str, Any]) -> Iterator[NamedSource]:
    """Make the source once for each file, or once without any."""
    from tradekit.engine.sources import open_source
    from tradekit.plugin.discovery import discover

    registry = discover()
    if not files:
        yield open_source(named, asked["overrides"], registry)
    for file in files:
        yield open_source(named, [_path(named, file, asked, registry), *asked["overrides"]], registry)


def _path(named: str, file: Path, asked: Mapping[str, Any], registry: Registry) -> str:
    """Return the override that says where a source is to read a kind from: in the table of that kind, if it has one."""
    from tradekit.engine.sources import source_name

    kind, prefix = asked["kind"], "data." if named.endswith(".toml") else ""
    options = registry.find("data source", source_name(named, asked["overrides"])).cls.Options.model_fields
    table = f"{_TABLES[kind]}." if kind in _TABLES and kind in options else ""
    return f"{prefix}{table}path={json.dumps(str(file.absolute()))}"


def _pieces(sources: Sequence[NamedSource], asked: Mapping[str, Any]) -> Iterator[tuple[DataKey, dict[str, Any], list[Kept]]]:
    """Give each data set with what is known of its instrument, and its rows from each of the sources."""
    from tradekit.data.store.importing import ask, facts_of
    from tradekit.data.store.keys import DataKey
    from tradekit.plugin.contracts import BarRequest

    kind, interval = asked["kind"], _interval(sources[0], asked)
    found: dict[str, list[Kept]] = {}
    known: dict[str, dict[str, Any]] = {}
    for named in sources:
        listed = {one.symbol: one for one in named.source.instruments()} if not asked["symbols"] or not named.symbols else {}
        symbols = tuple(dict.fromkeys(asked["symbols"])) or named.symbols or tuple(listed)
        if not symbols:
            raise click.UsageError("the source does not list its instruments; add --symbol, such as --symbol BTC/USDT")
        request = BarRequest(symbols, interval[1], nanoseconds(asked["start"]), nanoseconds(asked["end"]), interval[2])
        for symbol, rows in ask(named.source, kind, request).items():
            found.setdefault(symbol, []).append(rows)
            known.setdefault(symbol, {}).update(facts_of(listed[symbol]) if symbol in listed else {})
    typed = _typed(asked["facts"])
    for symbol, pieces in found.items():
        yield DataKey(asked["venue"], symbol, kind, interval[0]), known[symbol] | typed, pieces


def _interval(named: NamedSource, asked: Mapping[str, Any]) -> tuple[str, int, Threshold | None]:
    """Return the interval of bars as text and in nanoseconds, or 0 and the threshold that ends them; of other kinds, nothing."""
    from tradekit.data.interval import bar_size_text, parse_bar_size

    if asked["kind"] != "bars":
        if asked["interval"] is not None:
            raise click.UsageError(f"--interval is for bars, and {asked['kind']} have none")
        return "", 0, None
    interval = asked["interval"] or named.interval
    if interval is None:
        raise click.UsageError("bars have a length; add --interval, such as --interval 1h")
    try:
        size = parse_bar_size(interval)
    except ValueError as error:
        raise click.UsageError(f"--interval: {error}") from None
    text = bar_size_text(size)
    if isinstance(size, int):
        return text, size, None
    if not named.source.has_threshold_bars:
        raise click.UsageError(
            f"the source {named.source.name!r} has no bars of {text}, because it can't tell where each ends; name the column that "
            "does, where it has that option: --set columns.close_time=...; or import trades with --kind trades, and make them of "
            f"these: tradekit data resample DATA_SET --to '{text}'"
        )
    return text, 0, size


def _typed(facts: Sequence[str]) -> dict[str, Any]:
    """Return the facts about instruments that were typed, checked as those of a run file are."""
    from tradekit.engine.overrides import apply_overrides, parse_override
    from tradekit.engine.tables import InstrumentTable
    from tradekit.engine.validation import validate
    from tradekit.errors import ConfigError

    values, _ = apply_overrides({}, [parse_override(text) for text in facts])
    made, problems = validate(InstrumentTable, {"symbol": "x", **values}, ("fact",), "--fact")
    if made is None:
        raise ConfigError("; ".join(problem.text for problem in problems))
    return made.model_dump(exclude_none=True, exclude={"symbol"})


def _facts(done: Imported) -> dict[str, Any]:
    from tradekit.data.interval import time_text

    return {
        "data_set": str(done.key),
        "rows": done.rows,
        "first": time_text(done.first),
        "last": time_text(done.last),
        "revision": done.revision,
        "new": done.is_new,
        "notes": list(done.notes),
    }


def _print(done: Sequence[Imported]) -> None:
    rows = []
    for one in done:
        facts = _facts(one)
        revision = f"{one.revision}" if one.is_new else f"{one.revision}, nothing new"
        rows.append([str(one.key), f"{one.rows:,}", facts["first"], facts["last"], revision])
    print_table(["DATA SET", "ROWS", "FIRST", "LAST", "REVISION"], rows)
    for one in done:
        for note in one.notes:
            click.echo(f"! {one.key}: {note}")
