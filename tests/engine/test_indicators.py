"""Indicators of a strategy, computed for all bars, and held to the past."""

from types import SimpleNamespace

import numpy as np
import pyarrow.feather
import pytest

from tradekit import Indicator, Series, Strategy, Trades, bar, donchian, ema, sma, vwap
from tradekit.data.interval import parse_interval
from tradekit.data.resample import resample, whole_windows
from tradekit.engine import indicators as engine
from tradekit.engine.indicators import differs
from tradekit.errors import StrategyError

CLOSES = 100.0 + np.random.default_rng(3).normal(0, 1, 60).cumsum()


class Array(Indicator):
    """Compute what a test says."""

    name = "array"
    warmup = 1

    def __init__(self, whole):
        super().__init__()
        self.whole = whole

    def step(self):
        raise NotImplementedError

    def compute(self, *columns):
        return self.whole(*columns)


class Python(Indicator):
    """Give the close, bar by bar."""

    name = "python"
    warmup = 1

    def step(self):
        class Step:
            def push(self, close):
                return close

        return Step()


def setup_of(lab, indicators, interval="1d"):
    class Reads(Strategy):
        """Read indicators."""

        name = "reads"

        def indicators(self):
            return indicators

        def on_bar(self, ctx): ...

    return lab.ready(Reads, f"data.interval={interval}").prepared.setup


def values_of(lab, interval="1d", **indicators):
    setup = setup_of(lab, indicators, interval)
    return {name: setup.values[row] for name, row in setup.names.items()}


def refusal(lab, interval="1d", **indicators):
    with pytest.raises(StrategyError) as error:
        values_of(lab, interval, **indicators)
    return str(error.value)


def test_compute_several_outputs_have_names_of_their_own(lab):
    lab.give(CLOSES)
    values = values_of(lab, mean=sma(3), range=donchian(4))
    assert list(values) == ["mean", "range.upper", "range.middle", "range.lower"]
    assert values["mean"][0, 2] == pytest.approx(CLOSES[:3].mean())
    assert values["range.upper"][0, 10] == np.maximum(CLOSES, np.concatenate(([CLOSES[0]], CLOSES[:-1])))[7:11].max()


def test_compute_hole_keeps_the_last_value_and_does_not_count(lab):
    lab.give(CLOSES[:6])
    lab.give(CLOSES[:4], "Y", rows=[1, 2, 4, 5])
    mean = values_of(lab, mean=sma(2))["mean"][1]
    expected = [np.nan, np.nan, CLOSES[:2].mean(), CLOSES[:2].mean(), CLOSES[1:3].mean(), CLOSES[2:4].mean()]
    np.testing.assert_allclose(mean, expected)


def test_compute_indicator_written_in_python_is_fed_bar_by_bar(lab):
    lab.give(CLOSES)
    np.testing.assert_array_equal(values_of(lab, close_again=Python())["close_again"][0], CLOSES)


def test_declared_is_no_indicator_is_refused(lab):
    lab.give(CLOSES)
    assert refusal(lab, fast=20) == "indicator 'fast' of strategy 'reads' is 20, which is no indicator; make one, such as sma(20)"


def test_declared_name_of_a_price_is_refused(lab):
    lab.give(CLOSES)
    assert (
        refusal(lab, close=sma(3)) == "indicator 'close' of strategy 'reads' has the value 'close', and so has a price; rename it"
    )


def test_declared_value_of_two_indicators_is_refused(lab):
    lab.give(CLOSES)
    said = refusal(lab, **{"range.upper": sma(3), "range": donchian(3)})
    assert (
        said == "indicator 'range' of strategy 'reads' has the value 'range.upper', and so has indicator 'range.upper'; rename it"
    )


def test_declared_unknown_column_is_refused(lab):
    lab.give(CLOSES)
    odd = Python()
    odd.inputs = ("closes",)
    said = refusal(lab, odd=odd)
    assert said.startswith(
        "indicator 'odd' of strategy 'reads' reads 'closes', which no bar has; allowed: open, high, low, close, volume"
    )
    assert said.endswith("did you mean 'close'?")


