"""`tradekit data`: keep market data, fetch it, check it, and turn it into what a run needs."""

from __future__ import annotations

import click

from tradekit.cli.data.check import check_data_command
from tradekit.cli.data.exporting import export_command
from tradekit.cli.data.fetch import fetch_command
from tradekit.cli.data.importing import import_command
from tradekit.cli.data.keeping import prune_command, verify_command
from tradekit.cli.data.resample import resample_command
from tradekit.cli.data.stored import list_command, show_command

__all__ = ["data_group"]


@click.group("data")
def data_group() -> None:
    """Keep market data in a store: import, fetch, check, resample and export it."""


data_group.add_command(check_data_command)
data_group.add_command(export_command)
data_group.add_command(fetch_command)
data_group.add_command(import_command)
data_group.add_command(list_command)
data_group.add_command(prune_command)
data_group.add_command(show_command)
data_group.add_command(verify_command)
data_group.add_command(resample_command)
