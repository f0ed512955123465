"""The parameters of a request, each checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tradekit_venue.okx.refusals import RefusedError

__all__ = ["Params"]


class Params:
    """What was sent, as text."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name, "") != ""

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter. Raises `RefusedError` where it is missing and has no default."""
        value = self.values.get(name, "")
        if value == "" and default is None:
            raise RefusedError(50014, f"Parameter {name} cannot be empty.", 400)
        return value or (default or "")

    def word(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Return one of several words."""
        text = self.text(name, default)
        if text not in allowed:
            raise wrong(name)
        return text

    def optional(self, name: str) -> int | None:
        """Return a whole number, or `None` where it was not sent."""
        if name not in self:
            return None
        text = self.text(name)
        if not (text.isascii() and text.isdigit()):
            raise wrong(name)
        return int(text)

    def decimal(self, name: str) -> Decimal:
        """Return an amount above 0."""
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            value = Decimal(0)
        if not value.is_finite() or value <= 0:
            raise wrong(name)
        return value

    def limit(self, most: int) -> int:
        """Return how many rows are wanted."""
        wanted = self.optional("limit")
        return most if wanted is None else max(1, min(wanted, most))


def wrong(name: str) -> RefusedError:
    """Return what is said of a parameter that can't be read."""
    return RefusedError(51000, f"Parameter {name} error", 400)