def test_declared_that_raises_is_named_with_its_line(lab):
    class Raises(Strategy):
        """Fail."""

        name = "raises"

        def indicators(self):
            return {"fast": sma(self.options.fast)}

        def on_bar(self, ctx): ...

    lab.give(CLOSES)
    with pytest.raises(
        StrategyError, match=r"^indicators\(\) of strategy 'raises' raised AttributeError: .* \(.*test_indicators.py:\d+\)$"
    ):
        lab.ready(Raises)


def test_compute_that_raises_is_named(lab):
    lab.give(CLOSES)
    said = refusal(lab, bad=Array(lambda close: close[1000]))
    assert said.startswith("indicator 'bad' (array) raised IndexError: index 1000 is out of bounds")


def test_compute_wrong_shape_is_refused(lab):
    lab.give(CLOSES)
    assert refusal(lab, bad=Array(lambda close: close)).endswith("returned values of shape (60,), expected [output, time] (1, 60)")


@pytest.mark.parametrize(
    "peek",
    [
        lambda close: np.roll(close, -1)[None],
        lambda close: ((close - close.mean()) / close.std())[None],
        lambda close: (close / close.max())[None],
        lambda close: close[::-1][None],
        lambda close: np.full((1, len(close)), close[-1]),
    ],
    ids=["next", "z-score", "highest", "reversed", "last"],
)
def test_compute_that_looks_into_the_future_is_found_out(lab, peek):
    lab.give(CLOSES)
    said = refusal(lab, oracle=Array(peek))
    assert said.startswith("indicator 'oracle' (array) looks into the future: its value for 'X' at 2020-")
    assert " when the data ends at 2020-" in said


def test_compute_look_ahead_names_the_bar_and_both_values(lab):
    lab.give(np.arange(1.0, 61.0))
    said = refusal(lab, oracle=Array(lambda close: np.concatenate((close[1:], [0.0]))[None]))
    assert said.endswith("at 2020-01-21T00:00:00Z is 21.0, but 0.0 when the data ends at 2020-01-21T00:00:00Z")


def test_compute_rounding_that_depends_on_the_length_is_no_look_ahead(lab):
    lab.give(CLOSES)
    wobble = Array(lambda close: (close * (1 + 1e-13 * len(close)))[None])
    assert values_of(lab, wobble=wobble)["wobble"].shape == (1, 60)


def test_differs_takes_nan_for_equal_and_infinity_for_itself():
    first = np.array([np.nan, np.inf, 1.0, np.nan, 1.0])
    second = np.array([np.nan, np.inf, 1.0 + 1e-12, 1.0, 1.1])
    assert differs(first, second).tolist() == [False, False, False, True, True]


def minutes(lab, count, symbol="X", *, rows=None, start="2020-01-01", seed=4):
    """Give bars of a minute."""
    closes = 100.0 * np.exp(np.random.default_rng(seed).normal(0, 1e-3, count).cumsum())
    lab.give(closes, symbol, rows=rows, interval="1m", start=start)


def expected_of(series, whole, interval):
    """Return, for each bar of a series, what `whole` gives for the coarser bars that have ended by then: by the definition."""
    coarse = resample(series, parse_interval(interval))
    first = int(coarse.open_time[0] < series.open_time[0])  # one that the series begins within is not whole
    ends, closes = coarse.close_time[first:], coarse.close[first:]
    found = []
    for close_time in series.close_time:
        ended = ends <= close_time
        found.append(whole(closes[ended])[-1] if ended.any() else np.nan)
    return found


def mean_of(length):
    return lambda closes: [np.nan if len(closes) < length else closes[-length:].mean()]


def test_every_gives_the_value_of_the_last_bar_that_has_ended(lab):
    minutes(lab, 400, start="2020-01-01T00:17")
    found = values_of(lab, "1m", trend=sma(3).every("1h"), hour=bar().every("1h"))
    np.testing.assert_allclose(found["trend"][0], expected_of(lab.series["X"], mean_of(3), "1h"), rtol=1e-12)
    close = lab.series["X"].close
    ends = np.arange(102, 400, 60)  # those that close at 02:00 and each hour after it: the first isn't whole
    assert np.isnan(found["hour.close"][0, :102]).all()
    assert found["hour.close"][0, 102:].tolist() == np.repeat(close[ends], 60)[:298].tolist()
    assert found["hour.high"][0, 102] == lab.series["X"].high[43:103].max()
    assert found["hour.volume"][0, 102] == 60_000.0


