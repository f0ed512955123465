"""What a result says that it rests on, and what its reader is warned of."""

import os
import signal

import numpy as np
import pytest

from tradekit import RiskRule, Strategy, Verdict
from tradekit.simulator import build

CLOSES = 100.0 + np.arange(40.0)


class Does(Strategy):
    """Do on bar 5 what a test says."""

    name = "does"
    deed = staticmethod(lambda ctx: None)

    def on_bar(self, ctx):
        if ctx.index == 5:
            self.deed(ctx)


class Asks(RiskRule):
    """Answer what a test says."""

    name = "asks"
    answer = staticmethod(lambda order, account: Verdict.accept())

    def check(self, order, account):
        return self.answer(order, account)


def does(deed):
    return type("Deed", (Does,), {"__doc__": "Do.", "deed": staticmethod(deed)})


def assumptions(lab, *overrides):
    lab.give(CLOSES)
    return lab.run(Does, *overrides).result.assumptions


def notes(lab, deed, *overrides, closes=CLOSES):
    lab.give(closes)
    return [note for note in lab.run(does(deed), *overrides).result.notes if "not compiled" not in note]


def test_assumptions_without_costs_and_rules_say_so(lab):
    said = assumptions(lab)
    assert "Trading costs nothing: no fees, no slippage (costs = [])." in said
    assert "No risk rule is in force (risk = [])." in said
    assert "The cash account never borrows or sells short; orders beyond the funds are cut to what they allow." in said
    assert "Limit orders fill at their price, only when a bar trades through their price, or at the open if that is better." in said
    assert "Tick or lot of any instrument is not known: prices or sizes there may be finer than a venue takes." in said
    assert said[-1] == "The benchmark buys X with all capital at its first open and holds it, at no cost."


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("account.kind='margin'", "The margin account holds at most 1 times its equity; orders beyond the funds are cut to what"),
        ("execution.insufficient_funds='reject'", "orders beyond the funds are rejected."),
        ("execution.limit_fills='touch'", "Limit orders fill at their price, once a bar touches their price, or at the open"),
        ("execution.costs=[{model='fee', bps=7}]", "Each fill pays a fee of 7 bps of its value."),
        ("instrument=[{symbol='X', tick=0.1, lot=1}]", "Prices and sizes are multiples of each instrument's tick and lot."),
        ("run.benchmark='none'", "There is no benchmark."),
        ("run.periods_per_year=100", "100 periods a year, as set in the run"),
        (
            "risk=[{rule='volatility-target', annual=0.2, window=5}]",
            "For sizes, the volatility of a year is that of a bar times the square root of 365 bars a year.",
        ),
    ],
)
def test_assumptions_follow_the_settings(lab, override, sentence):
    assert any(sentence in said for said in assumptions(lab, override))


def test_assumptions_name_instruments_without_steps(lab):
    for symbol in "ABCDEFGH":
        lab.give(CLOSES, symbol)
    said = assumptions(lab, "instrument=[{symbol='A', tick=0.1, lot=1}]")
    assert "Tick or lot of B, C, D, E, F and 3 more is not known: prices or sizes there may be finer than a venue takes." in said


def test_notes_of_a_plain_run_are_none(lab):
    assert notes(lab, lambda ctx: ctx.buy(1)) == []


def test_notes_strategy_that_never_ordered_is_told(lab):
    assert notes(lab, lambda ctx: None) == ["The strategy never placed an order."]


def test_notes_warm_up_longer_than_the_data_is_told(lab):
    lab.give(CLOSES)
    said = lab.run("sma-cross", "strategy.slow=50").result.notes
    assert "The strategy never placed an order: it needs 50 bars to warm up and the data has 40." in said


def test_notes_count_rejects_by_their_reason(lab):
    def deed(ctx):
        ctx.buy(1)
        ctx.sell(1)
        ctx.sell(2)

    assert notes(lab, deed) == ["2 of 3 orders were rejected: 2 short in cash account."]


def test_notes_one_reject_is_one(lab):
    assert notes(lab, lambda ctx: ctx.sell(1)) == ["1 of 1 order was rejected: 1 short in cash account."]


def test_notes_count_cuts(lab):
    assert notes(lab, lambda ctx: ctx.buy(1000)) == ["1 order was cut to what the account allows: 1 insufficient funds."]


def test_notes_cut_by_rounding_is_none(lab):
    assert notes(lab, lambda ctx: ctx.target(weight=1.0)) == []


