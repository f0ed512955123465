"""The executor against a local exchange that speaks Binance's language, with everything that can go wrong on the way."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_venue.faults import Fault
from tradekit_venue.serving import opened
from tradekit_venue.venue import Venue

from tradekit import (
    ConfigError,
    DataError,
    Intent,
    OrderKind,
    OrderRefused,
    OrderStatus,
    Reconnected,
    VenueError,
    VenueFill,
    VenueOrder,
)

SYMBOL = "BTC/USDT"
START = 1_700_000_000_000 * 1_000_000


def buy(client_id: str, quantity: str = "0.1", limit: str | None = "30000") -> Intent:
    kind = OrderKind.MARKET if limit is None else OrderKind.LIMIT
    return Intent(client_id, SYMBOL, Decimal(quantity), kind, None if limit is None else Decimal(limit))


@asynccontextmanager
async def account(url: str, name: str = "anna", may_trade: bool = True, **more: Any) -> AsyncIterator[CcxtExecutor]:
    options = CcxtExecutor.Options(exchange="binance", keys=name, url=url, timeout_s=1.0, **more)
    executor = CcxtExecutor(options)
    try:
        await executor.connect([SYMBOL], may_trade)
        yield executor
    finally:
        await executor.close()


@pytest.fixture
def meeting(venue: Venue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Give what opens the exchange, with the accounts of anna, who is tested, and bert, who trades with her."""
    # One has hers in the environment, the other in the secrets file.
    secrets = tmp_path / "secrets.toml"
    secrets.touch(0o600)
    secrets.write_text('[bert]\nkey = "key-of-bert"\nsecret = "secret-of-bert"\n')
    monkeypatch.setenv("TRADEKIT_SECRETS", str(secrets))
    monkeypatch.setenv("TRADEKIT_ANNA_KEY", "key-of-anna")
    monkeypatch.setenv("TRADEKIT_ANNA_SECRET", "secret-of-anna")

    @asynccontextmanager
    async def met(**more: Any) -> AsyncIterator[tuple[Venue, CcxtExecutor, CcxtExecutor]]:
        async with opened(venue) as place, account(place.url, **more) as anna, account(place.url, "bert") as bert:
            yield venue, anna, bert

    return met


async def heard(events: AsyncIterator[Any], wanted: Callable[[Any], bool]) -> list[Any]:
    """Return what is told, up to what is waited for."""
    found = []
    async with asyncio.timeout(20):
        async for event in events:
            found.append(event)
            if wanted(event):
                return found
    raise AssertionError("the events ended")


def on_venue(venue: Venue) -> list[str]:
    return [entry["params"].get("newClientOrderId", "") for entry in venue.received if entry["method"] == "POST"]


def test_connect_tells_the_rules_of_the_instruments(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, _bert):
            (one,) = await anna.connect([SYMBOL], may_trade=True)
            assert (one.symbol, one.base, one.currency, one.kind) == (SYMBOL, "BTC", "USDT", "spot")
            assert (one.tick, one.lot, one.min_notional) == (0.01, 0.00001, 5.0)
            assert await anna.venue_time() == START

    asyncio.run(run())


def test_connect_to_an_unknown_instrument_names_the_nearest(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, _bert):
            with pytest.raises(DataError, match=r"^binance has no spot instrument 'BTC/USTD'; did you mean 'BTC/USDT'\?$"):
                await anna.connect(["BTC/USTD"], may_trade=True)

    asyncio.run(run())