def test_every_with_bars_missing_shows_a_bar_with_the_next_one_there_is(lab):
    here = [*range(50), *range(58, 59), *range(63, 118), *range(185, 240)]  # without the end of two hours, and a whole hour
    minutes(lab, len(here), rows=here)
    found = values_of(lab, "1m", hour=bar().every("1h"))["hour.close"][0]
    np.testing.assert_array_equal(found, expected_of(lab.series["X"], lambda closes: closes, "1h"))
    close = lab.series["X"].close
    assert found[here.index(63)] == close[here.index(58)]
    assert np.isnan(found[here.index(58)])
    assert found[here.index(117)] == close[here.index(58)]
    assert found[here.index(185)] == close[here.index(117)]


def test_every_of_several_instruments_follows_the_bars_of_each(lab):
    rng = np.random.default_rng(8)
    for symbol, start in (("X", 0), ("Y", 130)):
        minutes(lab, 300, symbol, rows=start + np.sort(rng.choice(400, 300, replace=False)), seed=start)
    setup = setup_of(lab, {"trend": ema(2).every("15m"), "quarter": bar().every("15m")}, "1m")
    for i, symbol in enumerate(("X", "Y")):
        series = lab.series[symbol]
        exists = setup.bars.exists[:, i]
        close = setup.values[setup.names["quarter.close"], i]
        np.testing.assert_array_equal(close[exists], expected_of(series, lambda closes: closes, "15m"))
        trend = setup.values[setup.names["trend"], i]
        np.testing.assert_array_equal(trend[exists], expected_of(series, lambda closes: ema(2).compute(closes)[0], "15m"))
        for values in (close, trend):  # held over holes
            rows = np.flatnonzero(~exists[1:]) + 1
            np.testing.assert_array_equal(values[rows], values[rows - 1])


@pytest.mark.parametrize("interval", ["60s", "1m"])
def test_every_of_the_runs_own_interval_changes_nothing(lab, interval):
    minutes(lab, 100)
    setup = setup_of(lab, {"own": sma(7), "same": sma(7).every(interval)}, "1m")
    np.testing.assert_array_equal(setup.values[0], setup.values[1])
    assert setup.warmup == 7


def test_every_of_weeks_begins_on_mondays(lab):
    lab.give(np.arange(1.0, 22.0), start="2024-01-03")  # a Wednesday
    found = values_of(lab, week=bar().every("1w"))["week.close"][0]
    assert np.isnan(found[:11]).all()  # the first week is not whole
    assert found[11:].tolist() == [12.0] * 7 + [19.0] * 3


def test_every_leaves_the_indicator_as_it_was():
    base = sma(20, "high")
    coarse = base.every("4h")
    assert (base.bar_interval, coarse.bar_interval) == (None, "4h")
    assert (type(coarse), coarse.options, coarse.inputs, coarse.warmup) == (type(base), base.options, ("high",), 20)


def test_every_works_for_an_indicator_of_ones_own(lab):
    class Frozen(Python):
        """Let nothing be set on it."""

        def __setattr__(self, name, value):
            if name != "options":
                raise AttributeError(name)
            super().__setattr__(name, value)

    minutes(lab, 200)
    found = values_of(
        lab, "1m", own=Frozen().every("1h"), array=Array(lambda close: close[None]).every("1h"), hour=bar().every("1h")
    )
    np.testing.assert_array_equal(found["own"], found["hour.close"])
    np.testing.assert_array_equal(found["array"], found["hour.close"])


def test_every_without_one_whole_bar_asks_nobody_for_a_value(lab):
    minutes(lab, 30)
    found = values_of(lab, "1m", hour=Array(lambda close: close[-1] * np.ones((1, len(close)))).every("1h"))
    assert np.isnan(found["hour"]).all()


