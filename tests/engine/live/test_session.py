from __future__ import annotations

from decimal import Decimal

import pytest

from engine.live.play import Stage, walk
from tradekit import Strategy
from tradekit.testing.venue import Fault


class Flip(Strategy):
    """Buy 1 on one bar, and sell it on the next."""

    name = "flip"

    def on_bar(self, ctx):
        if ctx["BTC/USDT"].position == 0.0:
            ctx.buy(1.0)
        else:
            ctx.exit()


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path, Flip, {"BTC/USDT": walk(200)}, base=walk(200).close_time[9])
    made.venue.trade("BTC/USDT", "100")
    return made


def test_session_market_orders_are_sent_and_filled_at_the_venue(stage):
    played = stage.play(600)
    assert played.ended.error is None
    assert len(stage.venue.trades) == 10
    assert float(stage.held()) == played.core.position("BTC/USDT")


@pytest.mark.parametrize("what", ["refused", "lost-before", "lost-after", "late"])
def test_session_send_that_goes_wrong_is_never_sent_twice(stage, what):
    stage.venue.faults.append(Fault("send", what))
    played = stage.play(600)
    assert played.ended.error is None
    sent = [client_id for method, client_id in stage.venue.received if method == "send"]
    assert len(sent) == len(set(sent))
    assert all(len(stage.venue.orders_of(client_id)) <= 1 for client_id in sent)
    assert float(stage.held()) == played.core.position("BTC/USDT")
    assert len(stage.venue.trades) >= 8


def test_session_goes_on_where_the_last_one_ended(stage):
    first = stage.play(300)
    again = stage.play(300)
    assert again.started.replayed > 0
    assert again.ended.error is None
    assert float(stage.held()) == again.core.position("BTC/USDT")
    assert again.core.run.rows > first.core.run.rows
    assert stage.held() in (Decimal(0), Decimal(1))
