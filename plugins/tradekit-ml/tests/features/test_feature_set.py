"""An ordered set of features: what it is called and hashed by, and the same numbers in all forms."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from tradekit_ml.features.catalogue import GROUPS, ready_features
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.features.spec import FeatureSpec

from tradekit import Bars, ConfigError, DataError, Indicator, PluginError, Strategy, StrategyError, find_indicator, sma
from tradekit.testing import Lab, markets

MIXED = [
    FeatureSpec(kind="log-return", options={"length": 3}),
    FeatureSpec(kind="sma", options={"length": 4}, transform="log", lag=2),
    FeatureSpec(kind="linear-trend", options={"length": 6}, output="t", every="4h", transform="zscore", window=5, lag=1),
    FeatureSpec(kind="close-volatility", transform="percentile", window=8),
    FeatureSpec(kind="rsi", options={"length": 5}, transform="change"),
    FeatureSpec(kind="signed-volume", transform="sign"),
    FeatureSpec(kind="log-return", across="rank"),
    FeatureSpec(kind="relative-volume", across="demean"),
    FeatureSpec(kind="time-of-day", output="part"),
    FeatureSpec(kind="month-part", output="days_left"),
]
PAIRS = [FeatureSpec(kind="beta", options={"length": 9}, against="A", lag=1), *ready_features(["pairs"], "A")]


@pytest.fixture
def market():
    series = {name: markets.walk(320, markets.HOUR, seed) for name, seed in (("A", 1), ("C", 3))}
    return series | {"B": markets.missing(320, markets.HOUR, 2)}


def collecting(features, kept):
    class Collect(Strategy):
        """Keep the rows of each bar."""

        name = "collect"

        def indicators(self):
            return features.indicators()

        def on_bar(self, ctx):
            kept[ctx.index] = features.rows(ctx)

    return Collect


def test_rows_of_a_run_in_event_form_are_the_matrix_to_the_bit(tmp_path, market):
    features, kept = FeatureSet(MIXED), {}
    Lab(tmp_path, market).run(collecting(features, kept))
    whole = features.values(markets.bars(market), "1h")
    assert len(kept) > 200
    for row, found in kept.items():
        # The run takes the instruments in the order of the market, as the bars do.
        assert found.tobytes() == whole[row].tobytes(), row


def test_values_in_array_form_are_the_matrix_to_the_bit(tmp_path, market):
    features, kept = FeatureSet([*MIXED, *PAIRS]), {}

    class Collect(Strategy):
        """Keep the matrix."""

        name = "collect"

        def indicators(self):
            return {"mine": sma(5), **features.indicators()}

        def targets(self, bars, ind):
            kept[len(bars)] = features.assemble(bars, ind)
            return np.zeros(bars.close.shape)

    Lab(tmp_path, market).run(Collect)
    whole = features.values(markets.bars(market), "1h")
    assert kept[320].tobytes() == whole.tobytes()
    assert all(part.tobytes() == whole[:length].tobytes() for length, part in kept.items())


def test_values_on_shortened_bars_are_the_same_to_the_bit(market):
    features, bars = FeatureSet([*MIXED, *PAIRS, *ready_features()]), markets.bars(market)
    whole = features.values(bars, "1h")
    for length in (150, 151, 233, 319):
        assert features.values(bars.rows(0, length), "1h").tobytes() == whole[:length].tobytes()


def test_matrix_has_a_row_for_each_time_and_instrument(market):
    features, bars = FeatureSet(MIXED[:3]), markets.bars(market)
    matrix, values = features.matrix(bars, "1h"), features.values(bars, "1h")
    assert matrix.shape == (len(bars) * 3, 3)
    assert matrix[200 * 3 + 1].tobytes() == values[200, 1].tobytes()


def test_lookback_is_the_first_bar_on_which_nothing_is_missing(market):
    features = FeatureSet([*MIXED, *PAIRS, *ready_features()])
    bars = markets.bars({"A": market["A"], "C": market["C"]})
    values = features.values(bars, "1h")
    lookback = features.lookback("1h")
    assert np.isfinite(values[lookback - 1 :]).all()
    # Coarser bars are counted whole, wherever the data begin; these begin with one, so values are there that much earlier.
    assert np.isnan(values[lookback - 5]).any()


def test_lookback_of_the_ready_set_is_what_its_documentation_says():
    assert FeatureSet(ready_features()).lookback() == 139
    assert len(ready_features()) >= 50
    assert FeatureSet(ready_features(["returns", "cross-section", "pairs"], "A")).lookback() == 62


def test_transforms_and_lags_are_those_of_pandas(market):
    bars = markets.bars({"A": market["A"]})
    close = pd.Series(bars.close[:, 0])
    mean = close.rolling(4).mean()
    z = (mean - mean.rolling(6).mean()) / mean.rolling(6).std()
    expected = {
        "log": np.log(mean),
        "change": mean.diff(),
        "sign": np.sign(mean),
        "zscore": z,
        "percentile": mean.rolling(6).apply(lambda w: (w[:-1] < w[-1]).mean(), raw=True),
    }
    for transform, series in expected.items():
        window = 6 if transform in ("zscore", "percentile") else 0
        spec = FeatureSpec(kind="sma", options={"length": 4}, transform=transform, window=window, lag=3)
        found = FeatureSet([spec]).values(bars)[:, 0, 0]
        np.testing.assert_allclose(found, series.shift(3), rtol=1e-9, err_msg=transform)


def test_pair_features_are_those_of_pandas_on_the_bars_that_both_have(market):
    bars = markets.bars(market)
    found = FeatureSet(ready_features(["pairs"], "A")).values(bars)
    both = np.isfinite(bars.close).all(axis=1)
    close = pd.DataFrame(bars.close[both], columns=list(bars.symbols))
    returns, log = np.log(close).diff(), np.log(close)
    spread = log.B - log.A
    beta = returns.B.rolling(60).cov(returns.A) / returns.A.rolling(60).var()
    expected = [
        beta,
        returns.B.rolling(60).corr(returns.A),
        np.sqrt(returns.B.rolling(60).var(ddof=0) - beta * returns.B.rolling(60).cov(returns.A, ddof=0)),
        log.B.diff(60) - log.A.diff(60),
        (spread - spread.rolling(60).mean()) / spread.rolling(60).std(),
    ]
    place = bars.index_of("B")
    for k, series in enumerate(expected):
        np.testing.assert_allclose(found[both, place, k], series, rtol=1e-7, atol=1e-12)
    hole = int(np.flatnonzero(~both)[-1])
    assert found[hole, place].tobytes() == found[hole - 1, place].tobytes()


def test_pair_feature_with_itself_says_so(market):
    found = FeatureSet(ready_features(["pairs"], "A")).values(markets.bars(market))[-1, 0]
    np.testing.assert_allclose(found, [1.0, 1.0, 0.0, 0.0, 0.0], atol=1e-9)


def test_lead_return_is_the_other_instruments_return_some_bars_ago(market):
    bars = markets.bars({"A": market["A"], "C": market["C"]})
    spec = FeatureSpec(kind="lead-return", options={"length": 2, "delay": 3}, against="A")
    found = FeatureSet([spec]).values(bars)[:, 1, 0]
    np.testing.assert_allclose(found, pd.Series(np.log(bars.close[:, 0])).diff(2).shift(3), rtol=1e-12)


def test_cross_section_is_that_of_pandas_among_those_that_have_a_value(stocks):
    bars = stocks.rows(0, 400)
    plain, ranked, centred = (
        FeatureSet([FeatureSpec(kind="log-return", across=across) for across in ("", "rank", "demean")])
        .values(bars)
        .transpose(2, 0, 1)
    )
    table = pd.DataFrame(plain)
    ranks = (table.rank(axis=1) - 1).div(table.notna().sum(axis=1) - 1, axis=0)
    np.testing.assert_allclose(ranked, ranks)
    np.testing.assert_allclose(centred, table.sub(table.mean(axis=1), axis=0), atol=1e-15)


def test_cross_section_of_one_instrument_is_in_the_middle(bitcoin):
    found = FeatureSet([FeatureSpec(kind="log-return", across="rank")]).values(bitcoin.rows(0, 10))[1:, 0, 0]
    assert set(found) == {0.5}


def test_calendar_features_are_those_of_pandas(bitcoin):
    bars = bitcoin.rows(0, 2000)
    when = pd.to_datetime(bars.close_time, utc=True)
    kinds = [("time-of-day", "part"), ("day-of-week", "day"), ("month-part", "days_left"), ("month-part", "part")]
    specs = [FeatureSpec(kind=kind, output=output) for kind, output in [*kinds, ("day-of-week", "sin"), ("day-of-year", "cos")]]
    part, day, left, month, sine, year = FeatureSet(specs).values(bars)[:, 0].T
    np.testing.assert_allclose(part, (when - when.normalize()) / pd.Timedelta("1D"))
    np.testing.assert_array_equal(day, when.day_of_week)
    ends = when.normalize() + pd.offsets.MonthEnd(0) + pd.Timedelta("1D")
    np.testing.assert_array_equal(left, ((ends - when - pd.Timedelta("1ns")) // pd.Timedelta("1D")))
    begins = when.tz_localize(None).to_period("M").start_time.tz_localize("UTC")
    np.testing.assert_allclose(month, (when - begins) / (ends - begins))
    np.testing.assert_allclose(sine, np.sin(2 * math.pi * (day + part) / 7), atol=1e-12)
    starts = pd.to_datetime([f"{time.year}-01-01" for time in when], utc=True)
    np.testing.assert_allclose(year, np.cos(2 * math.pi * (when - starts) / pd.Timedelta("365D")), atol=1e-9)


def test_names_hold_what_differs_from_the_defaults_and_are_the_same_either_way():
    given = FeatureSet([FeatureSpec(kind="parkinson", options={"length": 20}), FeatureSpec(kind="rsi", options={"length": 7})])
    assert given.names == ("parkinson", "rsi(length=7)")
    assert given == FeatureSet([FeatureSpec(kind="parkinson"), FeatureSpec(kind="rsi", options={"length": 7})])
    assert MIXED[2].name == "linear-trend(length=6).t.every(4h).zscore(5).lag(1)"
    assert PAIRS[0].name == "beta(length=9).against(A).lag(1)"


def test_json_is_canonical_and_its_hash_is_pinned():
    features = FeatureSet([FeatureSpec(kind="parkinson", lag=1), FeatureSpec(kind="time-of-day", output="sin")])
    assert features.json == (
        '{"features":[{"across":"","against":"","every":"","kind":"parkinson","lag":1,"options":{"length":20},"output":"",'
        '"transform":"","window":0},{"across":"","against":"","every":"","kind":"time-of-day","lag":0,"options":{},"output":"sin",'
        '"transform":"","window":0}],"format":1}'
    )
    assert features.sha256 == "4c9dd6c375c5b6877f1ec215d012349b2e21364f996ae49e56eb1604dd770997"
    assert FeatureSet.from_json(features.json) == features


def test_json_of_another_order_has_another_hash():
    assert FeatureSet(MIXED).sha256 != FeatureSet(MIXED[::-1]).sha256


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_groups_can_be_read_back(name):
    features = FeatureSet(GROUPS[name])
    assert FeatureSet.from_json(features.json).specs == features.specs


@pytest.mark.parametrize(
    ("specs", "error", "message"),
    [
        ([], ConfigError, "a set of features can't be empty"),
        ([{"kind": "rsi"}, {"kind": "rsi", "options": {"length": 14}}], ConfigError, "feature 'rsi' is there twice"),
        (
            [{"kind": "parkinsen"}],
            PluginError,
            r"did you mean 'parkinson'.*; features that are no",
        ),
        ([{"kind": "rsi", "options": {"lenght": 3}}], ConfigError, "feature 'rsi' can't have lenght 3: .*; its options are"),
        ([{"kind": "rsi", "options": {"length": 0}}], ConfigError, "feature 'rsi' can't have length 0: input should be"),
        (
            [{"kind": "momentum", "options": {"skip": 99}}],
            ConfigError,
            "have options .*skip must be less than length",
        ),
        ([{"kind": "macd"}], ConfigError, "'macd' has several outputs; choose one: line, signal, histogram"),
        ([{"kind": "macd", "output": "lines"}], ConfigError, "'macd' has no output 'lines'; choose one"),
        ([{"kind": "beta"}], ConfigError, "feature 'beta' compares with another instrument; name it by against"),
        (
            [{"kind": "beta", "against": "A", "every": "4h"}],
            ConfigError,
            "'beta' can't have every '4h': it reads the run's own",
        ),
        ([{"kind": "rsi", "against": "A"}], ConfigError, "'rsi' can't have against 'A': it reads one instrument"),
        (
            [{"kind": "day-of-week", "output": "sin", "lag": 1}],
            ConfigError,
            "'day-of-week' can't have lag 1: it is known in",
        ),
    ],
)
def test_specs_that_make_no_sense_are_refused(specs, error, message):
    with pytest.raises(error, match=message):
        FeatureSet([FeatureSpec.model_validate(spec) for spec in specs])


def test_spec_window_without_use_is_refused():
    with pytest.raises(ValueError, match="window is 5, which transform 'log' does not use"):
        FeatureSpec(kind="rsi", transform="log", window=5)
    with pytest.raises(ValueError, match="transform 'zscore' needs a window of 2 bars or more, and window is 0"):
        FeatureSpec(kind="rsi", transform="zscore")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "'{' is no set of features"),
        ("[]", r"'\[\]' is no set of features"),
        ('{"format":1,"features":[{"kind":1}]}', "is no set of features"),
        ('{"format":9,"features":[]}', "features are of format 9, and this version reads 1; train anew"),
    ],
)
def test_json_that_is_no_set_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        FeatureSet.from_json(text)


def test_group_unknown_name_is_refused():
    with pytest.raises(ConfigError, match="no group of features 'volumes'; allowed: returns"):
        ready_features(["volumes"])
    with pytest.raises(ConfigError, match="'pairs' compare with another instrument; name it by against"):
        ready_features(["pairs"])


def test_pair_feature_in_event_form_is_refused(tmp_path, market):
    kept = {}
    with pytest.raises(StrategyError, match=r"reads the bars that an instrument and 'A' both had, .*; decide in targets\(\)"):
        Lab(tmp_path, market).run(collecting(FeatureSet(PAIRS), kept))


def test_pair_feature_unknown_instrument_is_refused(market):
    with pytest.raises(DataError, match="no instrument 'Z' in these bars; they hold A, C, B"):
        FeatureSet(ready_features(["pairs"], "Z")).values(markets.bars(market))


def test_lookback_of_coarser_bars_needs_the_interval():
    with pytest.raises(ConfigError, match="'' is not an interval; say how long a bar is"):
        FeatureSet(MIXED).lookback()


def test_features_of_an_indicator_from_another_package_are_used_by_name(bitcoin):
    assert issubclass(find_indicator("parkinson"), Indicator)
    bars = bitcoin.rows(0, 50)
    assert isinstance(bars, Bars)
    found = FeatureSet([FeatureSpec(kind="atr", options={"length": 3})]).values(bars)
    assert np.isfinite(found[3:]).all()


def test_json_lists_every_option_of_a_ready_feature():
    document = json.loads(FeatureSet(ready_features(["momentum"])).json)
    assert document["features"][0] == FeatureSpec(kind="rsi").model_dump() | {"options": {"length": 14, "source": "close"}}


def test_indicator_of_the_kernel_without_a_transform_is_fed_by_the_kernel():
    (plain,) = FeatureSet([FeatureSpec(kind="rsi")]).indicators().values()
    (lagged,) = FeatureSet([FeatureSpec(kind="rsi", lag=1)]).indicators().values()
    assert type(plain.step()).__module__.startswith("tradekit.simulator.")
    assert not type(lagged.step()).__module__.startswith("tradekit.simulator.")