@pytest.mark.parametrize(("length", "interval", "needed"), [(1, "1h", 119), (20, "1h", 1259), (3, "5m", 19), (3, "1m", 3)])
def test_warmup_of_counts_the_bars_of_the_run_that_whole_windows_hold(lab, length, interval, needed):
    minutes(lab, 100)
    assert setup_of(lab, {"trend": sma(length).every(interval)}, "1m").warmup == needed


@pytest.mark.parametrize("seed", range(12))
def test_warmup_of_coarser_bars_is_enough_wherever_they_begin_and_whatever_is_missing(lab, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 60) + np.sort(rng.choice(700, int(rng.integers(200, 700)), replace=False))
    minutes(lab, len(rows), rows=rows)
    setup = setup_of(lab, {"trend": sma(4).every("15m"), "hour": vwap(2).every("1h")}, "1m")
    assert np.isfinite(setup.values[:, 0, setup.warmup - 1 :]).all()


def test_declared_interval_that_is_no_multiple_is_refused_before_anything_is_computed(lab):
    minutes(lab, 100)
    trend = Array(lambda _: pytest.fail("it was computed")).every("90s")
    assert refusal(lab, "1m", trend=trend) == (
        "indicator 'trend' of strategy 'reads' reads bars of '90s', which can't be built from the run's bars of '1m'; "
        "allowed: whole multiples of '1m', such as '2m'"
    )


def test_declared_interval_finer_than_the_runs_is_refused(lab):
    lab.give(CLOSES)
    said = refusal(lab, trend=sma(3).every("1h"))
    assert " reads bars of '1h', which can't be built from the run's bars of '1d'; " in said
    assert said.endswith("allowed: whole multiples of '1d', such as '1d'")


@pytest.mark.parametrize(
    ("text", "ending"),
    [("1hour", "such as '5m'; did you mean '1h'?"), ("1M", "such as '5m'"), ("", "such as '5m'"), (60, "such as '5m'")],
)
def test_declared_interval_that_is_none_is_refused(lab, text, ending):
    lab.give(CLOSES)
    said = refusal(lab, trend=sma(3).every(text))
    assert said.startswith(f"indicator 'trend' of strategy 'reads': {str(text)!r} is not an interval; ")
    assert said.endswith(ending)


def test_every_twice_is_refused():
    with pytest.raises(StrategyError) as error:
        sma(20).every("1h").every("4h")
    assert str(error.value) == "indicator 'sma' reads bars of '1h' already, so every('4h') can't change that; make another of it"


@pytest.mark.parametrize("peek", [lambda close: np.roll(close, -1)[None], lambda close: np.full((1, len(close)), close[-1])])
def test_compute_on_coarser_bars_that_looks_into_the_future_is_found_out(lab, peek):
    minutes(lab, 1000)
    said = refusal(lab, "1m", oracle=Array(peek).every("15m"))
    assert said.startswith("indicator 'oracle' (array every 15m) looks into the future: its value for 'X' at 2020-01-01T")


def early(rows):
    """Return a count of bars that have ended which takes each in a few base bars too early."""
    return lambda coarse, close_time: np.searchsorted(coarse.close_time, close_time + rows * parse_interval("1m"), side="right")


def by_start(series, interval, calendar):
    """Take the start of a window for its end, as happens where bars are named by their left edge."""
    coarse, opened = whole_windows(series, interval, calendar)
    columns = (getattr(coarse, name) for name in ("open", "high", "low", "close", "volume"))
    return Series(coarse.open_time, coarse.open_time, *columns), opened


@pytest.mark.parametrize(
    "planted",
    [{"whole_windows": by_start}, {"count_ended": early(59)}, {"count_ended": early(1)}],
    ids=["named by its start", "seen from its start", "one bar early"],
)
@pytest.mark.parametrize("indicator", [bar(), sma(2), Python()], ids=["bar", "sma", "python"])
@pytest.mark.parametrize("start", ["2020-01-01T00:00", "2020-01-01T00:31"])
def test_compute_that_showed_an_unfinished_bar_would_be_found_out(lab, monkeypatch, planted, indicator, start):
    minutes(lab, 600, start=start)
    for name, function in planted.items():
        monkeypatch.setattr(engine, name, function)
    assert " looks into the future: its value for 'X' at 2020-01-01T" in refusal(lab, "1m", hour=indicator.every("1h"))


