"""What changes a position held against margin, or its money, without an order of the run: each counts once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.live.play import BTC, Stage, walk
from tradekit import Strategy
from tradekit.engine.live.legs import LegState
from tradekit.testing.venue import Fault

SYMBOL = "BTC/USDT"


class Once(Strategy):
    """Buy 2 on the first bar, and hold them."""

    name = "once"

    def on_bar(self, ctx):
        if ctx[SYMBOL].position == 0.0 and not ctx[SYMBOL].open_orders:
            ctx.buy(2.0)


@pytest.fixture
def stage(tmp_path):
    perpetual = replace(BTC, kind="perpetual")
    script = walk(200)
    made = Stage(tmp_path, Once, {SYMBOL: script}, base=script.close_time[9], instrument=perpetual, account='kind = "margin"')
    made.venue.trade(SYMBOL, "100")
    return made


def test_funding_is_booked_once_whatever_is_asked_again(stage):
    first = stage.play(90)
    before = first.core.outside.cash()
    stage.venue.pay(SYMBOL, Decimal("-0.25"))
    for _ in range(3):
        played = stage.play(30)
        assert played.ended.error is None
        assert played.core.outside.cash() == before - 0.25
    assert len(played.started.session.resolver.paid) == 1


def test_funding_in_another_currency_is_said_and_not_booked(stage, caplog):
    before = stage.play(90).core.outside.cash()
    stage.venue.pay(SYMBOL, Decimal("-0.25"), "BNB")
    assert stage.play(30).core.outside.cash() == before
    assert "funding '1' of 'BTC/USDT' comes in BNB and can't be booked: it is settled in USDT" in caplog.text


def test_trade_of_a_stranger_is_booked_and_stops_new_risk_until_somebody_resumes(stage):
    stage.play(90)
    stage.venue.impose(SYMBOL, Decimal(-2), Decimal(99))
    played = stage.play(150)
    assert played.core.position(SYMBOL) == 0.0
    assert played.core.seized[SYMBOL].startswith("the account traded -2 at 99 without an order of this run")
    assert len(stage.venue.orders) == 1
    again = stage.play(150, lambda session: session.store.ask("resume", "seen"))
    assert again.core.seized == {}
    assert again.core.position(SYMBOL) == 2.0 == float(stage.held())


def test_trade_of_an_order_whose_answer_is_lost_is_no_strangers(stage):
    stage.venue.names_trades = False
    stage.venue.messages = False
    stage.venue.faults.append(Fault("send", "lost-after"))
    played = stage.play(150)
    assert played.core.legs.imposed == set()
    assert played.core.seized == {}
    assert played.core.position(SYMBOL) == 2.0 == float(stage.held())


def test_trade_of_an_order_that_the_venue_denied_counts_once(stage):
    stage.venue.names_trades = False
    stage.venue.messages = False
    stage.venue.hides_for_s = 60.0
    stage.venue.faults.append(Fault("send", "lost-after"))
    played = stage.play(110)
    states = [leg.state for leg in played.core.legs.by_id.values()]
    assert LegState.ABSENT in states
    again = stage.play(300)
    assert again.ended.error is None
    assert again.core.position(SYMBOL) == float(stage.held())
    assert len(stage.venue.trades) == len(again.core.legs.imposed | {one[:2] for one in again.core.legs.counted})


def test_position_that_the_journal_does_not_have_is_refused(stage):
    stage.venue.impose(SYMBOL, Decimal(3), Decimal(99))
    with pytest.raises(
        Exception, match=r"the account holds 3 'BTC/USDT', and its journal says 0; bring the position there by hand"
    ):
        stage.play(30)


def test_new_session_begins_where_the_one_before_heard_last_of_payments(stage):
    first = stage.play(90)
    started = first.started.session.books.session.started
    again = stage.play(30)
    assert again.started.session.resolver.paid_since == started
