"""`tradekit data`: keep market data, fetch it, check it, and turn it into what a run needs."""

from __future__ import annotations

import click

from tradekit.cli.data.check import check_data_command

__all__ = ["data_group"]


@click.group("data")
def data_group() -> None:
    """Keep market data in a store: import, fetch, check, resample and export it."""


data_group.add_command(check_data_command)
