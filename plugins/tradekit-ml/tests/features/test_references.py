"""Each feature against a straightforward one in pandas, on two years of real hours: other code, the same numbers."""

import math

import numpy as np
import pandas as pd
import pytest
from tradekit_ml.features.catalogue import INDICATORS

from tradekit import rsi

ROWS = 3000


@pytest.fixture(scope="module")
def bar(bitcoin):
    names = ("open", "high", "low", "close", "volume")
    return pd.DataFrame({name: getattr(bitcoin, name)[:ROWS, 0] for name in names})


def returns(bar):
    return np.log(bar.close).diff()


def reach(bar):
    return np.log(bar.high / bar.low)


def body(bar):
    return np.log(bar.close / bar.open)


def rs(bar):
    up, down = np.log(bar.high / bar.close) * np.log(bar.high / bar.open), np.log(bar.low / bar.close) * np.log(bar.low / bar.open)
    return up + down


def over(series, n):
    return series.rolling(n)


def moment(series, n, power):
    return over(series, n).apply(lambda w: ((w - w.mean()) ** power).mean() / w.std() ** power, raw=True)


def zscore(series, n):
    return (series - over(series, n).mean()) / over(series, n).std()


def sign_share(series, weight, n):
    return over(np.sign(series) * weight, n).sum() / over(weight, n).sum()


def percentile(series, n):
    def rank(window):
        past, now = window[:-1], window[-1]
        return ((past < now).sum() + 0.5 * (past == now).sum()) / (n - 1)

    return over(series, n).apply(rank, raw=True)


def yang_zhang(bar, n):
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    gap = np.log(bar.open / bar.close.shift())
    return np.sqrt(over(gap, n).var() + k * over(body(bar), n).var() + (1 - k) * over(rs(bar), n).mean())


def true_range(bar):
    last = bar.close.shift()
    return pd.concat([bar.high - bar.low, (bar.high - last).abs(), (bar.low - last).abs()], axis=1).max(axis=1, skipna=False)


def line(bar, n):
    def fit(window):
        x = np.arange(n)
        slope, level = np.polyfit(x, window, 1)
        residual = window - slope * x - level
        error = math.sqrt((residual**2).sum() / (n - 2) / ((x - x.mean()) ** 2).sum())
        return slope, slope / error, 1 - (residual**2).sum() / ((window - window.mean()) ** 2).sum()

    price = np.log(bar.close.to_numpy())
    found = [fit(price[t - n + 1 : t + 1]) if t >= n - 1 else (np.nan,) * 3 for t in range(len(price))]
    return np.array(found).T


def wilder(series, n):
    """Wilder's average of a series whose first value is NaN."""
    values, found = series.to_numpy(), np.full(len(series), np.nan)
    begin = int(np.flatnonzero(~np.isnan(values))[0])
    found[begin + n - 1] = values[begin : begin + n].mean()
    for t in range(begin + n, len(values)):
        found[t] = found[t - 1] + (values[t] - found[t - 1]) / n
    return pd.Series(found)


def directional(bar, n):
    up, down = bar.high.diff(), -bar.low.diff()
    plus = up.where((up > down) & (up > 0), 0.0).where(up.notna())
    minus = down.where((down > up) & (down > 0), 0.0).where(up.notna())
    span = wilder(true_range(bar), n)
    plus, minus = 100 * wilder(plus, n) / span, 100 * wilder(minus, n) / span
    adx = wilder(100 * (plus - minus).abs() / (plus + minus), n)
    return np.array([plus.where(adx.notna()), minus.where(adx.notna()), adx])


def aroon(bar, n):
    up = over(bar.high, n + 1).apply(lambda w: 100 * (n - np.argmax(w[::-1])) / n, raw=True)
    down = over(bar.low, n + 1).apply(lambda w: 100 * (n - np.argmin(w[::-1])) / n, raw=True)
    return np.array([up, down, up - down])


def ema(series, n):
    start = series.where(series.index != n - 1, over(series, n).mean()).where(series.index >= n - 1)
    return start.ewm(span=n, adjust=False, ignore_na=True).mean()


def variance_ratio(bar, n, q):
    near, far = returns(bar), np.log(bar.close).diff(q)
    mean = over(near, n).mean()
    return over(far, n).apply(lambda w: (w**2).mean(), raw=True).sub((q * mean) ** 2) / (q * over(near, n).var(ddof=0))


def macd(bar, fast, slow, signal):
    values, delayed = bar.close, bar.close.iloc[slow - fast :].reset_index(drop=True)
    quick = pd.Series(np.concatenate((np.full(slow - fast, np.nan), ema(delayed, fast))))
    gap = quick - ema(values, slow)
    smooth = pd.Series(np.concatenate((np.full(slow - 1, np.nan), ema(gap.iloc[slow - 1 :].reset_index(drop=True), signal))))
    return np.array([gap.where(smooth.notna()), smooth, gap - smooth]) / values.to_numpy()


