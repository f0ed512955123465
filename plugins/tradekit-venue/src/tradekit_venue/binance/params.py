"""The parameters of a request, each checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from tradekit_venue.binance.refusals import RefusedError

__all__ = ["Params"]

_Word = TypeVar("_Word", bound=StrEnum)
_ENUMS = {"side": (-1117, "Invalid side."), "type": (-1116, "Invalid orderType."), "timeInForce": (-1115, "Invalid timeInForce.")}


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
            raise RefusedError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return value or (default or "")

    def integer(self, name: str, default: int | None = None) -> int:
        """Return a whole number."""
        text = self.text(name, None if default is None else str(default))
        if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit():
            raise RefusedError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
        return int(text)

    def optional(self, name: str) -> int | None:
        """Return a whole number, or `None` where it was not sent."""
        return self.integer(name) if name in self else None

    def decimal(self, name: str, default: Decimal | None = None) -> Decimal:
        """Return an amount, with at most 8 decimals and not below 0."""
        if name not in self and default is not None:
            return default
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0:
            raise RefusedError(
                -1100, f"Illegal characters found in parameter '{name}'; legal range is '^([0-9]{{1,20}})(\\.[0-9]{{1,20}})?$'."
            )
        if value != round(value, 8):
            raise RefusedError(-1111, f"Parameter '{name}' has too much precision.")
        return value

    def word(self, name: str, words: type[_Word], default: _Word | None = None) -> _Word:
        """Return one of several words."""
        text = self.text(name, None if default is None else default.value)
        if text not in list(words):
            raise RefusedError(*_ENUMS[name])
        return words(text)

    def limit(self, default: int, most: int) -> int:
        """Return how many rows are wanted."""
        return max(1, min(self.integer("limit", default), most))
