"""Times at the places that a bar passes on its way to an order: wrappers around the calls there, put in from outside.

Each adds a microsecond or so. All times are nanoseconds of `time.perf_counter_ns`.
"""

from __future__ import annotations

import asyncio.selector_events
import time
import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from aiohttp.client_proto import ResponseHandler
from tradekit_ccxt import library
from tradekit_ccxt.executor import CcxtExecutor
from tradekit_ccxt.transport import Transport

from tradekit.engine.live.decider import Decider
from tradekit.journal.store import JournalStore

__all__ = ["PLACES", "Stamps"]

PLACES = ("arrived", "told", "called", "asked", "left")
"""Bytes of the message were read; ccxt gave the bar; `Executor.send` was called; `create_order` of ccxt was called; the bytes of
the order were written to the socket."""
_ORDER = b"POST /api.binance.com/api/v3/order"
_now = time.perf_counter_ns


class Stamps:
    """The times of each order, in the order in which they left. `done` is called with how many there are.

    Between `told` and `called` the time in which the run decides (`decided`) and that in which the journal writes (`written`) are
    counted too.
    """

    def __init__(self, done: Callable[[int], None]) -> None:
        self.orders: list[dict[str, int]] = []
        self._done = done
        self._now: dict[str, int] = {}
        self._came: dict[int, tuple[int, bool]] = {}
        """When bytes came over a connection, and whether ccxt has handled a message since. Of several reads, the first counts."""
        self._wrap()

    def _wrap(self) -> None:
        self._wrap_sockets()
        self._wrap_clients()
        throttle, send = Transport.throttle, CcxtExecutor.send

        async def waited(this: Any, *given: Any) -> Any:
            began = _now()
            await throttle(this, *given)
            if "asked" in self._now:
                self._now["paced"] += _now() - began

        async def sent(this: Any, intent: Any) -> Any:
            self._pass("called")
            return await send(this, intent)

        Transport.throttle, CcxtExecutor.send = waited, sent
        Decider.apply = self._counted(Decider.apply, "decided")
        JournalStore.append = self._counted(JournalStore.append, "written")

    def _wrap_sockets(self) -> None:
        transport = asyncio.selector_events._SelectorSocketTransport  # noqa: SLF001 - where all bytes leave
        receive, write, handle = ResponseHandler.data_received, transport.write, Transport.handle_message

        def data_received(this: Any, data: bytes) -> None:
            if self._came.get(id(this), (0, True))[1]:
                self._came[id(this)] = (_now(), False)
            receive(this, data)

        def handle_message(this: Any, stream: Any, message: Any) -> Any:
            connection = id(stream.connection._conn.protocol)  # noqa: SLF001 - the protocol that has received it
            came = self._came[connection][0]
            self._came[connection] = (came, True)
            if isinstance(message, dict) and message.get("e") == "kline" and message["k"]["x"]:
                self._now = {"arrived": came, "decided": 0, "written": 0, "rearmed": 0, "paced": 0}
            return handle(this, stream, message)

        def written(this: Any, data: Any) -> None:
            write(this, data)
            if bytes(data[: len(_ORDER)]) == _ORDER:
                self._leave()

        ResponseHandler.data_received, transport.write, Transport.handle_message = data_received, written, handle_message

    def _wrap_clients(self) -> None:
        make = library.make

        def made(options: Any, keys: Any = None, is_blocking: bool = False) -> Any:
            client = make(options, keys, is_blocking)
            watch, create = getattr(client, "watch_ohlcv", None), client.create_order

            async def watch_ohlcv(*given: Any) -> Any:
                found = await self._stepped(watch(*given))
                self._pass("told")
                return found

            async def create_order(*given: Any) -> Any:
                self._pass("asked")
                return await create(*given)

            client.watch_ohlcv, client.create_order = watch_ohlcv, create_order
            return client

        library.make = made

    def _counted(self, work: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Return a method that adds up how long it takes, until the order is called for."""

        def counted(this: Any, *given: Any) -> Any:
            began = _now()
            found = work(this, *given)
            if "called" not in self._now and "told" in self._now:
                self._now[name] += _now() - began
            return found

        return counted

    @types.coroutine
    def _stepped(self, work: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Wait for ccxt, and add up how long it runs: it gets ready to hear the next bar before the run hears of this one."""
        go_on: Callable[[], Any] = partial(work.send, None)
        resume = go_on
        while True:
            began = _now()
            try:
                waits_for = resume()
            except StopIteration as end:
                return end.value
            finally:
                if "told" in self._now and "called" not in self._now:
                    self._now["rearmed"] += _now() - began
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - it is handed on
                resume = partial(work.throw, error)
            else:
                resume = go_on

    def _pass(self, place: str) -> None:
        """Take note of the first time at a place, if a bar is on its way."""
        if self._now:
            self._now.setdefault(place, _now())

    def _leave(self) -> None:
        self._pass("left")
        if all(place in self._now for place in PLACES):
            self.orders.append(self._now)
        self._now = {}
        self._done(len(self.orders))
