"""From composed components and loaded bars to the arrays that the simulator runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tradekit.analysis.curve import DAY, EquityCurve, sample
from tradekit.engine.assumptions import assumptions
from tradekit.engine.benchmark import chosen
from tradekit.engine.calls import Blaming
from tradekit.engine.compose import ComposedRun, share_of
from tradekit.engine.copies import copied
from tradekit.engine.costing import costs_of
from tradekit.engine.indicators import Computed, Unproven, compute, declared, warmup_of
from tradekit.engine.market import MarketData
from tradekit.engine.money import currencies, terms
from tradekit.engine.runfile import RunConfig
from tradekit.engine.shared import Shared
from tradekit.engine.streaming import compute_in_pieces
from tradekit.engine.ticks import prints_of
from tradekit.engine.together import members_of
from tradekit.errors import PluginError
from tradekit.model.bars import Bars, BarSize, Floats, Times
from tradekit.model.fills import FillRules
from tradekit.model.memory import MEMORY, Scratch
from tradekit.model.risk import Limit, LimitKind
from tradekit.model.tape import Tape
from tradekit.plugin.contracts import CostModel, Indicator, Strategy
from tradekit.plugin.values import Values
from tradekit.simulator.costs import Costs
from tradekit.simulator.setup import Rule, Setup, Share
from tradekit.simulator.steps import Stdev

__all__ = ["Prepared", "cut", "prepare", "run_warmup"]


@dataclass(frozen=True)
class Prepared:
    """What the drivers run on, what it is compared with, and what is assumed in it."""

    setup: Setup
    strategy: Strategy
    benchmark: str
    """A symbol of the run, `equal-weight` or `none`."""
    assumptions: tuple[str, ...]
    columns: Mapping[str, Floats] = field(default_factory=dict)
    """Indicators by name, float64 [instrument, time], that only the array form reads: the simulator is not given them."""

    def values(self) -> Values:
        """Return what `Strategy.targets` gets beside the bars; it can't write into them."""
        values = self.setup.values.view()
        values.flags.writeable = False
        rows = {name: values[row].T for name, row in self.setup.names.items()}
        return Values(self.setup.adjusted, rows | {name: column.T for name, column in self.columns.items()}, self.setup.warmup)


def prepare(composed: ComposedRun, market: MarketData, shared: Shared | Unproven | None = None) -> Prepared:
    """Compute indicators and cost coefficients, gather the rules, and ask each component what it has to say before the run.

    `shared` has what other runs on this market have computed, and keeps it; with it, what is assumed is left unsaid. For
    `UNPROVEN` see `compute`. Raises `StrategyError`, `PluginError` or `ConfigError` for what is wrong with that.
    """
    config = composed.config
    benchmark = chosen(market.bars.symbols, config.run.benchmark)
    computed, warmups = _values(composed, market, shared)
    market = copied(market, len(computed))
    bars = market.bars
    sizing, per_year = _sizing(composed, bars, market.bar_length)
    setup = Setup(
        bars=bars,
        adjusted=market.adjusted,
        schedule=market.schedule,
        sessions=market.sessions,
        finer=market.finer if market.tape is None else prints_of(market.tape, bars.symbols),
        instruments=market.instruments,
        currency=config.account.currency,
        capital=config.account.capital,
        is_margin=config.account.kind == "margin",
        leverage=config.account.leverage,
        fills=_with_data_latency(composed.fill_rules, market.tape),
        costs=_costs(composed, market, shared),
        rules=_rules(composed),
        **_side_by_side(computed),
        warmup=min(warmups),
        volatility=_volatility(sizing, market.adjusted, per_year),
        seed=config.run.seed,
        currencies=currencies(config, market.instruments, bars),
        terms=terms(config.account),
        memory=market.memory,
        is_outside=config.run.mode == "live",
        tape=market.tape,
        shares=_shares(config, computed, warmups),
        is_netted=config.account.net_orders,
    )
    said = () if shared is not None else tuple(assumptions(setup, map(_described, composed.costs), per_year))
    return Prepared(setup, composed.strategy, benchmark, said)


def _values(composed: ComposedRun, market: MarketData, shared: Shared | Unproven | None) -> tuple[list[Computed], list[int]]:
    """Return what each strategy's indicators come to, and how many bars it needs before it can trade."""
    size = composed.config.data.size
    strategies = members_of(composed.strategy)
    indicators = [declared(strategy, size) for strategy in strategies]
    computed = [_computed(own, market, size, shared) for own in indicators]
    return computed, [run_warmup(composed, strategy, own) for strategy, own in zip(strategies, indicators, strict=True)]


def _side_by_side(computed: Sequence[Computed]) -> dict[str, Any]:
    """Return `names` and `values`; those of several strategies are each on its own copies of the instruments."""
    if len(computed) == 1:
        return {"names": computed[0].names, "values": computed[0].values}
    most, (_, size, rows) = max(len(one.names) for one in computed), computed[0].values.shape
    values = np.full((most, size * len(computed), rows), np.nan)
    for k, one in enumerate(computed):
        values[: len(one.names), k * size : (k + 1) * size] = one.values
    return {"names": {}, "values": values}


def _shares(config: RunConfig, computed: Sequence[Computed], warmups: Sequence[int]) -> tuple[Share, ...]:
    return tuple(
        Share(name, part * config.account.capital, one.names, warmup)
        for (name, part), one, warmup in zip(config.named_shares(), computed, warmups, strict=False)
    )


