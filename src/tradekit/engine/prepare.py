"""From composed components and loaded bars to the arrays that the simulator runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tradekit.analysis.curve import EquityCurve, sample
from tradekit.engine.compose import ComposedRun
from tradekit.errors import PluginError, StrategyError, TradekitError
from tradekit.model.bars import Bars, Floats
from tradekit.model.cost import CostKind
from tradekit.model.instrument import Instrument
from tradekit.model.risk import Limit, LimitKind
from tradekit.model.values import Values
from tradekit.plugin.contracts import CostModel, Indicator, Strategy
from tradekit.simulator.market import PRICE_COLUMNS
from tradekit.simulator.setup import Rule, Setup
from tradekit.simulator.steps import Stdev

__all__ = ["Prepared", "cut", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """What the drivers run on."""

    setup: Setup
    strategy: Strategy

    def values(self) -> Values:
        """Return what `Strategy.targets` gets beside the bars."""
        names = {name: self.setup.values[row].T for name, row in self.setup.names.items()}
        return Values(self.setup.bars, names, self.setup.warmup)


def prepare(composed: ComposedRun, bars: Bars, known: Sequence[Instrument], interval: int) -> Prepared:
    """Compute indicators and cost coefficients, and gather the rules. Raises `StrategyError` or `PluginError` for a component that fails."""
    config = composed.config
    instruments = _instruments(bars.symbols, known, config.instruments)
    declared = _declared(composed.strategy)
    names, values = _values(declared, bars)
    rules = [
        Rule(rule.name, limits, None if limits else rule) for rule, limits in zip(composed.rules, composed.limits, strict=True)
    ]
    limits = [limit for rule in rules for limit in rule.limits]
    window = max((limit.window + 1 for limit in limits if limit.kind is LimitKind.VOLATILITY_SIZE), default=0)
    costs = _costs(composed.costs, instruments)
    fills = composed.fill_rules
    setup = Setup(
        bars=bars,
        instruments=instruments,
        currency=config.account.currency,
        capital=config.account.capital,
        is_margin=config.account.kind == "margin",
        leverage=config.account.leverage,
        cut_when_short_of_funds=fills.insufficient_funds == "cut",
        fill_on_touch=fills.limit_fills == "touch",
        fee_rate=costs[CostKind.FEE_RATE],
        fee_per_unit=costs[CostKind.FEE_PER_UNIT],
        slippage_rate=costs[CostKind.SLIPPAGE_RATE],
        rules=rules,
        names=names,
        values=values,
        warmup=max([indicator.warmup for indicator in declared.values()] + [composed.strategy.warmup, window]),
        volatility=_volatility(limits, bars, interval),
        seed=config.run.seed,
    )
    return Prepared(setup, composed.strategy)


def cut(prepared: Prepared, strategy: Strategy, rows: int) -> Prepared:
    """Return the same run on its first `rows` rows only, for checks; `strategy` is a fresh one, without state."""
    setup = prepared.setup
    shorter = replace(
        setup,
        bars=setup.bars.rows(0, rows),
        values=np.ascontiguousarray(setup.values[:, :, :rows]),
        volatility=np.ascontiguousarray(setup.volatility[:, :rows]),
    )
    return Prepared(shorter, strategy)


def _instruments(symbols: Sequence[str], known: Sequence[Instrument], overruling: Sequence[Instrument]) -> list[Instrument]:
    """Return an instrument for each symbol: what the source knows, overruled by the run file."""
    facts = {instrument.symbol: instrument for instrument in known}
    found = {symbol: facts.get(symbol, Instrument(symbol)) for symbol in symbols}
    for fact in overruling:
        if fact.symbol in found:
            given = {name: getattr(fact, name) for name in ("tick", "lot", "min_notional") if getattr(fact, name) is not None}
            found[fact.symbol] = replace(found[fact.symbol], **given)
    return list(found.values())


def _declared(strategy: Strategy) -> dict[str, Indicator]:
    try:
        declared = dict(strategy.indicators())
    except TradekitError:
        raise
    except Exception as error:
        raise StrategyError(f"indicators() of strategy {strategy.name!r} raised {type(error).__name__}: {error}") from error
    for name, indicator in declared.items():
        if not isinstance(indicator, Indicator):
            raise StrategyError(f"indicator {name!r} of strategy {strategy.name!r} is {indicator!r}, which is no indicator")
        if name in PRICE_COLUMNS:
            taken = ", ".join(PRICE_COLUMNS)
            raise StrategyError(f"indicator {name!r} of strategy {strategy.name!r} has the name of a price column ({taken}); rename it")
    return declared


def _values(declared: Mapping[str, Indicator], bars: Bars) -> tuple[dict[str, int], Floats]:
    """Return the row of each indicator value, and the values, float64 [value, instrument, time], held over holes."""
    names: dict[str, int] = {}
    for name, indicator in declared.items():
        for output in indicator.outputs:
            names[name if len(indicator.outputs) == 1 else f"{name}.{output}"] = len(names)
    values = np.full((len(names), len(bars.symbols), len(bars)), np.nan)
    row = 0
    for name, indicator in declared.items():
        for i in range(len(bars.symbols)):
            values[row : row + len(indicator.outputs), i] = _computed(name, indicator, bars, i)
        row += len(indicator.outputs)
    return names, values


def _computed(name: str, indicator: Indicator, bars: Bars, i: int) -> Floats:
    exists = bars.exists[:, i]
    is_whole = bool(exists.all())
    columns = [getattr(bars, column)[:, i] for column in indicator.inputs]
    columns = [np.ascontiguousarray(column if is_whole else column[exists]) for column in columns]
    try:
        found = np.asarray(indicator.compute(*columns), dtype=np.float64)
    except TradekitError:
        raise
    except Exception as error:
        raise StrategyError(f"indicator {name!r} ({indicator.name}) raised {type(error).__name__}: {error}") from error
    expected = (len(indicator.outputs), len(columns[0]))
    if found.shape != expected:
        raise StrategyError(f"indicator {name!r} ({indicator.name}) returned values of shape {found.shape}, expected {expected}")
    if is_whole:
        return found
    # Before the first bar there is no value; in a hole the last one stays.
    latest = np.cumsum(exists) - 1
    held: Floats = np.where(latest >= 0, found[:, np.maximum(latest, 0)], np.nan)
    return held


def _costs(models: Sequence[CostModel], instruments: Sequence[Instrument]) -> dict[CostKind, Floats]:
    total = {kind: np.zeros(len(instruments)) for kind in CostKind}
    for model in models:
        for term in model.terms(instruments):
            values = np.asarray(term.values, dtype=np.float64)
            if values.shape != (len(instruments),) or not (np.isfinite(values) & (values >= 0)).all():
                raise PluginError(
                    f"cost model {model.name!r} gave {term.kind.name} coefficients {values!r}; "
                    f"expected {len(instruments)} finite numbers of 0 or more"
                )
            total[term.kind] += values
    return total


def _volatility(limits: Sequence[Limit], bars: Bars, interval: int) -> Floats:
    """Return annualised volatility, float64 [instrument, time], for the sizing rule that needs it."""
    sizing = next((limit for limit in limits if limit.kind is LimitKind.VOLATILITY_SIZE), None)
    if sizing is None:
        return np.zeros((len(bars.symbols), 0))
    found = np.full((len(bars.symbols), len(bars)), np.nan)
    per_year = sizing.bars_per_year or bars_per_year(bars, interval)
    # Stdev divides by n; the estimate of a sample divides by n - 1.
    scale = np.sqrt(per_year * sizing.window / (sizing.window - 1))
    for i in range(len(bars.symbols)):
        exists = bars.exists[:, i]
        close = bars.close[exists, i]
        if len(close) > 1:
            deviation = np.concatenate(([np.nan], Stdev(sizing.window).run(np.diff(np.log(close))))) * scale
            latest = np.cumsum(exists) - 1
            found[i] = np.where(latest >= 0, deviation[np.maximum(latest, 0)], np.nan)
    return found


def bars_per_year(bars: Bars, interval: int) -> float:
    """Return how many bars make a year: bars a day, times the trading days that the statistics assume."""
    nothing = np.ones(len(bars))
    sampling = sample(EquityCurve(bars.close_time, nothing, nothing, 1.0, interval))
    return sampling.per_year * len(bars) / max(len(sampling.rows), 1)
