"""The built-in strategies: the same in both forms, blind to the future, and what their docstrings say."""

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit.builtin.strategies import Breakout, BuyAndHold, MomentumRotation, RsiReversion, SmaCross
from tradekit.engine.plan import targets_of
from tradekit.engine.prepare import cut

ALL_OF_IT = "execution.participation='none'"  # the volume in these tests is small
QUICK = {
    "buy-and-hold": [],
    "sma-cross": ["strategy.fast=5", "strategy.slow=20"],
    "rsi-reversion": ["strategy.length=5"],
    "breakout": ["strategy.enter=15", "strategy.leave=7"],
    "momentum-rotation": ["strategy.lookback=20", "strategy.hold=2"],
}
"""Each strategy with options under which a short series gives many signals."""

COSTS = "execution.costs=[{model='fee', bps=5, per_unit=0.01}, {model='slippage', bps=3}]"
MARGIN = ["account.kind='margin'", "account.leverage=2"]


def walk(seed, length):
    return 100.0 * np.exp(np.random.default_rng(seed).normal(0.0, 0.02, length).cumsum())


def give(lab, instruments, length=700):
    """Give random walks: one without a hole, then some with holes, a late start and an early end."""
    lab.give(walk(1, length))
    rng = np.random.default_rng(99)
    spans = [(0, length), (100, length), (0, length - 150)]
    for number, (first, last) in enumerate(spans[: instruments - 1]):
        rows = np.flatnonzero(rng.random(length) > 0.2)
        rows = rows[(rows >= first) & (rows < last)]
        lab.give(walk(number + 2, length)[rows], f"Y{number}", rows=rows)


def fills(result):
    columns = [result.fills[name] for name in ("time", "symbol", "quantity", "price")]
    texts = [str(np.datetime64(time.value, "ns").astype("M8[D]")) for time in columns[0]]
    return list(zip(texts, *(column.to_pylist() for column in columns[1:]), strict=True))


@pytest.mark.parametrize("rules", ["", "risk=[{rule='volatility-target', annual=0.2, window=30}, {rule='max-weight', limit=0.4}]"])
@pytest.mark.parametrize("instruments", [1, 4])
@pytest.mark.parametrize("short", ["false", "true"])
@pytest.mark.parametrize("name", QUICK)
def test_both_drivers_leave_the_same_tables(lab, name, short, instruments, rules):
    give(lab, instruments)
    overrides = [*QUICK[name], f"strategy.short={short}", COSTS, *(MARGIN if short == "true" else []), *([rules] if rules else [])]
    by_event = lab.run(name, *overrides, "execution.driver='event'").result
    compiled = lab.run(name, *overrides, "execution.driver='compiled'").result
    assert compiled.plan.startswith("compiled driver: the strategy gives targets(), proven equal")
    for table in ("orders", "fills", "positions", "equity", "trades", "journal"):
        assert getattr(by_event, table).equals(getattr(compiled, table)), table
    assert by_event.metrics == compiled.metrics
    least = {"buy-and-hold": instruments, "momentum-rotation": 4}.get(name, 20)
    assert by_event.fills.num_rows >= least
    is_short = any(quantity < 0.0 for quantity in by_event.positions["quantity"].to_pylist())
    assert is_short == (short == "true" and (name, instruments) != ("momentum-rotation", 1))


@pytest.mark.parametrize("name", QUICK)
def test_targets_do_not_depend_on_later_bars(lab, name):
    give(lab, 4, 300)
    prepared = lab.ready(name, *QUICK[name], "strategy.short=true", *MARGIN).prepared
    whole = targets_of(prepared)
    assert not np.isnan(whole).all()
    for rows in range(1, 300, 7):
        strategy = type(prepared.strategy)(prepared.strategy.options)
        np.testing.assert_array_equal(targets_of(cut(prepared, strategy, rows)), whole[:rows])


@pytest.mark.parametrize("name", QUICK)
def test_volatility_target_holds_trading_back_until_it_can_measure(lab, name):
    give(lab, 1)
    rule = "risk=[{rule='volatility-target', annual=0.2, window=200}]"
    result = lab.run(name, *QUICK[name], rule, "execution.driver='event'").result
    first = result.orders["time"][0].value
    assert first >= np.datetime64("2020-01-01", "ns").astype(np.int64) + 201 * 86_400_000_000_000
    if name != "buy-and-hold":
        assert lab.run(name, *QUICK[name], "execution.driver='event'").result.orders["time"][0].value < first


