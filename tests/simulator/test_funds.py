"""What a cash account of several currencies can buy, and what fees in other things do."""

import numpy as np
import pytest

from stage import bars_of, play, setup_of
from tradekit.model.event import CashKind, EventKind
from tradekit.model.instrument import Instrument
from tradekit.simulator.setup import AccountTerms, Currency

FLAT = 100.0


def fee_in(asset):
    return {"fee_rate": 0.01, "fee_asset": np.array([asset])}


def conversions(run):
    return [(int(entry.e), entry.a, entry.b) for entry in run.entries(EventKind.CASH) if entry.code == CashKind.CONVERSION]


def test_purchase_buys_the_currency_that_it_lacks():
    run = play(
        {"X": [FLAT] * 2},
        {0: lambda ctx: ctx.buy(3)},
        [Instrument("X", currency="EUR")],
        currencies=[Currency("EUR", 100.0, 2.0)],
        terms=AccountTerms(conversion=0.01),
    )
    assert conversions(run) == [(0, pytest.approx(-404), pytest.approx(2.02)), (1, 200, pytest.approx(2.02))]
    assert run.simulation.ledger.amounts() == [pytest.approx(596), 0]
    assert run.equity[-1] == pytest.approx(1200 - 4)


def test_purchase_takes_the_other_currencies_in_order():
    run = play(
        {"X": [FLAT] * 2},
        {0: lambda ctx: ctx.buy(3)},
        [Instrument("X", currency="EUR")],
        capital=100.0,
        currencies=[Currency("GBP", 10.0, 2.5), Currency("EUR", 0.0, 1.0), Currency("CHF", 500.0, 1.0)],
    )
    assert [(c, amount) for c, amount, _ in conversions(run) if amount < 0] == [(0, -100), (1, -10), (3, pytest.approx(-175))]
    assert run.simulation.ledger.amounts() == [0, 0, 0, pytest.approx(325)]


@pytest.mark.parametrize("conversion", [0.0, 0.02])
def test_purchase_of_all_that_there_is_leaves_nothing_owed(conversion):
    run = play(
        {"X": [FLAT] * 2},
        {0: lambda ctx: ctx.buy(1e6)},
        [Instrument("X", currency="EUR")],
        currencies=[Currency("EUR", 100.0, 1.3), Currency("BNB", 3.0, 333.3)],
        terms=AccountTerms(conversion=conversion),
        fee_rate=0.001,
    )
    funds = 100 + (1000 + 3 * 333.3) / 1.3 / (1 + conversion)
    assert run.position() == pytest.approx(funds / 100.1)
    assert all(0 <= amount < 1e-6 for amount in run.simulation.ledger.amounts())


def test_sale_leaves_its_money_in_its_currency():
    run = play(
        {"X": [FLAT] * 4},
        {0: lambda ctx: ctx.buy(1), 1: lambda ctx: ctx.exit()},
        [Instrument("X", currency="EUR")],
        currencies=[Currency("EUR", 0.0, 2.0)],
    )
    assert run.simulation.ledger.amounts() == [800, 100]


def test_rate_follows_the_close_of_an_instrument_either_way_round():
    for inverse, closes in ((False, [2.0, 2.0, 4.0]), (True, [0.5, 0.5, 0.25])):
        run = play(
            {"X": [FLAT] * 3, "R": closes},
            {0: lambda ctx: ctx["X"].buy(1)},
            [Instrument("X", currency="EUR")],
            currencies=[Currency("EUR", 100.0, None, 1, inverse)],
        )
        assert run.equity == [1200, 1200, 1400]


def test_rate_before_the_first_close_is_the_first_open():
    run = play({"X": [1.0] * 3, "R": [None, (3.0, 4.0, 2.0, 2.0), 2.0]}, {}, currencies=[Currency("EUR", 100.0, None, 1)])
    assert run.simulation.ledger.capital == 1300
    assert run.equity == [1300, 1200, 1200]


def test_margin_account_owes_instead_of_converting():
    run = play(
        {"X": [FLAT] * 2},
        {0: lambda ctx: ctx.buy(3)},
        [Instrument("X", currency="EUR")],
        is_margin=True,
        currencies=[Currency("EUR", 100.0, 2.0)],
    )
    assert run.simulation.ledger.amounts() == [1000, -200]
    assert conversions(run) == []


def test_weights_and_limits_count_the_rate():
    run = play(
        {"X": [FLAT] * 2},
        {0: lambda ctx: ctx.target(weight=0.5)},
        [Instrument("X", currency="EUR")],
        currencies=[Currency("EUR", 0.0, 2.0)],
    )
    assert run.position() == 2.5
    assert run.context["X"].weight == 0.5


def test_fee_in_base_is_taken_from_the_units_of_a_purchase():
    run = play({"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(10), 1: lambda ctx: ctx.sell(5)}, **fee_in(1))
    assert [fill.e for fill in run.entries(EventKind.FILL)] == [9.9, pytest.approx(4.9)]
    assert [fill.c for fill in run.entries(EventKind.FILL)] == [10, 5]
    assert run.cash == 495
    assert run.equity[-1] == pytest.approx(985)


def test_fee_in_base_lets_a_position_leave_the_lots():
    run = play({"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(5), 1: lambda ctx: ctx.exit()}, [Instrument("X", lot=0.5)], **fee_in(1))
    assert [(fill.a, fill.e) for fill in run.entries(EventKind.FILL)] == [(5, 4.95), (-4.5, pytest.approx(0.45))]


def test_fee_in_base_of_a_perpetual_is_taken_in_its_quote():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(5)}, [Instrument("X", kind="perpetual")], is_margin=True, **fee_in(1))
    assert (run.position(), run.cash) == (5, 995)


def test_fee_in_a_third_currency_is_paid_from_its_balance():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(5)}, currencies=[Currency("BNB", 1.0, 10.0)], **fee_in(3))
    assert run.simulation.ledger.amounts() == [500, 0.5]
    assert run.simulation.ledger.fees == 5


def test_fee_in_a_third_currency_that_is_short_is_bought():
    run = play({"X": [FLAT] * 2}, {0: lambda ctx: ctx.buy(1e6)}, currencies=[Currency("BNB", 0.0, 10.0)], **fee_in(3))
    assert run.position() == pytest.approx(1000 / 101)
    assert all(0 <= amount < 1e-6 for amount in run.simulation.ledger.amounts())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"instruments": [Instrument("X", currency="EUR")]}, "'X' is settled in 'EUR'; the account has USD"),
        ({"currencies": [Currency("EUR", source=3)]}, "currency 'EUR' has no rate, and no instrument 3"),
        ({"fee_asset": np.array([2 + 1])}, "fee_asset must be 1 numbers from 0 to 2"),
    ],
)
def test_setup_of_money_that_makes_no_sense_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        setup_of(bars_of({"X": [FLAT]}), **changes)
