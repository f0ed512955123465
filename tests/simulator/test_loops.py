from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from random_accounts import random_accounts, random_schedule
from random_play import fingerprint, random_bars, random_play
from stage import limit, play, play_targets, setup_of
from tradekit.model.bars import PRICE_COLUMNS
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.risk import LimitKind
from tradekit.model.timeline import Schedule
from tradekit.simulator.build import is_compiled
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_events, run_targets
from tradekit.simulator.simulation import Simulation
from uncompiled import output_of

EXAMPLES = deep(50, 1000) if is_compiled() else 20
FLAT = 100.0


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=EXAMPLES, deadline=None)
def test_both_drivers_give_the_same_run(seed):
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, 60, 3)
    weights = np.where(rng.random((60, 3)) < 0.3, rng.choice([-0.6, -0.2, 0.0, 0.1, 0.4, 1.0], (60, 3)), np.nan)
    rules = [
        limit(LimitKind.FRACTION_SIZE, 0.8),
        limit(LimitKind.MAX_WEIGHT, 0.4),
        limit(LimitKind.MAX_LEVERAGE, 0.9, "reject"),
        limit(LimitKind.MAX_DRAWDOWN, 0.1, "flatten"),
    ]
    changes = {
        "instruments": [Instrument("X", lot=0.1, tick=0.01), Instrument("Y", min_notional=50.0), Instrument("Z", lot=1.0)],
        "rules": [rule for rule in rules if rng.random() < 0.5],
        "is_margin": bool(rng.random() < 0.5),
        "fee_rate": 0.001,
        "slippage_rate": 0.0005,
    }

    def on_bar(ctx):
        for view, weight in zip(ctx, weights[ctx.index].tolist(), strict=True):
            if weight == weight:
                view.target(weight=weight)

    assert fingerprint(play(bars, on_bar, **changes)) == fingerprint(play_targets(bars, weights, **changes))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=EXAMPLES, deadline=None)
def test_both_drivers_give_the_same_run_of_one_instrument_that_is_quiet_for_long(seed):
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, 90, 1)
    is_hole = rng.random((90, 1)) < rng.choice([0.0, 0.3])
    bars = replace(bars, **{name: np.where(is_hole, np.nan, getattr(bars, name)) for name in PRICE_COLUMNS})
    weights = np.where(rng.random(90) < 0.08, rng.choice([-0.6, 0.0, 0.3, 1.0, 3.0], 90), np.nan)
    weights[is_hole[:, 0]] = np.nan
    instrument = Instrument(bars.symbols[0], kind=str(rng.choice(["spot", "perpetual"])))
    changes = {
        "instruments": [instrument],
        "rules": [limit(LimitKind.MAX_DRAWDOWN, 0.2, "flatten")] if rng.random() < 0.2 else [],
        "is_margin": bool(rng.random() < 0.3),
        "schedule": random_schedule(rng, 90, [instrument]) if rng.random() < 0.5 else Schedule.of(),
        "fee_rate": 0.001,
    }

    def on_bar(ctx):
        if weights[ctx.index] == weights[ctx.index]:
            ctx.target(weight=weights[ctx.index])

    assert fingerprint(play(bars, on_bar, **changes)) == fingerprint(play_targets(bars, weights[:, None], **changes))


def test_equity_that_is_gone_while_nothing_else_happens_halts_the_array_form_too():
    bars = {"X": [FLAT, FLAT, FLAT, 1e-9, 1e-9, FLAT]}
    perpetual = [Instrument("X", kind="perpetual", maintenance_margin=0.001, initial_margin=0.01)]
    changes = {"instruments": perpetual, "is_margin": True, "leverage": 10.0}
    weights = [[np.nan], [8.0], [np.nan], [np.nan], [0.5], [np.nan]]
    run = play_targets(bars, weights, **changes)

    def on_bar(ctx):
        if weights[ctx.index][0] == weights[ctx.index][0]:
            ctx.target(weight=weights[ctx.index][0])

    assert fingerprint(run) == fingerprint(play(bars, on_bar, **changes))
    assert len(run.entries(EventKind.HALT)) == 1


def test_targets_leave_positions_alone_where_they_are_nan():
    nan = np.nan
    run = play_targets({"X": [FLAT, FLAT, 200, 200, 200]}, [[0.5], [nan], [nan], [0.0], [nan]])
    assert run.fills == [(1, "X", 5, FLAT), (4, "X", -5, 200)]


