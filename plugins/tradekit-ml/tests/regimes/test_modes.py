"""The seven modes: their contract, each of them on a market made for it, hysteresis, and real crises."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.feather
import pytest
from tradekit_ml.regimes.modes import MODES, Regime, mode_code

from tradekit.testing import IndicatorContract, markets

SHORT = {"trend": 20, "volatility": 10, "history": 60}


class TestRegime(IndicatorContract):
    component = Regime
    options = (SHORT, {"trend": 80, "volatility": 5, "history": 20})


def regime(**options: object) -> Regime:
    return Regime(Regime.Options.model_validate({**SHORT, **options}))


def told(close: np.ndarray, **options: object) -> dict[str, np.ndarray]:
    indicator = regime(**options)
    return dict(zip(indicator.outputs, indicator.compute(close), strict=True))


def walk(returns: np.ndarray) -> np.ndarray:
    return 100.0 * np.exp(np.cumsum(returns))


def quiet(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, count)


@pytest.mark.parametrize(("direction", "name"), [(-1, "down"), (0, "range"), (1, "up")])
@pytest.mark.parametrize("is_wild", [False, True])
def test_mode_code_of_each_pair_names_it(direction: int, name: str, is_wild: bool) -> None:
    assert MODES[mode_code(direction, is_wild, is_crisis=False)] == f"{name}-{'wild' if is_wild else 'calm'}"
    assert MODES[mode_code(direction, is_wild, is_crisis=True)] == "crisis"


@pytest.mark.parametrize(("drift", "name"), [(0.005, "up"), (-0.005, "down"), (0.0, "range")])
@pytest.mark.parametrize(("scale", "kind"), [(0.8, "calm"), (2.2, "wild")])
def test_regime_market_made_for_a_mode_ends_in_it(drift: float, name: str, scale: float, kind: str) -> None:
    # Alternating moves have no trend of their own, and a known size.
    moves = np.where(np.arange(30) % 2, 0.01, -0.01) * scale
    returns = np.concatenate((quiet(200), moves + drift * scale))
    assert MODES[int(told(walk(returns), drawdown_enter=10.0)["mode"][-1])] == f"{name}-{kind}"


def test_regime_crash_is_a_crisis_until_it_has_passed() -> None:
    returns = np.concatenate((quiet(200), [-0.15, -0.1, 0.05], quiet(120, seed=3)))
    mode = told(walk(returns))["mode"]
    assert [MODES[int(code)] for code in mode[200:203]] == ["crisis"] * 3
    assert MODES[int(mode[199])] != "crisis"
    assert MODES[int(mode[-1])] != "crisis"


def test_regime_level_between_enter_and_leave_keeps_the_mode() -> None:
    found = told(walk(quiet(4000)), trend_enter=1.5, trend_leave=0.5)
    direction = np.where(found["mode"] == 6, np.nan, found["mode"] % 3 - 1)
    known = np.flatnonzero(~np.isnan(direction))
    trend = found["trend"]
    for row in known:
        if direction[row] == 1:
            assert trend[row] >= 0.5
        elif direction[row] == -1:
            assert trend[row] <= -0.5
        else:
            assert abs(trend[row]) < 1.5
    assert ((direction == 1) & (trend < 1.5)).any(), "no level between the two was seen"


def test_regime_hysteresis_halves_the_changes() -> None:
    close = walk(quiet(6000))

    def changes(found: dict[str, np.ndarray]) -> int:
        mode = found["mode"][~np.isnan(found["mode"])]
        return int(np.count_nonzero(np.diff(mode)))

    with_it = changes(told(close))
    without = changes(told(close, trend_leave=1.5, wild_leave=0.8, crisis_leave=1.0))
    assert with_it < 0.7 * without


def test_regime_trend_is_the_t_statistic_of_the_mean_return() -> None:
    returns = quiet(300)
    found = told(walk(returns))
    last = returns[-20:]
    assert found["trend"][-1] == pytest.approx(last.mean() / (last.std(ddof=1) / np.sqrt(20)), rel=1e-9)
    sizes = np.array([returns[end - 10 : end].std() for end in range(300 - 59, 301)])
    rank = (np.count_nonzero(sizes < sizes[-1]) + 0.5) / 60
    assert found["volatility"][-1] == pytest.approx(rank)
    prices = np.log(walk(returns))
    assert found["drawdown"][-1] == pytest.approx((prices[-20:].max() - prices[-1]) / (np.median(sizes) * np.sqrt(20)), rel=1e-9)
    assert found["spike"][-1] == pytest.approx(sizes[-1] / np.median(sizes), rel=1e-9)


def test_regime_bar_without_a_price_is_passed_over() -> None:
    close = walk(quiet(300))
    holed = np.insert(close, 150, np.nan)
    first, second = told(close), told(holed)
    for name, values in first.items():
        assert np.isnan(second[name][150])
        np.testing.assert_array_equal(np.delete(second[name], 150), values)


def test_regime_random_walk_is_in_crisis_rarely_and_ranges_mostly() -> None:
    mode = told(walk(quiet(20_000)), trend=60, volatility=20, history=250)["mode"]
    mode = mode[~np.isnan(mode)]
    assert np.mean(mode == 6) < 0.02
    assert np.mean(mode % 3 == 1) > 0.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trend_enter": 1.0, "trend_leave": 1.2}, "trend_leave is 1.2 and trend_enter is 1; leave must not be above enter"),
        ({"wild_enter": 0.5}, "wild_leave is 0.6 and wild_enter is 0.5"),
    ],
)
def test_regime_levels_in_the_wrong_order_are_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Regime.Options.model_validate(given)


def test_regime_years_of_bitcoin_tell_the_crash_of_march_2020() -> None:
    data = os.environ.get("TRADEKIT_TEST_DATA")
    if not data:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    table = pyarrow.feather.read_table(
        Path(data) / "crypto/binance_spot_1h/BTC_USDT-1h.feather", columns=["date", "close"], memory_map=False, use_threads=False
    )
    time = np.array(table["date"].cast("timestamp[ns]").to_pylist(), dtype="M8[ns]")
    indicator = Regime(Regime.Options(trend=168, volatility=24, history=2000))
    kept = (time >= np.datetime64("2019-09-01")) & (time < np.datetime64("2020-06-01"))
    time, mode = time[kept], indicator.compute(np.array(table["close"].to_pylist(), dtype=float)[kept])[0]
    crash = (time >= np.datetime64("2020-03-12T12")) & (time < np.datetime64("2020-03-14"))
    assert np.all(mode[crash] == 6)
    assert 0.02 < np.nanmean(mode == 6) < 0.2


def test_regime_forms_agree_on_stocks_of_real_days() -> None:
    data = os.environ.get("TRADEKIT_TEST_DATA")
    if not data:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    with (Path(data) / "equity_daily/GOOG_2004_2013.csv").open(encoding="utf-8") as file:
        close = np.array([float(row["Close"]) for row in csv.DictReader(file)])
    indicator = Regime()
    whole = indicator.compute(close)
    for end in (400, 900, len(close) - 1):
        np.testing.assert_array_equal(indicator.compute(close[:end]), whole[:, :end])
    later = replace(markets.walk(len(close)), close=close)
    assert len(later) == len(close)
    assert set(np.unique(whole[0][~np.isnan(whole[0])])) == set(range(7))
