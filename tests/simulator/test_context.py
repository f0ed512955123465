from datetime import UTC, datetime

import numpy as np
import pytest

from stage import limit, play
from tradekit.errors import OrderError, StrategyError
from tradekit.model.instrument import Instrument
from tradekit.model.risk import LimitKind

FLAT = 100.0
BARS = {"X": [(1, 4, 0.5, 2), (2, 5, 1.5, 3), None, (4, 7, 3.5, 5)], "Y": [10.0] * 4}
VALUES = {"names": {"fast": 0, "slow": 1}}


def looked(look, bars=BARS, **changes):
    """Return what a look at each bar gave."""
    found = []
    play(bars, lambda ctx: found.append(look(ctx)), **changes)
    return found


def raised(ask, bars=BARS, **changes):
    """Return what is said against a wish."""
    with pytest.raises((OrderError, StrategyError)) as caught:
        play(bars, {0: ask}, **changes)
    return str(caught.value)


def test_view_shows_the_last_bar_over_a_hole():
    assert looked(lambda ctx: (ctx["X"].open, ctx["X"].high, ctx["X"].low, ctx["X"].close)) == [
        (1, 4, 0.5, 2),
        (2, 5, 1.5, 3),
        (2, 5, 1.5, 3),
        (4, 7, 3.5, 5),
    ]
    assert looked(lambda ctx: ctx["X"].volume) == [1000] * 4
    assert looked(lambda ctx: ctx["X"].has_bar) == [True, True, False, True]
    assert looked(lambda ctx: ctx["X"]["close"]) == [2, 3, 3, 5]
    assert np.array_equal(looked(lambda ctx: ctx["X"].previous("close")), [np.nan, 2, 2, 3], equal_nan=True)


def test_view_before_the_first_bar_has_nothing():
    bars = {"X": [None, FLAT], "Y": [1.0, 1.0]}
    assert np.isnan(looked(lambda ctx: ctx["X"].close, bars)[0])
    assert looked(lambda ctx: len(ctx["X"].history("close", 3)), bars) == [0, 1]
    assert looked(lambda ctx: ctx["X"].crossed_above("close", 1.0), bars) == [False, False]


def test_history_is_of_existing_bars_oldest_first():
    assert [list(found) for found in looked(lambda ctx: ctx["X"].history("close", 2))] == [[2], [2, 3], [2, 3], [3, 5]]
    kept = looked(lambda ctx: ctx["X"].history("low", 10))
    assert list(kept[-1]) == [0.5, 1.5, 3.5]
    assert kept[-1].flags.writeable


def test_history_of_nothing_is_an_error():
    assert raised(lambda ctx: ctx["X"].history("close", 0)) == "history of 'close' needs a length of at least 1, not 0"


def test_indicators_are_read_by_name():
    values = np.arange(16.0).reshape(2, 2, 4)
    assert looked(lambda ctx: ctx["Y"]["slow"], values=values, **VALUES) == [12, 13, 14, 15]
    assert looked(lambda ctx: ctx["X"].previous("fast"), values=values, **VALUES)[1:] == [0, 0, 1]
    assert list(looked(lambda ctx: ctx["X"].history("fast", 3), values=values, **VALUES)[3]) == [0, 1, 3]


def test_unknown_value_names_what_there_is():
    said = raised(lambda ctx: ctx["X"]["clos"])
    assert said == "no value 'clos' on X; there are open, high, low, close, volume; did you mean 'close'?"
    assert "no value 7 on X" in raised(lambda ctx: ctx["X"][7])


def test_crossings_fire_on_the_bar_they_happen_and_in_no_hole():
    bars = {"X": [1.0, 3.0, None, 1.0, 2.0, 2.5], "Y": [0.0] * 6}
    assert looked(lambda ctx: ctx["X"].crossed_above("close", 2.0), bars) == [False, True, False, False, False, True]
    assert looked(lambda ctx: ctx["X"].crossed_below("close", 2), bars) == [False, False, False, True, False, False]


