"""What a run file gives its strategy, for those who want to learn from it before it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tradekit.engine.compose import compose_file
from tradekit.engine.market import load_market
from tradekit.engine.outcome import facts_of
from tradekit.engine.together import refuse_several
from tradekit.engine.trials import data_set
from tradekit.model.bars import Bars
from tradekit.plugin.contracts import Strategy

__all__ = ["RunInputs", "read_run"]


@dataclass(frozen=True)
class RunInputs:
    """The strategy of a run file, unused, and the bars that it decides on."""

    name: str
    """Of the run."""
    strategy: Strategy
    bars: Bars
    """As its indicators read them: without the jumps of splits and dividends that prices as they were traded have."""
    interval: str
    """How long a bar is, such as `1h`; `5000 trades` where they end by what is traded."""
    calendars: tuple[str | None, ...]
    """Of each instrument; `None` for one whose days are those of UTC."""
    seed: int
    data: str
    """The SHA-256 of all that was read; the trial ledger has the same for a run of these data."""


def read_run(path: str | Path, overrides: Iterable[str] = ()) -> RunInputs:
    """Read a run file with its data, check both as a run does, and run nothing.

    `overrides` are those of `run`. Raises a `TradekitError` for anything that is wrong with the file, a component or the data.
    """
    composed = compose_file(path, overrides)
    refuse_several(composed.strategy, "what a strategy reads")
    market = load_market(composed)
    return RunInputs(
        name=composed.config.run.name,
        strategy=composed.strategy,
        bars=market.adjusted,
        interval=composed.config.data.interval,
        calendars=tuple(instrument.calendar for instrument in market.instruments),
        seed=composed.config.run.seed,
        data=data_set(facts_of(market, composed.run_file.folder)),
    )
