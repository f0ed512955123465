"""Every built-in component keeps the contract of its kind, as an outsider's must."""

from pathlib import Path

import pytest

from tradekit import BarRequest
from tradekit.builtin import bar_indicators, costs, executors, indicators, reporters, risk_rules, strategies
from tradekit.builtin.sources import CsvSource
from tradekit.testing import (
    CostModelContract,
    ExecutorContract,
    IndicatorContract,
    ReporterContract,
    RiskRuleContract,
    StrategyContract,
    markets,
)

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"

WINDOWS = ({}, {"length": 1}, {"length": 5})


class TestSma(IndicatorContract):
    component = indicators.Sma
    options = ({}, {"length": 1}, {"length": 5, "source": "volume"})


class TestEma(IndicatorContract):
    component = indicators.Ema
    options = WINDOWS


class TestWma(IndicatorContract):
    component = indicators.Wma
    options = WINDOWS


class TestRma(IndicatorContract):
    component = indicators.Rma
    options = WINDOWS


class TestStdev(IndicatorContract):
    component = indicators.Stdev
    options = WINDOWS


class TestRsi(IndicatorContract):
    component = indicators.Rsi
    options = ({}, {"length": 5})


class TestRoc(IndicatorContract):
    component = indicators.Roc
    options = WINDOWS


class TestHighest(IndicatorContract):
    component = indicators.Highest
    options = WINDOWS


class TestLowest(IndicatorContract):
    component = indicators.Lowest
    options = WINDOWS


class TestMacd(IndicatorContract):
    component = indicators.Macd
    options = ({}, {"fast": 3, "slow": 7, "signal": 2})


class TestBollinger(IndicatorContract):
    component = indicators.Bollinger
    options = ({}, {"length": 5})


class TestBar(IndicatorContract):
    component = bar_indicators.Bar


class TestDonchian(IndicatorContract):
    component = bar_indicators.Donchian
    options = WINDOWS


class TestAtr(IndicatorContract):
    component = bar_indicators.Atr
    options = WINDOWS


class TestVwap(IndicatorContract):
    component = bar_indicators.Vwap
    options = WINDOWS


class TestObv(IndicatorContract):
    component = bar_indicators.Obv


class TestBuyAndHold(StrategyContract):
    component = strategies.BuyAndHold
    options = ({}, {"short": True, "weight": 0.5})


class TestSmaCross(StrategyContract):
    component = strategies.SmaCross
    options = ({"fast": 5, "slow": 20}, {"fast": 1, "slow": 2, "short": True})


class TestRsiReversion(StrategyContract):
    component = strategies.RsiReversion
    options = ({}, {"length": 5, "short": True})


class TestBreakout(StrategyContract):
    component = strategies.Breakout
    options = ({}, {"enter": 5, "leave": 5, "short": True})


class TestMomentumRotation(StrategyContract):
    component = strategies.MomentumRotation
    options = ({"lookback": 20, "hold": 1}, {"lookback": 20, "only_rising": False, "short": True})
    symbols = ("AAA", "BBB", "CCC")


class TestFixedFraction(RiskRuleContract):
    component = risk_rules.FixedFraction
    options = ({"fraction": 0.2},)


class TestVolatilityTarget(RiskRuleContract):
    component = risk_rules.VolatilityTarget
    options = ({"annual": 0.2, "window": 20}, {"annual": 0.2, "window": 2, "bars_per_year": 252.0})


class TestMaxWeight(RiskRuleContract):
    component = risk_rules.MaxWeight
    options = ({"limit": 0.5}, {"limit": 0.5, "action": "reject"})


class TestMaxLeverage(RiskRuleContract):
    component = risk_rules.MaxLeverage
    options = ({"limit": 2}, {"limit": 0.5, "action": "reject"})


class TestMaxOrderValue(RiskRuleContract):
    component = risk_rules.MaxOrderValue
    options = ({"limit": 100}, {"limit": 100, "action": "reject"})


class TestMaxDrawdown(RiskRuleContract):
    component = risk_rules.MaxDrawdown
    options = ({"limit": 0.2}, {"limit": 0.2, "action": "flatten"})


class TestSimulated(ExecutorContract):
    component = executors.Simulated
    options = (
        {},
        {"insufficient_funds": "reject", "limit_fills": "touch", "path": "nearest-first", "participation": "none"},
        {"participation": 0.01, "latency_ms": 250.0, "queue_ahead": 5.0},
    )


class TestFee(CostModelContract):
    component = costs.Fee
    options = (
        {"bps": 10},
        {"bps": 10, "maker_bps": -2, "minimum": 1},
        {"bps": 10, "currency": "base"},
        {"bps": 10, "tiers": [{"volume": 1000, "bps": 5}], "past_volume": 500},
        {"per_unit": 0.01},
    )


class TestSlippage(CostModelContract):
    component = costs.Slippage
    options = ({"bps": 5},)


class TestHalfSpread(CostModelContract):
    component = costs.HalfSpread
    options = ({"bps": 5}, {"spread": 0.02}, {"ticks": 2})


class TestVolumeShare(CostModelContract):
    component = costs.VolumeShare


class TestSquareRootImpact(CostModelContract):
    component = costs.SquareRootImpact
    options = ({}, {"coefficient": 0.5, "window": 5})


class TestSummary(ReporterContract):
    component = reporters.SummaryReporter
    options = ({}, {"trades": 0}, {"trades": 50})


class TestJson(ReporterContract):
    component = reporters.JsonReporter


def real(name, symbol, interval, count):
    """Return bars of the examples."""
    source = CsvSource(CsvSource.Options.model_validate({"path": EXAMPLES / name}))
    return markets.taken(source.bars(BarRequest((symbol,), interval))[symbol], slice(None, count))


class TestAtrOnRealBars(IndicatorContract):
    component = bar_indicators.Atr

    @pytest.fixture
    def series(self):
        return real("BTC-USDT-1h.csv.gz", "BTC/USDT", markets.HOUR, 600)


class TestMacdOnRealBars(IndicatorContract):
    component = indicators.Macd

    @pytest.fixture
    def series(self):
        return real("BTC-USDT-1h.csv.gz", "BTC/USDT", markets.HOUR, 600)


class TestSmaCrossOnRealBars(StrategyContract):
    component = strategies.SmaCross
    options = ({"fast": 10, "slow": 40},)

    @pytest.fixture
    def market(self):
        return {"BTC/USDT": real("BTC-USDT-1h.csv.gz", "BTC/USDT", markets.HOUR, 600)}
