"""A venue in memory that does what a script says: it takes orders, fills them, and goes wrong on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import ClassVar, Literal, TypeVar

from tradekit.errors import OrderRefused, VenueError
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus
from tradekit.model.outside import Abilities, Holdings, Intent, Reconnected, VenueEvent, VenueFill, VenueOrder, VenuePayment
from tradekit.plugin.contracts import Executor

__all__ = ["Fault", "ScriptedExecutor", "ScriptedStand", "ScriptedVenue"]

Answer = TypeVar("Answer")
What = Literal["refused", "lost-before", "lost-after", "late", "garbage", "throttled"]


_ABLE = Abilities(
    kinds=frozenset({OrderKind.MARKET, OrderKind.LIMIT, OrderKind.STOP}),
    time_in_force=frozenset({"gtc", "ioc", "fok"}),
    post_only=True,
    arrival_s=10.0,
)


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next call of a method, `times` times.

    `refused`: the venue says no. `lost-before`: the connection breaks before the venue has the request; `lost-after`: after it has.
    `late`: the caller gives up after `seconds`, and the request arrives then. `garbage`: it has it, and the answer makes no sense.
    `throttled`: it refuses because it is asked too often.
    """

    method: str
    what: What
    times: int = 1
    seconds: float = 5.0


@dataclass(slots=True)
class ScriptedVenue:
    """One account at a venue: its orders, trades and money. It lives on when the executors that talk to it are gone.

    `clock` returns its time, in nanoseconds UTC. A market order is filled at once at the last price; `trade` tells of a price and
    fills what that reaches. `messages` is whether it tells connected executors what happens; `doubles` whether each comes twice.
    """

    instruments: Sequence[Instrument]
    clock: Callable[[], int]
    balances: dict[str, Decimal] = field(default_factory=lambda: {"USDT": Decimal(1_000_000)})
    abilities: Abilities = _ABLE
    fee_rate: Decimal = Decimal(0)
    messages: bool = True
    doubles: bool = False
    positions: dict[str, Decimal] = field(default_factory=dict)
    """What is held against margin, of which trades move no money here."""
    payments: list[VenuePayment] = field(default_factory=list)
    names_trades: bool = True
    """Whether its trades tell our id of their order besides its own."""
    hides_for_s: float = 0.0
    """How long after it was taken an order is not found by those who look for it."""
    prices: dict[str, Decimal] = field(default_factory=dict)
    orders: dict[str, VenueOrder] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    trades: list[VenueFill] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    countdowns: int = 0
    """How often its timer was set or stopped, which cancels all orders."""
    taken: dict[str, int] = field(default_factory=dict)
    """When it has taken each order, by its id."""
    received: list[tuple[str, str]] = field(default_factory=list)
    """Each request that has reached it: the method and the client id."""
    listeners: list[asyncio.Queue[VenueEvent]] = field(default_factory=list)

    def orders_of(self, client_id: str) -> list[VenueOrder]:
        """Return all orders that have come under a client id: there should be one at most."""
        return [order for order in self.orders.values() if order.client_id == client_id]

    def fault(self, method: str) -> Fault | None:
        """Return what goes wrong with a call of a method now."""
        for found in self.faults:
            if found.method == method and found.times > 0:
                found.times -= 1
                return found
        return None

    def take(self, intent: Intent) -> VenueOrder:
        """Take an order into the books. Raises `OrderRefused` for what it can't."""
        self.received.append(("send", intent.client_id))
        if intent.symbol not in [one.symbol for one in self.instruments]:
            raise OrderRefused(f"unknown instrument {intent.symbol!r}")
        if intent.kind not in self.abilities.kinds:
            raise OrderRefused(f"a {intent.kind.text} order is none that this venue takes")
        if any(order.status is OrderStatus.OPEN for order in self.orders_of(intent.client_id)):
            raise OrderRefused(f"there is an open order {intent.client_id!r} already")
        venue_id = str(len(self.orders) + 1)
        order = VenueOrder(venue_id, intent.client_id, intent.symbol, OrderStatus.OPEN, intent.quantity, time=self.clock())
        self.orders[venue_id] = order
        self.intents[venue_id] = intent
        self.taken[venue_id] = self.clock()
        self.tell(order)
        price = self.prices.get(intent.symbol)
        if price is not None and self.reaches(venue_id, price):
            self.fill(venue_id, intent.quantity, price)
        elif intent.time_in_force in ("ioc", "fok"):
            self.end(venue_id, OrderStatus.EXPIRED)
        return self.orders[venue_id]

    def reaches(self, venue_id: str, price: Decimal) -> bool:
        """Say whether a price fills an order."""
        intent = self.intents[venue_id]
        is_buy = intent.quantity > 0
        if intent.kind is OrderKind.MARKET:
            return True
        if intent.kind is OrderKind.LIMIT:
            limit = _given(intent.limit)
            return price <= limit if is_buy else price >= limit
        stop = _given(intent.stop)
        return price >= stop if is_buy else price <= stop

    def trade(self, symbol: str, price: Decimal | str | float) -> None:
        """Let the market trade at a price, which fills all that it reaches."""
        self.prices[symbol] = Decimal(str(price))
        for venue_id, order in list(self.orders.items()):
            if order.status is OrderStatus.OPEN and order.symbol == symbol and self.reaches(venue_id, self.prices[symbol]):
                self.fill(venue_id, order.quantity - order.filled, self.prices[symbol])

    def fill(self, venue_id: str, quantity: Decimal, price: Decimal) -> None:
        """Fill a part of an order, or all of it; `quantity` is signed."""
        order = self.orders[venue_id]
        filled = order.filled + quantity
        status = OrderStatus.FILLED if filled == order.quantity else order.status
        self.orders[venue_id] = replace(order, filled=filled, status=status, time=self.clock())
        instrument = next(one for one in self.instruments if one.symbol == order.symbol)
        quote = instrument.currency or order.symbol.partition("/")[2]
        base = instrument.base or order.symbol.partition("/")[0]
        fee = abs(quantity) * price * self.fee_rate
        self._add(quote, -fee if instrument.is_derivative else -quantity * price - fee)
        if instrument.is_derivative:
            self.positions[order.symbol] = self.positions.get(order.symbol, Decimal(0)) + quantity
        else:
            self._add(base, quantity)
        named = order.client_id if self.names_trades else ""
        found = VenueFill(str(len(self.trades) + 1), venue_id, named, order.symbol, self.clock(), quantity, price, fee, quote)
        self.trades.append(found)
        self.tell(found)
        self.tell(self.orders[venue_id])

    def impose(self, symbol: str, quantity: Decimal, price: Decimal) -> None:
        """Let the account trade an instrument held against margin without an order of ours; `quantity` is signed."""
        self.positions[symbol] = self.positions.get(symbol, Decimal(0)) + quantity
        number = str(len(self.trades) + 1)
        self.trades.append(VenueFill(number, f"imposed-{number}", "", symbol, self.clock(), quantity, price))
        self.tell(self.trades[-1])

    def pay(
        self, symbol: str, amount: Decimal, currency: str = "USDT", kind: Literal["funding", "liquidation fee"] = "funding"
    ) -> None:
        """Pay funding of an instrument to the account, or take it; or take what a liquidation costs."""
        payment = VenuePayment(str(len(self.payments) + 1), symbol, self.clock(), amount, currency, kind)
        self.payments.append(payment)

    def count_down(self, symbols: Sequence[str], seconds: float) -> None:
        """Cancel all open orders in these instruments after so long, unless told again; 0: not at all."""
        self.countdowns += 1
        number = self.countdowns
        if seconds:
            asyncio.get_running_loop().call_later(seconds, lambda: self._run_out(symbols, number))

    def _run_out(self, symbols: Sequence[str], number: int) -> None:
        for order in list(self.orders.values()):
            if number == self.countdowns and order.symbol in symbols:
                self.end(order.venue_id, OrderStatus.CANCELLED)

    def _add(self, currency: str, amount: Decimal) -> None:
        self.balances[currency] = self.balances.get(currency, Decimal(0)) + amount

    def end(self, venue_id: str, status: OrderStatus) -> None:
        """End what is left of an open order."""
        order = self.orders[venue_id]
        if order.status is OrderStatus.OPEN:
            self.orders[venue_id] = replace(order, status=status, time=self.clock())
            self.tell(self.orders[venue_id])

    def tell(self, event: VenueEvent) -> None:
        """Tell those who listen."""
        if self.messages:
            for listener in self.listeners:
                for _ in range(2 if self.doubles else 1):
                    listener.put_nowait(event)

    def break_streams(self) -> None:
        """Break all connections over which it tells what happens; what is on its way is lost."""
        for listener in self.listeners:
            while not listener.empty():
                listener.get_nowait()
            listener.put_nowait(Reconnected())


