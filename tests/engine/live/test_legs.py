"""What is known of an order at the venue."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tradekit import OrderStatus
from tradekit.engine.live.legs import Leg, Legs, LegState, Minter
from tradekit.model.outside import Intent, VenueFill


def leg():
    return Leg(Intent("tk1", "BTC/USDT", Decimal(2)), 0, 0)


def fill(quantity):
    return VenueFill("1", "v1", "tk1", "BTC/USDT", 1, Decimal(quantity), Decimal(100))


@pytest.mark.parametrize(("outcome", "state"), [("taken", "open"), ("refused", "rejected"), ("unknown", "unknown")])
def test_leg_that_was_answered_has_that_state(outcome, state):
    one = leg()
    one.answered(outcome, "", "")
    assert one.state == state


def test_leg_late_news_of_an_earlier_state_changes_nothing():
    one = leg()
    one.took(fill(2))
    one.seen("v1", OrderStatus.OPEN, Decimal(0))
    one.answered("unknown", "", "")
    assert one.state is LegState.FILLED


def test_leg_that_ended_with_trades_missing_is_not_settled():
    one = leg()
    one.seen("v1", OrderStatus.CANCELLED, Decimal(1))
    assert one.is_ended
    assert one.is_doubtful
    one.took(fill(1))
    assert one.is_settled
    assert one.state is LegState.CANCELLED


def test_leg_thought_absent_that_appears_is_believed():
    one = leg()
    one.lost()
    assert one.state is LegState.ABSENT
    one.seen("v1", OrderStatus.OPEN, Decimal(0))
    assert one.state is LegState.OPEN


def test_leg_cancelled_that_filled_after_all_counts_the_trade():
    one = leg()
    one.seen("v1", OrderStatus.CANCELLED, Decimal(0))
    one.took(fill(2))
    assert one.state is LegState.FILLED


def test_minter_ids_are_all_different_and_of_one_length():
    minter = Minter("tkabcdefg")
    found = [minter.mint() for _ in range(2000)]
    assert len(set(found)) == 2000
    assert {len(one) for one in found} == {16}
    assert all(one.isalnum() for one in found)


def test_trade_of_two_of_our_orders_that_met_counts_for_each():
    legs = Legs()
    bought, sold = fill(2), replace(fill(-2), client_id="tk2", venue_id="v2")
    assert [legs.count(one) for one in (bought, sold, bought, sold)] == [True, True, False, False]
