"""The parameters of a request, and what is said of those that are wrong."""

from __future__ import annotations

from tradekit_venue import params
from tradekit_venue.okx.refusals import RefusedError

__all__ = ["Params", "wrong"]


class Params(params.Params):
    """What was sent, as text."""

    def missing(self, name: str) -> RefusedError:
        """Return what is said of a parameter that was not sent."""
        return RefusedError(50014, f"Parameter {name} cannot be empty.", 400)

    def wrong(self, name: str) -> RefusedError:
        """Return what is said of a parameter that can't be read."""
        return wrong(name)


def wrong(name: str) -> RefusedError:
    """Return what is said of a parameter that can't be read."""
    return RefusedError(51000, f"Parameter {name} error", 400)
