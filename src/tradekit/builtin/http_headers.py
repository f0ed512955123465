"""Keys that go into the headers of a request: out of the environment, and into nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from tradekit import ConfigError, VenueError
from tradekit.builtin.http_options import VARIABLE

__all__ = ["filled", "hiding", "variables"]

_HIDDEN = "***"


def variables(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment variables hold that headers name; raise `ConfigError` for one that is not set, or no header."""
    found = {}
    for header, text in headers.items():
        for name in VARIABLE.findall(text):
            value = os.environ.get(name, "").strip()
            if not value:
                raise ConfigError(
                    f"the header {header!r} needs the environment variable {name!r}, which is not set; set it: export {name}=..."
                )
            if not (value.isascii() and value.isprintable()):
                raise ConfigError(f"the environment variable {name!r} holds more than one line of plain characters")
            found[name] = value
    return found


def filled(headers: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the values of their variables."""
    return {name: VARIABLE.sub(lambda match: values[match[1]], text) for name, text in headers.items()}


@contextmanager
def hiding(values: Iterable[str]) -> Iterator[None]:
    """Keep values out of the messages of errors: venues repeat what they were sent."""
    try:
        yield
    except VenueError as error:
        message = str(error)
        for value in sorted(values, key=len, reverse=True):
            message = message.replace(value, _HIDDEN)
        if message == str(error):
            raise
        raise VenueError(message, error.is_passing, error.retry_after_s) from None
