"""Plug the executor bounds into tradekit."""

from tradekit import Executor, hookimpl

from tradekit_bounds.executor import Bounds

TRADEKIT_API = 1


@hookimpl
def tradekit_executors() -> list[type[Executor]]:
    """Return the executor of this package."""
    return [Bounds]
