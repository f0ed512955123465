"""Read again what a finished run went through: a run's folder keeps what it did, and not the market it did it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradekit.engine.compose import compose_document
from tradekit.engine.document import Document
from tradekit.engine.folder import read_manifest, read_result
from tradekit.engine.indicators import UNPROVEN
from tradekit.engine.market import MarketData, load_market
from tradekit.engine.outcome import facts_of
from tradekit.engine.prepare import prepare
from tradekit.engine.trials import data_hash
from tradekit.errors import DataError
from tradekit.model.bars import Bars
from tradekit.model.result import Result
from tradekit.plugin.values import Values

__all__ = ["RunMarket", "read_market"]


@dataclass(frozen=True)
class RunMarket:
    """The bars that a run decided on, and its strategy's indicators on them."""

    bars: Bars
    values: Values


def read_market(run: Result | str | Path, folder: str | Path | None = None) -> RunMarket:
    """Read the market of a finished backtest from its data source once more, and compute the strategy's indicators on it.

    `run` is a result or the folder of a run, `folder` is where the run file was: relative paths in it start there. Without it, that
    is what the folder of the run says, or for a result the current folder. Raises `DataError` where the source has other data by
    now than the run read (their hashes differ), and for a run on live data, which nothing keeps; any other `TradekitError` if the
    source or the strategy can't be made again.
    """
    result = run if isinstance(run, Result) else read_result(run)
    if folder is None:
        folder = "." if isinstance(run, Result) else Path(read_manifest(Path(run))["about"].get("file", "run.toml")).parent
    if result.mode != "backtest":
        raise DataError(f"the market of run {result.name!r} can't be read again: its mode is {result.mode!r}, and nothing keeps it")
    # Reporters are left out: they have written their reports, and one may be missing by now.
    tables = {name: _written(table) for name, table in result.config.items() if name not in ("overrides", "report", "live")}
    composed = compose_document(Document(Path(folder) / "run.toml", "", tables | {"report": []}, {}))
    market = load_market(composed)
    for difference in _differences(result, market, composed.run_file.folder):
        raise DataError(
            f"the market of run {result.name!r} is not what the run went through: {difference}; what is shown of it would be wrong"
        )
    prepared = prepare(composed, market, UNPROVEN)
    return RunMarket(prepared.setup.bars, prepared.values())


def _differences(result: Result, market: MarketData, folder: Path) -> Iterator[str]:
    """Yield what differs between the data that a run read and those that its source has now."""
    now = {str(fact["symbol"]): data_hash(fact) for fact in facts_of(market, folder)}
    for fact in result.data:
        symbol = str(fact["symbol"])
        if symbol not in now:
            yield f"its source no longer has {symbol!r}"
        elif now[symbol] != data_hash(fact):
            yield f"its source has other data of {symbol!r} by now"


def _written(value: Any) -> Any:
    """Return a part of a configuration as a person would write it: without the keys that have no value."""
    if isinstance(value, Mapping):
        return {name: _written(inner) for name, inner in value.items() if inner is not None}
    return [_written(inner) for inner in value] if isinstance(value, list | tuple) else value
