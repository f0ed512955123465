"""From composed components and loaded bars to the arrays that the simulator runs on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradekit.analysis.curve import DAY, EquityCurve, sample
from tradekit.engine.assumptions import assumptions
from tradekit.engine.benchmark import chosen
from tradekit.engine.calls import blaming
from tradekit.engine.compose import ComposedRun
from tradekit.engine.indicators import compute, declared, warmup_of
from tradekit.engine.money import currencies, terms
from tradekit.errors import ConfigError, PluginError, nearest
from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.cost import CostKind
from tradekit.model.instrument import Instrument
from tradekit.model.risk import Limit, LimitKind
from tradekit.model.values import Values
from tradekit.plugin.contracts import CostModel, Strategy
from tradekit.simulator.setup import Rule, Setup
from tradekit.simulator.steps import Stdev

__all__ = ["Prepared", "cut", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """What the drivers run on, what it is compared with, and what is assumed in it."""

    setup: Setup
    strategy: Strategy
    benchmark: str
    """A symbol of the run, `equal-weight` or `none`."""
    assumptions: tuple[str, ...]

    def values(self) -> Values:
        """Return what `Strategy.targets` gets beside the bars; it can't write into them."""
        values = self.setup.values.view()
        values.flags.writeable = False
        return Values(self.setup.bars, {name: values[row].T for name, row in self.setup.names.items()}, self.setup.warmup)


def prepare(composed: ComposedRun, bars: Bars, known: Sequence[Instrument], interval: int) -> Prepared:
    """Compute indicators and cost coefficients, gather the rules, and ask each component what it has to say before the run.

    Raises `StrategyError`, `PluginError` or `ConfigError` for what is wrong with that.
    """
    config = composed.config
    benchmark = chosen(bars.symbols, config.run.benchmark)
    instruments = _instruments(bars.symbols, known, composed)
    indicators = declared(composed.strategy)
    warmup = warmup_of(composed.strategy, indicators)
    computed = compute(indicators, bars)
    costs = _costs(composed.costs, instruments)
    sizing = next((limit for limits in composed.limits for limit in limits if limit.kind is LimitKind.VOLATILITY_SIZE), None)
    per_year = (
        [] if sizing is None else [sizing.bars_per_year or _bars_per_year(bars, i, interval) for i in range(len(instruments))]
    )
    setup = Setup(
        bars=bars,
        instruments=instruments,
        currency=config.account.currency,
        capital=config.account.capital,
        is_margin=config.account.kind == "margin",
        leverage=config.account.leverage,
        fills=composed.fill_rules,
        fee_rate=costs[CostKind.FEE_RATE],
        fee_per_unit=costs[CostKind.FEE_PER_UNIT],
        slippage_rate=costs[CostKind.SLIPPAGE_RATE],
        rules=_rules(composed),
        names=computed.names,
        values=computed.values,
        warmup=warmup if sizing is None else max(warmup, sizing.window + 1),
        volatility=_volatility(sizing, bars, per_year),
        seed=config.run.seed,
        currencies=currencies(config, instruments, bars),
        terms=terms(config.account),
    )
    return Prepared(setup, composed.strategy, benchmark, tuple(assumptions(setup, map(_described, composed.costs), per_year)))


def cut(prepared: Prepared, strategy: Strategy, rows: int) -> Prepared:
    """Return the same run on its first `rows` rows only, for checks; `strategy` is a fresh one, without state."""
    setup = prepared.setup
    shorter = replace(
        setup,
        bars=setup.bars.rows(0, rows),
        values=np.ascontiguousarray(setup.values[:, :, :rows]),
        volatility=np.ascontiguousarray(setup.volatility[:, :rows]),
        schedule=setup.schedule.cut(rows),
    )
    return replace(prepared, setup=shorter, strategy=strategy)


def _rules(composed: ComposedRun) -> list[Rule]:
    return [Rule(rule.name, limits, None if limits else rule) for rule, limits in zip(composed.rules, composed.limits, strict=True)]


def _instruments(symbols: Sequence[str], known: Iterable[Instrument], composed: ComposedRun) -> list[Instrument]:
    """Return an instrument for each symbol: what the source knows, overruled by the run file."""
    facts = {instrument.symbol: instrument for instrument in known}
    found = {symbol: facts.get(symbol, Instrument(symbol)) for symbol in symbols}
    for index, fact in enumerate(composed.config.instruments):
        if fact.symbol in found:
            found[fact.symbol] = fact.onto(found[fact.symbol])
        elif composed.config.data.instruments is None:  # where they are listed, the run file has been held to its list
            allowed = ", ".join(map(repr, symbols))
            what = f"instrument[{index}].symbol {fact.symbol!r} is not one of the instruments that the data has"
            raise ConfigError(f"{what}; allowed: {allowed}{nearest(fact.symbol, symbols)}")
    return [_possible(instrument, composed.config.account.kind) for instrument in found.values()]


def _possible(instrument: Instrument, account: str) -> Instrument:
    """Return an instrument that the account can hold: what the source knows may contradict the run file."""
    if instrument.is_derivative and account == "cash":
        what = f"{instrument.symbol!r} is a {instrument.kind}, which is held against margin, but account.kind is 'cash'"
        raise ConfigError(f"{what}; set account.kind = 'margin'")
    opening, keeping = instrument.initial_margin, instrument.maintenance_margin
    if opening is not None and keeping is not None and keeping >= opening:
        what = f"maintenance_margin {keeping:g} of {instrument.symbol!r} must be smaller than its initial_margin {opening:g}"
        raise ConfigError(f"{what}, or a position is liquidated as it is opened; [[instrument]] overrules what the source says")
    return instrument


def _costs(models: Sequence[CostModel], instruments: Sequence[Instrument]) -> dict[CostKind, Floats]:
    total = {kind: np.zeros(len(instruments)) for kind in CostKind}
    for model in models:
        with blaming(f"terms() of cost model {model.name!r}", model, PluginError):
            terms = [(CostKind(term.kind), np.asarray(term.values, dtype=np.float64)) for term in model.terms(instruments)]
        for kind, values in terms:
            if values.shape != (len(instruments),) or not (np.isfinite(values) & (values >= 0)).all():
                raise PluginError(
                    f"cost model {model.name!r} gave {kind.name} coefficients {values!r}; "
                    f"expected {len(instruments)} finite numbers of 0 or more"
                )
            total[kind] += values
    return total


def _described(model: CostModel) -> str:
    with blaming(f"describe() of cost model {model.name!r}", model, PluginError):
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
