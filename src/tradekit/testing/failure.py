"""How a rule says that it is broken: what, by which evidence, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import pytest

from tradekit.errors import TradekitError

__all__ = ["broken", "refusal"]


def broken(what: str, evidence: str, way_out: str) -> NoReturn:
    """Fail the test that is running, in these words and without a traceback, which would show the contract and not the plugin."""
    pytest.fail(f"{what}\n  evidence: {evidence}\n  way out: {way_out}", pytrace=False)


def refusal(ask: Callable[[], object]) -> str:
    """Return the message of the `TradekitError` that a call raises; empty if it raises none. Other exceptions pass."""
    try:
        ask()
    except TradekitError as error:
        return str(error) or type(error).__name__
    return ""
