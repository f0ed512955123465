"""A market that is taken off the exchange while a run trades it and another one."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from live.place import SYMBOL, Place, Played, disagreements
from tradekit import Strategy
from tradekit.testing import run_virtually

GONE = "C01/USDT"


class Both(Strategy):
    """Buy one of each on each bar, and let one more of each rest far below the market."""

    name = "both"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.buy(1.0)
            if not view.open_orders:
                view.buy(1.0, limit=round(view.close * 0.5, 2))


def test_market_that_is_delisted_stops_neither_the_run_nor_its_other_market(tmp_path, caplog):
    async def run() -> tuple[Place, Played, dict[str, list[int]]]:
        place, loop, taken = Place(tmp_path, 3, others=1), asyncio.get_running_loop(), {}

        def count() -> list[int]:
            markets = [order.market.symbol for order in place.account.orders.values()]
            return [markets.count(SYMBOL), markets.count(GONE)]

        def delist() -> None:
            listing = place.venue.exchange.listings[GONE]
            listing.is_open = False
            place.flows[1].print = lambda *_print: None
            for order in [one for one in place.account.open.values() if one.market is listing.market]:
                place.venue.exchange.cancel(order)
            taken["before"] = count()

        async with place.opened():
            loop.call_later(150.0, delist)
            until = loop.time() + 400.0
            played = await place.play(Both, lambda _: loop.time() > until)
            taken["after"] = count()
            return place, played, taken

    place, played, taken = run_virtually(run())
    assert played.ended.error is None
    assert taken["after"][0] > taken["before"][0] + 2
    assert taken["after"][1] == taken["before"][1] > 0
    assert "was refused" in caplog.text
    decider = played.session.books.decider
    assert decider.position(GONE) > 0.0
    assert decider.blocked == {}
    assert disagreements(place, played) == []
