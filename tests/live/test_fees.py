"""Fees as a venue takes them: in what is received, or in a third currency that the run has no money in."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from tradekit_venue.engine.account import Rates

from live.place import BESIDES, Place, Played, Tireless, disagreements
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
    assert {fee.asset for fee in in_coin} == {asset or "BTC"}  # it buys only, in so short a time
    paid = {"BNB": BESIDES - place.account.total("BNB")} if asset else {}
    assert played.session.books.decider.fees_besides == paid
    assert ("the venue takes fees in BNB, which this run has no money in" in caplog.text) == bool(asset)
