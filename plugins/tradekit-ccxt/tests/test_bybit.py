"""The executor of perpetuals at a local exchange that speaks as Bybit does: what ccxt leaves out or gets wrong there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_venue.clock import Clock
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Kind, NewOrder, Side
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.faults import Fault
from tradekit_venue.serving import opened
from tradekit_venue.venue import Venue

from tradekit import ConfigError, Intent, OrderKind, OrderRefused, VenueError

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
START = 1_700_000_000_000
DAY = 86_400_000
MS = 1_000_000


@dataclass
class Meeting:
    """An exchange of perpetuals, and the executor of anna."""

    venue: Venue
    anna: CcxtExecutor
    symbols: tuple[str, ...] = (BTC, ETH)

    async def connect(self) -> list[Any]:
        return list(await self.anna.connect(self.symbols, may_trade=True))

    def place(self, name: str, side: Side, quantity: str, price: str, symbol: str = BTC) -> None:
        """Let somebody trade past the executor."""
        asked = NewOrder(side, Kind.LIMIT, Decimal(quantity), Decimal(price))
        self.venue.exchange.place(self.venue.exchange.accounts[name], symbol, asked)

    def trade(self, quantity: str, price: str, symbol: str = BTC) -> None:
        """Let anna buy of bert."""
        self.place("bert", Side.SELL, quantity, price, symbol)
        self.place("anna", Side.BUY, quantity, price, symbol)

    def asked(self, method: str, name: str) -> list[dict[str, str]]:
        return [one["params"] for one in self.venue.received if (one["method"], one["name"]) == (method, name)]


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what opens an exchange, of perpetuals or at spot, with anna's executor, which is not connected yet."""
    monkeypatch.setenv("TRADEKIT_ANNA_KEY", "key-of-anna")
    monkeypatch.setenv("TRADEKIT_ANNA_SECRET", "secret-of-anna")

    @asynccontextmanager
    async def met(kind: str = "swap", **more: Any) -> AsyncIterator[Meeting]:
        venue = Venue(Clock(START), checks_timing=False, dialect="bybit-linear" if kind == "swap" else "bybit")
        for base in ("BTC", "ETH"):
            steps = Decimal("0.1"), Decimal("0.001")
            venue.add_market(Perpetual(base, "USDT", *steps) if kind == "swap" else Market(base, "USDT", *steps))
        for name in ("anna", "bert"):
            venue.add_account(name, {"USDT": Decimal(10_000_000)}, f"key-of-{name}", f"secret-of-{name}")
        async with opened(venue) as place:
            options = CcxtExecutor.Options(exchange="bybit", market=kind, keys="anna", url=place.url, timeout_s=5.0, **more)
            anna = CcxtExecutor(options)
            try:
                async with asyncio.timeout(20):
                    yield Meeting(venue, anna, (BTC, ETH) if kind == "swap" else ("BTC/USDT",))
            finally:
                await anna.close()

    return met


def test_leverage_and_margin_mode_are_set_only_where_they_are_not_so_already(meeting: Any) -> None:
    async def run() -> None:
        async with meeting(leverage=8, margin="cross") as met:
            met.venue.exchange.accounts["anna"].holding(ETH).leverage = 8
            found = await met.connect()
            assert [(one.initial_margin, one.maintenance_margin) for one in found] == [(0.125, 0.004)] * 2
            sent = [{"symbol": "BTCUSDT", "buyLeverage": "8", "sellLeverage": "8", "category": "linear"}]
            assert met.asked("POST", "position/set-leverage") == sent
            assert met.asked("POST", "account/set-margin-mode") == []
            assert {one.get("symbol") for one in met.asked("GET", "market/risk-limit")} == {"BTCUSDT", "ETHUSDT"}
            assert met.venue.exchange.accounts["anna"].holding(BTC).leverage == 8

    asyncio.run(run())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"margin": "isolated"},
            r"^bybit refuses isolated margin for 'BTC/USDT:USDT': .*3400045.*; ask for what it allows, or leave",
        ),
        ({}, r"^the account at bybit is in hedge mode, .*; close them, set the account to one-way mode at the exchange"),
    ],
)
def test_terms_that_can_not_be_are_refused_before_anything_is_sent(meeting: Any, options: dict[str, Any], said: str) -> None:
    async def run() -> None:
        async with meeting(**options) as met:
            met.venue.exchange.accounts["anna"].is_hedged = not options
            with pytest.raises(ConfigError, match=said):
                await met.connect()

    asyncio.run(run())


