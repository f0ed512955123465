"""The contract of executors that send orders to a venue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from decimal import Decimal
from typing import Any, Protocol

import pytest

from tradekit.errors import OrderRefused
from tradekit.model.order import OrderKind
from tradekit.model.outside import Intent, Reconnected, VenueFill
from tradekit.plugin.contracts import Executor
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken

__all__ = ["SendingExecutorContract", "Stand"]

_WAIT_S = 10.0
_TICK = Decimal("0.01")


class Stand(Protocol):
    """A venue that a test takes hold of: a local one, or one in memory. The author of an executor provides it as a fixture.

    `symbol` is an instrument on it, which trades at about `price`; a limit order far from there rests.
    """

    symbol: str
    price: Decimal

    def new(self) -> Executor:
        """Return a new executor that talks to this venue, not connected yet, as after a restart of the process."""
        ...

    def sent(self) -> Sequence[str]:
        """Return the client ids of the orders that have reached the venue, in order; one that came twice stands there twice."""
        ...

    def refuse_next(self) -> None:
        """Let the venue refuse the next order."""
        ...

    def lose_next_answer(self) -> None:
        """Let the venue take the next order, and let the answer be lost."""
        ...

    def fill(self, client_id: str, quantity: Decimal) -> None:
        """Let the venue fill a part of an open order; `quantity` is signed."""
        ...


class SendingExecutorContract(ComponentContract):
    """What an executor keeps to that sends orders to a venue: exactly once, and telling exactly what it was told.

    Provide the fixture `stand`, a venue that the test takes hold of; see `Stand`. It has to be a new one for each test.
    """

    kind = "executor"

    @pytest.fixture
    def stand(self) -> Stand:
        """Return the venue; each test gets a new one."""
        raise pytest.UsageError(f"{type(self).__name__} has no venue to test with; override the fixture `stand`")

    def test_snd01_passes_an_order_on_exactly(self, stand: Stand) -> None:
        """An order reaches the venue once, with the price and the size that were asked for, and under our client id.

        The journal knows the order by that id alone; another price or size is another order.
        """

        async def script(executor: Executor) -> None:
            intent = self._resting(stand)
            order = await executor.send(intent)
            await executor.send(second := self._resting(stand, "tkcontract000002"))
            found = {one.client_id: one for one in await executor.open_orders((stand.symbol,))}
            for asked in (intent, second):
                there = found.get(asked.client_id)
                if there is None or there.quantity != asked.quantity:
                    broken("the venue has another order than was asked for", f"{asked!r} became {there!r}", "pass it on as it is")
            if list(stand.sent()) != [intent.client_id, second.client_id]:
                broken("orders don't reach the venue once each", f"it got {list(stand.sent())!r}", "send each once, never again")
            if not order.venue_id or order.client_id != intent.client_id:
                broken("send() doesn't say which order it was", f"{order!r}", "return the venue's id and our client id")

        self._run(stand, script)

    def test_snd02_takes_a_lost_answer_for_no_refusal(self, stand: Stand) -> None:
        """When the answer is lost, `send` raises no `OrderRefused` and sends nothing again, and `find` finds the order.

        Taking a time-out for a failure, and sending again, is how bots come to hold twice what they wanted.
        """

        async def script(executor: Executor) -> None:
            stand.lose_next_answer()
            intent = self._resting(stand)
            error = await self._error(executor.send(intent))
            if error is None or isinstance(error, OrderRefused):
                shown = "it returned" if error is None else f"it raised {error!r}"
                broken("send() says for sure what nobody knows", shown, "raise anything but OrderRefused when no clear answer came")
            found = await executor.find(intent.client_id, stand.symbol)
            if found is None or list(stand.sent()) != [intent.client_id]:
                broken(
                    "an order whose answer was lost is not found, or was sent again",
                    f"find() gave {found!r}, and the venue got {list(stand.sent())!r}",
                    "look orders up by our client id, and turn off all retries of requests that send orders",
                )

        self._run(stand, script)

    def test_snd03_tells_a_refusal_as_one(self, stand: Stand) -> None:
        """An order that the venue refuses raises `OrderRefused`.

        What is not known to be refused blocks its instrument until it has been looked up, which may take a minute.
        """

        async def script(executor: Executor) -> None:
            stand.refuse_next()
            error = await self._error(executor.send(self._resting(stand)))
            if not isinstance(error, OrderRefused):
                shown = "it returned" if error is None else f"it raised {error!r}"
                broken("a refusal is not told as one", shown, "raise OrderRefused for the answers that say that there is no order")

        self._run(stand, script)

    def test_snd04_sends_nothing_that_the_venue_can_not_do(self, stand: Stand) -> None:
        """An order of a kind that is not among its abilities raises `OrderRefused`, and nothing reaches the venue.

        Venues that don't know a parameter often ignore it: a trailing stop becomes a market order.
        """

        async def script(executor: Executor) -> None:
            abilities = executor.abilities(stand.symbol)
            for kind in set(OrderKind) - abilities.kinds:
                intent = Intent(f"tkunable{kind.value:08d}", stand.symbol, self._size(stand), kind, stand.price, stand.price)
                error = await self._error(executor.send(intent))
                if not isinstance(error, OrderRefused) or stand.sent():
                    shown = f"a {kind.text} order: {error!r}, and the venue got {list(stand.sent())!r}"
                    broken("an order that the venue can't do is passed on", shown, "refuse what is not among abilities()")

        self._run(stand, script)

    def test_snd05_tells_each_trade_once(self, stand: Stand) -> None:
        """`fills` returns each trade with the venue's id, its size, its price and its order, however often it is asked.

        Trades are what positions are made of: one that is missing or double is money.
        """

        async def script(executor: Executor) -> None:
            intent = self._resting(stand)
            await executor.send(intent)
            part = intent.quantity / 4
            stand.fill(intent.client_id, part)
            stand.fill(intent.client_id, part)
            first, again = await executor.fills(stand.symbol, 0), await executor.fills(stand.symbol, 0)
            problem = ""
            if len(first) != 2 or len({fill.trade_id for fill in first}) != 2:
                problem = f"two trades came out as {list(first)!r}"
            elif {fill.trade_id for fill in again} != {fill.trade_id for fill in first}:
                problem = f"asked again, the trades have other ids: {list(again)!r}"
            elif any(fill.quantity != part or fill.price <= 0 or fill.time <= 0 for fill in first):
                problem = f"two trades of {part} each came out as {list(first)!r}"
            if problem:
                broken("trades are not told as they were", problem, "pass each trade on, with signed size and its own id")
            order = await executor.find(intent.client_id, stand.symbol)
            if order is None or order.filled != 2 * part:
                broken("find() doesn't say what is filled", f"{order!r}, and {2 * part} are", "return the filled size, signed")

        self._run(stand, script)

    def test_snd06_knows_its_orders_after_a_restart(self, stand: Stand) -> None:
        """A new executor finds the open orders, the trades and the holdings that the one before it has left.

        After a crash all that is known comes from there.
        """
        intent = self._resting(stand)

        async def before(executor: Executor) -> None:
            await executor.send(intent)
            stand.fill(intent.client_id, intent.quantity / 2)

        async def after(executor: Executor) -> None:
            orders = [one.client_id for one in await executor.open_orders((stand.symbol,))]
            trades = await executor.fills(stand.symbol, 0)
            if orders != [intent.client_id] or sum(fill.quantity for fill in trades) != intent.quantity / 2:
                what = f"open orders {orders!r}, trades {list(trades)!r}; {intent.client_id!r} is open and half filled"
                broken(
                    "a new executor doesn't see what is there",
                    what,
                    "ask the venue, and need nothing that is in the executor",
                )
            holdings = await executor.holdings()
            if not holdings.balances and not holdings.positions:
                broken("holdings() is empty", f"{holdings!r}", "return the balances and positions of the account")

        self._run(stand, before)
        self._run(stand, after)

    def test_snd07_changes_nothing_without_the_right_to_trade(self, stand: Stand) -> None:
        """Connected without `may_trade`, `send` and `cancel` raise, and nothing reaches the venue.

        Shadow runs and dry runs must not be able to trade by any mistake elsewhere.
        """

        async def script(executor: Executor) -> None:
            errors = [
                await self._error(executor.send(self._resting(stand))),
                await self._error(executor.cancel("tkcontract000001", "", stand.symbol)),
            ]
            if None in errors or stand.sent():
                what = f"send() and cancel() gave {errors!r}, and the venue got {list(stand.sent())!r}"
                broken("it can trade without the right to", what, "raise in send() and cancel() unless may_trade was given")

        self._run(stand, script, may_trade=False)

    def test_snd08_finds_nothing_only_where_nothing_is(self, stand: Stand) -> None:
        """`find` returns `None` for an order that was never sent, and the order for one that has been cancelled.

        That an order is not there is concluded from this answer.
        """

        async def script(executor: Executor) -> None:
            nothing = await executor.find("tkneversent00000", stand.symbol)
            intent = self._resting(stand)
            order = await executor.send(intent)
            await executor.cancel(intent.client_id, order.venue_id, stand.symbol)
            ended = await executor.find(intent.client_id, stand.symbol)
            if nothing is not None or ended is None or ended.status.name != "CANCELLED":
                what = f"an order never sent is {nothing!r}, a cancelled one {ended!r}"
                broken("find() doesn't tell what is there", what, "look among open and ended orders, and return their status")

        self._run(stand, script)

    def test_snd09_tells_what_happens(self, stand: Stand) -> None:
        """`events` begins with `Reconnected`, and tells of each trade under the id that `fills` gives it.

        The first makes the driver catch up; two ids for one trade would count it twice.
        """

        async def script(executor: Executor) -> None:
            events = executor.events()
            first = await asyncio.wait_for(anext(events), _WAIT_S)
            if not isinstance(first, Reconnected):
                broken("events() doesn't begin with Reconnected", f"{first!r}", "yield Reconnected() whenever a connection is new")
            intent = self._resting(stand)
            await executor.send(intent)
            stand.fill(intent.client_id, intent.quantity)
            told = await self._trade(events)
            known = [fill.trade_id for fill in await executor.fills(stand.symbol, 0)]
            if told is None or known != [told.trade_id]:
                what = f"events() told of {told!r}, and fills() of {known!r}"
                broken("a trade is not told, or under another id", what, "yield a VenueFill with the id that the venue's list has")

        self._run(stand, script)

    async def _trade(self, events: Any) -> VenueFill | None:
        try:
            while True:
                event = await asyncio.wait_for(anext(events), _WAIT_S)
                if isinstance(event, VenueFill):
                    return event
        except TimeoutError:
            return None

    async def _error(self, work: Awaitable[object]) -> Exception | None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - which one it is, is what is tested
            return error
        return None

    def _size(self, stand: Stand) -> Decimal:
        return Decimal(1) if stand.price < 1_000 else Decimal("0.04")

    def _resting(self, stand: Stand, client_id: str = "tkcontract000001") -> Intent:
        limit = (stand.price * Decimal("0.9")).quantize(_TICK)
        return Intent(client_id, stand.symbol, self._size(stand), OrderKind.LIMIT, limit)

    def _run(self, stand: Stand, script: Callable[[Executor], Coroutine[Any, Any, None]], may_trade: bool = True) -> None:
        async def work() -> None:
            executor = stand.new()
            await executor.connect((stand.symbol,), may_trade)
            try:
                await script(executor)
            finally:
                await executor.close()

        asyncio.run(work())