def test_buy_and_hold_buys_each_instrument_once_for_an_equal_part(lab):
    lab.give([100.0, 100.0, 110.0, 120.0])
    lab.give([50.0, 50.0, 60.0], "LATE", rows=[1, 2, 3])
    assert fills(lab.run("buy-and-hold", "strategy.weight=0.8").result) == [
        ("2020-01-02", "X", 4.0, 100.0),
        ("2020-01-03", "LATE", pytest.approx(400.0 / 50.0), 50.0),
    ]


def test_buy_and_hold_short_sells(lab):
    lab.give([100.0, 100.0, 110.0])
    assert fills(lab.run("buy-and-hold", "strategy.short=true", *MARGIN).result) == [("2020-01-02", "X", -10.0, 100.0)]


def sma_cross(lab, *overrides):
    # The average of 2 is above that of 3 from the fourth bar, below it from the seventh, and above from the ninth.
    lab.give([10.0, 10.0, 10.0, 13.0, 13.0, 13.0, 10.0, 10.0, 14.0, 14.0])
    options = ["strategy.fast=2", "strategy.slow=3", "account.capital=1300", "run.benchmark='none'"]
    return fills(lab.run("sma-cross", *options, ALL_OF_IT, *overrides).result)


def test_sma_cross_is_in_from_a_crossing_up_to_one_down(lab):
    assert sma_cross(lab) == [
        ("2020-01-05", "X", 100.0, 13.0),
        ("2020-01-08", "X", -100.0, 10.0),
        ("2020-01-10", "X", pytest.approx(1000.0 / 14.0), 14.0),
    ]


def test_sma_cross_short_turns_the_position_round(lab):
    assert [quantity for _, _, quantity, _ in sma_cross(lab, "strategy.short=true", *MARGIN)][:2] == [100.0, -200.0]


def test_sma_cross_leaves_a_rise_under_way_alone(lab):
    lab.give(10.0 + np.arange(20.0))
    assert fills(lab.run("sma-cross", "strategy.fast=2", "strategy.slow=3").result) == []


def reversion(lab, *overrides):
    falls, rises = 100.0 - np.arange(1.0, 9.0), 92.0 + 2.0 * np.arange(1.0, 9.0)
    lab.give(np.concatenate((100.0 + np.arange(8.0) % 2, falls, rises, [100.0, 92.0, 90.0, 90.0])))
    result = lab.run("rsi-reversion", "strategy.length=3", *overrides).result
    return fills(result)


def test_rsi_reversion_buys_the_fall_and_sells_the_recovery(lab):
    (bought, sold) = reversion(lab, "strategy.low=20", "strategy.high=90")[:2]
    assert bought[2] > 0.0
    assert sold[2] == -bought[2]
    # Three falls of 1 after swings of 1 bring the index of 3 bars below 20, and one rise of 2 brings it back above 50.
    assert (bought[0], sold[0]) == ("2020-01-12", "2020-01-18")


def test_rsi_reversion_short_sells_the_rise_too(lab):
    trades = reversion(lab, "strategy.low=20", "strategy.high=90", "strategy.short=true", *MARGIN)
    assert [np.sign(quantity) for _, _, quantity, _ in trades][:4] == [1.0, -1.0, -1.0, 1.0]


def test_breakout_follows_a_close_above_the_range_until_one_below_the_shorter_range(lab):
    closes = [10.0, 10.0, 10.0, 10.0, 12.0, 13.0, 11.0, 11.0, 11.0, 11.0]
    lab.give(closes, high=closes, low=closes, open=closes)
    result = lab.run("breakout", "strategy.enter=3", "strategy.leave=2").result
    # 12 is above 10, 10, 10: in at the next open. 11 is below 12, 13: out at the next.
    assert [(day, price) for day, _, _, price in fills(result)] == [("2020-01-06", 13.0), ("2020-01-08", 11.0)]


def test_breakout_short_follows_a_close_below_the_range(lab):
    closes = [10.0, 10.0, 10.0, 10.0, 8.0, 7.0, 9.0, 9.0, 9.0, 9.0]
    lab.give(closes, high=closes, low=closes, open=closes)
    trades = fills(lab.run("breakout", "strategy.enter=3", "strategy.leave=2", "strategy.short=true", ALL_OF_IT, *MARGIN).result)
    assert [(day, np.sign(quantity), price) for day, _, quantity, price in trades] == [
        ("2020-01-06", -1.0, 7.0),
        ("2020-01-08", 1.0, 9.0),
    ]


