"""Margin: what may be opened, when positions are liquidated, where, and at what cost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from random_accounts import random_accounts
from stage import play
from tradekit.model.event import CashKind, EventKind
from tradekit.model.instrument import Instrument
from tradekit.simulator.build import is_compiled
from tradekit.simulator.setup import AccountTerms, Currency

FLAT = 100.0
EXAMPLES = deep(60, 200) if is_compiled() else 30
SEEDS = st.integers(0, EXAMPLES - 1)  # few, so that the tests share their runs, which are made once


def perpetual(symbol="X", **facts):
    return Instrument(symbol, kind="perpetual", **facts)


def on_margin(series, script, *instruments, **changes):
    return play(series, script, instruments, **{"is_margin": True, "leverage": 10.0} | changes)


def test_perpetual_moves_no_cash_until_it_is_closed():
    run = on_margin({"X": [FLAT, FLAT, 110, 120]}, {0: lambda ctx: ctx.buy(20), 2: lambda ctx: ctx.exit()}, perpetual())
    assert run.equity == [1000, 1000, 1200, 1400]
    assert [fill.g for fill in run.entries(EventKind.FILL)] == [1000, 1400]
    assert run.simulation.ledger.realised == 400


def test_future_is_worth_its_multiplier():
    future = Instrument("X", kind="future", multiplier=50.0)
    run = on_margin({"X": [FLAT, FLAT, 101]}, {0: lambda ctx: ctx.sell(1)}, future, fee_rate=0.001)
    assert run.equity == [1000, 995, 945]
    assert run.context["X"].weight == pytest.approx(-101 * 50 / 945)


def test_target_weight_counts_the_multiplier():
    run = on_margin({"X": [FLAT] * 2}, {0: lambda ctx: ctx.target(weight=2.0)}, perpetual(multiplier=0.5))
    assert run.position() == 40


@pytest.mark.parametrize(("initial", "most"), [(None, 100), (0.05, 100), (0.1, 100), (0.25, 40), (1.0, 10)])
def test_new_exposure_ties_up_initial_margin(initial, most):
    run = on_margin({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1000)}, perpetual(initial_margin=initial))
    assert run.position() == pytest.approx(most)


def test_initial_margins_of_all_positions_share_the_equity():
    def both(ctx):
        ctx["X"].buy(1000)
        ctx["Y"].sell(50)

    run = on_margin({"X": [FLAT] * 2, "Y": [FLAT] * 2}, {0: both}, perpetual(initial_margin=0.25), perpetual("Y"))
    assert run.position("Y") == -50  # sells come first; at a tenth, it leaves half of the equity
    assert run.position("X") == pytest.approx(20)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_fill_adds_beyond_the_initial_margin(seed):
    run = random_accounts(seed, most_currencies=1)
    if not run.setup.is_margin:
        return
    facts, leverage = run.setup.instruments, run.setup.leverage
    share = [max(1 / leverage, fact.initial_margin or 0.0) for fact in facts]
    held, average, last, cash = [0.0] * 3, [0.0] * 3, [0.0] * 3, run.setup.capital
    rows = iter(enumerate(run.setup.bars.close))
    done = -1
    for entry in run.log:
        while done < entry.row - 1:
            done, closes = next(rows)
            last[: len(closes)] = [close if close == close else seen for close, seen in zip(closes, last, strict=False)]
        i = entry.instrument
        if entry.kind == EventKind.ACTION and entry.code == 0:
            last[i] /= entry.a
        if entry.kind in (EventKind.FILL, EventKind.ACTION):
            before, held[i], average[i] = held[i], entry.e, entry.f
        if entry.g == entry.g:
            cash = entry.g
        if entry.kind == EventKind.FILL and (abs(held[i]) > abs(before) or held[i] * before < 0):
            at = [entry.b if n == i else price for n, price in enumerate(last)]
            value = [abs(held[n]) * at[n] * fact.multiplier for n, fact in enumerate(facts)]
            basis = [average[n] if fact.is_derivative and held[n] else 0.0 for n, fact in enumerate(facts)]
            equity = cash + sum(held[n] * (at[n] - basis[n]) * fact.multiplier for n, fact in enumerate(facts) if held[n])
            tied = sum(value[n] * share[n] for n in range(len(facts)))
            assert tied <= equity + 1e-9 * (sum(value) + abs(cash)) + (entry.c if run.setup.costs.fee_asset[i] == 1 else 0)


def liquidation(series, script, *instruments, **changes):
    """Return the run, the fills of its liquidation as (row, price), and what it cost."""
    run = on_margin(series, script, *instruments, **changes)
    fees = [-entry.a for entry in run.entries(EventKind.CASH) if entry.code == CashKind.LIQUIDATION_FEE]
    fills = [(fill.row, fill.b) for fill in run.entries(EventKind.FILL) if fill.order in run.liquidated]
    return run, fills, fees


def test_long_is_closed_where_equity_meets_the_maintenance_margin():
    # 1000 + 50 (p - 100) = 0.05 x 50 p at p = 4000 / 47.5
    fall = (FLAT, FLAT, 80.0, 80.0)
    run, fills, fees = liquidation({"X": [FLAT, FLAT, fall]}, {0: lambda ctx: ctx.buy(50)}, perpetual())
    price = 4000 / 47.5
    assert fills == [(2, pytest.approx(price))]
    assert fees == [pytest.approx(0.05 * 50 * price)]  # all that was left
    assert run.equity[-1] == pytest.approx(0, abs=1e-9)
    [entry] = run.entries(EventKind.LIQUIDATION)
    assert entry.a == pytest.approx(entry.b) == pytest.approx(0.05 * 50 * price)


def test_short_is_closed_on_the_way_up():
    rise = (FLAT, 130.0, FLAT, FLAT)
    _, fills, _ = liquidation({"X": [FLAT, FLAT, rise]}, {0: lambda ctx: ctx.sell(50)}, perpetual(maintenance_margin=0.02))
    assert fills == [(2, pytest.approx(6000 / 51))]


def test_bar_that_opens_beyond_the_margin_closes_at_its_open():
    gap = (70.0, 95.0, 60.0, 90.0)
    run, fills, fees = liquidation({"X": [FLAT, FLAT, gap]}, {0: lambda ctx: ctx.buy(50)}, perpetual())
    assert (fills, fees) == ([(2, 70.0)], [])  # there is nothing left that a fee could take
    assert run.equity[-1] == -500


def test_close_price_is_on_the_grid_on_the_worse_side():
    fall, rise = (FLAT, FLAT, 80.0, 80.0), (FLAT, 130.0, FLAT, FLAT)
    _, long, _ = liquidation({"X": [FLAT, FLAT, fall]}, {0: lambda ctx: ctx.buy(50)}, perpetual(tick=0.5))
    _, short, _ = liquidation({"X": [FLAT, FLAT, rise]}, {0: lambda ctx: ctx.sell(50)}, perpetual(tick=0.5))
    assert long == [(2, 84.0)]
    assert short == [(2, 114.5)]


def test_fee_of_a_liquidation_is_what_the_account_says_and_no_more_than_is_left():
    fall = (FLAT, FLAT, 80.0, 80.0)
    cheap, _, fees = liquidation(
        {"X": [FLAT, FLAT, fall]}, {0: lambda ctx: ctx.buy(50)}, perpetual(), terms=AccountTerms(liquidation_fee=0.01)
    )
    assert fees == [pytest.approx(0.01 * 50 * 4000 / 47.5)]
    assert cheap.equity[-1] == pytest.approx(0.04 * 50 * 4000 / 47.5)
    dear, _, _ = liquidation(
        {"X": [FLAT, FLAT, fall]}, {0: lambda ctx: ctx.buy(50)}, perpetual(), terms=AccountTerms(liquidation_fee=0.5)
    )
    assert dear.equity[-1] == pytest.approx(0, abs=1e-9)


def test_positions_are_valued_at_their_worst_at_once():
    # Neither loses more than 200 on its own; together they are 400 down before the day is over.
    wide = (FLAT, 104.0, 96.0, FLAT)

    def both(ctx):
        ctx["X"].buy(50)
        ctx["Y"].sell(50)

    run, fills, _ = liquidation(
        {"X": [FLAT, FLAT, wide], "Y": [FLAT, FLAT, wide]},
        {0: both},
        perpetual(),
        perpetual("Y"),
        terms=AccountTerms(maintenance=0.07),
    )
    share = 300 / 400  # spare at the open over what is lost on the way; the value of both stays 10,000
    assert fills == [(2, pytest.approx(100 - 4 * share)), (2, pytest.approx(100 + 4 * share))]
    assert run.position("X") == run.position("Y") == 0


def test_account_that_keeps_its_margin_is_left_alone():
    fall = (FLAT, FLAT, 84.3, 90.0)
    run, fills, _ = liquidation({"X": [FLAT, FLAT, fall]}, {0: lambda ctx: ctx.buy(50)}, perpetual())
    assert fills == []
    assert run.position() == 50


def test_position_without_a_bar_waits():
    def both(ctx):
        ctx["X"].buy(50)
        ctx["Y"].buy(50)

    fall = (FLAT, FLAT, 80.0, 80.0)
    run, fills, _ = liquidation(
        {"X": [FLAT, FLAT, fall, 80.0], "Y": [FLAT, FLAT, None, FLAT]}, {0: both}, perpetual(), perpetual("Y")
    )
    assert [row for row, _ in fills] == [2, 3]
    assert run.position("X") == run.position("Y") == 0


@pytest.mark.parametrize(
    ("facts", "account", "expected"),
    [({}, None, 0.05), ({"initial_margin": 0.8}, None, 0.25), ({}, 0.03, 0.03), ({"maintenance_margin": 0.01}, 0.03, 0.01)],
)
def test_maintenance_margin_is_the_instruments_or_the_accounts(facts, account, expected):
    _, fills, _ = liquidation(
        {"X": [FLAT, FLAT, (FLAT, FLAT, 1.0, 1.0)]},
        {0: lambda ctx: ctx.buy(12)},
        perpetual(**facts),
        terms=AccountTerms(maintenance=account),
    )
    # 1000 + 12 (p - 100) = m 12 p
    assert fills == [(2, pytest.approx(200 / (12 * (1 - expected))))]


def test_profit_of_a_perpetual_is_in_its_own_currency():
    euro = perpetual(currency="EUR")
    run = on_margin(
        {"X": [FLAT, FLAT, 110, 110, 110], "EURUSD": [2.0, 2.0, 2.0, 2.0, 3.0]},
        {0: lambda ctx: ctx["X"].buy(10), 2: lambda ctx: ctx["X"].exit()},
        euro,
        currencies=(Currency("EUR", source=1),),
    )
    assert run.equity == [1000, 1000, 1200, 1200, 1300]
    assert run.simulation.ledger.amounts() == [1000, 100]


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_liquidation_closes_within_the_bar_and_leaves_what_is_left(seed):
    run = random_accounts(seed)
    bars, liquidated = run.setup.bars, run.liquidated
    for fill in run.entries(EventKind.FILL):
        if fill.order in liquidated:
            assert bars.low[fill.row, fill.instrument] <= fill.b <= bars.high[fill.row, fill.instrument]
            assert fill.e == pytest.approx(0, abs=0.01 * abs(fill.a))
    for entry in run.entries(EventKind.LIQUIDATION):
        assert entry.a <= entry.b * (1 + 1e-9)
