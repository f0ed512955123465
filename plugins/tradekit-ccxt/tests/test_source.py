"""The data source against a local exchange, over HTTP and over streams."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from tradekit_ccxt import library
from tradekit_ccxt.source import CcxtSource
from tradekit_venue.clock import Clock
from tradekit_venue.engine.candles import Candle
from tradekit_venue.engine.market import Market
from tradekit_venue.faults import Fault
from tradekit_venue.recording import Print, Recording
from tradekit_venue.serving import Thread, serving
from tradekit_venue.venue import Venue

from tradekit import BarRequest, ConfigError, DataError, LiveBar, Reconnected, VenueError

SYMBOL = "BTC/USDT"
MINUTE_MS, MS = 60_000, 1_000_000
OPENED_MS = 1_700_000_040_000  # a whole minute
BARS = 50
START = (OPENED_MS - BARS * MINUTE_MS) * MS
MINUTE = MINUTE_MS * MS


def candle(k: int) -> Candle:
    begin = OPENED_MS - (BARS - k) * MINUTE_MS
    prices = [Decimal(30_000 + k), Decimal(30_010 + k), Decimal(29_990 + k), Decimal("30005.01") + k]
    return Candle(begin, begin + MINUTE_MS, *prices, Decimal("0.5"))


@pytest.fixture
def place() -> Iterator[Thread]:
    """Give an open exchange with fifty minutes of history, in a thread of its own."""
    clock = Clock(OPENED_MS + 20_000)
    venue = Venue(clock, checks_timing=False)
    prints = iter([Print(OPENED_MS + 1000 * k, Decimal(31_000 + k), Decimal("0.25")) for k in range(60)])
    history = tuple(candle(k) for k in range(BARS))
    market = Market("BTC", "USDT")
    venue.replay(Recording(market, OPENED_MS, OPENED_MS + 60 * MINUTE_MS, "1m", history, prints, Decimal(1)))
    venue.catch_up()
    with serving(venue) as opened:
        yield opened


def source(url: str, **more: Any) -> CcxtSource:
    return CcxtSource(CcxtSource.Options(exchange="binance", url=url, timeout_s=2.0, **more))


def ask(start: int | None = START, end: int | None = None, symbol: str = SYMBOL) -> BarRequest:
    return BarRequest((symbol,), MINUTE, start, end)


def test_bars_are_those_of_the_range_and_none_is_unfinished(place: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: (OPENED_MS + 20_000) * MS)
    found = source(place.url).bars(ask())[SYMBOL]
    assert len(found) == BARS
    assert (int(found.open_time[0]), int(found.close_time[-1])) == (START, OPENED_MS * MS)
    assert (found.open[0], found.high[1], found.low[2], found.close[-1]) == (30_000, 30_011, 29_992, 30_054.01)
    assert np.all(found.volume == 0.5)
    assert found.origin == "binance spot"
    part = source(place.url).bars(ask(START + 3 * MINUTE, START + 5 * MINUTE))[SYMBOL]
    assert part.open_time.tolist() == [START + 3 * MINUTE, START + 4 * MINUTE]


def test_bars_of_one_answer_are_as_many_as_the_limit_says(place: Thread) -> None:
    found = source(place.url, limit=7)
    assert found.paging.rows == 7
    assert len(found.bars(ask())[SYMBOL]) == 7
    assert source(place.url, per_second=3.0).paging.per_second == 3.0


def test_instruments_have_the_rules_of_the_exchange(place: Thread) -> None:
    (one,) = source(place.url).instruments()
    assert (one.symbol, one.tick, one.lot, one.min_notional) == (SYMBOL, 0.01, 0.00001, 5.0)


def test_bars_of_an_unknown_interval_or_instrument_are_refused(place: Thread) -> None:
    asked = source(place.url)
    with pytest.raises(DataError, match=r"^binance has no bars of '7m'; it has those of 1s, 1m, .*$"):
        asked.bars(BarRequest((SYMBOL,), 7 * MINUTE, START))
    with pytest.raises(DataError, match=r"^binance has no spot instrument 'BTC/USTD'; did you mean 'BTC/USDT'\?$"):
        asked.bars(ask(symbol="BTC/USTD"))


@pytest.mark.parametrize(
    ("fault", "is_passing", "retry_after_s"),
    [
        (Fault("GET klines", "status", status=429, code=-1003, retry_after=9), True, 9.0),
        (Fault("GET klines", "status", status=503, code=-1000), True, None),
        (Fault("GET klines", "status", status=400, code=-1100, message="Illegal characters found"), False, None),
    ],
    ids=["rate limit", "overload", "bad request"],
)
def test_failure_says_whether_it_passes(place: Thread, fault: Fault, is_passing: bool, retry_after_s: float | None) -> None:
    asked = source(place.url)
    asked.instruments()
    place.do(lambda venue: venue.faults.add(fault))
    with pytest.raises(VenueError, match=r"^binance did not give bars: ") as raised:
        asked.bars(ask())
    assert (raised.value.is_passing, raised.value.retry_after_s) == (is_passing, retry_after_s)
    assert len(asked.bars(ask())[SYMBOL]) >= BARS


def test_trades_are_the_first_from_a_time_on_with_sides_and_numbers(place: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: (OPENED_MS + 20_000) * MS)
    found = source(place.url, per_second=1000.0).trades(BarRequest((SYMBOL,), 0, (OPENED_MS + 3000) * MS, (OPENED_MS + 6000) * MS))
    trades = found[SYMBOL]
    assert trades.time.tolist() == [(OPENED_MS + 1000 * k) * MS for k in (3, 4, 5)]
    assert trades.price.tolist() == [31_003, 31_004, 31_005]
    assert trades.size.tolist() == [0.25] * 3
    assert np.all(np.diff(trades.number) == 1)


def test_trades_of_an_exchange_that_gives_its_newest_are_none() -> None:
    assert CcxtSource(CcxtSource.Options(exchange="bybit")).trades(ask()) == {}


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        ("binance", {"startTime": "1", "endTime": "2"}),
        ("binanceusdm", {"startTime": "1", "endTime": "2"}),
        ("bybit", {"startTime": "1", "endTime": "2", "category": "linear"}),
        ("gate", {"from": "1", "to": "2"}),
        ("okx", {"after": "2"}),
    ],
)
def test_funding_rates_are_asked_for_up_to_a_time(
    exchange: str, said: dict[str, str], desk_market: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    created, now = 1_700_000_000_000, 1_700_001_000_000
    asked = CcxtSource(CcxtSource.Options(exchange=exchange, market="swap", per_second=1000.0))
    client = asked._client()
    client.set_markets([{**desk_market(client, "swap"), "created": created}])
    sent: list[str] = []

    def fetch(url: str, *_: Any) -> Any:
        sent.append(url)
        raise RuntimeError("offline")

    client.fetch = fetch
    monkeypatch.setattr(time, "time_ns", lambda: now * MS)
    with pytest.raises(VenueError, match=rf"^{exchange} did not give funding rates: RuntimeError: offline$"):
        asked.funding(["BTC/USDT:USDT"])
    query = dict(parse_qsl(urlsplit(sent[0]).query))
    bounds = {"1": created, "2": now}
    for name, value in said.items():
        assert query[name].startswith(str(bounds[value])[:10] if value in bounds else value), query


def test_funding_rates_of_spot_and_of_exchanges_without_older_ones_are_none() -> None:
    assert CcxtSource(CcxtSource.Options(exchange="binance")).funding(["BTC/USDT"]) == {}
    assert CcxtSource(CcxtSource.Options(exchange="bitget", market="swap")).funding(["BTC/USDT:USDT"]) == {}


def test_source_has_no_keys_even_if_the_environment_has(place: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEKIT_ANNA_KEY", "key-of-anna")
    asked = source(place.url)
    asked.instruments()
    assert not asked._client().apiKey
    assert not asked._client().secret


def test_exchange_that_ccxt_does_not_know_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^ccxt knows no exchange 'binanse'; did you mean 'binance'\?$"):
        CcxtSource(CcxtSource.Options(exchange="binanse")).instruments()


async def bars_made(place: Thread, count: int, **more: Any) -> list[LiveBar | Reconnected]:
    """Return what is told until so many bars were: a second goes by at the exchange, with a trade in it, for each thing told."""
    heard: list[LiveBar | Reconnected] = []
    stream = source(place.url, **more).live_bars(ask())
    async with asyncio.timeout(20):
        async for one in stream:
            heard.append(one)
            if sum(isinstance(told, LiveBar) for told in heard) == count:
                break
            await asyncio.to_thread(place.do, lambda venue: venue.advance(1000))
    await stream.aclose()
    return heard


def test_live_bar_is_final_when_the_exchange_says_so_and_not_before(place: Thread) -> None:
    async def run() -> list[LiveBar]:
        bars = []
        stream = source(place.url).live_bars(ask())
        async with asyncio.timeout(60):
            async for one in stream:
                if isinstance(one, LiveBar):
                    bars.append(one)
                    if one.is_final:
                        break
                # Two seconds, so that it goes on where two changes are told as one.
                await asyncio.to_thread(place.do, lambda venue: venue.advance(2000))
        await stream.aclose()
        return bars

    bars = asyncio.run(run())
    assert [bar.is_final for bar in bars] == [False] * (len(bars) - 1) + [True]
    assert (bars[-1].open_time, bars[-1].close, bars[-1].volume) == (OPENED_MS * MS, 31_059.0, 60 * 0.25)


def test_live_bars_come_as_they_change(place: Thread) -> None:
    heard = asyncio.run(bars_made(place, 3))
    assert heard[0] == Reconnected()
    bars = [one for one in heard if isinstance(one, LiveBar)]
    assert {(bar.symbol, bar.open_time, bar.close_time) for bar in bars} == {(SYMBOL, OPENED_MS * MS, OPENED_MS * MS + MINUTE)}
    assert (bars[0].open, bars[0].low) == (31_000.0, 31_000.0)
    assert bars[0].close < bars[1].close < bars[2].close
    assert bars[0].volume < bars[1].volume
    assert not any(bar.is_final for bar in bars)


@pytest.mark.parametrize("do", ["close", "reset"])
def test_live_bars_after_a_lost_connection_say_so_and_go_on(place: Thread, do: str) -> None:
    place.do(lambda venue: venue.faults.add(Fault("STREAM kline", do, nth=2)))
    heard = asyncio.run(bars_made(place, 3))
    first = next(k for k, one in enumerate(heard) if isinstance(one, LiveBar))
    assert Reconnected() in heard[first:]


def test_live_bars_after_a_message_that_can_not_be_read_go_on(place: Thread, caplog: pytest.LogCaptureFixture) -> None:
    place.do(lambda venue: venue.faults.add(Fault("STREAM kline", "malformed", nth=2)))
    heard = asyncio.run(bars_made(place, 3))
    assert heard.count(Reconnected()) > 1
    assert "could not be read (JSONDecodeError: " in caplog.text


def test_live_bars_of_an_exchange_without_a_stream_are_asked_for(place: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    make = library.make

    def silent(*given: Any, **named: Any) -> Any:
        client = make(*given, **named)
        client.has["watchOHLCV"] = None
        return client

    monkeypatch.setattr(library, "make", silent)
    heard = asyncio.run(bars_made(place, 3, poll_s=0.001))
    bars = [one for one in heard if isinstance(one, LiveBar)]
    assert [bar.open_time for bar in bars] == [(OPENED_MS - 2 * MINUTE_MS) * MS, (OPENED_MS - MINUTE_MS) * MS, OPENED_MS * MS]
    assert not any(bar.is_final for bar in bars)


def test_hooks_cost_nothing_until_they_are_used() -> None:
    code = "import sys, tradekit_ccxt.hooks as h; h.tradekit_data_sources(); h.tradekit_executors(); print('ccxt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "False"
