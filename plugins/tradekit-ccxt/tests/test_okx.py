"""What ccxt leaves out or gets wrong at OKX."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt import library
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.options import ExchangeOptions
from tradekit_venue.clock import Clock
from tradekit_venue.engine.account import Account
from tradekit_venue.engine.order import Kind, NewOrder, Side
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.serving import opened
from tradekit_venue.venue import Key, Venue

from tradekit import ConfigError, Keys

SWAP = "BTC/USDT:USDT"
START = 1_700_000_000_000


@pytest.fixture
def okx() -> Any:
    """Give a client of OKX that knows a perpetual, and can't ask anything."""
    made = library.make(ExchangeOptions(exchange="okx", market="swap"), Keys("key", "secret", "passphrase"))
    made.milliseconds = lambda: 1_700_000_000_000
    made.currencies = {"USDT": {"id": "USDT", "code": "USDT"}}
    return made


def test_volume_of_bars_at_okx_is_counted_as_orders_are(okx: Any) -> None:
    row = ["1678928760000", "24341.4", "24344", "24313.2", "24323", "628", "2.5819", "62800", "0"]
    for kind in ("spot", "swap"):
        assert okx.parse_ohlcv(row, {"type": kind}) == [1678928760000, "24341.4", "24344", "24313.2", "24323", "628"]


@pytest.mark.parametrize(("days", "where"), [(6, "bills"), (7, "bills_archive")])
def test_ledger_of_okx_is_asked_from_a_time_on_and_by_type(okx: Any, days: int, where: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def asking(name: str) -> Any:
        async def ask(params: dict[str, Any]) -> dict[str, Any]:
            asked.append((name, params))
            return {"data": [{"billId": "7", "ccy": "USDT", "balChg": "-3", "ts": "1699999999000", "subType": "173"}]}

        return ask

    for name in ("bills", "bills_archive"):
        setattr(okx, f"private_get_account_{name}", asking(name))
    since, until = 1_700_000_000_000 - days * 86_400_000, 1_700_000_000_000
    (found,) = asyncio.run(okx.fetch_ledger("USDT", since, 100, {"until": until, "instId": "BTC-USDT-SWAP", "type": "8"}))
    assert [found[name] for name in ("id", "amount", "currency")] == ["7", "-3", "USDT"]
    wanted = {"begin": since, "end": until, "limit": 100, "ccy": "USDT", "instType": "SWAP", "instId": "BTC-USDT-SWAP", "type": "8"}
    assert asked == [(where, wanted)]


def test_order_at_okx_that_has_nothing_to_reduce_is_refused(okx: Any) -> None:
    body = '{"code":"1","msg":"","data":[{"sCode":"51169","sMsg":"no position"}]}'
    with pytest.raises(library.errors().InvalidOrder):
        okx.handle_errors(200, "", "https://www.okx.com/api/v5/trade/order", "POST", {}, body, json.loads(body), {}, "")


@asynccontextmanager
async def trading(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Venue, Account, CcxtExecutor]]:
    """Give a local venue that speaks as OKX does, somebody's account there, and the executor of another one."""
    venue = Venue(Clock(START), checks_timing=False, dialect="okx-swap")
    venue.add_market(Perpetual("BTC", "USDT", Decimal("0.1"), Decimal("0.001"), contract=Decimal("0.01")))
    anna, bert = (venue.add_account(name, {"USDT": Decimal(1_000_000)}, name, "secret") for name in ("anna", "bert"))
    venue.keys["anna"] = Key(anna, "secret", "passphrase")
    for name, value in (("KEY", "anna"), ("SECRET", "secret"), ("PASSWORD", "passphrase")):
        monkeypatch.setenv(f"TRADEKIT_ANNA_{name}", value)
    async with opened(venue) as place:
        options = CcxtExecutor.Options(exchange="okx", market="swap", keys="anna", url=place.url, leverage=8, margin="cross")
        executor = CcxtExecutor(options)
        try:
            yield venue, bert, executor
        finally:
            await executor.close()


def test_account_is_read_in_contracts_and_its_ledger_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def session() -> None:
        async with trading(monkeypatch) as (venue, bert, executor):
            (found,) = await executor.connect([SWAP], may_trade=True)
            assert (found.multiplier, found.lot, found.initial_margin, found.maintenance_margin) == (0.01, 0.1, 0.125, 0.004)
            anna = venue.exchange.accounts["anna"]
            venue.exchange.place(bert, SWAP, NewOrder(Side.BUY, Kind.LIMIT, Decimal(2), Decimal(30_000)))
            venue.exchange.place(anna, SWAP, NewOrder(Side.SELL, Kind.MARKET, Decimal(2)))
            venue.carry.fund(SWAP, Decimal("0.0001"))
            venue.advance(8 * 86_400_000)
            venue.carry.fund(SWAP, Decimal("-0.0002"))
            told = await executor.holdings()
            assert (told.positions, told.entries) == ({SWAP: Decimal(-200)}, {SWAP: Decimal(30_000)})
            assert told.wallet == {"USDT": anna.free["USDT"]}
            (fill,) = await executor.fills(SWAP, START * 1_000_000)
            assert (fill.quantity, fill.fee, fill.fee_currency) == (-200, 60, "USDT")
            paid = await executor.payments(SWAP, START * 1_000_000)
            there = [(str(one.id), one.amount) for one in anna.incomes if one.kind == "FUNDING_FEE"]
            assert [(one.payment_id, one.amount) for one in paid] == there
            assert [paid[0].amount, paid[-1].amount] == [6, -12]
            assert {one["name"] for one in venue.received} >= {"account/bills-archive"}

    asyncio.run(session())


def test_open_orders_are_read_beyond_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    async def session() -> None:
        async with trading(monkeypatch) as (venue, _bert, executor):
            await executor.connect([SWAP], may_trade=True)
            asked = NewOrder(Side.BUY, Kind.LIMIT, Decimal("0.01"), Decimal(20_000))
            placed = [venue.exchange.place(venue.exchange.accounts["anna"], SWAP, asked).id for _ in range(105)]
            assert sorted(int(one.venue_id) for one in await executor.open_orders([SWAP])) == placed
            pages = [one["params"].get("after") for one in venue.received if one["name"] == "trade/orders-pending"]
            assert pages == [None, str(placed[5])]

    asyncio.run(session())


def test_timer_is_set_for_the_whole_account_within_what_the_exchange_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def session() -> None:
        async with trading(monkeypatch) as (venue, _bert, executor):
            await executor.connect([SWAP], may_trade=True)
            anna = venue.exchange.accounts["anna"]
            venue.exchange.place(anna, SWAP, NewOrder(Side.BUY, Kind.LIMIT, Decimal("0.01"), Decimal(20_000)))
            await executor.cancel_all_after([SWAP], 10.0)
            await executor.cancel_all_after([SWAP], 0.0)
            venue.advance(60_000)
            assert len(anna.open) == 1
            await executor.cancel_all_after([SWAP], 120.0)
            venue.advance(120_000)
            assert not anna.open
            with pytest.raises(
                ConfigError, match=r"takes 10 to 120 seconds, and live\.cancel_all_after_s is 9; set it within them"
            ):
                await executor.cancel_all_after([SWAP], 9.0)

    asyncio.run(session())