def test_breakout_short_turns_round_on_a_close_beyond_the_other_side(lab):
    closes = [10.0, 10.0, 10.0, 10.0, 12.0, 12.0, 8.0, 8.0, 8.0]
    lab.give(closes, high=closes, low=closes, open=closes)
    trades = fills(lab.run("breakout", "strategy.enter=3", "strategy.leave=2", "strategy.short=true", ALL_OF_IT, *MARGIN).result)
    held = np.cumsum([quantity for _, _, quantity, _ in trades])
    assert (np.sign(held) == [1.0, -1.0]).all()


def rotation(lab, rates, *overrides):
    """Run on instruments that grow (or shrink) at these rates a day, from January to May."""
    for symbol, rate in rates.items():
        lab.give(100.0 * (1.0 + rate) ** np.arange(140.0), symbol)
    result = lab.run("momentum-rotation", "strategy.lookback=10", "strategy.hold=2", *overrides).result
    return result, fills(result)


def test_momentum_rotation_holds_those_that_rose_most(lab):
    _, trades = rotation(lab, {"A": 0.001, "B": 0.003, "C": 0.002, "D": -0.001})
    bought = {symbol: quantity * price for day, symbol, quantity, price in trades if day == "2020-02-02"}
    assert bought == {"B": pytest.approx(500.0, rel=0.01), "C": pytest.approx(500.0, rel=0.01)}
    assert {symbol for _, symbol, _, _ in trades} == {"B", "C"}


def test_momentum_rotation_decides_on_the_first_bar_of_a_month(lab):
    result, _ = rotation(lab, {"A": 0.001, "B": 0.003, "C": 0.002, "D": -0.001})
    days = {str(np.datetime64(time.value - 1, "ns").astype("M8[D]")) for time in result.orders["time"]}
    assert days == {"2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01"}


def test_momentum_rotation_changes_to_the_new_leader(lab):
    rows = np.arange(140.0)
    lab.give(100.0 + rows, "A")
    lab.give(np.where(rows < 70, 100.0 + rows / 10.0, 107.0 + 5.0 * (rows - 70)), "B")
    result = lab.run("momentum-rotation", "strategy.lookback=10", "strategy.hold=1").result
    assert [(symbol, quantity > 0) for day, symbol, quantity, _ in fills(result) if day == "2020-04-02"] == [
        ("A", False),
        ("B", True),
    ]


def test_momentum_rotation_keeps_cash_in_place_of_what_fell(lab):
    _, trades = rotation(lab, {"A": -0.001, "B": 0.003, "C": -0.002})
    assert {symbol for _, symbol, _, _ in trades} == {"B"}
    _, trades = rotation(lab, {"A": -0.001, "B": 0.003, "C": -0.002}, "strategy.only_rising=false")
    assert {symbol for _, symbol, _, _ in trades} == {"A", "B"}


def test_momentum_rotation_short_sells_those_that_rose_least(lab):
    rates = {"A": 0.001, "B": 0.003, "C": -0.002, "D": -0.001}
    _, trades = rotation(lab, rates, "strategy.short=true", *MARGIN)
    first = {symbol: np.sign(quantity) for day, symbol, quantity, _ in trades if day == "2020-02-02"}
    assert first == {"A": 1.0, "B": 1.0, "C": -1.0, "D": -1.0}
    worth = sum(abs(quantity * price) for day, _, quantity, price in trades if day == "2020-02-02")
    assert worth == pytest.approx(1000.0, rel=0.01)


def test_momentum_rotation_of_few_instruments_never_sells_a_leader(lab):
    _, trades = rotation(lab, {"A": 0.001, "B": 0.003, "C": 0.002}, "strategy.short=true", "strategy.only_rising=false", *MARGIN)
    first = {symbol: np.sign(quantity) for day, symbol, quantity, _ in trades if day == "2020-02-02"}
    assert first == {"A": -1.0, "B": 1.0, "C": 1.0}


@pytest.mark.parametrize(
    ("strategy", "options", "said"),
    [
        (SmaCross, {"fast": 20, "slow": 20}, "fast must be less than slow, and 20 is not less than 20"),
        (RsiReversion, {"low": 50, "leave": 50}, "low, leave and high must rise, and 50, 50, 70 do not"),
        (Breakout, {"enter": 5, "leave": 6}, "leave must not be more than enter, and 6 is more than 5"),
        (BuyAndHold, {"weight": 0}, "greater than 0"),
        (MomentumRotation, {"hold": 0}, "greater than or equal to 1"),
    ],
)
def test_options_that_contradict_each_other_are_refused(strategy, options, said):
    with pytest.raises(ValidationError, match=said):
        strategy.Options(**options)