def run_warmup(composed: ComposedRun, strategy: Strategy, indicators: Mapping[str, Indicator]) -> int:
    """Return how many bars a run needs before it can trade: for its strategy, its indicators, and the rule that gives sizes."""
    warmup, sizing = warmup_of(strategy, indicators, composed.config.data.size), _sizing_limit(composed)
    return warmup if sizing is None else max(warmup, sizing.window + 1)


def _with_data_latency(rules: FillRules, tape: Tape | None) -> FillRules:
    """Return the rules with the latency of data in that of orders: the run lags by it, with all that it does.

    In a run on ticks an order takes a nanosecond at least, so that it meets the market after all that happens at the moment of the
    decision.
    """
    total = rules.latency_ns + rules.data_latency_ns
    return replace(rules, latency_ns=total if tape is None else max(total, 1))


def _computed(indicators: Mapping[str, Indicator], market: MarketData, size: BarSize, shared: Shared | Unproven | None) -> Computed:
    if isinstance(market.memory, Scratch):
        return compute_in_pieces(indicators, market.adjusted, size, market.sessions, market.memory)
    return compute(indicators, market.adjusted, size, market.sessions, shared)


def _costs(composed: ComposedRun, market: MarketData, shared: Shared | Unproven | None) -> Costs:
    codes = _codes(composed.config)

    def computed() -> Costs:
        return costs_of(composed.costs, market.instruments, market.bars, market.adjusted, market.bar_length, codes)

    if not isinstance(shared, Shared):
        return computed()
    uses = [(use.name, dict(use.options)) for use in composed.uses if use.kind == "cost model"]
    return shared.costs(repr((uses, codes)), computed)


def cut(prepared: Prepared, strategy: Strategy, rows: int) -> Prepared:
    """Return the same run on its first `rows` rows only, for checks; `strategy` is a fresh one, without state."""
    setup = prepared.setup
    bars = setup.bars.rows(0, rows)
    shorter = replace(
        setup,
        bars=bars,
        adjusted=bars if setup.adjusted is setup.bars else setup.adjusted.rows(0, rows),
        schedule=setup.schedule.cut(rows),
        sessions=setup.sessions.cut(rows),
        finer=None if setup.finer is None else setup.finer.cut(rows),
        values=np.ascontiguousarray(setup.values[:, :, :rows]),
        volatility=np.ascontiguousarray(setup.volatility[:, :rows]),
        memory=MEMORY,
    )
    columns = {name: column[:, :rows] for name, column in prepared.columns.items()}
    return replace(prepared, setup=shorter, strategy=strategy, columns=columns)


def _codes(config: RunConfig) -> tuple[str, ...]:
    """Return the currencies of the account, its own first."""
    return (config.account.currency, *(currency.code for currency in config.currencies))


def _rules(composed: ComposedRun) -> list[Rule]:
    tables = zip(composed.config.rules, composed.rules, composed.limits, strict=True)
    return [Rule(rule.name, limits, None if limits else rule, share_of(table)) for table, rule, limits in tables]


def _sizing(composed: ComposedRun, bars: Bars, interval: int) -> tuple[Limit | None, list[float]]:
    """Return the limit that sizes by volatility, if there is one, and how many bars make a year for it, by instrument."""
    sizing = _sizing_limit(composed)
    if sizing is None:
        return None, []
    return sizing, [sizing.bars_per_year or _bars_per_year(bars, i, interval) for i in range(len(bars.symbols))]


def _sizing_limit(composed: ComposedRun) -> Limit | None:
    return next((limit for limits in composed.limits for limit in limits if limit.kind is LimitKind.VOLATILITY_SIZE), None)


def _described(model: CostModel) -> str:
    with Blaming(f"describe() of cost model {model.name!r}", model, PluginError):
        return str(model.describe())


def _volatility(sizing: Limit | None, bars: Bars, per_year: Sequence[float]) -> Floats:
    """Return annualised volatility, float64 [instrument, time], for the sizing rule that needs it."""
    if sizing is None:
        return np.zeros((len(bars.symbols), 0))
    found = np.full((len(bars.symbols), len(bars)), np.nan)
    for i, count in enumerate(per_year):
        close = bars.own(i, bars.close)
        if len(close) > 1:
            # Stdev divides by n; the estimate of a sample divides by n - 1.
            scale = np.sqrt(count * sizing.window / (sizing.window - 1))
            deviation = np.concatenate(([np.nan], Stdev(sizing.window).run(np.diff(np.log(close))))) * scale
            found[i] = bars.on_clock(i, deviation)
    return found


def _bars_per_year(bars: Bars, i: int, interval: int) -> float:
    """Return how many bars of an instrument make a year: those to each period of its statistics, times the periods in a year.

    Of the weeks the median is taken, and not the mean, because a hole at some time must not change sizes at another.
    """
    closes: Times = bars.close_time[bars.exists[:, i]]
    nothing = np.ones(len(closes))
    sampling = sample(EquityCurve(closes, nothing, nothing, 1.0, interval))
    week = ((closes - 1) // DAY + 3) // 7  # from Monday to Sunday
    counts = np.bincount(week - week[0])
    periods = np.bincount(week[sampling.rows] - week[0], minlength=len(counts))
    return sampling.per_year * float(np.median(counts[periods > 0] / periods[periods > 0]))