def test_targets_count_on_the_rows_that_are_told():
    setup = play({"X": [FLAT, 101, 102, 103, 104]}, {}).setup
    simulation, weights = Simulation(setup), np.array([[0.1], [0.2], [np.nan], [0.3], [0.4]])
    rows = np.array([1, 3], dtype=np.int64)
    for start, stop in [(0, 2), (2, 5)]:
        run_targets(simulation, weights, start, stop, rows)
    assert (
        simulation.equity_curve().tolist()
        == play_targets({"X": [FLAT, 101, 102, 103, 104]}, weights * [[np.nan], [1], [1], [1], [np.nan]]).equity
    )


def test_rows_may_be_run_in_pieces():
    bars = {"X": [FLAT, 101, 102, 103, 104]}
    whole = play(bars, lambda ctx: ctx.buy(1))
    simulation = Simulation(whole.setup)
    context = Context(simulation, whole.setup)
    for start, stop in [(0, 2), (2, 2), (2, 5)]:
        run_events(context, lambda ctx: ctx.buy(1), start, stop)
    assert simulation.equity_curve().tolist() == whole.equity
    assert simulation.done == 5


@pytest.mark.parametrize(("start", "stop"), [(1, 2), (-1, 2), (0, 4), (2, 1)])
def test_rows_that_are_not_the_next_are_refused(start, stop):
    setup = setup_of(play({"X": [FLAT] * 3}, {}).setup.bars)
    simulation = Simulation(setup)
    said = rf"can't run rows {start} to {stop}: 0 of 3 are done"
    with pytest.raises(ValueError, match=said):
        run_events(Context(simulation, setup), lambda ctx: None, start, stop)
    with pytest.raises(ValueError, match=said):
        run_targets(simulation, np.zeros((9, 1)), start, stop)


@pytest.mark.parametrize("shape", [(2, 1), (3, 2)])
def test_targets_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"targets have shape .*, expected \(3, 1\)"):
        play_targets({"X": [FLAT] * 3}, np.zeros(shape))


@pytest.mark.parametrize("name", ["values", "volatility"])
def test_setup_of_wrong_shapes_is_refused(name):
    bars = play({"X": [FLAT] * 3}, {}).setup.bars
    with pytest.raises(ValueError, match=rf"{name} has shape \(7, 7, 7\), expected"):
        setup_of(bars, rules=[limit(LimitKind.VOLATILITY_SIZE, 0.2)], **{"volatility": np.zeros((1, 3)), name: np.zeros((7, 7, 7))})


def test_error_of_a_strategy_comes_through_with_the_row_it_happened_on():
    setup = play({"X": [FLAT] * 3}, {}).setup
    simulation = Simulation(setup)
    context = Context(simulation, setup)

    def on_bar(ctx):
        if ctx.index == 1:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run_events(context, on_bar, 0, 3)
    assert (context.index, simulation.done) == (1, 2)


def test_request_to_stop_ends_after_the_bar():
    setup = play({"X": [FLAT] * 5}, {}).setup
    simulation = Simulation(setup)

    def on_bar(ctx):
        ctx.buy(1)
        simulation.stop_requested = ctx.index == 2

    run_events(Context(simulation, setup), on_bar, 0, 5)
    assert simulation.done == 3
    assert len(simulation.equity_curve()) == 3
    assert len(simulation.book.columns()["row"]) == 3


def test_listener_hears_of_each_row_that_made_entries_once():
    setup = play({"X": [FLAT] * 5}, {}).setup
    simulation = Simulation(setup)
    heard = []

    def on_bar(ctx):
        if ctx.index in (1, 3):
            ctx.buy(1)

    def listener(first):
        heard.append((simulation.done - 1, first, len(simulation.log)))

    run_events(Context(simulation, setup), on_bar, 0, 5, listener)
    assert heard == [(1, 0, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4)]


@pytest.mark.proof("simulator")
@pytest.mark.skipif(not is_compiled(), reason="the simulator is not compiled, so there is nothing to compare with")
def test_compiled_and_uncompiled_runs_are_the_same_to_the_bit(tmp_path, matrix):
    seeds = matrix.seeds(sample=15, whole=200)
    for script, played in (("random_play.py", random_play), ("random_accounts.py", random_accounts)):
        told = output_of(tmp_path, str(Path(__file__).parents[1] / script), str(len(seeds)))
        assert told.removeprefix("uncompiled\n").splitlines() == [fingerprint(played(seed)) for seed in seeds]