def stochastic_rsi(bar, n):
    strength = pd.Series(rsi(n).compute(bar.close.to_numpy())[0])
    low, high = over(strength, n).min(), over(strength, n).max()
    return (strength - low) / (high - low)


def ewma(bar, n, decay):
    square, found = (returns(bar) ** 2).to_numpy(), np.full(len(bar), np.nan)
    found[n] = square[1 : n + 1].mean()
    for t in range(n + 1, len(bar)):
        found[t] = decay * found[t - 1] + (1 - decay) * square[t]
    return np.sqrt(found)


def money_flow(bar, n):
    price = (bar.high + bar.low + bar.close) / 3
    money, moved = price * bar.volume, price.diff()
    up, down = over(money.where(moved > 0, 0.0), n).sum(), over(money.where(moved < 0, 0.0), n).sum()
    return (100 * up / (up + down)).where(over(moved, n).count() == n)


def corwin_schultz(bar, n):
    last = bar.close.shift()
    shift = (bar.low - last).clip(lower=0) - (last - bar.high).clip(lower=0)
    high, low, high_0, low_0 = bar.high - shift, bar.low - shift, bar.high.shift(), bar.low.shift()
    beta = np.log(high_0 / low_0) ** 2 + np.log(high / low) ** 2
    gamma = np.log(np.maximum(high_0, high) / np.minimum(low_0, low)) ** 2
    k = 3 - 2 * math.sqrt(2)
    alpha = ((np.sqrt(2 * beta) - np.sqrt(beta)) / k - np.sqrt(gamma / k)).clip(lower=0)
    return over(2 * (np.exp(alpha) - 1) / (1 + np.exp(alpha)), n).mean()


def abdi_ranaldo(bar, n):
    middle, close = (np.log(bar.high) + np.log(bar.low)) / 2, np.log(bar.close)
    return np.sqrt(over(4 * (close.shift() - middle.shift()) * (close.shift() - middle), n).mean().clip(lower=0))


def roll_spread(bar, n):
    pairs = returns(bar).rolling(n).cov(returns(bar).shift(), ddof=0)
    return 2 * np.sqrt((-pairs).clip(lower=0))


def bulk(bar, n):
    move = bar.close.diff()
    share = (move / over(move, n).std()).map(lambda z: math.erf(z / math.sqrt(2)))
    return over(share * bar.volume, n).sum() / over(bar.volume.where(share.notna()), n).sum()


def close_place(bar):
    return ((bar.close - bar.low) - (bar.high - bar.close)).div(bar.high - bar.low).fillna(0.0)


def vwap(bar, n):
    return over((bar.high + bar.low + bar.close) / 3 * bar.volume, n).sum() / over(bar.volume, n).sum()


def commodity(bar, n):
    price = (bar.high + bar.low + bar.close) / 3
    away = over(price, n).apply(lambda w: np.abs(w - w.mean()).mean(), raw=True)
    return (price - over(price, n).mean()) / (0.015 * away)


def kyle(bar, n):
    flow = np.sign(returns(bar)) * np.sqrt(bar.close * bar.volume / 1e6)
    return over(returns(bar) * flow, n).sum() / over(flow**2, n).sum()


