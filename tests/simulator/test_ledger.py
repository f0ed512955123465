"""The books, held against an independent ledger in decimal fractions, which is fed nothing but the fills."""

from dataclasses import dataclass, field
from decimal import Decimal, getcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from random_play import random_play
from stage import Entry, Played, play
from tradekit.model.event import EventKind
from tradekit.simulator.build import is_compiled

getcontext().prec = 50
EXAMPLES = deep(100, 300) if is_compiled() else 30
SEEDS = st.integers(0, EXAMPLES - 1)  # few, so that the tests share their runs, which are made once


@dataclass
class DecimalLedger:
    """Average-cost books. A position within a billionth of the last fill of flat is flat: sizes are binary fractions."""

    cash: Decimal
    realised: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    held: dict[int, Decimal] = field(default_factory=dict)
    cost: dict[int, Decimal] = field(default_factory=dict)

    def book(self, fill: Entry) -> None:
        i, quantity, price, fee = fill.instrument, Decimal(fill.a), Decimal(fill.b), Decimal(fill.c)
        held, cost = self.held.get(i, Decimal(0)), self.cost.get(i, Decimal(0))
        self.cash -= quantity * price + fee
        self.fees += fee
        closing = min(abs(quantity), abs(held)) if held * quantity < 0 else Decimal(0)
        opening = abs(quantity) - closing
        if closing:
            entry = cost / held
            self.realised += closing * (price - entry) * (1 if held > 0 else -1)
            cost -= cost * closing / abs(held)
        self.held[i] = held + quantity
        self.cost[i] = cost + opening * price * (1 if quantity > 0 else -1)
        if abs(self.held[i]) <= abs(quantity) * Decimal("1e-9"):
            self.held[i] = self.cost[i] = Decimal(0)

    @property
    def at_cost(self) -> Decimal:
        return sum(self.cost.values(), Decimal(0))


def near(value: float | Decimal, scale: float) -> object:
    return pytest.approx(float(value), rel=1e-9, abs=1e-9 * scale)


def assert_books_agree(run: Played) -> None:
    ledger = DecimalLedger(Decimal(run.setup.capital))
    turnover = run.setup.capital
    for fill in run.entries(EventKind.FILL):
        ledger.book(fill)
        turnover += abs(fill.a * fill.b)
        held, cost = ledger.held[fill.instrument], ledger.cost[fill.instrument]
        assert fill.e == pytest.approx(float(held), rel=1e-9, abs=1e-9 * abs(fill.a))
        if held:
            assert fill.f == near(cost / held, 0)
        else:
            assert fill.f != fill.f
    books = run.simulation.ledger
    ledger.cash += Decimal(books.carried)  # what liquidations cost
    assert run.cash == near(ledger.cash, turnover)
    assert books.realised == near(ledger.realised, turnover)
    assert books.fees == near(ledger.fees, 0)
    made = books.realised - books.fees + books.carried
    assert run.cash + float(ledger.at_cost) == near(run.setup.capital + made, turnover)
    last = [view.close for view in run.context]
    value = sum(float(held) * last[i] for i, held in ledger.held.items())
    assert run.equity[-1] == near(float(ledger.cash) + value, turnover)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_books_agree_with_a_decimal_ledger(seed):
    assert_books_agree(random_play(seed))


@st.composite
def trades(draw):
    """Return some signed sizes and prices."""
    size = st.integers(-1000, 1000).filter(bool).map(lambda n: n / 100)
    return draw(st.lists(st.tuples(size, st.integers(100, 100_000).map(lambda n: n / 100)), min_size=1, max_size=30))


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(trades=trades(), fee=st.sampled_from([0.0, 0.001, 0.0033]), per_unit=st.sampled_from([0.0, 0.01]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_books_of_any_trades_reconcile(trades, fee, per_unit):
    prices = [100.0, *(price for _, price in trades)]

    def on_bar(ctx):
        if ctx.index < len(trades):
            quantity = trades[ctx.index][0]
            (ctx.buy if quantity > 0 else ctx.sell)(abs(quantity))

    run = play({"X": prices}, on_bar, capital=1e9, is_margin=True, leverage=10.0, fee_rate=fee, fee_per_unit=per_unit)
    assert [(quantity, price) for _, _, quantity, price in run.fills] == trades
    assert_books_agree(run)


def entries(*steps, capital=1e6):
    """Return the fills of market orders of so many units at such prices, one a bar."""

    def on_bar(ctx):
        if ctx.index < len(steps):
            quantity = steps[ctx.index][0]
            (ctx.buy if quantity > 0 else ctx.sell)(abs(quantity))

    run = play({"X": [steps[0][1], *(price for _, price in steps)]}, on_bar, capital=capital, is_margin=True, leverage=10.0)
    return run, [(fill.e, fill.f) for fill in run.entries(EventKind.FILL)]


def test_adding_moves_the_average_and_reducing_does_not():
    run, after = entries((10, 100.0), (10, 110.0), (-5, 120.0))
    assert after == [(10, 100), (20, 105), (15, 105)]
    assert run.simulation.ledger.realised == 75


def test_turning_around_realises_all_and_starts_at_the_price():
    run, after = entries((10, 100.0), (-25, 90.0), (15, 80.0))
    assert after[:2] == [(10, 100), (-15, 90)]
    assert run.simulation.ledger.realised == -100 + 150
    assert after[2][0] == 0
    assert after[2][1] != after[2][1]


def test_short_earns_when_the_price_falls():
    run, _ = entries((-10, 100.0), (10, 90.0))
    assert run.simulation.ledger.realised == 100
    assert run.cash == 1e6 + 100


def test_position_sold_in_parts_ends_exactly_flat():
    run, after = entries((0.1, 3.0), (0.2, 3.0), (-0.3, 3.0))
    assert after[-1][0] == 0
    assert run.position() == 0


def test_flat_position_has_no_average_price():
    run = play({"X": [1.0]}, {})
    assert run.context["X"].average_price != run.context["X"].average_price
