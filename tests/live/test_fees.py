"""Fees as a venue takes them: in what is received, or in a third currency that the run has no money in."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from tradekit_venue.engine.account import Rates

from live.place import BESIDES, SYMBOL, Place, Played, Tireless, disagreements
from tradekit import Bracket, Strategy
from tradekit.engine.live.legs import LegState
from tradekit.model.order import OrderKind
from tradekit.testing import run_virtually


async def _traded(folder: Path, rates: Rates) -> tuple[Place, Played]:
    """Run until 20 orders were sent, and on for a minute in which nobody else trades at the venue."""
    place = Place(folder, 7, rates=rates)
    async with place.opened():
        await place.play(Tireless, lambda session: len(session.books.decider.legs.by_id) >= 20)
        place.fall_quiet()
        over = asyncio.get_running_loop().time() + 60.0
        return place, await place.play(Tireless, lambda _: asyncio.get_running_loop().time() > over)


@pytest.mark.parametrize("asset", ["", "BNB"])
def test_fees_leave_position_and_money_as_the_venue_has_them(tmp_path, asset, caplog):
    place, played = run_virtually(_traded(tmp_path, Rates(asset=asset, price=Decimal(300))))
    assert disagreements(place, played) == []
    in_coin = [trade.fee_of(order) for order, trade in place.account.trades]
    assert {fee.asset for fee in in_coin} == ({asset} if asset else {"BTC", "USDT"})  # of what it buys and of what it sells
    paid = {"BNB": BESIDES - place.account.total("BNB")} if asset else {}
    assert played.session.books.decider.fees_besides == paid
    assert ("the venue takes fees in BNB, which this run has no money in" in caplog.text) == bool(asset)


class Leaver(Strategy):
    """Buy half of one, sell all that is left of it, want to sell all again, and buy again."""

    name = "leaver"
    step = 0

    def on_bar(self, ctx):
        self.step += 1
        if self.step in (1, 4):
            ctx.buy(0.5)
        elif self.step in (2, 3):
            ctx.exit()


def test_dust_that_a_fee_leaves_stays_in_the_position_and_is_neither_sent_nor_in_the_way(tmp_path):
    async def run() -> tuple[Place, Played, list[float]]:
        place, held, loop = Place(tmp_path, 3), [], asyncio.get_running_loop()

        def look(session) -> None:
            held.append(session.books.decider.position(SYMBOL))

        def begin(session) -> None:
            for bar in range(1, 5):
                loop.call_later(60.0 * bar + 30.0, look, session)

        async with place.opened():
            until = loop.time() + 270.0
            return place, await place.play(Leaver, lambda _: loop.time() > until, begin), held

    place, played, held = run_virtually(run())
    # A tenth of a percent of what is bought is taken off it, and a thousandth is the smallest step.
    assert held == pytest.approx([0.4995, 0.0005, 0.0005, 0.5])
    assert [str(order.quantity.normalize()) for order in place.account.orders.values()] == ["0.5", "0.499", "0.5"]
    assert disagreements(place, played) == []


class Protected(Strategy):
    """Hold one of it, with a stop and a target near the price."""

    name = "protected"

    def on_bar(self, ctx):
        view = ctx[SYMBOL]
        if view.position < 0.01 and not view.open_orders:
            near = (round(view.close * 0.999, 2), round(view.close * 1.001, 2))
            ctx.buy(1.0, bracket=Bracket(*near))


def test_exits_of_a_bracket_sell_what_the_fee_has_left_and_no_coin_twice(tmp_path):
    async def run() -> tuple[Place, Played]:
        place, loop = Place(tmp_path, 3, rows=40), asyncio.get_running_loop()
        async with place.opened():
            until = loop.time() + 12 * 60.0
            return place, await place.play(Protected, lambda _: loop.time() > until)

    place, played = run_virtually(run())
    legs = played.session.books.decider.legs.by_id.values()
    # The venue keeps aside what a resting order sells, and would refuse a second exit, or one of more than there is.
    assert [leg for leg in legs if leg.state is LegState.REJECTED] == []
    sold = [(leg.intent.kind, leg.filled) for leg in legs if leg.filled < 0]
    assert {OrderKind.STOP, OrderKind.LIMIT} <= {kind for kind, _ in sold}
    bought = sum(leg.filled for leg in legs if leg.filled > 0)
    assert -sum(size for _, size in sold) in (bought * Decimal("0.999"), (bought - 1) * Decimal("0.999"))
    assert disagreements(place, played) == []
