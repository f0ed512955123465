"""The hooks of the built-in plugins; an installed package has a module like this one, which its entry point names."""

from tradekit import CostModel, DataSource, Executor, Indicator, Reporter, RiskRule, Strategy, hookimpl
from tradekit.builtin.bar_indicators import Atr, Bar, Donchian, Obv, Vwap
from tradekit.builtin.costs import Fee, HalfSpread, Slippage, SquareRootImpact, VolumeShare
from tradekit.builtin.executors import Simulated
from tradekit.builtin.http import HttpSource
from tradekit.builtin.indicators import (
    Bollinger,
    Ema,
    Highest,
    Lowest,
    Macd,
    Rma,
    Roc,
    Rsi,
    Sma,
    Stdev,
    Wma,
)
from tradekit.builtin.json_source import JsonSource
from tradekit.builtin.lean import LeanSource
from tradekit.builtin.reporters import JsonReporter, SummaryReporter
from tradekit.builtin.risk_rules import FixedFraction, MaxDrawdown, MaxLeverage, MaxOrderValue, MaxWeight, VolatilityTarget
from tradekit.builtin.sources import CsvSource, ParquetSource
from tradekit.builtin.store import StoreSource
from tradekit.builtin.strategies import Breakout, BuyAndHold, MomentumRotation, RsiReversion, SmaCross

TRADEKIT_API = 1


@hookimpl
def tradekit_data_sources() -> list[type[DataSource]]:
    """Read market data from files and from a store, and ask venues for them."""
    return [CsvSource, HttpSource, JsonSource, LeanSource, ParquetSource, StoreSource]


@hookimpl
def tradekit_indicators() -> list[type[Indicator]]:
    """Give the common indicators."""
    return [Atr, Bar, Bollinger, Donchian, Ema, Highest, Lowest, Macd, Obv, Rma, Roc, Rsi, Sma, Stdev, Vwap, Wma]


@hookimpl
def tradekit_strategies() -> list[type[Strategy]]:
    """Give one strategy of each classic sort, to start from."""
    return [Breakout, BuyAndHold, MomentumRotation, RsiReversion, SmaCross]


@hookimpl
def tradekit_risk_rules() -> list[type[RiskRule]]:
    """Size orders, and hold them to limits."""
    return [FixedFraction, MaxDrawdown, MaxLeverage, MaxOrderValue, MaxWeight, VolatilityTarget]


@hookimpl
def tradekit_executors() -> list[type[Executor]]:
    """Fill orders in the simulator."""
    return [Simulated]


@hookimpl
def tradekit_cost_models() -> list[type[CostModel]]:
    """Charge for trading."""
    return [Fee, HalfSpread, Slippage, SquareRootImpact, VolumeShare]


@hookimpl
def tradekit_reporters() -> list[type[Reporter]]:
    """Tell how a run went."""
    return [JsonReporter, SummaryReporter]
