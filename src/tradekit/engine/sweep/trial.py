"""One trial of a sweep: a run with other settings, on a market that all trials share, reduced to its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from tradekit.analysis.curve import Sampling
from tradekit.engine.brief import figures_of, sampling_of, simulate
from tradekit.engine.components import Made
from tradekit.engine.compose import ComposedRun, compose, compose_document, registry_of
from tradekit.engine.document import Document
from tradekit.engine.market import MarketData
from tradekit.engine.overrides import Override, apply_overrides
from tradekit.engine.plan import targets_of
from tradekit.engine.prepare import prepare
from tradekit.engine.runfile import RunConfig, RunFile, check_tables
from tradekit.engine.shared import Shared
from tradekit.engine.sweep.params import Param, Setting
from tradekit.engine.sweep.search import Combination
from tradekit.engine.sweep.variants import Variants
from tradekit.engine.trades import trips_of
from tradekit.errors import ConfigError, TradekitError
from tradekit.journal.record import Record
from tradekit.plugin.contracts import Strategy
from tradekit.plugin.discovery import Registry

__all__ = ["Bench", "Outcome"]

Figures = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial: `done` with its figures, `invalid` where the settings can't be run, `failed` where the run did."""

    number: int
    """From 1, in the order in which they are tried."""
    values: Mapping[str, Setting]
    status: str
    options: Mapping[str, Any]
    """All options of the strategy."""
    figures: Mapping[str, float | int | None]
    error: str = ""


class Bench:
    """Runs trials on one market; threads may share it.

    `driver` is the one that all of them take; that the array form may be trusted is for the caller to have checked.
    """

    def __init__(self, document: Document, market: MarketData, driver: str, registry: Registry | None = None) -> None:
        self.document = document
        self.run_file = RunFile(document, _config(document))
        self.market = market
        self.driver = driver
        self.registry = registry_of(document) if registry is None else registry
        self.shared = Shared()
        self.known: dict[str, Made] = {}
        self.variants: Variants | None = None
        if driver == "compiled" and Variants.suits(base := compose(self.run_file, self.registry, self.known)):
            self.variants = Variants(base, market, self.shared, self.registry)

    def composed(self, values: Combination, params: Mapping[str, Param]) -> ComposedRun:
        """Compose the run file with other settings. Raises `ConfigError` where they can't be."""
        options = _of_strategy(values, params)
        if options is not None:
            return self._with_strategy(options)
        overrides = [Override(params[name].key, value, f"{name}={value!r}") for name, value in values.items()]
        changed, applied = apply_overrides(self.document.values, overrides)
        document = replace(self.document, values=changed, overrides=(*self.document.overrides, *applied))
        return compose_document(document, self.registry, self.known)

    def _with_strategy(self, options: Mapping[str, Setting]) -> ComposedRun:
        """Compose with other options of the strategy; the rest of the file need not be checked again."""
        base = self.run_file
        table = replace(base.config.strategy, options={**base.config.strategy.options, **options})
        overrides = [Override(("strategy", name), value, f"strategy.{name}={value!r}") for name, value in options.items()]
        document = replace(base.document, overrides=(*base.document.overrides, *overrides))
        return compose(RunFile(document, replace(base.config, strategies=(table,))), self.registry, self.known)

    def run(self, number: int, values: Combination, params: Mapping[str, Param]) -> Outcome:
        """Run one trial; what is wrong with it is part of what comes out."""
        try:
            options, figures = self._made(values, params)
        except ConfigError as error:
            return Outcome(number, values, "invalid", {}, {}, _in_one_line(error))
        try:
            return Outcome(number, values, "done", options, figures())
        except TradekitError as error:
            return Outcome(number, values, "failed", options, {}, _in_one_line(error))

    def _made(self, values: Combination, params: Mapping[str, Param]) -> tuple[Mapping[str, Any], Callable[[], Figures]]:
        """Return all options of the strategy, and what does the run. Raises `ConfigError` for settings that can't be run."""
        options = _of_strategy(values, params)
        if self.variants is not None and options is not None and (made := self.variants.made(options)) is not None:
            strategy, use = made
            return use.options, partial(self._variant, self.variants, strategy)
        composed = self.composed(values, params)
        return next(use.options for use in composed.uses if use.kind == "strategy"), partial(self._whole, composed)

    def _variant(self, variants: Variants, strategy: Strategy) -> Figures:
        prepared = variants.run_of(strategy)
        return self._figures(simulate(prepared, targets_of(prepared), variants.simulation))

    def _whole(self, composed: ComposedRun) -> Figures:
        prepared = prepare(composed, self.market, self.shared)
        return self._figures(simulate(prepared, targets_of(prepared) if self.driver == "compiled" else None))

    def _figures(self, record: Record) -> Figures:
        return figures_of(record, trips_of(record), self._sampling, self.market.bar_length)

    @cached_property
    def _sampling(self) -> Sampling:
        return sampling_of(self.market, self.run_file.config.run.periods_per_year)


def _of_strategy(values: Combination, params: Mapping[str, Param]) -> dict[str, Setting] | None:
    """Return options of the strategy by their names; `None` if anything else is varied."""
    if all(len(params[name].key) == 2 and params[name].key[0] == "strategy" for name in values):
        return {str(params[name].key[1]): value for name, value in values.items()}
    return None


def _config(document: Document) -> RunConfig:
    checked = check_tables(document)
    if checked.config is None:
        document.fail(checked.problems)
    return checked.config


def _in_one_line(error: TradekitError) -> str:
    return " ".join("; ".join([str(error), *getattr(error, "__notes__", ())]).split())
