"""An exchange whose clock is not the one that requests were stamped by."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_venue.clock import Clock
from tradekit_venue.engine.market import Market
from tradekit_venue.faults import Fault
from tradekit_venue.serving import opened
from tradekit_venue.venue import Key, Venue

from tradekit import Intent, OrderKind, OrderRefused, VenueError

SYMBOL = "BTC/USDT"
ORDER = Intent("tk-one", SYMBOL, Decimal("0.1"), OrderKind.LIMIT, Decimal(30_000))


@pytest.fixture
def trader(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what opens the exchange, and an executor whose own clock stands still."""
    monkeypatch.setenv("TRADEKIT_ANNA_KEY", "key-of-anna")
    monkeypatch.setenv("TRADEKIT_ANNA_SECRET", "secret-of-anna")

    async def meet(do: Any) -> None:
        async with opened(venue) as place:
            executor = CcxtExecutor(CcxtExecutor.Options(exchange="binance", keys="anna", url=place.url))
            await executor.connect([SYMBOL], may_trade=True)
            try:
                executor._connected().milliseconds = lambda: 1_800_000_000_000
                await executor.venue_time()
                venue.checks_timing = True
                await do(executor)
            finally:
                await executor.close()

    return lambda do: asyncio.run(meet(do))


def test_request_refused_for_its_time_sets_the_clock_for_the_next_one(venue: Venue, trader: Any) -> None:
    async def do(executor: CcxtExecutor) -> None:
        venue.clock.skew = 60_000
        with pytest.raises(VenueError, match="outside of the recvWindow"):
            await executor.holdings()
        assert (await executor.holdings()).balances["BTC"] == 10

    trader(do)


def test_order_refused_for_its_time_is_not_sent_again_and_the_next_one_is_taken(venue: Venue, trader: Any) -> None:
    async def do(executor: CcxtExecutor) -> None:
        venue.clock.skew = -60_000
        with pytest.raises(OrderRefused, match="ahead of the server's time"):
            await executor.send(ORDER)
        assert [one["name"] for one in venue.received][-2:] == ["order", "time"]
        await executor.send(ORDER)
        assert len(venue.exchange.accounts["anna"].orders) == 1

    trader(do)


def test_answer_without_the_time_is_a_failure_that_passes(venue: Venue, trader: Any) -> None:
    async def do(executor: CcxtExecutor) -> None:
        venue.faults.add(Fault("GET time", "empty"))
        with pytest.raises(VenueError, match="answered without its time") as failed:
            await executor.venue_time()
        assert failed.value.is_passing

    trader(do)


def test_order_that_comes_after_the_deadline_in_its_header_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(Clock(1_700_000_000_000), dialect="okx")
    venue.add_market(Market("BTC", "USDT"))
    account = venue.add_account("anna", {"USDT": Decimal(1_000_000)}, "key-of-anna", "secret-of-anna")
    venue.keys["key-of-anna"] = Key(account, "secret-of-anna", "passphrase")
    for name, value in (("KEY", "key-of-anna"), ("SECRET", "secret-of-anna"), ("PASSWORD", "passphrase")):
        monkeypatch.setenv(f"TRADEKIT_ANNA_{name}", value)

    async def do() -> None:
        async with opened(venue) as place:
            executor = CcxtExecutor(CcxtExecutor.Options(exchange="okx", keys="anna", url=place.url, recv_window_s=2.0))
            venue.checks_timing = False
            await executor.connect([SYMBOL], may_trade=True)
            try:
                executor._connected().milliseconds = lambda: 1_800_000_000_000
                venue.checks_timing = True
                for late_ms, number in ((3000, 0), (1000, 1)):
                    await executor.venue_time()
                    venue.faults.add(Fault("POST trade/batch-orders", "hold", ms=late_ms))
                    sending = asyncio.ensure_future(executor.send(replace(ORDER, client_id=f"tk{number}")))
                    while not venue.received or venue.received[-1]["name"] != "trade/batch-orders":
                        await asyncio.sleep(0)
                    venue.advance(late_ms)
                    await asyncio.wait({sending})
                    assert len(account.orders) == number
                    if not number:
                        assert isinstance(sending.exception(), OrderRefused)
                        assert [one["name"] for one in venue.received][-1] == "public/time"
            finally:
                await executor.close()

    asyncio.run(do())


def test_wait_for_a_turn_is_not_taken_for_the_way_to_the_exchange(venue: Venue, trader: Any) -> None:
    async def do(executor: CcxtExecutor) -> None:
        client, now = executor._connected(), venue.clock.now()

        async def wait(*_: Any) -> None:
            client.milliseconds = lambda: now + 40_000
            venue.clock.skew = 40_000

        client.milliseconds, client.throttle = lambda: now, wait
        assert await executor.venue_time() == (now + 40_000) * 1_000_000
        assert client.options["timeDifference"] == 0

    trader(do)


@pytest.mark.parametrize(("known", "found"), [(-700, -700), (5_000, 0), (-60_000, -30_000)])
def test_answer_that_took_long_moves_the_clock_only_as_far_as_it_proves(venue: Venue, trader: Any, known: int, found: int) -> None:
    async def do(executor: CcxtExecutor) -> None:
        client, now = executor._connected(), venue.clock.now()
        fetch = client.fetch_time

        async def late() -> Any:
            # It leaves half a minute before the exchange looks at its clock, and the answer is there at once.
            client.milliseconds = lambda: now - 30_000
            told = await fetch()
            client.milliseconds = lambda: now
            return told

        client.fetch_time, client.options["timeDifference"] = late, known
        await executor.venue_time()
        assert client.options["timeDifference"] == found

    trader(do)
