"""Built-in indicators: against TA-Lib on real bars, with every difference named, and their options and warm-up."""

import csv
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.feather
import pytest
import talib

import tradekit
from tradekit import ConfigError, Indicator
from tradekit.builtin import indicators

Columns = dict[str, np.ndarray]

FILES = {
    "equity": "equity_daily/GOOG_2004_2013.csv",
    "crypto": "crypto/binance_spot_1h/BTC_USDT-1h.feather",
    "fx": "fx/EURUSD_1h_2017_2018.csv",
}

# Each with the greatest relative difference on any bar. Where it isn't tiny, a value is a small difference of large ones in TA-Lib.
AGAINST_TALIB: dict[str, tuple[Indicator, Callable[[Columns], object], float]] = {
    "sma": (tradekit.sma(50), lambda bars: talib.SMA(bars["close"], 50), 1e-13),
    "sma of volume": (tradekit.sma(20, "volume"), lambda bars: talib.SMA(bars["volume"], 20), 1e-12),
    "ema": (tradekit.ema(50), lambda bars: talib.EMA(bars["close"], 50), 1e-13),
    "wma": (tradekit.wma(50), lambda bars: talib.WMA(bars["close"], 50), 1e-12),
    "stdev": (tradekit.stdev(20), lambda bars: talib.STDDEV(bars["close"], 20), 1e-9),
    "rsi": (tradekit.rsi(14), lambda bars: talib.RSI(bars["close"], 14), 1e-13),
    "roc": (tradekit.roc(10), lambda bars: talib.ROC(bars["close"], 10), 0.0),
    "highest": (tradekit.highest(20), lambda bars: talib.MAX(bars["high"], 20), 0.0),
    "lowest": (tradekit.lowest(20), lambda bars: talib.MIN(bars["low"], 20), 0.0),
    "atr": (tradekit.atr(14), lambda bars: talib.ATR(bars["high"], bars["low"], bars["close"], 14), 1e-13),
    "macd": (tradekit.macd(12, 26, 9), lambda bars: talib.MACD(bars["close"], 12, 26, 9), 1e-9),
    "bollinger": (tradekit.bollinger(20, 2.0), lambda bars: talib.BBANDS(bars["close"], 20, 2.0, 2.0), 1e-11),
    "bar": (tradekit.bar(), lambda bars: [bars[name] for name in ("open", "high", "low", "close", "volume")], 0.0),
    "donchian": (tradekit.donchian(20), lambda bars: channel(bars, 20), 0.0),
    "vwap": (tradekit.vwap(20), lambda bars: rolling_vwap(bars, 20), 1e-11),
    "obv": (tradekit.obv(), lambda bars: talib.OBV(bars["close"], bars["volume"]), 0.0),
}


def channel(bars: Columns, length: int) -> list[np.ndarray]:
    upper, lower = talib.MAX(bars["high"], length), talib.MIN(bars["low"], length)
    return [upper, (upper + lower) / 2.0, lower]


def rolling_vwap(bars: Columns, length: int) -> np.ndarray:
    typical = talib.TYPPRICE(bars["high"], bars["low"], bars["close"])
    return talib.SUM(typical * bars["volume"], length) / talib.SUM(bars["volume"], length)


def read(path: Path) -> Columns:
    names = ("open", "high", "low", "close", "volume")
    if path.suffix == ".feather":
        table = pyarrow.feather.read_table(path, columns=list(names))
        return {name: table[name].to_numpy() for name in names}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name.title()]) for row in rows]) for name in names}


def computed(indicator: Indicator, bars: Columns) -> np.ndarray:
    return indicator.compute(*(bars[name] for name in indicator.inputs))


def made_up_bars(length: int) -> Columns:
    random = np.random.default_rng(5)
    close = 50.0 * np.exp(np.cumsum(random.normal(0.0, 0.02, length)))
    reach = close * random.uniform(0.0, 0.02, (2, length))
    return {
        "open": close - reach[1] / 2.0,
        "high": close + reach[0],
        "low": close - reach[1],
        "close": close,
        "volume": random.lognormal(5.0, 1.0, length),
    }


@pytest.fixture(scope="module", params=FILES)
def bars(request, market_data) -> Columns:
    return read(market_data / FILES[request.param])


@pytest.mark.parametrize("name", AGAINST_TALIB)
def test_indicator_on_real_bars_equals_talib(bars, name):
    indicator, reference, tolerance = AGAINST_TALIB[name]
    found, expected = computed(indicator, bars), np.atleast_2d(np.array(reference(bars)))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=tolerance)


def test_rma_on_real_bars_equals_its_formula(bars):
    found = computed(tradekit.rma(14), bars)[0]
    average = math.fsum(bars["close"][:14]) / 14.0
    for row, close in enumerate(bars["close"][14:].tolist(), start=14):
        average = (average * 13.0 + close) / 14.0
        assert found[row] == pytest.approx(average, rel=1e-12)