def test_order_lives_from_sending_to_its_fills_with_exact_numbers(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, bert):
            placed = await anna.send(buy("tk1"))
            assert (placed.client_id, placed.status, placed.quantity, placed.filled) == (
                "tk1",
                OrderStatus.OPEN,
                Decimal("0.1"),
                0,
            )
            sold = await bert.send(buy("tk2", "-0.03", None))
            assert (sold.status, sold.filled) == (OrderStatus.FILLED, Decimal("-0.03"))
            seen = await anna.find("tk1", SYMBOL)
            assert seen is not None
            assert (seen.venue_id, seen.status, seen.filled) == (placed.venue_id, OrderStatus.OPEN, Decimal("0.03"))
            assert [order.client_id for order in await anna.open_orders([SYMBOL])] == ["tk1"]
            (trade,) = await anna.fills(SYMBOL, START)
            assert (trade.venue_id, trade.quantity, trade.price) == (placed.venue_id, Decimal("0.03"), Decimal(30_000))
            assert (trade.fee, trade.fee_currency, trade.is_maker) == (Decimal("0.00003"), "BTC", True)
            held = await anna.holdings()
            assert held.balances == {"BTC": Decimal("10.02997"), "USDT": Decimal("999100")}
            await anna.cancel("tk1", "", SYMBOL)
            gone = await anna.find("tk1", SYMBOL)
            assert gone is not None
            assert (gone.status, gone.filled) == (OrderStatus.CANCELLED, Decimal("0.03"))

    asyncio.run(run())


def test_sale_has_negative_numbers_throughout(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, bert):
            placed = await anna.send(buy("tk1", "-0.1"))
            await bert.send(buy("tk2", "0.1", None))
            seen = await anna.find("tk1", SYMBOL)
            (trade,) = await anna.fills(SYMBOL, START)
            assert (placed.quantity, trade.quantity) == (Decimal("-0.1"), Decimal("-0.1"))
            assert seen is not None
            assert (seen.status, seen.filled) == (OrderStatus.FILLED, Decimal("-0.1"))

    asyncio.run(run())


def test_prices_and_sizes_off_the_grid_go_to_the_safe_side(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            await anna.send(buy("tk1", "0.100019", "30000.019"))
            await anna.send(buy("tk2", "-0.100019", "40000.011"))
            sent = [entry["params"] for entry in venue.received if entry["method"] == "POST"]
            assert [(one["quantity"], one["price"]) for one in sent] == [("0.10001", "30000.01"), ("0.10001", "40000.02")]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("fault", "is_there"),
    [
        (Fault("POST order", "late"), True),
        (Fault("POST order", "drop-before"), False),
        (Fault("POST order", "drop-after"), True),
        (Fault("POST order", "cut"), True),
        (Fault("POST order", "html"), True),
        (Fault("POST order", "empty"), False),
        (Fault("POST order", "status", status=502, accepts=True), True),
        (Fault("POST order", "status", status=504, code=-1007, accepts=True), True),
        (Fault("POST order", "status", status=503, code=-1008), False),
        (Fault("POST order", "status", status=408, code=-1007, accepts=True), True),
        (Fault("POST order", "status", status=400, code=-1006, accepts=True), True),
    ],
    ids=lambda value: f"{value.do}-{value.status}" if isinstance(value, Fault) else "",
)
def test_send_into_a_fault_is_never_called_refused_and_is_found_once(meeting: Any, fault: Fault, is_there: bool) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            venue.faults.add(fault)
            with pytest.raises(VenueError) as raised:
                await anna.send(buy("tk1"))
            assert not isinstance(raised.value, OrderRefused)
            venue.faults.clear()
            found = await anna.find("tk1", SYMBOL)
            assert (found is not None) == is_there
            assert on_venue(venue) == ["tk1"]
            assert len(await anna.open_orders([SYMBOL])) == int(is_there)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("POST order", "status", status=429, code=-1003, retry_after=7), r"^binance did not send the order: .*"),
        (Fault("POST order", "status", status=418, code=-1003, retry_after=7), r"^binance did not send the order: .*"),
        (
            Fault("POST order", "status", status=400, code=-2010, message="Account has insufficient balance for requested action."),
            "InsufficientFunds",
        ),
        (Fault("POST order", "status", status=400, code=-1013, message="Filter failure: LOT_SIZE"), "InvalidOrder"),
        (Fault("POST order", "status", status=401, code=-2015, message="Invalid API-key, IP, or permissions."), "Error"),
        (Fault("POST order", "status", status=400, code=-1021, message="Timestamp for this request is outside."), "InvalidNonce"),
    ],
    ids=lambda value: f"{value.status}{value.code}" if isinstance(value, Fault) else "",
)
def test_send_that_the_exchange_answers_with_a_refusal_is_refused(meeting: Any, fault: Fault, said: str) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            venue.faults.add(fault)
            with pytest.raises(OrderRefused, match=said) as raised:
                await anna.send(buy("tk1"))
            assert raised.value.retry_after_s == fault.retry_after
            assert await_nothing(venue)

    def await_nothing(venue: Venue) -> bool:
        return not [entry for entry in venue.received if entry["method"] == "GET" and entry["name"] == "openOrders"]

    asyncio.run(run())


