"""An exchange whose clock is not the one that requests were stamped by."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_venue.serving import opened
from tradekit_venue.venue import Venue

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
