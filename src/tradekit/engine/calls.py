"""Call a strategy, and name it, the bar and the line when it raises."""

from __future__ import annotations

from collections.abc import Callable

from tradekit.data.interval import time_text
from tradekit.errors import PluginError, StrategyError, TradekitError
from tradekit.plugin.contracts import Strategy
from tradekit.plugin.packages import place, reason
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_events

__all__ = ["blame", "run_on_bar"]


def run_on_bar(context: Context, strategy: Strategy, rows: tuple[int, int], heard: Callable[[int], None] | None = None) -> None:
    """Run rows `rows[0] <= row < rows[1]` in the event form.

    Raises `StrategyError` for an exception in `on_bar`; an error of tradekit's own passes, with a note of the bar and the line.
    """
    try:
        run_events(context, strategy.on_bar, rows[0], rows[1], heard)
    except PluginError:  # of a reporter that listens, not of the strategy
        raise
    except TradekitError as error:
        where = place(error, type(strategy).__module__)
        at = f" ({where})" if where else ""
        error.add_note(f"raised by strategy {strategy.name!r} at the bar that closed at {time_text(context.time_ns)}{at}")
        raise
    except Exception as error:
        what = f"on_bar() of strategy {strategy.name!r} raised {blame(error, strategy)}"
        raise StrategyError(f"{what} at the bar that closed at {time_text(context.time_ns)}") from error


def blame(error: Exception, component: object) -> str:
    """Return what an error says, and which line of the component's package it came from."""
    return reason(error, type(component).__module__)
