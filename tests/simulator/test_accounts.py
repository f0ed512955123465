"""All money, held against an independent account in decimal fractions, which is fed the fills and works out all else by itself."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs import deep
from random_accounts import HOUR, random_accounts
from stage import Entry, Played
from tradekit.engine.trades import carried, trips_of
from tradekit.journal.tables import equity_table, exposures
from tradekit.model.event import CashKind, EventKind
from tradekit.model.reference import ScheduledKind
from tradekit.simulator.build import is_compiled
from tradekit.simulator.setup import Setup

getcontext().prec = 50
EXAMPLES = deep(100, 300) if is_compiled() else 30
SEEDS = st.integers(0, EXAMPLES - 1)  # few, so that the tests share their runs, which are made once
ZERO = Decimal(0)
YEAR = Decimal(365 * 24 * HOUR)


@dataclass
class DecimalAccount:
    """Average-cost books in several currencies. `told` are the cash entries that it expects: kind, currency and amount."""

    setup: Setup
    cash: list[Decimal] = field(default_factory=list)
    rate: list[Decimal] = field(default_factory=list)
    held: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    average: dict[int, Decimal] = field(default_factory=dict)
    last: dict[int, Decimal] = field(default_factory=dict)
    told: list[tuple[CashKind, int, Decimal]] = field(default_factory=list)
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    carried: Decimal = ZERO
    accrued: int = 0

    def __post_init__(self) -> None:
        self.cash = [Decimal(self.setup.capital), *(Decimal(c.balance) for c in self.setup.currencies)]
        self.rate = [Decimal(1), *(Decimal(c.first_rate(self.setup.bars)) for c in self.setup.currencies)]

    def settles(self, i: int) -> int:
        return int(self.setup.settlement[i])

    def multiplier(self, i: int) -> Decimal:
        return Decimal(self.setup.instruments[i].multiplier)

    def is_off_grid(self, i: int) -> bool:
        return self.setup.costs.fee_asset[i] == 1 and not self.setup.instruments[i].is_derivative

    def pay(self, kind: CashKind, c: int, amount: Decimal) -> None:
        self.cash[c] += amount
        self.carried += amount * self.rate[c]
        self.told.append((kind, c, amount))

    def move(self, i: int, quantity: Decimal, price: Decimal) -> Decimal:
        """Return the cash that a trade without costs brings in."""
        held = self.held[i]
        closing = min(abs(quantity), abs(held)) if held * quantity < 0 else ZERO
        gain = closing * (price - self.average.get(i, ZERO)) * (1 if held > 0 else -1) * self.multiplier(i)
        self.realised += gain * self.rate[self.settles(i)]
        after = held + quantity
        lot = self.setup.instruments[i].lot
        if lot and not self.is_off_grid(i):  # sizes are binary fractions
            after = (after / Decimal(str(lot))).to_integral_value() * Decimal(str(lot))
        elif abs(after) <= abs(quantity) * Decimal("1e-9"):
            after = ZERO
        if held * quantity >= 0:
            self.average[i] = (held * self.average.get(i, ZERO) + quantity * price) / (held + quantity)
        elif after * held < 0:
            self.average[i] = price
        self.held[i] = after
        return gain if self.setup.instruments[i].is_derivative else -quantity * price * self.multiplier(i)

    def fill(self, entry: Entry) -> None:
        i, quantity, price = entry.instrument, Decimal(entry.a), Decimal(entry.b)
        c = self.settles(i)
        fee = Decimal(entry.c) / self.rate[c]
        asset = int(self.setup.costs.fee_asset[i])
        self.fees += fee * self.rate[c]
        if quantity > 0 and self.is_off_grid(i):
            in_units = fee / (price * self.multiplier(i))
            self.cash[c] += self.move(i, quantity - in_units, price) - fee
        else:
            self.cash[c] += self.move(i, quantity, price)
            payer = asset - 2 if asset > 1 else c
            self.cash[payer] -= fee * self.rate[c] / self.rate[payer]
        if not self.setup.is_margin:
            self.cover()

    def cover(self) -> None:
        for c in range(len(self.cash)):
            for other in range(len(self.cash)):
                if other != c and self.cash[c] < 0 < self.cash[other]:
                    rate = self.rate[c] / self.rate[other] * (1 + Decimal(self.setup.terms.conversion))
                    got = min(-self.cash[c], self.cash[other] / rate)
                    self.pay(CashKind.CONVERSION, other, -got * rate)
                    self.pay(CashKind.CONVERSION, c, got)

    def open(self, row: int) -> None:
        """Do what comes before the open of a row."""
        now, before = (int(self.setup.bars.open_time[n]) // (24 * HOUR) for n in (row, max(row - 1, 0)))
        if now > before:
            self.accrue(int(self.setup.bars.open_time[row]))
        schedule = self.setup.schedule
        for k in np.flatnonzero((schedule.row == row) & (schedule.kind != ScheduledKind.FUNDING)):
            i, value = int(schedule.instrument[k]), Decimal(schedule.value[k])
            if schedule.kind[k] == ScheduledKind.SPLIT:
                self.split(i, value)
            elif schedule.kind[k] == ScheduledKind.DELISTING and self.held[i]:
                self.cash[self.settles(i)] += self.move(i, -self.held[i], value)
            elif schedule.kind[k] == ScheduledKind.DIVIDEND and self.held[i] and not self.setup.instruments[i].is_derivative:
                self.pay(CashKind.DIVIDEND, self.settles(i), self.held[i] * value * self.multiplier(i))

    def accrue(self, now: int) -> None:
        years = (now - self.accrued) / YEAR
        self.accrued = now
        terms, facts = self.setup.terms, self.setup.instruments
        value = {
            i: held * self.last[i] * self.multiplier(i) for i, held in self.held.items() if held and not facts[i].is_derivative
        }
        for c, cash in enumerate(self.cash):
            lodged = sum((-worth for i, worth in value.items() if worth < 0 and self.settles(i) == c), ZERO)
            amount = max(cash - lodged, ZERO) * Decimal(terms.interest_rate) if cash > 0 else cash * Decimal(terms.loan_rate)
            if amount:
                self.pay(CashKind.INTEREST, c, amount * years)
        for i, worth in sorted(value.items()):
            own = facts[i].borrow_rate
            rate = Decimal(terms.borrow_rate if own is None else own)
            if worth < 0 and rate:
                self.pay(CashKind.BORROWING, self.settles(i), worth * rate * years)

    def split(self, i: int, ratio: Decimal) -> None:
        if not self.held[i]:
            if i in self.last:
                self.last[i] /= ratio
            return
        self.held[i] *= ratio
        self.average[i] /= ratio
        self.last[i] /= ratio
        instrument = self.setup.instruments[i]
        step = Decimal(str(instrument.lot or (1 if instrument.kind == "equity" else 0)))
        if not step or self.is_off_grid(i):
            return
        whole = (abs(self.held[i]) / step * (1 + Decimal("4e-15"))).to_integral_value(ROUND_FLOOR) * step
        left = self.held[i] - whole.copy_sign(self.held[i])
        if abs(left) > abs(self.held[i]) * Decimal("1e-12"):
            money = self.move(i, -left, self.last[i])
            self.cash[self.settles(i)] += money
            self.told.append((CashKind.IN_LIEU, self.settles(i), money))

    def close(self, row: int) -> Decimal:
        """Mark all at the close of a row, pay funding, and return equity."""
        for i, price in enumerate(self.setup.bars.close[row]):
            if price == price:
                self.last[i] = Decimal(price)
        for c, currency in enumerate(self.setup.currencies, 1):
            if currency.rate is None and currency.source in self.last:
                price = self.last[currency.source]
                self.rate[c] = 1 / price if currency.is_inverse else price
        schedule = self.setup.schedule
        for k in np.flatnonzero((schedule.row == row) & (schedule.kind == ScheduledKind.FUNDING)):
            i = int(schedule.instrument[k])
            mark = Decimal(schedule.price[k]) if schedule.price[k] == schedule.price[k] else self.last.get(i, ZERO)
            if self.held[i]:
                self.pay(CashKind.FUNDING, self.settles(i), -self.held[i] * self.multiplier(i) * mark * Decimal(schedule.value[k]))
        return sum((cash * rate for cash, rate in zip(self.cash, self.rate, strict=True)), ZERO) + self.worth()

    def worth(self, is_gain: bool = False) -> Decimal:
        """Return what the positions count for in equity, or their open profit."""
        total = ZERO
        for i, held in self.held.items():
            if held:
                basis = self.average[i] if is_gain or self.setup.instruments[i].is_derivative else ZERO
                total += held * (self.last[i] - basis) * self.multiplier(i) * self.rate[self.settles(i)]
        return total


def near(value, scale):
    return pytest.approx(float(value), rel=1e-9, abs=1e-9 * scale)


def replayed(run: Played, scale: float) -> DecimalAccount:
    """Replay a run in decimal fractions, and hold each close against it."""
    account = DecimalAccount(run.setup)
    entries = defaultdict(list)
    most = 1 + max((abs(fill.a) + abs(fill.e) for fill in run.entries(EventKind.FILL)), default=0)
    for entry in run.log:
        entries[entry.row].append(entry)
    for row in range(len(run.setup.bars)):
        account.open(row)
        for entry in entries[row]:
            if entry.kind == EventKind.FILL:
                account.fill(entry)
                assert entry.e == near(account.held[entry.instrument], most)
                assert entry.g == near(account.cash[account.settles(entry.instrument)], scale) or len(account.cash) > 1
            elif entry.kind == EventKind.CASH and entry.code == CashKind.LIQUIDATION_FEE:
                account.pay(CashKind.LIQUIDATION_FEE, int(entry.e), Decimal(entry.a))
        assert run.equity[row] == near(account.close(row), scale)
    return account


def scale_of(run: Played) -> float:
    """Return a sum of money that errors of rounding are small against."""
    rates = [1.0, *(np.nanmax(c.rate or np.maximum(run.setup.bars.open, 1 / run.setup.bars.open)) for c in run.setup.currencies)]
    return sum(map(abs, run.equity)) + max(rates) * (1e4 + sum(abs(fill.a * fill.b) * 10 for fill in run.entries(EventKind.FILL)))


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_money_agrees_with_a_decimal_account(seed):
    run = random_accounts(seed)
    scale = scale_of(run)
    account = replayed(run, scale)
    assert run.simulation.ledger.amounts() == [near(cash, scale) for cash in account.cash]
    assert run.simulation.ledger.realised == near(account.realised, scale)
    assert run.simulation.ledger.fees == near(account.fees, scale)
    assert run.simulation.ledger.carried == near(account.carried, scale)
    # What is smaller is rounding, which one of the two may have and the other not.
    logged = [(CashKind(entry.code), int(entry.e), entry.a) for entry in run.entries(EventKind.CASH) if abs(entry.a) > 1e-9 * scale]
    told = [entry for entry in account.told if abs(entry[2]) > 1e-9 * scale]
    assert [entry[:2] for entry in logged] == [entry[:2] for entry in told]
    assert [entry[2] for entry in logged] == [near(entry[2], scale) for entry in told]


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_equity_is_capital_and_what_came_of_it(seed):
    run = random_accounts(seed, most_currencies=1)
    ledger, scale = run.simulation.ledger, scale_of(run)
    account = replayed(run, scale)
    made = ledger.realised + float(account.worth(is_gain=True)) - ledger.fees + ledger.carried
    assert run.equity[-1] == near(run.setup.capital + made, scale)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_cash_account_never_owes_money_nor_units(seed):
    run = random_accounts(seed)
    if run.setup.is_margin:
        return
    balances, _ = run.simulation.ledger.history(len(run.equity))
    scale = scale_of(run)
    assert (balances >= -1e-12 * scale).all()
    for entry in run.log:
        if entry.kind in (EventKind.FILL, EventKind.CASH, EventKind.ACTION) and len(run.setup.codes) == 1:
            assert entry.g >= -1e-12 * scale
        if entry.kind in (EventKind.FILL, EventKind.ACTION):
            assert entry.e >= 0


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_profits_of_trades_interest_and_rates_make_the_change_of_equity(seed):
    run = random_accounts(seed)
    record, scale = run.record, scale_of(run)
    trips, money = trips_of(record), carried(record)
    made = trips.profit.sum() + money[CashKind.INTEREST] + money[CashKind.CONVERSION]
    if run.setup.currencies:
        balances, rates = run.simulation.ledger.history(len(run.equity))
        held = balances.copy()
        for entry in run.entries(EventKind.CASH):
            if entry.code == CashKind.FUNDING:  # paid at the rate of the close
                held[entry.row, int(entry.e)] -= entry.a
        made += (held * np.diff(rates, axis=0, prepend=[record.money.first_rates])).sum()
    assert run.equity[-1] - record.capital == near(made, scale)
    assert trips.carry.sum() == near(
        sum(money[kind] for kind in (CashKind.FUNDING, CashKind.BORROWING, CashKind.DIVIDEND, CashKind.LIQUIDATION_FEE)), scale
    )
    assert trips.fees.sum() == near(run.simulation.ledger.fees, scale)


@pytest.mark.proof("simulator", cases=EXAMPLES)
@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_cash_and_exposure_make_the_equity(seed):
    run = random_accounts(seed)
    scale = scale_of(run)
    found = exposures(run.record)
    table = equity_table(run.record, found)
    assert table["cash"].to_numpy()[-1] == run.cash
    if not any(instrument.is_derivative for instrument in run.setup.instruments):
        assert table["cash"].to_numpy() + found.net == pytest.approx(np.array(run.equity), rel=1e-9, abs=1e-9 * scale)