class Both(Strategy):
    """Hold what is above its average of hours, when the minutes cross their own: in both forms."""

    name = "both"

    def indicators(self):
        return {"fast": sma(5), "trend": sma(3).every("30m"), "hour": bar().every("1h")}

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if view.crossed_above("fast", "trend") and view["hour.close"] > view["hour.open"]:
                view.target(weight=0.4)
            elif view.crossed_below("close", "hour.low") or view.crossed_above("hour.high", "trend"):
                view.target(weight=0.0)

    def targets(self, bars, ind):
        weights = np.full(bars.close.shape, np.nan)
        weights[ind.crossed_below("close", "hour.low") | ind.crossed_above("hour.high", "trend")] = 0.0
        weights[ind.crossed_above("fast", "trend") & (ind["hour.close"] > ind["hour.open"])] = 0.4
        return weights


def give_with_holes(lab):
    rng = np.random.default_rng(5)
    for seed, symbol in enumerate(("X", "Y")):
        minutes(lab, 3000, symbol, rows=np.sort(rng.choice(4000, 3000, replace=False)), seed=seed)


def test_every_decides_the_same_in_both_forms(lab):
    give_with_holes(lab)
    results = [lab.run(Both, "data.interval=1m", f"execution.driver={driver}").result for driver in ("event", "compiled")]
    assert results[0].fills.num_rows > 40
    assert results[0].fills.equals(results[1].fills)
    assert results[0].equity.equals(results[1].equity)


def test_every_reads_the_same_in_both_forms_on_every_row(lab):
    names = ("fast", "trend", "hour.open", "hour.close", "hour.volume")
    seen = {}

    class Looks(Both):
        """Write down what it sees of all instruments, those in a hole as well."""

        name = "looks"

        def on_bar(self, ctx):
            for i, view in enumerate(ctx):
                crossed = view.crossed_above("fast", "trend"), view.crossed_below("fast", "hour.close")
                seen[ctx.index, i] = [*(view[name] for name in names), *(view.previous(name) for name in names), *crossed]

        targets = Strategy.targets

    give_with_holes(lab)
    values = lab.ready(Looks, "data.interval=1m").prepared.values()
    lab.run(Looks, "data.interval=1m")
    crossed = values.crossed_above("fast", "trend"), values.crossed_below("fast", "hour.close")
    columns = [*(values[name] for name in names), *(values.previous(name) for name in names), *crossed]
    assert len(seen) > 5000
    for (row, i), found in seen.items():
        np.testing.assert_array_equal(found, [column[row, i] for column in columns], err_msg=str((row, i)))
    assert all(np.count_nonzero(column) > 50 for column in crossed)


def test_every_value_crosses_once_when_it_changes(lab):
    closes = np.repeat([100.0, 90.0, 110.0, 95.0], 60)
    lab.give(closes, interval="1m")
    values = lab.ready(Both, "data.interval=1m").prepared.values()
    close = values["hour.close"][:, 0]
    assert np.flatnonzero(close != np.concatenate(([np.nan], close[:-1])))[-4:].tolist() == [59, 119, 179, 239]
    found = SimpleNamespace(above=values.crossed_above("hour.close", 100.0), below=values.crossed_below("hour.close", 100.0))
    assert np.flatnonzero(found.above[:, 0]).tolist() == [179]
    assert np.flatnonzero(found.below[:, 0]).tolist() == [119, 239]