def test_send_of_an_id_that_is_taken_is_no_refusal(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, _bert):
            await anna.send(buy("tk1"))
            with pytest.raises(VenueError, match=r"[Dd]uplicate") as raised:
                await anna.send(buy("tk1"))
            assert not isinstance(raised.value, OrderRefused)

    asyncio.run(run())


def test_orders_after_a_rate_limit_are_not_sent_before_the_exchange_allows(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            venue.faults.add(Fault("POST order", "status", status=429, code=-1003, retry_after=60))
            with pytest.raises(OrderRefused):
                await anna.send(buy("tk1"))
            with pytest.raises(OrderRefused, match=r"binance was not asked to send the order: too much is asked") as raised:
                await anna.send(buy("tk2"))
            assert 0 < (raised.value.retry_after_s or 0) <= 60
            with pytest.raises(VenueError, match="too much is asked of the exchange"):
                await anna.cancel("tk0", "", SYMBOL)
            assert on_venue(venue) == ["tk1"]

    asyncio.run(run())


def test_find_of_an_order_that_never_came_says_that_there_is_none(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, _bert):
            assert await anna.find("tk9", SYMBOL) is None

    asyncio.run(run())


@pytest.mark.parametrize("do", ["cut", "html", "empty"])
def test_find_without_an_answer_does_not_say_that_there_is_none(meeting: Any, do: str) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            venue.faults.add(Fault("GET order", do))
            with pytest.raises(VenueError):
                await anna.find("tk9", SYMBOL)

    asyncio.run(run())


def test_cancel_of_an_order_that_is_gone_or_unknown_says_nothing(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, bert):
            await anna.send(buy("tk1"))
            await bert.send(buy("tk2", "-0.1", None))
            await anna.cancel("tk1", "", SYMBOL)
            await anna.cancel("tk9", "", SYMBOL)

    asyncio.run(run())


def test_run_that_must_not_trade_sends_nothing_but_reads_all(meeting: Any) -> None:
    async def run() -> None:
        async with meeting(may_trade=False) as (venue, anna, _bert):
            with pytest.raises(OrderRefused, match=r"may change the account was asked of binance, and this run must not trade"):
                await anna.send(buy("tk1"))
            with pytest.raises(VenueError, match="may change the account was asked of binance"):
                await anna.cancel("tk1", "", SYMBOL)
            assert await anna.open_orders([SYMBOL]) == []
            assert (await anna.holdings()).balances["BTC"] == 10
            events = anna.events()
            await anext(events)
            await heard(events, lambda event: isinstance(event, Reconnected))
            await events.aclose()
            assert {entry["method"] for entry in venue.received}.isdisjoint({"POST", "PUT", "DELETE"})

    asyncio.run(run())


def test_events_tell_of_orders_and_trades_as_they_come(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, bert):
            events = anna.events()
            first = await anext(events)
            assert first == Reconnected()
            await heard(events, lambda event: isinstance(event, Reconnected))
            await anna.send(buy("tk1"))
            await bert.send(buy("tk2", "-0.04", None))
            await bert.send(buy("tk3", "-0.06", None))
            found = await heard(events, lambda event: isinstance(event, VenueOrder) and event.status is OrderStatus.FILLED)
            while sum(isinstance(event, VenueFill) for event in found) < 2:
                found += await heard(events, lambda event: isinstance(event, VenueFill))
            trades = [event for event in found if isinstance(event, VenueFill)]
            orders = [event for event in found if isinstance(event, VenueOrder)]
            assert [trade.quantity for trade in trades] == [Decimal("0.04"), Decimal("0.06")]
            assert [trade.fee for trade in trades] == [Decimal("0.00004"), Decimal("0.00006")]
            assert {order.client_id for order in orders} == {"tk1"}
            assert orders[-1].filled == Decimal("0.1")
            assert await anna.fills(SYMBOL, START) == [
                VenueFill(**{name: getattr(trade, name) for name in VenueFill.__slots__ if name != "client_id"}, client_id="")
                for trade in trades
            ]
            await events.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("do", ["close", "reset", "malformed"])
def test_events_after_a_lost_connection_or_message_ask_for_all_again(meeting: Any, do: str) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, bert):
            events = anna.events()
            await anext(events)
            await heard(events, lambda event: isinstance(event, Reconnected))
            venue.faults.add(Fault("STREAM executionReport", do))
            await anna.send(buy("tk1"))
            await heard(events, lambda event: isinstance(event, Reconnected))
            # What comes after is heard again.
            await bert.send(buy("tk2", "-0.1", None))
            await heard(events, lambda event: isinstance(event, VenueFill | Reconnected))
            assert [trade.quantity for trade in await anna.fills(SYMBOL, START)] == [Decimal("0.1")]
            await events.aclose()

    asyncio.run(run())