def test_crossings_of_two_values():
    fast = [[[1, 3, 3, 1], [0] * 4], [[2, 2, 2, 2], [0] * 4]]
    values = np.array(fast, dtype=np.float64)
    assert looked(lambda ctx: ctx["X"].crossed_above("fast", "slow"), values=values, **VALUES) == [False, True, False, False]
    assert looked(lambda ctx: ctx["X"].crossed_below("fast", "slow"), values=values, **VALUES) == [False, False, False, True]


def test_crossings_with_nan_or_before_warm_up_do_not_fire():
    values = np.array([[[np.nan, 3, 3, 1], [0] * 4]])
    assert not any(looked(lambda ctx: ctx["X"].crossed_above("fast", 2), values=values, names={"fast": 0}))
    bars = {"X": [None, 1.0, 3.0, 1.0, 3.0], "Y": [0.0] * 5}
    assert looked(lambda ctx: ctx["X"].crossed_above("close", 2.0), bars, warmup=3) == [False, False, True]


def test_instruments_are_those_with_a_bar_that_are_warm():
    bars = {"X": [1.0, 1.0, None, 1.0], "Y": [None, 1.0, 1.0, 1.0]}
    assert looked(lambda ctx: [view.symbol for view in ctx.instruments], bars, warmup=2) == [["X"], ["Y"], ["X", "Y"]]
    assert looked(lambda ctx: [view.is_ready for view in ctx], bars, warmup=2) == [[True, False], [True, True], [True, True]]


def test_account_is_that_of_the_close():
    def look(ctx):
        if ctx.index == 0:
            ctx["X"].buy(5)
        view = ctx["X"]
        return ctx.cash, ctx.equity, view.position, view.weight, ctx.is_halted

    bars = {"X": [FLAT, FLAT, 200.0]}
    assert looked(look, bars) == [(1000, 1000, 0, 0, False), (500, 1000, 5, 0.5, False), (500, 1500, 5, 1000 / 1500, False)]


def test_time_is_that_of_the_close():
    assert looked(lambda ctx: (ctx.index, ctx.time_ns, ctx.time))[1] == (1, 120_000_000_000, datetime(1970, 1, 1, 0, 2, tzinfo=UTC))


def test_periods_start_with_the_bar_that_opens_them():
    bars = {"X": [1.0] * 1500}
    starts = looked(lambda ctx: ctx.starts("day"), bars)
    assert [row for row, is_start in enumerate(starts) if is_start] == [1440]


def test_random_numbers_come_from_the_seed():
    first, second, other = (looked(lambda ctx: ctx.random.random(), seed=seed) for seed in (1, 1, 2))
    assert first == second != other


def test_lookup_of_an_unknown_instrument_names_those_there_are():
    assert raised(lambda ctx: ctx["Z"]) == "no instrument 'Z' in this run; it has X, Y"
    assert [view.symbol for view in play(BARS, {}).context] == ["X", "Y"]


