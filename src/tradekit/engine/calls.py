"""Call a strategy, and name it, the bar and the line when it raises."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tradekit.errors import StrategyError, TradekitError
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_events

__all__ = ["run_on_bar", "when"]


def run_on_bar(context: Context, strategy: Strategy, rows: tuple[int, int], heard: Callable[[int], None] | None = None) -> None:
    """Run rows `rows[0] <= row < rows[1]` in the event form.

    Raises `StrategyError` for an exception in `on_bar`; an error of tradekit's own passes, with a note of the bar.
    """
    try:
        run_events(context, strategy.on_bar, rows[0], rows[1], heard)
    except TradekitError as error:
        error.add_note(f"raised by strategy {strategy.name!r} at the bar that closed at {when(context.time_ns)}")
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise StrategyError(
            f"strategy {strategy.name!r} raised {type(error).__name__} at the bar that closed at {when(context.time_ns)}: {error} "
            f"({Path(place.filename).name}, line {place.lineno})"
        ) from error


def when(nanoseconds: int) -> str:
    """Return a time in words: ISO 8601, to the second."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat()
