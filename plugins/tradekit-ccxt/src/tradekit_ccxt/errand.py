"""What is being done while ccxt makes requests: how urgent it is, what must be in them, and what came of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from tradekit_ccxt.pacing import Priority

__all__ = ["Errand", "current", "on"]


def _as_it_is(text: str) -> str:
    return text


def _let_pass() -> None:
    """Let an order leave."""


@dataclass(slots=True)
class Errand:
    """One thing that is asked of an exchange, in one request or several."""

    priority: Priority = Priority.DATA
    patience_s: float = math.inf
    """How long it may wait for its turn."""
    carries: str = ""
    """What a request that changes something must have in it, or it does not leave."""
    hidden: Callable[[str], str] = _as_it_is
    """Takes keys out of a text."""
    check: Callable[[], None] = _let_pass
    """Raises `OrderRefused` right before an order leaves, if it must not any more."""
    sent_ms: int = 0
    """When the last request left, after it has waited for its turn, by this machine's clock."""
    has_left: bool = False
    """Whether a request that may change something has left this process."""
    failure: BaseException | None = None
    """What the last request raised itself, if it did."""
    status: int = 0
    """The status of the last answer, 0 if there was none."""
    retry_after_s: float | None = None
    """How long the exchange wants to be left alone."""


_CURRENT: ContextVar[Errand | None] = ContextVar("errand", default=None)


def current() -> Errand:
    """Return what is being done."""
    return _CURRENT.get() or Errand()


@contextmanager
def on(errand: Errand) -> Iterator[Errand]:
    """Do something: all requests that are made meanwhile, here and in tasks that begin here, are part of it."""
    token = _CURRENT.set(errand)
    try:
        yield errand
    finally:
        _CURRENT.reset(token)
