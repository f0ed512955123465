"""Runs that know nothing of each other, through the real ccxt: two on one key, and two on one address."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from tradekit_venue.binance.limits import Limits

from live.place import MONEY, SECRET, SYMBOL, Place, Tireless, disagreements
from tradekit import Strategy
from tradekit.testing import run_virtually


class Buyer(Strategy):
    """Buy one on each bar."""

    name = "buyer"

    def on_bar(self, ctx):
        ctx.buy(1.0)


def test_run_stops_adding_to_what_another_run_on_the_same_key_trades(tmp_path, caplog):
    async def run() -> None:
        first = Place(tmp_path / "first", 3)
        second = first.beside(tmp_path / "second")
        for one in (first, second):
            one.folder.mkdir()
        async with first.opened():
            second.url, loop = first.url, asyncio.get_running_loop()
            until = loop.time() + 150.0
            played = await asyncio.gather(*(one.play(Buyer, lambda _: loop.time() > until) for one in (first, second)))
        ids = [set(one.session.books.decider.legs.by_id) for one in played]
        assert ids[0].isdisjoint(ids[1])
        taken = [order.client_id for order in first.account.orders.values()]
        assert len(taken) == len(set(taken))
        for one, own in zip(played, ids, strict=True):
            assert one.ended.error is None
            decider = one.session.books.decider
            assert decider.blocked[SYMBOL].startswith("the venue holds ")
            # Each has booked its own trades, and none of the other's.
            trades = {(str(trade.id), order.client_id) for order, trade in first.account.trades if order.client_id in own}
            assert {(trade, client_id) for _, trade, client_id in decider.legs.counted} == trades
            assert 0.0 < decider.position(SYMBOL) < float(first.account.total("BTC"))
        assert "the account traded 1.00000000 BTC/USDT without this run" in caplog.text

    run_virtually(run())


def test_runs_on_one_address_that_ask_for_too_much_together_are_slowed_and_not_banned(tmp_path, monkeypatch):
    monkeypatch.setattr(Limits.__init__, "__defaults__", (300, 100, 200_000))
    monkeypatch.setenv("TRADEKIT_NEIGHBOUR_KEY", "key-of-the-neighbour")
    monkeypatch.setenv("TRADEKIT_NEIGHBOUR_SECRET", SECRET)

    async def run() -> None:
        first = Place(tmp_path / "first", 3)
        account = first.venue.add_account("neighbour", {"USDT": Decimal(MONEY)}, "key-of-the-neighbour", SECRET)
        second = first.beside(tmp_path / "second", account, "neighbour")
        for one in (first, second):
            one.folder.mkdir()
        async with first.opened():
            second.url, loop = first.url, asyncio.get_running_loop()

            async def play(place: Place, seconds: float) -> object:
                until = loop.time() + seconds
                return await place.play(Tireless, lambda _: loop.time() > until)

            await asyncio.gather(play(first, 150.0), play(second, 150.0))
            statuses = {one.get("status") for one in first.venue.received}
            assert 429 in statuses
            assert 418 not in statuses
            first.fall_quiet()
            await asyncio.sleep(60.0)  # what was asked is forgotten after a minute
            for place in (first, second):
                assert disagreements(place, await play(place, 30.0)) == []

    run_virtually(run())
