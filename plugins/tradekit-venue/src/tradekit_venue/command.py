"""`tradekit venue`: a local exchange that replays recorded data."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

__all__ = ["venue_command"]


class Amount(click.ParamType[Decimal]):
    """A decimal number above 0, exact as it was typed."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return what was typed."""
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal(0)
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value!r} is no number above 0", param, ctx)
        return amount


class Balance(click.ParamType[tuple[str, Decimal]]):
    """A currency, and how much of it."""

    name = "balance"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Decimal]:
        """Return both."""
        asset, _, amount = value.partition("=")
        if not asset or not amount:
            self.fail(f"{value!r} is no balance; write ASSET=AMOUNT, such as USDT=10000", param, ctx)
        return asset, AMOUNT.convert(amount, param, ctx)


AMOUNT, BALANCE = Amount(), Balance()
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
PATH = click.Path(path_type=Path)


def note(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep an option with the others, in one dictionary: the context's object."""
    ctx.ensure_object(dict)[parameter.name] = value


OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("--dialect", {"type": click.Choice(["binance"]), "default": "binance", "show_default": True, "help": "Whose API it speaks."}),
    ("--data", {"type": PATH, "required": True, "help": "A CSV or Parquet file, or a TOML file with a [data] table."}),
    ("--symbol", {"multiple": True, "metavar": "BASE/QUOTE", "help": "What to replay; may be given several times."}),
    ("--source", {"help": "The data source that reads the file.  [default: as the file's name ends]"}),
    ("--kind", {"type": click.Choice(["bars", "trades"]), "default": "bars", "show_default": True, "help": "What is replayed."}),
    ("--interval", {"help": "How long the bars are, such as 1h.  [default: as most are]"}),
    ("--set", {"multiple": True, "metavar": "KEY=VALUE", "help": "An option of the source, such as columns.time=date."}),
    ("--start", {"type": MOMENT, "help": "When the venue opens (UTC); what is before is history.  [default: after 500 bars]"}),
    (
        "--speed",
        {"type": click.FloatRange(min=0), "default": 1.0, "show_default": True, "help": "Seconds of its clock in a second."},
    ),
    ("--port", {"type": click.IntRange(0, 65535), "default": 0, "help": "Port on 127.0.0.1.  [default: a free one]"}),
    (
        "--balance",
        {"type": BALANCE, "multiple": True, "metavar": "ASSET=AMOUNT", "help": "What the account has.  [default: USDT=100000]"},
    ),
    (
        "--fee",
        {"type": click.FloatRange(0, 0.1), "default": 0.001, "show_default": True, "help": "Share of a trade that it takes."},
    ),
    ("--tick", {"type": AMOUNT, "help": "Price step.  [default: as the data shows]"}),
    ("--lot", {"type": AMOUNT, "help": "Size step.  [default: as the data shows]"}),
    ("--min-notional", {"type": AMOUNT, "help": "Smallest value of an order.  [default: 5]"}),
    ("--faults", {"type": PATH, "help": "A TOML file with a [[fault]] table for each fault."}),
    ("--secrets", {"type": PATH, "default": Path("venue.json"), "show_default": True, "help": "Where keys and token are written."}),
]


def open_venue(ctx: click.Context) -> None:
    """Open a local exchange that replays recorded data.

    It listens on this machine only, until Ctrl-C. The keys of an account and the token of its desk are made anew each time, and
    written to a file that only you can read.
    """
    from tradekit_venue.opening import run

    run(asked_for(ctx.obj))


def asked_for(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options, with the time in milliseconds."""
    start = options["start"]
    return {**options, "start": None if start is None else calendar.timegm(start.timetuple()) * 1000}


venue_command = click.Command(
    "venue",
    callback=click.pass_context(open_venue),
    help=open_venue.__doc__,
    params=[click.Option([name], expose_value=False, callback=note, **facts) for name, facts in OPTIONS],
)
