"""`tradekit data resample`: make bars of trades, or of finer bars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import store_option
from tradekit.cli.data.arguments import data_set_argument

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
def resample_command(words: tuple[str, ...], size: str, calendar: str | None, off_session: OffSession, store: Path) -> None:
    """Make bars of DATA_SET, such as 'binance XRP/ETH trades', and keep them as a data set of their own.

    DATA_SET is its name, or some words of it that no other has. Only bars that had ended by the end of the data are made. The same
    again changes nothing.
    """
    from tradekit.data.interval import time_text
    from tradekit.data.store.folder import Store
    from tradekit.data.store.resampling import resample_stored

    kept = Store(store)
    made = resample_stored(kept, kept.find(words), size, calendar, off_session)
    times = made.bars.open_time
    click.echo(
        f"{made.key}: {len(times):,} bars, {time_text(int(times[0]))} to {time_text(int(times[-1]))}, revision {made.revision}"
    )
