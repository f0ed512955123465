"""Arguments and options that several commands about data share."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import click

__all__ = ["KINDS", "MOMENT", "data_set_argument", "nanoseconds"]

_Command = TypeVar("_Command", bound=Callable[..., object])

KINDS = ("bars", "trades", "quotes", "book", "funding", "actions")
"""The kinds of data that a store keeps, as they are typed."""

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])
"""A date, or a date and time, UTC."""


def data_set_argument(command: _Command) -> _Command:
    """Add the argument DATA_SET: words of a name such as `binance BTC/USDT bars 1h`; its parameter is called `words`."""
    return click.argument("words", nargs=-1, required=True, metavar="DATA_SET...")(command)


def nanoseconds(moment: datetime | None) -> int | None:
    """Return a time that was typed in UTC nanoseconds."""
    return None if moment is None else calendar.timegm(moment.timetuple()) * 10**9