class ScriptedExecutor(Executor):
    """Sends orders to a `ScriptedVenue`, which is set on the class: `type("Mine", (ScriptedExecutor,), {"venue": venue})`."""

    name = "scripted"
    venue: ClassVar[ScriptedVenue]
    check: Callable[[str], None] | None = None

    def fill_rules(self) -> FillRules | None:
        return None

    def before_sending(self, check: Callable[[str], None]) -> None:
        self.check = check

    async def connect(self, symbols: Sequence[str], may_trade: bool) -> Sequence[Instrument]:
        await self._call("connect", lambda: None)
        self.may_trade = may_trade
        return [one for one in self.venue.instruments if one.symbol in symbols]

    def abilities(self, symbol: str) -> Abilities:  # noqa: ARG002 - they are the same for all
        return self.venue.abilities

    async def send(self, intent: Intent) -> VenueOrder:
        if not self.may_trade:
            raise OrderRefused("this executor was connected without the right to trade")
        if intent.kind not in self.venue.abilities.kinds:
            raise OrderRefused(f"a {intent.kind.text} order is none that the venue takes")
        if self.check is not None:
            self.check(intent.client_id)
        return await self._call("send", lambda: self.venue.take(intent))

    async def cancel(self, client_id: str, venue_id: str, symbol: str) -> None:  # noqa: ARG002 - what an override is given
        if not self.may_trade:
            raise OrderRefused("this executor was connected without the right to trade")
        await self._call("cancel", lambda: self._cancel(client_id))

    def _cancel(self, client_id: str) -> None:
        self.venue.received.append(("cancel", client_id))
        for order in self.venue.orders_of(client_id):
            self.venue.end(order.venue_id, OrderStatus.CANCELLED)

    async def find(self, client_id: str, symbol: str) -> VenueOrder | None:  # noqa: ARG002 - what an override is given
        found = await self._call("find", lambda: self.venue.orders_of(client_id))
        if not found or self.venue.clock() - self.venue.taken[found[-1].venue_id] < self.venue.hides_for_s * 1e9:
            return None
        return found[-1]

    async def open_orders(self, symbols: Sequence[str]) -> Sequence[VenueOrder]:
        everything = await self._call("open_orders", lambda: list(self.venue.orders.values()))
        return [order for order in everything if order.symbol in symbols and order.status is OrderStatus.OPEN]

    async def fills(self, symbol: str, since: int) -> Sequence[VenueFill]:
        everything = await self._call("fills", lambda: list(self.venue.trades))
        return [fill for fill in everything if fill.symbol == symbol and fill.time >= since]

    async def payments(self, symbol: str, since: int) -> Sequence[VenuePayment]:
        everything = await self._call("payments", lambda: list(self.venue.payments))
        return [payment for payment in everything if payment.symbol == symbol and payment.time >= since]

    async def cancel_all_after(self, symbols: Sequence[str], seconds: float) -> None:
        await self._call("cancel_all_after", lambda: self.venue.count_down(symbols, seconds))

    async def holdings(self) -> Holdings:
        return await self._call("holdings", lambda: Holdings(dict(self.venue.balances), dict(self.venue.positions)))

    async def venue_time(self) -> int:
        return self.venue.clock()

    async def events(self) -> AsyncIterator[VenueEvent]:
        queue: asyncio.Queue[VenueEvent] = asyncio.Queue()
        self.venue.listeners.append(queue)
        try:
            yield Reconnected()
            while True:
                yield await queue.get()
        finally:
            self.venue.listeners.remove(queue)

    async def _call(self, method: str, work: Callable[[], Answer]) -> Answer:
        await asyncio.sleep(0.001)
        fault = self.venue.fault(method)
        if fault is None:
            return work()
        if fault.what == "refused":
            raise OrderRefused(f"{method} is refused, as the script says")
        if fault.what == "throttled":
            raise VenueError(f"{method} is asked too often, as the script says", is_passing=True, retry_after_s=fault.seconds)
        if fault.what == "late":
            asyncio.get_running_loop().call_later(fault.seconds, work)
            await asyncio.sleep(fault.seconds / 2)
            raise TimeoutError(f"no answer to {method}, as the script says")
        if fault.what != "lost-before":
            work()
        raise ConnectionError(f"the connection broke, as the script says: {method}, {fault.what}")