def read(market_data, symbol, interval):
    path = market_data / "crypto" / "binance_perp_2023_07" / f"{symbol}_USDT_USDT-{interval}-futures.feather"
    table = pyarrow.feather.read_table(path)
    opened = table["date"].to_numpy().astype("M8[ns]").astype(np.int64)
    columns = [table[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
    return Series(opened, opened + parse_interval(interval), *columns)


def test_every_hour_of_real_minutes_is_that_of_the_venues_hours(lab, market_data):
    lab.series |= {symbol: read(market_data, symbol, "1m") for symbol in ("BTC", "ETH")}
    setup = setup_of(lab, {"trend": sma(20).every("1h"), "hour": bar().every("1h")}, "1m")
    for i, symbol in enumerate(("BTC", "ETH")):
        hours, begin = read(market_data, symbol, "1h"), lab.series[symbol].open_time[0]
        hours = Series(*(getattr(hours, name)[hours.open_time >= begin] for name in vars_of(hours)))
        _, rows, ends = np.intersect1d(setup.bars.close_time, hours.close_time, return_indices=True)
        assert len(ends) == len(hours.close) > 700
        np.testing.assert_array_equal(setup.values[setup.names["hour.close"], i, rows], hours.close[ends])
        np.testing.assert_array_equal(setup.values[setup.names["hour.open"], i, rows], hours.open[ends])
        expected = sma(20).compute(hours.close)[0]
        warm = slice(20, None)  # one hour later than in the given file, because the minutes begin within an hour
        np.testing.assert_allclose(setup.values[setup.names["trend"], i, rows][warm], expected[ends][warm], rtol=1e-13)


def vars_of(series):
    return [name for name in series.__dataclass_fields__ if name not in ("origin", "stored")]


HALF_HOURS = [day * 48 + bar for day in (0, 1, 4) for bar in range(13)]  # three sessions of New York, a weekend among them


def sessions(lab, **facts):
    """Give the bars of half an hour of three sessions, from 14:30 UTC to 21:00."""
    closes = 100.0 + np.arange(39) % 5
    lab.give(closes, rows=HALF_HOURS, interval="30m", start="2020-01-02T14:30", open=closes + 0.5, high=closes + 1, low=closes - 1)
    lab.facts["X"] = facts
    return values_of(lab, "30m", hour=bar().every("1h"), day=bar().every("1d")), lab.series["X"]


def test_every_of_an_instrument_with_a_calendar_keeps_to_its_sessions(lab):
    found, series = sessions(lab, calendar="XNYS")
    hour, day = found["hour.close"][0], found["day.close"][0]
    assert np.isnan(hour[0])
    assert hour[1:6].tolist() == series.close[[1, 1, 3, 3, 5]].tolist()
    assert (hour[12], found["hour.open"][0, 12]) == (series.close[12], series.open[12])  # half an hour that ends with the session
    assert np.isnan(day[:12]).all()
    assert day[12:].tolist() == [*[series.close[12]] * 13, *[series.close[25]] * 13, series.close[38]]
    assert found["day.open"][0, 25] == series.open[13]


def test_every_without_a_calendar_keeps_to_the_hours_and_days_of_utc(lab):
    found, series = sessions(lab)
    hour, day = found["hour.close"][0], found["day.close"][0]
    assert np.isnan(hour[:2]).all()  # the data begin within the hour from 14:00 on, which nobody has whole
    assert hour[2:5].tolist() == series.close[[2, 2, 4]].tolist()
    assert np.isnan(day[:26]).all()
    assert day[26] == series.close[25]


@pytest.mark.parametrize(("start", "first"), [("2020-01-01T00:00", 59), ("2020-01-01T00:01", 118), ("2020-01-01T00:59", 60)])
def test_every_leaves_out_the_bar_that_the_data_begin_within(lab, start, first):
    minutes(lab, 200, start=start)
    close = values_of(lab, "1m", hour=bar().every("1h"))["hour.close"][0]
    assert np.isnan(close[:first]).all()
    assert close[first] == lab.series["X"].close[first]


def test_every_on_bars_that_end_by_what_is_traded_is_refused(lab):
    lab.give(CLOSES)
    time = np.arange(60) * 10**9
    lab.known["trades"] = {"X": Trades(time, CLOSES, np.ones(60))}
    assert refusal(lab, "'5 trades'", hour=sma(2).every("1h")) == (
        "indicator 'hour' of strategy 'reads' reads bars of '1h', which can't be built from the run's bars of '5 trades': these "
        "may reach from one into the next; leave every() out"
    )
