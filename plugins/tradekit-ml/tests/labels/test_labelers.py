"""Labels: from the fill on, known when they say, and the same as straightforward loops."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tradekit_ml.labels.labelers import LABELERS, FixedHorizon, make_labeler
from tradekit_ml.labels.labels import label_uniqueness, weighted

from tradekit import Bars, ConfigError, DataError
from tradekit.testing import markets

HOUR = markets.HOUR


def made(rows, symbol="A"):
    """Return hourly bars of one instrument from (open, high, low, close)."""
    opened = np.arange(len(rows), dtype=np.int64) * HOUR
    prices = np.array(rows, dtype=np.float64).T[:, :, np.newaxis]
    return Bars((symbol,), opened, opened + HOUR, *prices, np.ones((len(rows), 1)))


def still(count):
    """Return bars that move a little to and fro, so that there is a volatility."""
    return [(100, 100.2, 99.8, 100 + 0.1 * (-1) ** k) for k in range(count)]


def barrier(bars, side=None, **options):
    options = {"profit": 1.0, "stop": 1.0, "horizon": 4, "volatility": 8} | options
    return make_labeler("triple-barrier", options).label(bars, side)


def width(bars, at, horizon=4):
    returns = np.diff(np.log(bars.close[: at + 1, 0]))[-8:]
    return returns.std() * math.sqrt(horizon)


@pytest.fixture
def two():
    return markets.bars({"A": markets.walk(300, HOUR, 1), "B": markets.missing(300, HOUR, 2)})


def test_fixed_horizon_is_from_the_next_open_to_the_last_close():
    bars = made([(10, 12, 9, 11), (12, 13, 11, 12), (13, 14, 12, 14), (15, 16, 14, 15), (16, 17, 15, 17)])
    labels = FixedHorizon(FixedHorizon.Options(horizon=2)).label(bars)
    assert labels.bar.tolist() == [0, 1, 2]
    assert (labels.first.tolist(), labels.last.tolist()) == ([1, 2, 3], [2, 3, 4])
    np.testing.assert_allclose(labels.value, np.log([14 / 12, 15 / 13, 17 / 15]))
    assert labels.t0.tolist() == bars.open_time[[1, 2, 3]].tolist()
    assert labels.t1.tolist() == bars.close_time[[2, 3, 4]].tolist()


def test_fixed_horizon_may_end_at_an_open_and_is_then_known_with_that_bar():
    bars = made([(10, 12, 9, 11), (12, 13, 11, 12), (13, 14, 12, 14), (15, 16, 14, 15)])
    labels = FixedHorizon(FixedHorizon.Options(exit="open")).label(bars)
    np.testing.assert_allclose(labels.value, np.log([13 / 12, 15 / 13]))
    assert labels.t1.tolist() == bars.close_time[[2, 3]].tolist()


def test_fixed_horizon_signs_and_sides():
    bars = made([(100, 101, 99, 100), (100, 101, 99, 100.02), (100, 101, 99, 101), (100, 101, 98, 99), (100, 101, 99, 100)])
    signs = make_labeler("fixed-horizon", {"value": "sign", "dead_zone_bps": 5}).label(bars)
    assert signs.value.tolist() == [0, 1, -1, 0]
    assert make_labeler("fixed-horizon", {"value": "up"}).label(bars).value.tolist() == [1, 1, 0, 0]
    side = np.array([[-1.0], [0.0], [-1.0], [np.nan], [1.0]])
    sold = make_labeler("fixed-horizon", {}).label(bars, side)
    assert sold.bar.tolist() == [0, 2]
    np.testing.assert_allclose(sold.ret, [-np.log(100.02 / 100), -np.log(99 / 100)])


def test_triple_barrier_each_way_out_by_hand():
    calm = still(10)
    bars = made([*calm, (100, 100.05, 99.95, 100), (100, 100.05, 99.95, 100), (100, 103, 99.9, 102), (102, 102, 102, 102), *calm])
    labels = barrier(bars)
    at = int(np.flatnonzero(labels.bar == 9)[0])
    assert (labels.value[at], labels.last[at]) == (1.0, 12)
    assert labels.ret[at] == pytest.approx(width(bars, 9))
    late = int(np.flatnonzero(labels.bar == 14)[0])
    assert (labels.value[late], labels.last[late]) == (0.0, 18)
    assert labels.ret[late] == pytest.approx(math.log(bars.close[18, 0] / bars.open[15, 0]))


def test_triple_barrier_both_in_one_bar_is_the_stop_and_flagged():
    calm = still(10)
    bars = made([*calm, (100, 105, 95, 104), *calm])
    for side, way in ((None, 1), (np.full((21, 1), -1.0), -1)):
        labels = barrier(bars, side)
        at = int(np.flatnonzero(labels.bar == 9)[0])
        assert (labels.value[at], bool(labels.is_ambiguous[at]), labels.last[at]) == (-1.0, True, 10)
        assert labels.ret[at] == pytest.approx(-width(bars, 9)), way
    assert not labels.is_ambiguous[labels.bar == 8].any() or labels.last[labels.bar == 8][0] == 10


def test_triple_barrier_gap_beyond_the_stop_ends_at_the_open():
    calm = still(10)
    bars = made([*calm, (100, 100.1, 99.9, 100), (90, 110, 89, 91), *still(6)])
    labels = barrier(bars)
    at = int(np.flatnonzero(labels.bar == 9)[0])
    assert (labels.value[at], bool(labels.is_ambiguous[at])) == (-1.0, False)
    assert labels.ret[at] == pytest.approx(math.log(90 / 100))


def test_triple_barrier_short_side_mirrors_prices(two):
    short = barrier(two, np.full((300, 2), -1.0))
    mirrored = Bars(
        two.symbols, two.open_time, two.close_time, 1e4 / two.open, 1e4 / two.low, 1e4 / two.high, 1e4 / two.close, two.volume
    )
    long = barrier(mirrored)
    np.testing.assert_array_equal(short.value, long.value)
    np.testing.assert_allclose(short.ret, long.ret, atol=1e-12)


def test_triple_barrier_is_that_of_a_loop_over_prices(two):
    labels = barrier(two, profit=1.5, stop=0.7, horizon=6)
    for k in range(len(labels)):
        i = int(labels.instrument[k])
        own = np.flatnonzero(two.exists[:, i])
        opened, high, low, close = (two.own(i, column) for column in (two.open, two.high, two.low, two.close))
        at = int(np.searchsorted(own, labels.bar[k]))
        size = np.diff(np.log(close[: at + 1]))[-8:].std() * math.sqrt(6)
        entry = opened[at + 1]
        target, stop = entry * math.exp(1.5 * size), entry * math.exp(-0.7 * size)
        outcome = (0.0, at + 6, math.log(close[at + 6] / entry))
        for j in range(at + 1, at + 7):
            if j > at + 1 and opened[j] <= stop:
                outcome = (-1.0, j, math.log(opened[j] / entry))
            elif j > at + 1 and opened[j] >= target:
                outcome = (1.0, j, math.log(opened[j] / entry))
            elif low[j] <= stop:
                outcome = (-1.0, j, -0.7 * size)
            elif high[j] >= target:
                outcome = (1.0, j, 1.5 * size)
            else:
                continue
            break
        assert (labels.value[k], labels.last[k]) == (outcome[0], own[outcome[1]])
        assert labels.ret[k] == pytest.approx(outcome[2], abs=1e-12)


def test_trend_scan_is_the_clearest_line_and_known_after_the_longest(two):
    labels = make_labeler("trend-scan", {"shortest": 4, "longest": 9, "value": "t"}).label(two)
    for k in range(0, len(labels), 7):
        i = int(labels.instrument[k])
        own = np.flatnonzero(two.exists[:, i])
        at = int(np.searchsorted(own, labels.bar[k]))
        opened, close = two.own(i, two.open), two.own(i, two.close)
        best = 0.0
        for length in range(4, 10):
            y = np.log(np.concatenate(([opened[at + 1]], close[at + 1 : at + length + 1])))
            x = np.arange(len(y))
            slope, level = np.polyfit(x, y, 1)
            rest = ((y - level - slope * x) ** 2).sum() / (len(y) - 2)
            t = slope / math.sqrt(rest / ((x - x.mean()) ** 2).sum())
            best = t if abs(t) > abs(best) else best
        assert labels.value[k] == pytest.approx(best, rel=1e-6)
        assert labels.last[k] == own[at + 9]
        assert labels.ret[k] == pytest.approx(math.log(close[at + 9] / opened[at + 1]))
    signs = make_labeler("trend-scan", {"shortest": 4, "longest": 9}).label(two)
    np.testing.assert_array_equal(signs.value, np.sign(labels.value))


def test_trend_scan_flat_and_exact_lines():
    flat = make_labeler("trend-scan", {"value": "t"}).label(markets.bars({"A": markets.flat(40)}))
    assert set(flat.value) == {0.0}
    price = np.exp(0.01 * np.arange(40))
    bars = made([(price[k - 1] if k else 1, 9, 0.5, price[k]) for k in range(40)])
    assert set(make_labeler("trend-scan", {"value": "t"}).label(bars).value) == {1000.0}


def test_meta_label_says_whether_the_side_was_worth_its_costs(two):
    side = np.sign(np.random.default_rng(3).normal(size=(300, 2)).round())
    labels = make_labeler("meta-label", {"horizon": 5, "volatility": 8, "cost_bps": 20}).label(two, side)
    raw = barrier(two, side, profit=2.0, stop=1.0, horizon=5)
    np.testing.assert_array_equal(labels.value, raw.ret > 0.002)
    assert (side[labels.bar, labels.instrument] != 0).all()
    assert 0.05 < labels.value.mean() < 0.95


@pytest.mark.parametrize("name", sorted(LABELERS))
def test_labels_depend_on_nothing_after_they_are_known(name, two):
    labeler, side = make_labeler(name, {}), np.ones((300, 2))
    whole = labeler.label(two, side)
    later = markets.bars({"A": markets.walk(300, HOUR, 77, 0.05), "B": markets.walk(300, HOUR, 78, 0.05)})
    for end in (150, 201, 260):
        changed = Bars(
            two.symbols,
            two.open_time,
            two.close_time,
            *(
                np.concatenate((getattr(two, column)[:end], getattr(later, column)[end:]))
                for column in ("open", "high", "low", "close", "volume")
            ),
        )
        again = labeler.label(changed, side)
        before, after = (labels.taken(labels.last < end) for labels in (whole, again))
        np.testing.assert_array_equal(before.bar, after.bar)
        np.testing.assert_array_equal(before.value, after.value)


@pytest.mark.parametrize("name", sorted(LABELERS))
def test_labels_begin_with_the_fill_and_after_the_decision(name, two):
    labels = make_labeler(name, {}).label(two, np.ones((300, 2)))
    assert (labels.t0 >= two.close_time[labels.bar]).all()
    assert (labels.t1 > labels.t0).all()
    assert (np.diff(labels.bar * 2 + labels.instrument) > 0).all()
    assert labels.weight.mean() == pytest.approx(1.0)
    for i in range(2):
        own = np.flatnonzero(two.exists[:, i])
        mine = labels.taken(labels.instrument == i)
        np.testing.assert_array_equal(np.searchsorted(own, mine.first), np.searchsorted(own, mine.bar) + 1)


def test_weighted_by_return_and_age(two):
    labels = make_labeler("fixed-horizon", {"horizon": 6}).label(two)
    plain, aged, moved = weighted(labels, two), weighted(labels, two, oldest=0.2), weighted(labels, two, by_return=True)
    unique = label_uniqueness(labels)
    np.testing.assert_allclose(plain.weight, unique / unique.mean())
    np.testing.assert_allclose(labels.weight, plain.weight)
    for found in (plain, aged, moved):
        assert found.weight.mean() == pytest.approx(1.0)
    young = labels.bar > 200
    assert aged.weight[young].mean() > 1.3 > aged.weight[~young].mean()
    size = pd.Series(moved.weight).rank().corr(pd.Series(np.abs(labels.ret)).rank())
    assert size > 0.5


def test_labeler_json_is_canonical_and_its_hash_differs_by_option():
    labeler = make_labeler("fixed-horizon", {"horizon": 3})
    expected = '"label":"fixed-horizon","options":{"dead_zone_bps":0.0,"exit":"close","horizon":3,"value":"return"}}'
    assert labeler.json == '{"format":1,' + expected
    assert labeler.sha256 != make_labeler("fixed-horizon", {"horizon": 4}).sha256
    assert not labeler.is_class
    assert make_labeler("fixed-horizon", {"value": "up"}).is_class
    assert make_labeler("triple-barrier", {}).is_class


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("tripple", {}, "no label 'tripple'; allowed: fixed-horizon, triple-barrier, trend-scan, meta-label"),
        ("fixed-horizon", {"horizon": 0}, "'fixed-horizon' can't have horizon 0: input should be greater than or equal to 1; its"),
        ("triple-barrier", {"profit": 0, "stop": 0}, "profit and stop are both 0; without barriers, use the label 'fixed-horizon'"),
        ("trend-scan", {"shortest": 9, "longest": 8}, "shortest is 9 and longest is 8; shortest can't be more"),
    ],
)
def test_make_labeler_what_makes_no_sense_is_refused(name, options, message):
    with pytest.raises(ConfigError, match=message):
        make_labeler(name, options)


def test_labels_without_outcome_or_side_are_refused(two):
    with pytest.raises(DataError, match="label 'fixed-horizon' finds no outcome in 5 bars of A, B; give it more"):
        make_labeler("fixed-horizon", {"horizon": 9}).label(two.rows(0, 5))
    with pytest.raises(DataError, match="label 'meta-label' judges the decisions of a primary model; give its side"):
        make_labeler("meta-label", {}).label(two)
    with pytest.raises(DataError, match=r"sides have the shape \(300,\); bars have \(300, 2\)"):
        make_labeler("meta-label", {}).label(two, np.ones(300))


def test_triple_barrier_price_that_never_moved_has_no_label():
    with pytest.raises(DataError, match="label 'triple-barrier' finds no outcome in 90 bars"):
        make_labeler("triple-barrier", {}).label(markets.bars({"A": markets.flat(90)}))


def test_labels_of_unequal_length_are_refused(two):
    labels = FixedHorizon().label(two)
    with pytest.raises(DataError, match=r"labels have \d+ bars and 3 of 'weight'; give each one of all"):
        replace(labels, weight=np.ones(3))
