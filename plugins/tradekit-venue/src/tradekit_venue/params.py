"""The parameters of a request, as text, each checked when it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

__all__ = ["Params"]


class Params(ABC):
    """What was sent, by name; a dialect says with which errors it refuses what is missing or can't be read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    @abstractmethod
    def missing(self, name: str) -> Exception:
        """Return what is said of a parameter that was not sent."""

    @abstractmethod
    def wrong(self, name: str) -> Exception:
        """Return what is said of a parameter that can't be read."""

    def __contains__(self, name: str) -> bool:
        return self.values.get(name, "") != ""

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter. It may be missing where there is a default."""
        value = self.values.get(name, "")
        if value == "" and default is None:
            raise self.missing(name)
        return value or (default or "")

    def word(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Return one of several words."""
        text = self.text(name, default)
        if text not in allowed:
            raise self.wrong(name)
        return text

    def optional(self, name: str) -> int | None:
        """Return a whole number, or `None` where it was not sent."""
        if name not in self:
            return None
        text = self.text(name)
        if not (text.isascii() and text.isdigit()):
            raise self.wrong(name)
        return int(text)

    def decimal(self, name: str) -> Decimal:
        """Return an amount above 0."""
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            value = Decimal(0)
        if not value.is_finite() or value <= 0:
            raise self.wrong(name)
        return value

    def limit(self, usual: int, most: int) -> int:
        """Return how many rows are wanted."""
        wanted = self.optional("limit")
        return usual if wanted is None else max(1, min(wanted, most))
