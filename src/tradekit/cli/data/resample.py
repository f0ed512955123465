"""`tradekit data resample`: make bars of trades, or of finer bars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import store_option
from tradekit.cli.data.arguments import data_set_argument
from tradekit.cli.output import json_option, print_json

if TYPE_CHECKING:
    from tradekit.data.building import OffSession

__all__ = ["resample_command"]


@click.command("resample")
@data_set_argument
@click.option(
    "--to", "size", required=True, metavar="SIZE", help="What makes a bar: 5m, 1h, '1000 trades', '50 volume', '1e6 value'."
)
@click.option("--calendar", metavar="NAME", help="Keep to the sessions of this calendar, such as XNYS. Default: the instrument's.")
@click.option(
    "--off-session",
    type=click.Choice(["refuse", "drop"]),
    default="refuse",
    show_default=True,
    help="What to do with what lies in no session of the calendar.",
)
@store_option
@json_option
def resample_command(
    words: tuple[str, ...], size: str, calendar: str | None, off_session: OffSession, store: Path, as_json: bool
) -> None:
    """Make bars of DATA_SET, such as 'binance XRP/ETH trades', and keep them as a data set of their own.

    DATA_SET is its name, or some words of it that no other has. Only bars of which the data have all are made: what they
    begin or end within is left out, and counted. The same again changes nothing.
    """
    from tradekit.data.interval import time_text
    from tradekit.data.store.folder import Store
    from tradekit.data.store.resampling import resample_stored

    kept = Store(store)
    made = resample_stored(kept, kept.find(words), size, calendar, off_session)
    first, last = (time_text(int(time)) for time in made.bars.open_time[[0, -1]])
    if as_json:
        print_json(
            {
                "data_set": str(made.key),
                "rows": len(made.bars),
                "first": first,
                "last": last,
                "revision": made.revision,
                "left_out": made.left_out,
            }
        )
        return
    left_out = f"; left out: {made.left_out} of which the data have only a part" if made.left_out else ""
    click.echo(f"{made.key}: {len(made.bars):,} bars, {first} to {last}, revision {made.revision}{left_out}")
