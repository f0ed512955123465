from dataclasses import replace

import pytest

from stage import check, play
from tradekit.model.account import Account, Position
from tradekit.model.order import Order, OrderKind, OrderStatus
from tradekit.model.risk import Verdict


@pytest.fixture
def shown():
    """What a rule is shown of two orders, of which the first is filled before the second is judged."""
    seen = []

    def judge(order, account):
        seen.append((order, account))
        return Verdict.accept()

    play({"X": [100.0] * 4}, {0: lambda ctx: ctx.buy(2), 2: lambda ctx: ctx.sell(1, limit=101.0)}, rules=[check(judge)])
    return seen


def test_order_that_a_rule_sees_is_as_one_that_is_made_by_hand(shown):
    order = shown[1][0]
    assert order == Order(1, "X", -1.0, OrderKind.LIMIT, 101.0, None, 180_000_000_000, OrderStatus.OPEN, 0.0)
    assert replace(order) == order
    assert hash(replace(order)) == hash(order)


def test_account_that_a_rule_sees_is_as_one_that_is_made_by_hand(shown):
    account = shown[1][1]
    positions = {"X": Position("X", 2.0, 100.0, 100.0)}
    times = {"X": 180_000_000_000}
    assert account == Account(180_000_000_000, "USD", account.equity - 200.0, account.equity, positions, (), {"X": 100.0}, times)
    assert replace(account) == account


@pytest.mark.parametrize("kind", [Order, Account, Position])
def test_what_rules_see_has_nothing_to_do_after_its_fields_are_set(kind):
    assert not hasattr(kind, "__post_init__")


def test_rule_sees_when_the_bar_of_each_price_closed_also_over_a_hole():
    seen = []

    def judge(_order, account):
        seen.append((dict(account.prices), dict(account.price_times), account.time))
        return Verdict.accept()

    play({"X": [100.0] * 4, "Y": [100.0, 101.0, None, 103.0]}, {2: lambda ctx: ctx["X"].buy(1)}, rules=[check(judge)])
    assert seen == [({"X": 100.0, "Y": 101.0}, {"X": 180_000_000_000, "Y": 120_000_000_000}, 180_000_000_000)]


def test_what_a_rule_sees_can_not_be_changed(shown):
    order, account = shown[0]
    for seen, name in ((order, "quantity"), (account, "cash")):
        with pytest.raises(AttributeError, match="cannot assign to field"):
            setattr(seen, name, 0.0)
