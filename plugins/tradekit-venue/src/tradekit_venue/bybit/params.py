"""The parameters of a request, and what is said of those that are wrong."""

from __future__ import annotations

from tradekit_venue import params
from tradekit_venue.bybit.refusals import RefusedError

__all__ = ["Params", "wrong"]


class Params(params.Params):
    """What was sent, as text."""

    def missing(self, name: str) -> RefusedError:
        """Return what is said of a parameter that was not sent: the same as of one that is wrong."""
        return wrong(name)

    def wrong(self, name: str) -> RefusedError:
        """Return what is said of a parameter that can't be read."""
        return wrong(name)


def wrong(name: str) -> RefusedError:
    """Return what is said of a parameter that is missing or can't be read."""
    return RefusedError(10001, f"Request parameter error: {name}")
