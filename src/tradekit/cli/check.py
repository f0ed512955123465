"""`tradekit check`: find everything that is wrong with a run before it is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import file_argument, set_option
from tradekit.cli.figures import figures_table, plain
from tradekit.cli.output import json_option, print_json, print_table, show
from tradekit.cli.progress import waiting

if TYPE_CHECKING:
    from tradekit.engine.compose import ComposedRun
    from tradekit.engine.run import Ready
    from tradekit.model.result import ComponentUse
    from tradekit.plugin.contracts import Component

__all__ = ["check_command"]

_MOST_INSTRUMENTS = 20


@click.command("check")
@file_argument
@set_option
@json_option
def check_command(file: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check FILE and what it needs; run nothing.

    Reads the run file, finds its components and checks their options, loads and checks the data, computes the indicators and
    chooses the driver. Of a run on live data it reads the bars that would warm it up. Whatever is wrong is said as 'tradekit run'
    would say it, with the same exit code.
    """
    from tradekit.engine.compose import compose_file
    from tradekit.engine.run import make_ready

    with waiting("reading and checking"):
        composed = compose_file(file, overrides)
        ready = make_ready(composed) if composed.config.run.mode == "backtest" else _warmed_up(composed)
    if as_json:
        print_json(_facts(ready))
        return
    rows = [[use.kind, use.name, f"{use.package} {use.version}", _changed(use, part)] for use, part in ready.parts]
    print_table(["KIND", "NAME", "PACKAGE", "OPTIONS OTHER THAN DEFAULT"], rows)
    click.echo()
    _print_data(ready.facts)
    click.echo()
    show(*(f"! {note}" for note in ready.market.notes), *_verdict(file, ready), is_list=True)


def _warmed_up(composed: ComposedRun) -> Ready:
    """Return a run on live data as it would begin now."""
    from tradekit.engine.live.run import make_ready_live

    return make_ready_live(composed)


def _print_data(facts: Sequence[Mapping[str, Any]]) -> None:
    """Print what the data is; holes are counted on the clock of all instruments, so one by itself has none."""
    titles, texts = ["INSTRUMENT", "BARS", "FIRST", "LAST", "FROM"], [0, 2, 3, 4]
    rows = [_data_row(fact) for fact in facts[:_MOST_INSTRUMENTS]]
    if len(facts) > 1:
        titles.insert(2, "HOLES")
        texts = [0, 3, 4, 5]
        rows = [[*row[:2], f"{fact['holes']:,}", *row[2:]] for row, fact in zip(rows, facts, strict=False)]
    show(figures_table(titles, rows, texts), is_list=True)
    if len(facts) > len(rows):
        click.echo(f"and {len(facts) - len(rows)} more instruments")


def _verdict(file: Path, ready: Ready) -> Iterator[str]:
    yield f"{ready.plan.driver} driver: {ready.plan.reason}"
    warmup = ready.prepared.setup.warmup
    if warmup > 1:
        yield f"nothing trades in an instrument's first {warmup:,} bars (warm-up)"
    yield f"{file} is ready to run"


def _changed(use: ComponentUse, part: Component) -> str:
    """Return the options that are not at their default, as a person would write them."""
    from tradekit.plugin.describe import describe_options

    given = part.options.model_dump(exclude_defaults=True)
    options = [(option.name, option.default, *_value(use.options, given, option.name)) for option in describe_options(type(part))]
    return ", ".join(
        f"{name} = {plain(_without_defaults(value, own))}" for name, default, value, own in options if value != default
    )


def _value(options: Mapping[str, Any], given: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    """Return the value of an option, and what of it is not at its default."""
    value: Any = options
    own: Any = given
    for key in name.split("."):
        value = value[key]
        own = own.get(key) if isinstance(own, Mapping) else None
    return value, own


def _without_defaults(value: Any, own: Any) -> Any:
    """Leave out of a table, such as `[data.trades]`, what is at its default."""
    if not (isinstance(value, Mapping) and isinstance(own, Mapping)):
        return value
    return {name: _without_defaults(inner, own[name]) for name, inner in value.items() if name in own}


def _data_row(fact: Mapping[str, Any]) -> list[str]:
    first, last = (str(fact[key]).removesuffix("T00:00:00Z").removesuffix(":00Z").replace("T", " ") for key in ("first", "last"))
    return [fact["symbol"], f"{fact['rows']:,}", first, last, fact["origin"]]


def _facts(ready: Ready) -> dict[str, object]:
    return {
        "config": ready.composed.settings(),
        "components": [
            {"kind": use.kind, "name": use.name, "package": use.package, "version": use.version} for use in ready.composed.uses
        ],
        "data": [dict(fact) for fact in ready.facts],
        "notes": list(ready.market.notes),
        "assumptions": list(ready.prepared.assumptions),
        "driver": ready.plan.driver,
        "reason": ready.plan.reason,
        "warmup": ready.prepared.setup.warmup,
    }
