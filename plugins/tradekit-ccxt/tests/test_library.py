import asyncio
import hashlib
import hmac
import logging
from typing import Any

import pytest
from tradekit_ccxt import library
from tradekit_ccxt.source import CcxtSource

from tradekit import ConfigError, Keys

BASE = "http://127.0.0.1:9"


def test_addresses_keep_their_host_as_the_first_part_of_the_path() -> None:
    urls = {"rest": "https://api.binance.com/api/v3", "ws": {"spot": "wss://stream.binance.com:9443/ws"}, "none": None}
    assert library.rewritten(urls, BASE) == {
        "rest": f"{BASE}/api.binance.com/api/v3",
        "ws": {"spot": "ws://127.0.0.1:9/stream.binance.com:9443/ws"},
        "none": None,
    }
    assert library.rewritten("wss://x/ws", "https://[::1]:9") == "wss://[::1]:9/x/ws"


def test_client_is_exact_asks_once_and_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    client = library.make(CcxtSource.Options(exchange="binance"), Keys("k", "s"))
    assert client.number is str
    assert client.options["maxRetriesOnFailure"] == 0
    assert client.on_json_response('{"a": 0.10, "b": 12345678901234567890.123456789}') == {
        "a": "0.10",
        "b": "12345678901234567890.123456789",
    }
    with caplog.at_level(logging.DEBUG):
        client.logger.debug("headers with a key")
    assert not caplog.records


@pytest.mark.parametrize("exchange", ["binance", "bybit", "okx", "kraken", "gate", "coinbase", "bitget", "mexc", "hyperliquid"])
def test_all_addresses_of_an_exchange_are_at_the_local_server(exchange: str) -> None:
    for is_blocking in (False, True):
        client = library.make(CcxtSource.Options(exchange=exchange, url=BASE), is_blocking=is_blocking)

        def leaves(urls: object) -> list[str]:
            return [leaf for part in urls.values() for leaf in leaves(part)] if isinstance(urls, dict) else [str(urls)]

        assert all(leaf.startswith((BASE, "ws://127.0.0.1:9/")) for leaf in leaves(client.urls["api"]))


def test_place_for_practice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^exchange 'kraken' has no place for practice that ccxt knows; leave out sandbox"):
        library.make(CcxtSource.Options(exchange="kraken", sandbox=True))


def test_exchange_without_streams_has_a_client_all_the_same() -> None:
    import ccxt
    import ccxt.pro

    plain = next(name for name in ccxt.exchanges if not hasattr(ccxt.pro, name))
    assert library.make(CcxtSource.Options(exchange=plain)).id == plain


def test_log_in_to_streams_of_bybit_is_stamped_by_the_time_of_the_exchange() -> None:
    client = library.make(CcxtSource.Options(exchange="bybit", url=BASE), Keys("k", "s"))
    client.options["timeDifference"] = 30_000
    client.milliseconds = lambda: 1_700_000_030_000
    sent: list[dict[str, Any]] = []

    def watch(_url: str, named: str, message: dict[str, Any], _subscription: str) -> None:
        sent.append(message)
        client.client(url).reusableFuture(named).resolve(True)

    client.watch = watch
    url = client.implode_hostname(client.urls["api"]["ws"]["private"]["contract"])

    async def session() -> None:
        await client.authenticate(url)
        await library.close(client)

    asyncio.run(session())
    until = "1700000010000"
    signed = hmac.new(b"s", f"GET/realtime{until}".encode(), hashlib.sha256).hexdigest()
    assert [message["args"] for message in sent] == [["k", until, signed]]


def test_account_at_bybit_is_a_unified_one_without_asking() -> None:
    client = library.make(CcxtSource.Options(exchange="bybit", url=BASE), Keys("k", "s"))
    assert asyncio.run(client.is_unified_enabled()) == [False, True]


def test_client_of_okx_logs_in_by_the_exchanges_time_and_has_one_kind_of_day() -> None:
    client = library.make(CcxtSource.Options(exchange="okx"))
    client.milliseconds, client.options["timeDifference"] = lambda: 1_700_000_050_000, 50_000
    assert client.seconds() == 1_700_000_000
    assert [client.timeframes[name] for name in ("1m", "4h", "6h", "1d")] == ["1m", "4H", "6Hutc", "1Dutc"]