REFERENCES = {
    "log-return": ({"length": 5}, lambda b: np.log(b.close).diff(5)),
    "gap-return": ({}, lambda b: np.log(b.open / b.close.shift())),
    "bar-return": ({}, body),
    "return-per-risk": ({}, lambda b: np.log(b.close).diff(20) / (over(returns(b), 20).std(ddof=0) * math.sqrt(20))),
    "return-skewness": ({}, lambda b: moment(returns(b), 60, 3)),
    "return-kurtosis": ({}, lambda b: moment(returns(b), 60, 4) - 3),
    "return-autocorrelation": ({"distance": 2}, lambda b: over(returns(b), 60).corr(returns(b).shift(2))),
    "up-share": ({}, lambda b: over((np.sign(b.close.diff()) + 1) / 2, 20).mean()),
    "downside-deviation": ({}, lambda b: np.sqrt(over(returns(b).clip(upper=0) ** 2, 20).mean())),
    "drawdown-from-high": ({}, lambda b: np.log(b.close / over(b.close, 20).max())),
    "run-up-from-low": ({}, lambda b: np.log(b.close / over(b.close, 20).min())),
    "close-volatility": ({}, lambda b: over(returns(b), 20).std()),
    "parkinson": ({}, lambda b: np.sqrt(over(reach(b) ** 2, 20).mean() / (4 * math.log(2)))),
    "garman-klass": ({}, lambda b: np.sqrt(over(reach(b) ** 2 / 2 - (2 * math.log(2) - 1) * body(b) ** 2, 20).mean())),
    "rogers-satchell": ({}, lambda b: np.sqrt(over(rs(b), 20).mean())),
    "yang-zhang": ({}, lambda b: yang_zhang(b, 20)),
    "ewma-volatility": ({}, lambda b: ewma(b, 20, 0.94)),
    "range-per-close": ({}, lambda b: over(true_range(b), 20).mean() / b.close),
    "volatility-ratio": ({}, lambda b: 0.5 * np.log(over(reach(b) ** 2, 10).mean() / over(reach(b) ** 2, 60).mean())),
    "volatility-of-volatility": ({}, lambda b: over(reach(b), 20).std() / over(reach(b), 20).mean()),
    "volatility-percentile": ({"window": 40}, lambda b: percentile(over(reach(b) ** 2, 20).mean(), 40)),
    "jump-share": (
        {},
        lambda b: (
            1
            - math.pi / 2 * over(returns(b).abs() * returns(b).abs().shift(), 20).sum() / over((returns(b) ** 2).iloc[2:], 20).sum()
        ).clip(0, 1),
    ),
    "average-distance": ({}, lambda b: np.log(b.close / over(b.close, 20).mean())),
    "average-cross": ({}, lambda b: np.log(ema(b.close, 12) / ema(b.close, 48))),
    "linear-trend": ({}, lambda b: line(b, 20)),
    "efficiency-ratio": ({}, lambda b: b.close.diff(20) / over(b.close.diff().abs(), 20).sum()),
    "directional-movement": ({}, lambda b: directional(b, 14)),
    "aroon": ({}, lambda b: aroon(b, 20)),
    "variance-ratio": ({}, lambda b: variance_ratio(b, 120, 5)),
    "momentum": ({}, lambda b: np.log(b.close.shift(5) / b.close.shift(60))),
    "acceleration": ({}, lambda b: np.log(b.close).diff(20) - np.log(b.close).diff(20).shift(20)),
    "range-position": ({}, lambda b: (b.close - over(b.low, 20).min()) / (over(b.high, 20).max() - over(b.low, 20).min())),
    "close-percentile": ({}, lambda b: percentile(b.close, 20)),
    "return-rank": ({}, lambda b: percentile(returns(b), 20)),
    "band-position": ({}, lambda b: (b.close - over(b.close, 20).mean()) / over(b.close, 20).std(ddof=0)),
    "commodity-channel": ({}, lambda b: commodity(b, 20)),
    "macd-per-price": ({}, lambda b: macd(b, 12, 26, 9)),
    "stochastic-rsi": ({}, lambda b: stochastic_rsi(b, 14)),
    "relative-volume": ({}, lambda b: np.log((b.volume / over(b.volume, 20).mean() + 1) / 2)),
    "volume-zscore": ({}, lambda b: zscore(np.log1p(b.volume), 20)),
    "volume-trend": ({}, lambda b: np.log(over(b.volume, 10).mean() / over(b.volume, 60).mean())),
    "signed-volume": ({}, lambda b: sign_share(b.close.diff(), b.volume, 20)),
    "money-flow": ({}, lambda b: money_flow(b, 14)),
    "chaikin-money-flow": ({}, lambda b: over(close_place(b) * b.volume, 20).sum() / over(b.volume, 20).sum()),
    "vwap-distance": ({}, lambda b: np.log(b.close / vwap(b, 20))),
    "volume-price-correlation": ({}, lambda b: over(returns(b), 30).corr(np.log1p(b.volume).diff())),
    "roll-spread": ({}, lambda b: roll_spread(b, 60)),
    "corwin-schultz": ({}, lambda b: corwin_schultz(b, 20)),
    "abdi-ranaldo": ({}, lambda b: abdi_ranaldo(b, 20)),
    "amihud": ({}, lambda b: np.log1p(1e6 * over(returns(b).abs() / (b.close * b.volume), 20).mean())),
    "kyle-lambda": ({}, lambda b: kyle(b, 60)),
    "bulk-imbalance": ({}, lambda b: bulk(b, 20)),
    "close-location": ({}, close_place),
    "zero-return-share": ({}, lambda b: over((b.close.diff() == 0).astype(float).where(b.close.diff().notna()), 20).mean()),
}


def test_references_each_indicator_has_one():
    assert set(REFERENCES) == {kind.name for kind in INDICATORS}


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_indicator_values_are_those_of_pandas_on_real_hours(kind, bar):
    options, reference = REFERENCES[kind.name]
    indicator = kind(kind.Options.model_validate(options))
    found = indicator.compute(*(bar[name].to_numpy() for name in indicator.inputs))
    expected = np.array(reference(bar), dtype=np.float64).reshape(len(indicator.outputs), -1)
    expected[:, : indicator.warmup - 1] = np.nan
    assert np.isnan(found).mean() < 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
