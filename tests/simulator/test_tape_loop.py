"""In which order things happen on a tape, and what a strategy is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from stage import limit, setup_of, unlimited
from tape_stage import SECOND, book_of, clock_of, play_tape, quotes_of, tape_setup, trades_of
from tradekit.errors import StrategyError
from tradekit.model.event import EventKind
from tradekit.model.risk import LimitKind, Verdict, VerdictKind
from tradekit.model.tape import Tape
from tradekit.simulator.context import Context
from tradekit.simulator.setup import Rule
from tradekit.simulator.simulation import Simulation
from tradekit.simulator.tape_loop import TapeLoop, TickCalls

EXAMPLES = deep(10, 200)
ACCEPT = Verdict(VerdictKind.ACCEPT)
FLAT = [(99, 5)], [(101, 5)]


def told(bars, calls, timers=None, **ticks):
    """Return what a strategy is told, in order."""
    found = []
    setup = tape_setup(bars, ticks=ticks)
    simulation = Simulation(setup)
    context = Context(simulation, setup)

    def hear(name):
        return lambda ctx, *given: found.append((name, round(ctx.time_ns / SECOND, 9), *given))

    TapeLoop(context, setup, TickCalls(**{name: hear(name) for name in calls}, timers=timers or {})).run(0, len(bars))
    return found


def test_of_one_time_the_bar_comes_first_then_trades_quotes_books_and_timers():
    bars = clock_of(["X", "Y"], 3)
    ticks = {
        "trades": [trades_of((1, 100, 1), (1, 100.5, 1)), trades_of((0.5, 50, 1), (1, 50, 1))],
        "quotes": [quotes_of((1, 99, 1, 101, 1)), quotes_of((1, 49, 1, 51, 1))],
    }
    found = told(bars, ["on_bar", "on_trade", "on_quote", "on_timer"], {"tick": SECOND}, **ticks)
    names = [(name, time, getattr(given[0], "symbol", given[0]) if given else "") for name, time, *given in found]
    assert names[:2] == [("on_trade", 0.5, "Y"), ("on_bar", 1.0, "")]
    assert [name[0] + name[2] for name in names[2:8]] == [
        "on_tradeX",
        "on_tradeX",
        "on_tradeY",
        "on_quoteX",
        "on_quoteY",
        "on_timertick",
    ]
    assert names[8:] == [("on_bar", 2.0, ""), ("on_timer", 2.0, "tick"), ("on_bar", 3.0, "")]
    trade = found[2][2]
    assert (trade.price, trade.size, trade.side, trade.time_ns, trade.time.timestamp()) == (100, 1, 0, SECOND, 1.0)
    quote = found[5][2]
    assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size, quote.time.second) == (99, 1, 101, 1, 1)
    assert repr(trade) == "Trade('X', 1000000000, price=100.0, size=1.0, side=0)"
    assert repr(quote) == "Quote('X', 1000000000, bid=99.0, bid_size=1.0, ask=101.0, ask_size=1.0)"


def test_book_is_told_once_an_update_whatever_the_number_of_its_levels():
    shown = []
    setup = tape_setup(clock_of(["X"], 1), ticks={"book": [book_of((0.1, *FLAT), (0.2, [(98, 1), (99, 0)], [(101, 4)]))]})
    simulation = Simulation(setup)
    calls = TickCalls(on_book=lambda _, depth: shown.append((depth.bid, depth.bid_size, depth.ask, depth.ask_size)))
    TapeLoop(Context(simulation, setup), setup, calls).run(0, 1)
    assert shown == [(99, 5, 101, 5), (98, 1, 101, 4)]


def test_timers_ring_at_multiples_of_their_periods():
    found = told(
        clock_of(["X"], 2), ["on_timer"], {"fast": SECOND // 2, "slow": SECOND}, trades=[trades_of((0.2, 100, 1), (1.7, 100, 1))]
    )
    assert found == [("on_timer", 0.5, "fast"), ("on_timer", 1.0, "fast"), ("on_timer", 1.0, "slow"), ("on_timer", 1.5, "fast")]


def test_bar_shows_nothing_of_the_next_and_ticks_show_nothing_of_their_bar():
    seen = []
    bars = clock_of(["X"], 2)
    setup = tape_setup(bars, ticks={"trades": [trades_of((0.5, 100, 1), (1.5, 100, 1))]})
    context = Context(Simulation(setup), setup)
    calls = TickCalls(
        on_trade=lambda ctx, _: seen.append(("trade", len(ctx["X"].history("close", 9)), ctx["X"].last)),
        on_bar=lambda ctx: seen.append(("bar", len(ctx["X"].history("close", 9)), ctx["X"].last)),
    )
    TapeLoop(context, setup, calls).run(0, 2)
    assert seen == [("trade", 0, 100), ("bar", 1, 100), ("trade", 1, 100), ("bar", 2, 100)]


def test_strategy_is_not_told_of_an_instrument_that_warms_up_or_has_no_price():
    bars = clock_of(["X"], 3)
    ticks = {"trades": [trades_of((0.5, 100, 1), (1.5, 100, 1), (2.5, 100, 1))]}
    setup = tape_setup(bars, ticks=ticks, warmup=2)
    seen = []
    TapeLoop(Context(Simulation(setup), setup), setup, TickCalls(on_trade=lambda ctx, _: seen.append(ctx.time_ns))).run(0, 3)
    assert seen == [2.5 * SECOND]
    assert told(clock_of(["X"], 1), ["on_quote"], quotes=[quotes_of((0.1, 99, 1, np.nan, 0), (0.2, 99, 1, 101, 1))])[0][1] == 0.2


def test_equity_counts_positions_at_the_last_trade():
    seen = []
    bars = clock_of(["X"], 1)
    ticks = {"book": [book_of((0.1, *FLAT))], "trades": [trades_of((0.2, 101, 1), (0.3, 111, 1), (0.4, 121, 1))]}
    setup = tape_setup(bars, ticks=ticks, capital=1000.0)
    calls = TickCalls(on_trade=lambda ctx, _: seen.append((ctx.equity, ctx["X"].position)), on_book=lambda ctx, _: ctx["X"].buy(2))
    TapeLoop(Context(Simulation(setup), setup), setup, calls).run(0, 1)
    assert seen == [(1000, 2), (1020, 2), (1040, 2)]  # before the first trade there is the middle of the book to count with
    calls = TickCalls(on_trade=lambda ctx, trade: (ctx["X"].buy(2) if trade.price == 101 else None, seen.append(ctx.equity)))
    setup = tape_setup(bars, ticks=ticks, capital=1000.0)
    seen.clear()
    TapeLoop(Context(Simulation(setup), setup), setup, calls).run(0, 1)
    assert seen == [1000, 1020, 1040]


def test_rules_judge_what_is_decided_between_bars_at_the_time_of_the_decision():
    asked = []
    rule = type("Rule", (), {"check": staticmethod(lambda order, account: asked.append((order, account)) or ACCEPT)})()
    ticks = {"book": [book_of((0.25, *FLAT), (0.5, [(99, 6)], []))]}
    script = {0.25: lambda ctx: ctx.buy(2), 0.5: lambda ctx: ctx.buy(1)}
    play_tape(clock_of(["X"], 1), script, ticks=ticks, rules=[Rule("mine", (), rule)])
    times = [
        (order.submitted, account.time, account.positions.get("X") and account.positions["X"].quantity) for order, account in asked
    ]
    assert times == [(SECOND // 4, SECOND // 4, None), (SECOND // 2, SECOND // 2, 2.0)]


@pytest.mark.parametrize(
    "ticks",
    [
        {"trades": [trades_of((0.3, 110, 1), (0.4, 98, 1), (0.6, 130, 1))], "book": [book_of((0.1, [(95, 9)], [(100, 9)]))]},
        {"quotes": [quotes_of((0.1, 99.5, 9, 100, 9), (0.3, 110, 9, 110.5, 9), (0.4, 98, 9, 98.5, 9), (0.6, 130, 9, 130.5, 9))]},
        {"book": [book_of((0.1, [(99, 9)], [(100, 9)]), (0.3, [(110, 9)], [(100, 0), (111, 9)]), (0.4, [(110, 0)], [(101, 9)]))]},
    ],
    ids=lambda ticks: next(iter(ticks)),
)
def test_drawdown_from_a_peak_inside_a_bar_halts_inside_it(ticks):
    rules = [limit(LimitKind.MAX_DRAWDOWN, 0.05, "flatten")]
    found = play_tape(clock_of(["X"], 1), {0.1: lambda ctx: ctx.buy(8)}, ticks=ticks, rules=rules, capital=1000.0)
    log = found.simulation.log.columns()
    (halt,) = np.flatnonzero(log["kind"] == EventKind.HALT)
    assert log["time"][halt] == round(0.4 * SECOND)
    assert log["a"][halt] < 0.95 * log["b"][halt] < 1.1 * 950
    assert [size for _, size, _ in found.fills] == [8, -8]
    assert 0.4 < found.fills[1][0] <= 0.5


def test_depth_in_a_run_on_trades_alone_is_an_error_that_says_how_to_get_it():
    with pytest.raises(
        StrategyError, match=r"^no quotes and no book of X in this run; \[data\] ticks = \['trades', 'book'\] gives"
    ):
        play_tape(clock_of(["X"], 1), {0: lambda ctx: ctx["X"].depth}, ticks={"trades": [trades_of((0.1, 100, 1))]})


def test_loop_of_a_setup_without_a_tape_and_of_another_clock_is_refused():
    bars = clock_of(["X"], 2)
    setup = setup_of(bars, fills=unlimited())
    with pytest.raises(ValueError, match=r"^this setup has no tape$"):
        TapeLoop(Context(Simulation(setup), setup), setup, TickCalls())
    with pytest.raises(ValueError, match=r"^the tape is divided into 1 rows, expected 2$"):
        setup_of(bars, tape=Tape.of(bars.close_time[:1]))


@pytest.mark.proof("ticks", cases=EXAMPLES)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=EXAMPLES, deadline=None)
def test_run_in_pieces_with_and_without_callbacks_is_the_same_run(seed):
    rng = np.random.default_rng(seed)
    bars, ticks = clock_of(["X", "Y"], 6), {"trades": [], "book": []}
    for _ in range(2):
        times = np.sort(rng.integers(0, 60, 40)) / 10
        ticks["trades"].append(trades_of(*((t, rng.integers(97, 104), rng.integers(1, 9), rng.choice([-1, 0, 1])) for t in times)))
        updates = [
            (t, [(rng.integers(95, 100), rng.integers(0, 9))], [(rng.integers(100, 105), rng.integers(0, 9))]) for t in times
        ]
        ticks["book"].append(book_of((0, *FLAT), *updates))
    wishes = rng.integers(0, 5, 500)

    def run(pieces, names):
        setup = tape_setup(bars, ticks=ticks, fills=unlimited(latency_ns=SECOND // 20, queue="power"))
        simulation = Simulation(setup)
        turn = iter(wishes.tolist())

        def wish(ctx, _):
            view = ctx["X"]
            actions = [
                lambda: None,
                lambda: view.buy(3, limit=98),
                lambda: view.sell(3, limit=102),
                lambda: view.target(quantity=1),
                view.cancel,
            ]
            actions[next(turn)]()

        calls = TickCalls(**{name: (wish if name == "on_timer" else lambda *_: None) for name in names}, timers={"t": SECOND // 10})
        loop = TapeLoop(Context(simulation, setup), setup, calls)
        for start, stop in pieces:
            loop.run(start, stop)
        log = simulation.log.columns()
        return {name: log[name].tolist() for name in ("kind", "time", "order", "row")}, simulation.equity_curve().tolist()

    whole = run([(0, 6)], ["on_timer"])
    assert whole == run([(0, 1), (1, 4), (4, 6)], ["on_timer", "on_trade", "on_book", "on_bar"])
