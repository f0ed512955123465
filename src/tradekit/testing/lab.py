"""A place to run strategies, rules and reporters on made-up markets, as `tradekit run` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tradekit.data.interval import interval_text
from tradekit.engine.compose import ComposedRun, compose_document
from tradekit.engine.document import read_document
from tradekit.engine.run import Finished, Ready, execute, make_ready
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.model.reference import Actions, FundingRates
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.contracts import BarRequest, Component, DataSource, Strategy
from tradekit.plugin.discovery import KINDS, Provided, Registry, discover

__all__ = ["Lab", "interval_of"]

_RUN_FILE = """\
risk = []
report = []
[run]
name = "lab"
[account]
currency = "USD"
capital = 1000
[data]
source = "memory"
interval = "{interval}"
[strategy]
name = "{strategy}"
[execution]
costs = []
"""


class Lab:
    """Composes and runs what a test names, with the built-in components and those that it brings, on a market that it gives.

    `series` holds the bars by symbol; `facts` what the source knows about instruments, as arguments of `Instrument`; `known` its
    funding rates, actions, trades, quotes and book updates. `folder` is where the run file and the folders of runs are written.
    """

    def __init__(self, folder: Path, series: Mapping[str, Series] | None = None) -> None:
        self.folder = folder
        self.runs = folder / "runs"
        self.series: dict[str, Series] = dict(series or {})
        self.facts: dict[str, dict[str, Any]] = {}
        self.known: dict[str, dict[str, Any]] = {kind: {} for kind in ("funding", "actions", "trades", "quotes", "book")}
        self.brought: list[type[Component]] = []

    def bring(self, *classes: type[Component]) -> None:
        """Use components of a test's own; one that has the name of a built-in one takes its place."""
        self.brought += classes

    def compose(self, strategy: type[Strategy] | str, *overrides: str, tables: Mapping[str, Any] | None = None) -> ComposedRun:
        """Compose a run of a strategy, a class or the name of a built-in one; what else differs is in the overrides.

        `tables` are further tables of the run file, as JSON has them: keys of one table, or a list of tables.
        """
        named = strategy if isinstance(strategy, str) else strategy.name
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "run.toml"
        path.write_text(_RUN_FILE.format(strategy=named, interval=interval_of(self.series)), encoding="utf-8")
        document = read_document(path, overrides)
        values = dict(document.values)
        for name, table in (tables or {}).items():
            values[name] = {**values.get(name, {}), **table} if isinstance(table, Mapping) else table
        document = replace(document, values=values)
        return compose_document(document, self.registry(strategy))

    def registry(self, strategy: type[Strategy] | str) -> Registry:
        """Return all components that a run of a strategy may name."""
        classes = [self._source(), *self.brought, *([] if isinstance(strategy, str) else [strategy])]
        brought = [_provided(cls) for cls in dict.fromkeys(classes)]
        taken = {(one.kind, one.name) for one in brought}
        return Registry((*(one for one in _built_in() if (one.kind, one.name) not in taken), *brought))

    def ready(self, strategy: type[Strategy] | str, *overrides: str, tables: Mapping[str, Any] | None = None) -> Ready:
        """Compose a run, prepare its data and choose its driver."""
        return make_ready(self.compose(strategy, *overrides, tables=tables))

    def run(self, strategy: type[Strategy] | str, *overrides: str, tables: Mapping[str, Any] | None = None) -> Finished:
        """Run a strategy and return what comes of it: `result`, `folder`, and the `pages` that reporters show."""
        return execute(self.ready(strategy, *overrides, tables=tables), self.runs)

    def _source(self) -> type[DataSource]:
        series, facts, known = self.series, self.facts, self.known

        class Memory(DataSource):
            """Give the bars of a test."""

            name = "memory"

            def instruments(self) -> Sequence[Instrument]:
                return [Instrument(symbol, **facts.get(symbol, {})) for symbol in series]

            def bars(self, request: BarRequest) -> Mapping[str, Series]:
                return {symbol: series[symbol] for symbol in request.symbols}

            def funding(self, symbols: Sequence[str]) -> Mapping[str, FundingRates]:
                return {symbol: known["funding"][symbol] for symbol in symbols if symbol in known["funding"]}

            def actions(self, symbols: Sequence[str]) -> Mapping[str, Actions]:
                return {symbol: known["actions"][symbol] for symbol in symbols if symbol in known["actions"]}

            def trades(self, request: BarRequest) -> Mapping[str, Trades]:
                return {symbol: known["trades"][symbol] for symbol in request.symbols if symbol in known["trades"]}

            def quotes(self, request: BarRequest) -> Mapping[str, Quotes]:
                return {symbol: known["quotes"][symbol] for symbol in request.symbols if symbol in known["quotes"]}

            def book(self, request: BarRequest) -> Mapping[str, BookUpdates]:
                return {symbol: known["book"][symbol] for symbol in request.symbols if symbol in known["book"]}

        return Memory


def interval_of(market: Mapping[str, Series]) -> str:
    """Return how long the bars of a market are, as text; a day where there are none."""
    series = next(iter(market.values()), None)
    if series is None or not len(series):
        return "1d"
    return interval_text(int(series.close_time[0] - series.open_time[0]))


@cache
def _built_in() -> tuple[Provided, ...]:
    return discover([]).components


def _provided(component: type[Component]) -> Provided:
    kind = next(kind for kind, facts in KINDS.items() if issubclass(component, facts.contract))
    return Provided(kind, component.name, component, "lab", "1.0")
