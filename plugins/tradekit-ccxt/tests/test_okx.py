"""What ccxt leaves out or gets wrong at OKX."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tradekit_ccxt import library
from tradekit_ccxt.options import ExchangeOptions

from tradekit import Keys


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
