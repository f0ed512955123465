import asyncio
from collections.abc import Sequence
from typing import Any

import ccxt
import pytest
from tradekit_ccxt.listening import Heard, listen, remind

from tradekit import Reconnected, VenueError


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


def scripted(steps: Sequence[Any]) -> Any:
    left = list(steps)

    async def ask() -> Any:
        await asyncio.sleep(0)
        if not left:
            await asyncio.Event().wait()
        step = left.pop(0)
        if isinstance(step, BaseException):
            raise step
        return step

    return ask


async def told(heard: Heard[Any], works: Sequence[Any], count: int) -> list[Any]:
    found = []
    stream = heard.while_doing(works)
    async for one in stream:
        found.append(one)
        if len(found) == count:
            break
    await stream.aclose()
    return found


def test_what_is_heard_is_told_in_order_and_failures_that_pass_are_waited_out() -> None:
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    async def run() -> list[Any]:
        heard: Heard[int] = Heard()
        ask = scripted([1, ccxt.NetworkError("1006"), ccxt.RequestTimeout("x"), 2, ccxt.NetworkError("1006"), 3])
        return await told(heard, [listen(ask, heard.put, "binance", pause)], 3)

    assert asyncio.run(run()) == [1, 2, 3]
    assert waits == [0.5, 1.0, 0.5]


def test_failure_that_does_not_pass_is_raised_after_all_that_was_heard() -> None:
    async def run() -> list[Any]:
        heard: Heard[int] = Heard()
        ask = scripted([1, 2, ccxt.AuthenticationError("bad key")])
        stream = heard.while_doing([listen(ask, heard.put, "binance", no_pause)])
        found = [await anext(stream), await anext(stream)]
        with pytest.raises(VenueError, match=r"^binance did not keep a stream open: AuthenticationError: bad key$"):
            await anext(stream)
        return found

    assert asyncio.run(run()) == [1, 2]


def test_stream_that_ccxt_cuts_is_listened_to_again() -> None:
    async def run() -> list[Any]:
        heard: Heard[int] = Heard()
        return await told(heard, [listen(scripted([asyncio.CancelledError(), 7]), heard.put, "okx", no_pause)], 1)

    assert asyncio.run(run()) == [7]


def test_listening_ends_when_it_is_cancelled() -> None:
    async def run() -> None:
        task = asyncio.create_task(listen(scripted([]), print, "okx", no_pause))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())


def test_gap_is_told_once_until_it_has_been_told() -> None:
    async def run() -> list[Any]:
        heard: Heard[int] = Heard()
        heard.gap()
        heard.gap()
        heard.put(1)
        heard.gap()
        stream = heard.while_doing([])
        found = [await anext(stream), await anext(stream)]
        heard.gap()
        found.append(await anext(stream))
        await stream.aclose()
        return found

    assert asyncio.run(run()) == [Reconnected(), 1, Reconnected()]


def test_reminder_comes_again_and_again() -> None:
    async def run() -> list[Any]:
        heard: Heard[int] = Heard()
        return await told(heard, [remind(15.0, heard.gap, no_pause)], 3)

    assert asyncio.run(run()) == [Reconnected()] * 3