@pytest.mark.parametrize(
    "ask", [lambda ctx: ctx.buy(1), lambda ctx: ctx.sell(1), lambda ctx: ctx.exit(), lambda ctx: ctx.target(1)]
)
def test_order_without_an_instrument_needs_there_to_be_one_only(ask):
    assert raised(ask) == (
        "this run has 2 instruments, so an order must name one: ctx['X'].target(...), or 'for view in ctx.instruments'"
    )


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda view: view.target(), "target of 'X' needs a weight or a quantity, and not both"),
        (lambda view: view.target(1, 1), "target of 'X' needs a weight or a quantity, and not both"),
        (lambda view: view.target(float("nan")), "target of 'X' must be a finite number, not nan"),
        (lambda view: view.target(float("inf")), "target of 'X' must be a finite number, not inf"),
        (lambda view: view.target("1"), "target of 'X' must be a finite number, not '1'"),
        (lambda view: view.target(True), "target of 'X' must be a finite number, not True"),
        (lambda view: view.buy(0), "quantity of an order in 'X' must be above 0, not 0"),
        (lambda view: view.sell(-1), "quantity of an order in 'X' must be above 0, not -1"),
        (lambda view: view.buy(10**400), f"quantity of 'X' must be a finite number, not {10**400}"),
        (lambda view: view.buy(1, limit=0), "limit of an order in 'X' must be above 0, not 0"),
        (lambda view: view.buy(1, stop=-5), "stop of an order in 'X' must be above 0, not -5"),
        (
            lambda view: view.buy(1, stop=1, take_profit=1),
            "an order in 'X' can wait for a stop or for a take_profit, not for both; give a bracket, or two orders and "
            "one_cancels_other",
        ),
        (
            lambda view: view.buy(),
            "an order in 'X' has no quantity and the run has no sizing rule; "
            "give a quantity, use target(weight=...), or add a rule such as 'fixed-fraction' to the run file",
        ),
        (lambda view: view.cancel(3), "no open order 3 in 'X'; open are []"),
    ],
)
def test_wish_that_makes_no_sense_is_an_error(ask, said):
    assert raised(lambda ctx: ask(ctx["X"])) == said


def test_wish_that_makes_no_sense_leaves_no_order():
    def on_bar(ctx):
        with pytest.raises(OrderError):
            ctx["X"].buy(1, limit=-1)
        assert ctx["X"].open_orders == ()

    assert play(BARS, {0: on_bar}).orders == []


def test_numpy_numbers_are_numbers():
    run = play({"X": [FLAT]}, {0: lambda ctx: ctx.buy(np.float32(1), limit=np.int64(90))})
    assert (run.orders[0].quantity, run.orders[0].limit) == (1, 90)


def test_open_orders_are_those_of_the_instrument_oldest_first():
    seen = []

    def on_bar(ctx):
        if ctx.index == 0:
            ctx["X"].buy(1, limit=1)
            ctx["Y"].buy(1, limit=1)
            ctx["X"].buy(2, limit=1)
        if ctx.index == 1:
            ctx["X"].buy(3)
        seen.append((ctx["X"].open_orders, ctx["Y"].open_orders))

    play({"X": [FLAT] * 3, "Y": [FLAT] * 3}, on_bar)
    assert seen == [((0, 2), (1,)), ((0, 2, 3), (1,)), ((0, 2), (1,))]


def test_cancel_of_all_is_of_one_instrument():
    def on_bar(ctx):
        ctx["X"].buy(1, limit=1)
        ctx["X"].buy(2, limit=1)
        ctx["Y"].buy(3, limit=1)
        ctx["X"].cancel()
        assert ctx["X"].open_orders == ()
        assert ctx["Y"].open_orders == (2,)

    assert len(play({"X": [FLAT], "Y": [FLAT]}, {0: on_bar}).reasons) == 2


def test_order_of_another_instrument_is_not_cancelled():
    def on_bar(ctx):
        number = ctx["X"].buy(1, limit=1)
        ctx["Y"].cancel(number)

    assert raised(on_bar) == "no open order 0 in 'Y'; open are []"


def test_numbers_are_plain_floats_and_flags_plain_booleans():
    def look(ctx):
        view = ctx["X"]
        numbers = [
            ctx.cash,
            ctx.equity,
            view.close,
            view["open"],
            view.previous("low"),
            view.position,
            view.average_price,
            view.weight,
        ]
        flags = [view.has_bar, view.is_ready, view.crossed_above("close", 1.0), ctx.is_halted]
        return {type(number) for number in numbers}, {type(flag) for flag in flags}

    def on_bar(ctx):
        ctx["X"].buy(1)
        return look(ctx)

    assert looked(on_bar) == [({float}, {bool})] * 4


def test_order_without_quantity_passes_with_a_sizing_rule():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy()}, [Instrument("X")], rules=[limit(LimitKind.FRACTION_SIZE, 0.5)])
    assert run.fills == [(1, "X", 5, FLAT)]