def test_account_tells_all_that_was_traded_held_and_paid(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as met:
            await met.connect()
            for _ in range(130):  # more than one page has
                met.trade("0.01", "30000")
            met.trade("2", "2000", ETH)
            for rate in ("0.0001", "-0.0002", "0"):
                met.venue.carry.fund(BTC, Decimal(rate))
            met.venue.carry.fund(ETH, Decimal("0.0001"))
            met.venue.advance(20 * DAY)  # more than what is asked for at once, with funding all the while
            fills = await met.anna.fills(BTC, START * MS)
            assert (len(fills), sum(one.quantity for one in fills)) == (130, Decimal("1.3"))
            assert {(one.fee, one.fee_currency) for one in fills} == {(Decimal("0.3"), "USDT")}
            paid = await met.anna.payments(BTC, START * MS)
            assert [one.amount for one in paid[:3]] == [Decimal("-3.9"), Decimal("7.8"), 0]
            assert [one.amount for one in paid[3:]] == [Decimal("-3.9")] * 60
            assert len({one.payment_id for one in paid}) == 63
            assert {(one.kind, one.currency, one.symbol) for one in paid} == {("funding", "USDT", BTC)}
            held = await met.anna.holdings()
            assert held.positions == {BTC: Decimal("1.3"), ETH: Decimal(2)}
            assert held.entries == {BTC: Decimal(30_000), ETH: Decimal(2_000)}
            wallet = met.venue.exchange.accounts["anna"].total("USDT")
            assert held.wallet == {"USDT": wallet}
            assert met.asked("GET", "position/list")[-1]["settleCoin"] == "USDT"
            for name, ask in (
                ("execution/list", lambda: met.anna.fills(BTC, START * MS)),
                ("position/list", met.anna.holdings),
            ):
                met.venue.faults.add(Fault(f"GET {name}", "html"))
                with pytest.raises(VenueError, match="answered without a list") as error:
                    await ask()
                assert error.value.is_passing

    asyncio.run(run())


def test_trade_by_which_the_exchange_closes_a_position_is_told_with_all_that_it_cost(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as met:
            await met.connect()
            account = met.venue.exchange.accounts["anna"]
            account.free["USDT"] = Decimal(100_000)
            met.trade("50", "30000")
            met.venue.exchange.listings[BTC].last = Decimal(28_100)
            met.venue.carry.close_out(BTC)
            _, closed = await met.anna.fills(BTC, START * MS)
            assert (closed.quantity, closed.price, closed.client_id) == (-50, 28_100, "")
            # All that was left: the fee and what a liquidation costs would have been more.
            assert closed.fee == 100_000 - 1_500 - 50 * 1_900
            assert (account.total("USDT"), (await met.anna.holdings()).positions) == (0, {})
            assert await met.anna.payments(BTC, START * MS) == []

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["spot", "swap"])
def test_open_orders_are_whole_however_many_there_are(meeting: Any, kind: str) -> None:
    async def run() -> None:
        async with meeting(kind) as met:
            await met.connect()
            for number in range(120):
                met.place("anna", Side.BUY, "0.01", str(20_000 + number), met.symbols[0])
            found = await met.anna.open_orders(met.symbols[:1])
            assert len({one.venue_id for one in found}) == 120
            assert [one.get("limit") for one in met.asked("GET", "order/realtime")] == ["50"] * 3
            client = met.anna._connected()
            ask, asked = client.private_get_v5_order_realtime, []

            async def the_first(params: dict[str, Any]) -> Any:
                asked.append(params.pop("cursor", ""))
                return await ask(params)

            client.privateGetV5OrderRealtime = the_first
            with pytest.raises(VenueError, match="says that there is more, and tells the same again"):
                await met.anna.open_orders(met.symbols[:1])
            assert len(asked) == 2

    asyncio.run(run())


def test_too_many_requests_hold_everybody_back_though_the_answer_has_status_200(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as met:
            await met.connect()
            rests: list[float] = []
            met.anna._linked().transport.governor.rest = rests.append
            met.venue.faults.add(Fault("POST order/create", "status", status=200, code=10006))
            intent = Intent("tk1", BTC, Decimal("0.1"), OrderKind.LIMIT, Decimal(30_000))
            with pytest.raises(OrderRefused, match="10006"):
                await met.anna.send(intent)
            assert rests == [1.0]

    asyncio.run(run())
