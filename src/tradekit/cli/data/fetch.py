"""`tradekit data fetch`: ask a data source for what the store doesn't have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import gather, store_option
from tradekit.cli.data.arguments import KINDS, MOMENT, nanoseconds
from tradekit.cli.output import json_option, print_json, print_table
from tradekit.cli.progress import progress_bar

if TYPE_CHECKING:
    from tradekit.data.fetch.fetcher import Fetched
    from tradekit.data.store.keys import DataKey
    from tradekit.engine.sources import NamedSource

__all__ = ["fetch_command"]


@dataclass(frozen=True, slots=True)
class _Question:
    """What the command line asks for; `None` or nothing leaves it to the file, or to the time it is."""

    venue: str
    symbols: tuple[str, ...]
    kind: str
    interval: str | None
    start: datetime | None
    end: datetime | None

    def keys(self, named: NamedSource) -> list[DataKey]:
        """Return the data sets that are asked for."""
        from tradekit.data.interval import interval_text, parse_interval
        from tradekit.data.store.keys import DataKey

        symbols = tuple(dict.fromkeys(self.symbols)) or named.symbols
        if not symbols:
            raise click.UsageError("no instrument is named; add --symbol, such as --symbol BTC/USDT")
        if self.kind != "bars":
            return [DataKey(self.venue, symbol, self.kind) for symbol in symbols]
        interval = self.interval or named.interval
        if interval is None:
            raise click.UsageError("bars have a length; add --interval, such as --interval 1h")
        try:
            text = interval_text(parse_interval(interval))
        except ValueError as error:
            raise click.UsageError(f"--interval: {error}") from None
        return [DataKey(self.venue, symbol, "bars", text) for symbol in symbols]

    def span(self) -> tuple[int | None, int | None]:
        """Return the range that is asked for, in UTC nanoseconds."""
        start, end = nanoseconds(self.start), nanoseconds(self.end)
        if start is not None and end is not None and end <= start:
            raise click.UsageError(f"--end must be after --start, and is {self.end:%Y-%m-%dT%H:%M:%SZ}")
        return start, end


_OPTIONS: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]] = (
    (("--venue",), {"required": True, "help": "What the store is to call the place where it is traded, such as binance."}),
    (("--symbol", "symbols"), {"multiple": True, "help": "An instrument, any number of times. Default: those of the file."}),
    (("--kind",), {"type": click.Choice(KINDS), "default": "bars", "show_default": True, "help": "What to fetch."}),
    (("--interval",), {"help": "How long a bar is, such as 1h. Default: as in the file."}),
    (("--start",), {"type": MOMENT, "metavar": "TIME", "help": "From when on, UTC. Default: where the data set begins."}),
    (
        ("--end",),
        {"type": MOMENT, "metavar": "TIME", "help": "Up to when, UTC, that itself left out. Default: what is finished by now."},
    ),
)


@click.command("fetch")
@click.argument("source")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set an option of SOURCE, or a key of its file.")
@gather(_OPTIONS)
@store_option
@json_option
@click.pass_context
def fetch_command(ctx: click.Context, source: str, overrides: tuple[str, ...], store: Path, as_json: bool) -> None:
    """Ask SOURCE for what the store doesn't have yet.

    SOURCE is a TOML file with a [data] table, such as a run file, or the name of an installed data source. Nothing that is there
    is asked for again, and no unfinished bar is kept. Each answer is safe before the next is asked for: a fetch that was stopped,
    however it was, goes on where it stopped.
    """
    from tradekit.data.fetch.asking import Asker
    from tradekit.data.fetch.fetcher import fetch
    from tradekit.data.store.folder import Store
    from tradekit.engine.sources import open_source

    question = _Question(**ctx.obj)
    start, end = question.span()
    named = open_source(source, overrides)
    asker, kept, done = Asker(named.source, tell=_tell), Store(store), []
    for key in question.keys(named):
        with progress_bar(str(key), "bars" if key.interval else "hours") as progress:
            done.append(fetch(asker, kept, key, start, end, progress))
    if as_json:
        print_json([_facts(one) for one in done])
        return
    rows = [[str(one.key), f"{one.rows:,}", f"{one.requests:,}", str(one.revision or "none")] for one in done]
    print_table(["DATA", "NEW ROWS", "REQUESTS", "REVISION"], rows)


def _tell(message: str) -> None:
    click.echo(message, err=True)


def _facts(done: Fetched) -> dict[str, object]:
    key = done.key
    return {
        "venue": key.venue,
        "symbol": key.symbol,
        "kind": key.kind,
        "interval": key.interval,
        "rows": done.rows,
        "requests": done.requests,
        "revision": done.revision,
    }
