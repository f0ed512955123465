"""Leverage and margin mode are set, read back, and refused where the exchange says something else."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.leverage import Terms, margined, terms
from tradekit_ccxt.library import errors

from tradekit import ConfigError, Instrument, VenueError

SWAP = "BTC/USDT:USDT"


class Exchange:
    """Takes what it is told, and says what it was made to."""

    id = "test"

    def __init__(self, said: dict[str, Any] | None = None, refuses: str = "", one_by_one: bool = False) -> None:
        self.has = dict.fromkeys(("fetchLeverages", "fetchLeverageTiers"), not one_by_one)
        self.told: list[tuple[str, Any]] = []
        self.said = said
        self.refuses = refuses

    async def fetch_leverage_tiers(self, symbols: list[str]) -> dict[str, Any]:
        return {symbol: [{"maintenanceMarginRate": "0.004"}, {"maintenanceMarginRate": "0.005"}] for symbol in symbols}

    async def fetch_market_leverage_tiers(self, symbol: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.fetch_leverage_tiers([symbol]))[symbol]
        return found

    async def fetch_leverage(self, symbol: str) -> Any:
        return (await self.fetch_leverages([symbol]))[symbol]

    async def set_margin_mode(self, mode: str, symbol: str) -> None:
        self.told.append(("margin", mode))
        if mode == "cross":
            raise errors().MarginModeAlreadySet("test no need")

    async def set_leverage(self, leverage: int, symbol: str) -> None:
        self.told.append(("leverage", leverage))
        if self.refuses:
            raise errors().BadRequest(f"test {self.refuses}")

    async def fetch_leverages(self, symbols: list[str]) -> dict[str, Any]:
        told = dict(self.told)
        usual = {"longLeverage": told.get("leverage", 20), "marginMode": told.get("margin", "cross")}
        return dict.fromkeys(symbols, self.said or usual)


def ask(exchange: Exchange, wanted: tuple[int | None, str | None], may_trade: bool = True, **more: bool) -> dict[str, Terms]:
    return asyncio.run(terms(exchange, [SWAP], wanted, may_trade, **more))


@pytest.mark.parametrize("one_by_one", [False, True])
def test_leverage_that_is_asked_for_is_set_and_read_back(one_by_one: bool) -> None:
    exchange = Exchange(one_by_one=one_by_one)
    assert ask(exchange, (5, "cross")) == {SWAP: Terms(5, "cross", 0.004)}
    assert exchange.told == [("margin", "cross"), ("leverage", 5)]


def test_margin_mode_that_goes_with_orders_is_not_set() -> None:
    exchange = Exchange()
    assert ask(exchange, (5, "cross"), margin_in_orders=True) == {SWAP: Terms(5, "cross", 0.004)}
    assert exchange.told == [("leverage", 5)]


def test_leverage_that_is_not_asked_for_is_left_and_told() -> None:
    exchange = Exchange()
    assert ask(exchange, (None, None)) == {SWAP: Terms(20, "cross", 0.004)}
    assert exchange.told == []


def test_leverage_is_not_set_without_the_right_to_trade() -> None:
    exchange = Exchange()
    assert ask(exchange, (5, "isolated"), may_trade=False) == {SWAP: Terms(20, "cross", 0.004)}
    assert exchange.told == []


def test_leverage_that_the_exchange_refuses_ends_the_run() -> None:
    said = r"^test refuses isolated margin and a leverage of 150 for 'BTC/USDT:USDT': not valid; ask for what it allows, or leave"
    with pytest.raises(ConfigError, match=said):
        ask(Exchange(refuses="not valid"), (150, "isolated"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"longLeverage": 20, "marginMode": "cross"},
            "leverage 5 of 'BTC/USDT:USDT', and says that it is 20; set it there, or leave",
        ),
        (
            {"longLeverage": 5, "marginMode": "isolated"},
            "margin 'cross' of 'BTC/USDT:USDT', and says that it is 'isolated'; set it",
        ),
        ({"longLeverage": None, "marginMode": "cross"}, "leverage 5 of 'BTC/USDT:USDT', and says that it is None; set it there"),
    ],
)
def test_leverage_that_reads_back_otherwise_ends_the_run(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=f"^test was asked for {words}"):
        ask(Exchange(said), (5, "cross"))


def test_instrument_has_the_margin_that_the_exchange_asks_for() -> None:
    one = margined(Instrument(SWAP, kind="perpetual"), Terms(8, "cross", 0.004))
    assert (one.initial_margin, one.maintenance_margin) == (0.125, 0.004)
    with pytest.raises(VenueError, match=r"does not say with which leverage 'BTC/USDT:USDT' is traded"):
        margined(one, Terms(None, "cross", 0.004))


def test_leverage_of_spot_is_refused() -> None:
    with pytest.raises(ValidationError, match="leverage and margin are of perpetuals; set market = 'swap' too, or leave them out"):
        CcxtExecutor.Options(exchange="binance", keys="main", leverage=3)


@pytest.mark.parametrize(
    ("exchange", "wanted", "said"),
    [
        (
            "gate",
            {"leverage": 3},
            "nobody has recorded how 'gate' is told leverage and margin mode; set them there, and leave",
        ),
        (
            "okx",
            {"margin": "isolated"},
            "nobody has recorded isolated margin at 'okx', where each order says its margin mode; trade on crossed margin",
        ),
    ],
)
def test_leverage_and_margin_where_nobody_has_recorded_them_are_refused(
    monkeypatch: pytest.MonkeyPatch, exchange: str, wanted: dict[str, Any], said: str
) -> None:
    executor = CcxtExecutor(CcxtExecutor.Options(exchange=exchange, market="swap", keys="main", **wanted))
    client = SimpleNamespace(has={}, id=exchange)

    class Link:
        client: Any
        keys = SimpleNamespace(hidden=str)

        def errand(self, *_: Any) -> None:
            return None

        async def do(self, _errand: Any, _what: str, work: Any) -> Any:
            return await work()

    link = Link()
    link.client = client
    monkeypatch.setattr(executor, "_linked", lambda: link)
    with pytest.raises(ConfigError, match=said):
        asyncio.run(executor._margined([Instrument(SWAP, kind="perpetual")], may_trade=True))
