"""Every built-in component keeps the contract of its kind, as an outsider's must."""

from tradekit.builtin import bar_indicators, indicators
from tradekit.testing import IndicatorContract

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