def test_close_while_a_stream_is_being_opened_leaves_nothing_open(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (_, anna, _bert):
            events = anna.events()
            await anext(events)
            reading = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await anna.close()
            await anna.close()

    asyncio.run(run())
    gc.collect()


def test_send_that_is_cancelled_in_flight_passes_the_cancellation_on(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            venue.faults.add(Fault("POST order", "late"))
            task = asyncio.create_task(anna.send(buy("tk1")))
            async with asyncio.timeout(10):
                while not on_venue(venue):
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            venue.faults.clear()
            assert await anna.find("tk1", SYMBOL) is not None

    asyncio.run(run())


def test_live_run_at_an_exchange_that_nobody_recorded_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        executor = CcxtExecutor(CcxtExecutor.Options(exchange="hollaex", keys="anna"))
        with pytest.raises(ConfigError, match=r"^nobody has recorded what 'hollaex' takes .* set unrecorded = true$"):
            await executor.connect([SYMBOL], may_trade=True)

    asyncio.run(run())


def test_executor_that_is_not_connected_says_so() -> None:
    executor = CcxtExecutor(CcxtExecutor.Options(exchange="binance", keys="anna"))
    with pytest.raises(VenueError, match=r"^executor 'ccxt' is not connected to binance$"):
        asyncio.run(executor.find("tk1", SYMBOL))
    assert executor.fill_rules() is None


def test_keys_are_in_no_repr_and_no_error(meeting: Any) -> None:
    async def run() -> None:
        async with meeting() as (venue, anna, _bert):
            venue.faults.add(Fault("POST order", "status", status=400, code=-1100, message="bad key-of-anna secret-of-anna"))
            with pytest.raises(VenueError) as raised:
                await anna.send(buy("tk1"))
            shown = f"{raised.value} {anna!r} {anna.options!r} {vars(anna)!r}"
            assert "***" in str(raised.value)
            assert "key-of-anna" not in shown
            assert "secret-of-anna" not in shown
            assert raised.value.__cause__ is None
            assert raised.value.__suppress_context__

    asyncio.run(run())


async def _connect_with_exposed_keys(venue: Venue) -> None:
    async with opened(venue) as place, account(place.url, "bert"):
        raise AssertionError("it must not connect")


def test_connect_with_a_secrets_file_that_others_can_read_asks_nobody(
    venue: Venue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('[bert]\nkey = "key-of-bert"\nsecret = "secret-of-bert"\n')
    secrets.chmod(0o644)
    monkeypatch.setenv("TRADEKIT_SECRETS", str(secrets))
    with pytest.raises(ConfigError, match=r"can be read by everybody \(mode 0644\), so its keys are not used"):
        asyncio.run(_connect_with_exposed_keys(venue))
    assert not venue.received
