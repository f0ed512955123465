"""Every error that tradekit raises on purpose.

::

    TradekitError                  70   (the base: catch it to catch all of them)
    ├── ConfigError                 2   a run file, an option or a command line that can't be right
    ├── PluginError                 3   a package or component that is missing, broken or incompatible
    ├── DataError                   4   market data that is missing, malformed or outside what was asked for
    ├── VenueError                  6   a venue or a network that did not do what was asked, perhaps only in passing
    │   └── OrderRefused            6   a venue that has definitely not taken an order
    ├── OrderError                  1   an order that makes no sense, from a strategy
    ├── StrategyError               1   a strategy that raised, or broke what it promises
    └── RunError                    1   a run that started and could not be finished
        └── LockedError             1   a file that another process holds

The number is the exit code of the command line (`exit_code`). A message is lower case, has no full stop at its end, names
the culprit with its repr, says what was allowed, and ends with the way out where there is one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "DataError",
    "LockedError",
    "OrderError",
    "OrderRefused",
    "PluginError",
    "RunError",
    "StrategyError",
    "TradekitError",
    "VenueError",
    "nearest",
    "system_reason",
]


class TradekitError(Exception):
    """The base of all errors that are not bugs in tradekit."""

    exit_code = 70


class ConfigError(TradekitError):
    """A run file, an option or an argument is wrong; nothing has been run."""

    exit_code = 2


class PluginError(TradekitError):
    """A plugin package or a component of one is missing, broken or incompatible."""

    exit_code = 3


class DataError(TradekitError):
    """Market data is missing, malformed, or fails its checks."""

    exit_code = 4


class VenueError(TradekitError):
    """A venue, or the network before it, did not answer, or not with what was asked for."""

    exit_code = 6

    def __init__(self, message: str, is_passing: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.is_passing = is_passing
        """Whether asking again later may help."""
        self.retry_after_s = retry_after_s
        """How long the venue wants to be left alone, in seconds, if it says so."""


class OrderRefused(VenueError):  # noqa: N818 - it is an answer, and the one that must not be taken for a failure
    """A venue, or the executor before it, has definitely not taken an order: it is not there and never will be.

    Anything else that an executor raises while it sends leaves open whether the order is there.
    """


class OrderError(TradekitError):
    """A strategy asked for an order that has no meaning, such as a negative size."""

    exit_code = 1


class StrategyError(TradekitError):
    """A strategy raised an exception, or broke a promise that was checked."""

    exit_code = 1


class RunError(TradekitError):
    """A run started and could not be finished, or its folder can't be read or written."""

    exit_code = 1


class LockedError(RunError):
    """Another process, or another lock in this one, holds a file; `holder` says who, such as `process 4711`."""

    def __init__(self, path: str, holder: str = "another process") -> None:
        super().__init__(f"{path!r} is held by {holder}; wait until it is done, or end it")
        self.holder = holder


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"` for the allowed name closest to `name`, or an empty string.

    >>> nearest("sma-cros", ["sma-cross", "breakout"])
    "; did you mean 'sma-cross'?"
    >>> nearest("zzz", ["sma-cross"])
    ''
    """
    close = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def system_reason(error: OSError) -> str:
    """Return what the operating system says is wrong, as it stands in a message of ours.

    >>> system_reason(PermissionError(13, "Permission denied"))
    'permission denied'
    """
    return (error.strerror or str(error) or type(error).__name__).lower()
