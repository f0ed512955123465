"""Call what components bring, and name them, the line, and for a strategy the bar, when that raises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tradekit.data.interval import time_text
from tradekit.errors import PluginError, StrategyError, TradekitError
from tradekit.plugin.contracts import Component, Strategy
from tradekit.plugin.packages import place, reason
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_events
from tradekit.simulator.tape_loop import TapeLoop

__all__ = ["Blaming", "blame", "run_on_bar", "run_on_ticks"]


def run_on_bar(context: Context, strategy: Strategy, rows: tuple[int, int], heard: Callable[[int], None] | None = None) -> None:
    """Run rows `rows[0] <= row < rows[1]` in the event form.

    Raises `StrategyError` for an exception in `on_bar`; an error of tradekit's own passes, with a note of the bar and the line.
    """
    try:
        run_events(context, strategy.on_bar, rows[0], rows[1], heard)
    except PluginError:  # of a reporter that listens, not of the strategy
        raise
    except TradekitError as error:
        error.add_note(
            f"raised by strategy {strategy.name!r} at the bar that closed at {time_text(context.time_ns)}{_at(error, strategy)}"
        )
        raise
    except (Exception, SystemExit) as error:
        what = f"on_bar() of strategy {strategy.name!r} raised {blame(error, strategy)}"
        raise StrategyError(f"{what} at the bar that closed at {time_text(context.time_ns)}") from error


def run_on_ticks(
    context: Context, loop: TapeLoop, strategy: Strategy, rows: tuple[int, int], heard: Callable[[int], None] | None = None
) -> None:
    """Run rows `rows[0] <= row < rows[1]` on ticks; it raises what `run_on_bar` does."""
    try:
        loop.run(rows[0], rows[1], heard)
    except PluginError:  # of a reporter that listens, not of the strategy
        raise
    except TradekitError as error:
        error.add_note(
            f"raised by strategy {strategy.name!r} in {loop.doing}() at {time_text(context.time_ns)}{_at(error, strategy)}"
        )
        raise
    except (Exception, SystemExit) as error:
        what = f"{loop.doing}() of strategy {strategy.name!r} raised {blame(error, strategy)}"
        raise StrategyError(f"{what} at {time_text(context.time_ns)}") from error


@dataclass(frozen=True, slots=True)
class Blaming:
    """Turn an exception into one that names `what` raised it; an error of tradekit's own passes, with that as a note."""

    what: str
    component: Component
    raises: type[TradekitError] = StrategyError

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, TradekitError):
            error.add_note(f"raised by {self.what}{_at(error, self.component)}")
        elif isinstance(error, (Exception, SystemExit)):
            raise self.raises(f"{self.what} raised {blame(error, self.component)}") from error


def blame(error: BaseException, component: Component) -> str:
    """Return what an error says, and which line of the component's package it came from."""
    return reason(error, type(component).__module__)


def _at(error: BaseException, component: Component) -> str:
    where = place(error, type(component).__module__)
    return f" ({where})" if where else ""
