"""`tradekit venue`: a local exchange that replays recorded data."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

__all__ = ["venue_command"]


def number(text: str) -> Decimal:
    """Return a number above 0, exact as it was typed."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(0)
    if not found.is_finite() or found <= 0:
        raise click.BadParameter(f"{text!r} is no number above 0")
    return found


def balance(text: str) -> tuple[str, Decimal]:
    """Return a currency, and how much of it."""
    asset, _, amount = text.partition("=")
    if not asset or not amount:
        raise click.BadParameter(f"{text!r} is no balance; write ASSET=AMOUNT, such as USDT=10000")
    return asset, number(amount)


MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
PATH = click.Path(path_type=Path)


def note(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep an option with the others, in one dictionary: the context's object."""
    ctx.ensure_object(dict)[parameter.name] = value


OPTIONS: list[tuple[str, dict[str, Any]]] = [
    (
        "--dialect",
        {
            "type": click.Choice(["binance", "binance-usdm", "bybit", "bybit-linear", "kraken", "okx", "okx-swap"]),
            "default": "binance",
            "show_default": True,
            "help": "Whose API it speaks: that of a spot market, or of linear perpetuals (binance-usdm, bybit-linear, okx-swap).",
        },
    ),
    ("--data", {"type": PATH, "required": True, "help": "A CSV or Parquet file, or a TOML file with a [data] table."}),
    (
        "--symbol",
        {
            "multiple": True,
            "metavar": "BASE/QUOTE",
            "help": "What to replay, a perpetual as BASE/QUOTE:QUOTE; may be given several times.",
        },
    ),
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
        {"type": balance, "multiple": True, "metavar": "ASSET=AMOUNT", "help": "What the account has.  [default: USDT=100000]"},
    ),
    (
        "--fee",
        {"type": click.FloatRange(0, 0.1), "help": "Share of a trade that it takes.  [default: 0.001, of perpetuals 0.0005]"},
    ),
    ("--tick", {"type": number, "help": "Price step.  [default: as the data shows]"}),
    ("--lot", {"type": number, "help": "Size step.  [default: as the data shows]"}),
    ("--contract", {"type": number, "help": "Units in a contract, of perpetuals.  [default: as the source says, or 1]"}),
    ("--min-notional", {"type": number, "help": "Smallest value of an order.  [default: 5]"}),
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