ALL = {kind.name: kind() for kind in vars(indicators).values() if isinstance(kind, type) and "name" in vars(kind)}


@pytest.mark.parametrize("length", [1, 2, 5])
@pytest.mark.parametrize("name", ALL)
def test_indicator_first_value_comes_on_bar_warmup(name, length):
    kind = type(ALL[name])
    given = {"length": length} if "length" in kind.Options.model_fields else {}
    if name == "macd":
        given = {"fast": length, "slow": length + 3, "signal": length}
    indicator = kind(kind.Options(**given))
    found = computed(indicator, made_up_bars(40))
    assert found.shape == (len(indicator.outputs), 40)
    assert np.isnan(found[:, : indicator.warmup - 1]).all()
    assert np.isfinite(found[:, indicator.warmup - 1 :]).all()


def test_indicators_are_those_that_the_public_functions_give():
    assert sorted(ALL) == sorted(AGAINST_TALIB.keys() - {"sma of volume"} | {"rma"})
    for name, indicator in ALL.items():
        function = getattr(tradekit, name)
        required = [20] if function.__code__.co_argcount > len(function.__defaults__ or ()) else []
        assert type(function(*required)) is type(indicator)
        if name != "roc":
            assert function(*required).options == indicator.options


@pytest.mark.parametrize("source", ["open", "high", "low", "close", "volume"])
def test_indicator_of_one_column_reads_its_source(source):
    bars = made_up_bars(60)
    for name in ("sma", "ema", "wma", "rma", "stdev", "rsi", "roc", "highest", "lowest", "bollinger"):
        indicator = getattr(tradekit, name)(5, source=source)
        assert indicator.inputs == (source,)
        by_close = getattr(tradekit, name)(5, source="close")
        np.testing.assert_array_equal(computed(indicator, bars), by_close.compute(bars[source]))
    assert tradekit.macd(source=source).inputs == (source,)


def test_bar_pushed_is_the_bar():
    assert tradekit.bar().step().push(1.0, 4.0, 0.5, 2.0, 100.0) == (1.0, 4.0, 0.5, 2.0, 100.0)


def test_bollinger_middle_is_sma_to_the_last_bit():
    bars = made_up_bars(500)
    assert computed(tradekit.bollinger(20), bars)[1].tobytes() == computed(tradekit.sma(20), bars)[0].tobytes()


def test_donchian_lines_are_highest_and_lowest():
    bars = made_up_bars(500)
    upper, _, lower = computed(tradekit.donchian(20), bars)
    assert upper.tobytes() == computed(tradekit.highest(20), bars)[0].tobytes()
    np.testing.assert_array_equal(lower, computed(tradekit.lowest(20), bars)[0])


def test_rsi_without_any_change_is_50_where_talib_says_0():
    flat = np.full(30, 5.0)
    assert tradekit.rsi(14).compute(flat)[0, -1] == 50.0
    assert talib.RSI(flat, 14)[-1] == 0.0


def test_roc_from_zero_is_nan_where_talib_says_0():
    column = np.array([0.0, 1.0, 2.0])
    assert np.isnan(tradekit.roc(1).compute(column)[0, 1])
    assert talib.ROC(column, 1)[1] == 0.0


def test_sma_after_a_spike_is_right_where_talib_is_not():
    volume = np.ones(100)
    volume[10] = 1e17
    assert tradekit.sma(5, "volume").compute(volume)[0, -1] == 1.0
    assert talib.SMA(volume, 5)[-1] != 1.0


def test_macd_line_starts_late_like_talib_and_then_nears_the_difference_of_averages():
    bars = made_up_bars(600)
    line = computed(tradekit.macd(12, 26, 9), bars)[0]
    difference = computed(tradekit.ema(12), bars)[0] - computed(tradekit.ema(26), bars)[0]
    assert abs(line[33] - difference[33]) > 1e-6
    np.testing.assert_allclose(line[300:], difference[300:], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tradekit.sma(0), "indicator 'sma' can't take 'length' 0: Input should be greater than or equal to 1"),
        (lambda: tradekit.ema(2.5), "indicator 'ema' can't take 'length' 2.5: Input should be a valid integer"),
        (lambda: tradekit.rsi(14, "closs"), "indicator 'rsi' can't take 'source' 'closs': Input should be 'open', 'high'"),
        (lambda: tradekit.bollinger(9, -1), "indicator 'bollinger' can't take 'deviations' -1: Input should be greater than 0"),
        (lambda: tradekit.macd(26, 12), "indicator 'macd' can't take these options: fast is 26 and slow is 12; fast must be less"),
    ],
)
def test_indicator_function_with_a_bad_argument_says_what_is_wrong(call, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        call()