def test_notes_tell_a_halt_with_its_rule(lab):
    rule = "risk=[{rule='max-drawdown', limit=0.1}]"
    (said,) = notes(lab, lambda ctx: ctx.buy(10), rule, closes=[100.0] * 6 + [80.0] * 4)
    assert said == "Trading HALTED at 2020-01-08T00:00:00Z by max-drawdown: equity 800.00, 20.0% below its peak."


def test_notes_tell_a_liquidation(lab):
    jump = [100.0] * 6 + [250.0] * 4
    lab.give(jump, open=[100.0] * 7 + [250.0] * 3)
    said = lab.run(does(lambda ctx: ctx.sell(10)), "account.kind='margin'").result.notes
    assert (
        "Positions were LIQUIDATED once; first at 2020-01-07T23:59:59.999999999Z: equity 400.00, maintenance margin 400.00." in said
    )


def test_notes_tell_that_equity_is_gone(lab):
    jump = [100.0] * 7 + [250.0] * 3
    lab.give(jump, open=jump)
    said = lab.run(does(lambda ctx: ctx.sell(10)), "account.kind='margin'").result.notes
    assert "Equity was GONE at 2020-01-09T00:00:00Z (-500.00)." in said


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ((), "Short positions pay nothing to borrow (account.borrow_rate = 0)."),
        ((), "Money that the account owes costs nothing (account.loan_rate = 0)."),
        (
            (),
            "All positions are liquidated once equity is below their maintenance margin at the worst prices of a bar, taken at",
        ),
        ((), "A liquidation loses the maintenance margin: all that is left of the account, or nearly so."),
        ((), "There are no splits, dividends or delistings in the data."),
        (("account.liquidation_fee_bps=150",), "A liquidation costs 150 bps of the value that is closed."),
        (("account.borrow_rate=0.02",), "Short positions pay 2.00% of their value a year to borrow, for each UTC day that begins."),
        (("account.loan_rate=0.07",), "Money that the account owes costs 7.00% a year."),
        (("account.interest_rate=0.03",), "Cash earns 3.00% a year, but for what short sales brought."),
        (("instrument=[{symbol='X', kind='perpetual'}]",), "X pays no funding: the data source has no rates."),
        (
            ("instrument=[{symbol='X', initial_margin=0.5}]",),
            "The margin account holds at most 1 times its equity, or less where an instrument's initial margin says so; orders",
        ),
        (
            ("currency=[{code='EUR', rate=1.1}]",),
            "Money in EUR counts at its rate at the last close. Where a currency runs short, it is borrowed.",
        ),
    ],
)
def test_assumptions_of_a_margin_account(lab, overrides, sentence):
    assert any(said.startswith(sentence) for said in assumptions(lab, "account.kind='margin'", *overrides))


def test_assumptions_of_a_cash_account_say_nothing_of_loans(lab):
    said = " ".join(assumptions(lab, "currency=[{code='EUR', rate=1.1}]", "account.conversion_bps=5"))
    assert "the others are changed into it, at the last rate and 5 bps" in said
    assert "borrow (" not in said
    assert "LIQUIDATED" not in said
    assert "owes" not in said


def test_notes_tell_that_a_rule_failed(lab):
    def fail(order, account):
        raise KeyError("sector")

    lab.bring(type("Fails", (Asks,), {"__doc__": "Fail.", "answer": staticmethod(fail)}))
    said = notes(lab, lambda ctx: (ctx.buy(1), ctx.buy(2)), "risk=[{rule='asks'}]")
    assert said == [
        "2 of 2 orders were rejected: 2 risk rule.",
        "Risk rule asks FAILED on 2 orders, which it thereby refused; the first time, at 2020-01-07T00:00:00Z, "
        "it raised KeyError: 'sector'.",
    ]


def test_notes_tell_an_interruption_first(lab):
    def deed(ctx):
        ctx.buy(1000)
        os.kill(os.getpid(), signal.SIGTERM)

    said = notes(lab, deed)
    assert said == ["INTERRUPTED after 6 of 40 bars: the figures are those of the part that was run."]


def test_notes_uncompiled_simulator_is_told(lab, monkeypatch):
    monkeypatch.setattr(build, "is_compiled", lambda: False)
    monkeypatch.setattr(build, "problem", lambda: "the simulator is not compiled and many times slower: no compiler")
    assert lab.give(CLOSES) is None
    said = lab.run(Does).result.notes
    assert said[-1] == "The simulator is not compiled and many times slower: no compiler."