def _given(price: Decimal | None) -> Decimal:
    if price is None:
        raise OrderRefused("an order lacks the price that its kind has")
    return price


class ScriptedStand:
    """A `Stand` made of a `ScriptedVenue`: what the contract of executors is tried with when it is about this one."""

    symbol = "BTC/USDT"
    price = Decimal(100)

    def __init__(self, executor: type[ScriptedExecutor]) -> None:
        self._time = 1_704_067_200_000_000_000
        self.venue = ScriptedVenue([Instrument(self.symbol, tick=0.01, lot=0.001, base="BTC", currency="USDT")], self._clock)
        self.venue.trade(self.symbol, self.price)
        self.executor: type[ScriptedExecutor] = type(executor.__name__, (executor,), {"venue": self.venue})

    def _clock(self) -> int:
        self._time += 1
        return self._time

    def new(self) -> Executor:
        """Return a new executor of this venue."""
        return self.executor()

    def sent(self) -> Sequence[str]:
        """Return the client ids of the orders that have reached the venue."""
        return [client_id for method, client_id in self.venue.received if method == "send"]

    def refuse_next(self) -> None:
        """Let the venue refuse the next order."""
        self.venue.faults.append(Fault("send", "refused"))

    def lose_next_answer(self) -> None:
        """Let the answer to the next order be lost."""
        self.venue.faults.append(Fault("send", "lost-after"))

    def fill(self, client_id: str, quantity: Decimal) -> None:
        """Fill a part of an open order."""
        (order,) = self.venue.orders_of(client_id)
        self.venue.fill(order.venue_id, quantity, self.venue.intents[order.venue_id].limit or self.price)
