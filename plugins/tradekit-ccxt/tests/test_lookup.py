import asyncio
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest
from tradekit_ccxt.errand import Errand, on
from tradekit_ccxt.lookup import Lookup
from tradekit_ccxt.profiles import Profile

from tradekit import VenueError

DAY = 86_400_000


class Exchange:
    """A client whose trades and orders are in lists."""

    id = "test"

    def __init__(self, trades: list[int] = (), features: dict[str, int] | None = None, from_the_end: bool = False) -> None:  # type: ignore[assignment]  # it is only read
        self.there = [{"id": str(k), "timestamp": when} for k, when in enumerate(trades)]
        self.features = features or {}
        self.from_the_end = from_the_end
        self.asked: list[Any] = []
        self.open: list[dict[str, Any]] = []
        self.closed: list[dict[str, Any]] = []

    def feature_value(self, symbol: str, method: str, name: str) -> Any:
        return self.features.get(name)

    async def fetch_my_trades(self, symbol: str, since: int, limit: int, params: dict[str, Any]) -> list[dict[str, Any]]:
        self.asked.append((since, params["until"]))
        inside = [trade for trade in self.there if since <= trade["timestamp"] <= params["until"]]
        return inside[-limit:] if self.from_the_end else inside[:limit]

    async def fetch_open_orders(
        self, symbol: str, since: Any = None, limit: Any = None, params: Any = None
    ) -> list[dict[str, Any]]:
        self.asked.append(params)
        return self.open

    async def fetch_closed_orders(self, symbol: str, since: Any, limit: Any, params: Any) -> list[dict[str, Any]]:
        return self.closed

    async def cancel_order(self, order_id: str | None, symbol: str, params: Any = None) -> None:
        self.asked.append((order_id, params))


def trades(exchange: Exchange, since: int, now: int, **more: Any) -> list[str]:
    found = asyncio.run(Lookup(exchange, Profile(**more)).trades("X", since, now))
    return [trade["id"] for trade in found]


@pytest.mark.parametrize("from_the_end", [False, True])
@pytest.mark.parametrize("features", [{}, {"untilDays": 1}, {"untilDays": 7, "limit": 10}])
def test_trades_are_whole_from_whichever_end_the_exchange_counts(from_the_end: bool, features: dict[str, int]) -> None:
    # Half of them within one second, the rest over twenty days.
    when = sorted([5 * DAY + k * 2 for k in range(150)] + [k * DAY // 8 for k in range(160)])
    exchange = Exchange(when, features, from_the_end)
    assert trades(exchange, 0, 20 * DAY) == [str(k) for k in range(310)]


def test_trades_before_the_time_are_left_out() -> None:
    assert trades(Exchange([1, 5, 9]), 5, 100) == ["1", "2"]


def test_trades_are_asked_for_in_ranges_that_the_exchange_takes() -> None:
    exchange = Exchange([], {"untilDays": 1})
    trades(exchange, 0, 3 * DAY - 1)
    assert exchange.asked == [(0, DAY), (DAY, 2 * DAY), (2 * DAY, 3 * DAY - 1)]


def test_trades_older_than_the_exchange_tells_of_are_not_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    exchange = Exchange([], {"daysBack": 90})
    trades(exchange, 0, 100 * DAY)
    assert exchange.asked == [(10 * DAY, 100 * DAY)]
    assert "tells of the last 90 days only" in caplog.text


def test_trades_that_fill_an_answer_at_one_moment_are_an_error() -> None:
    with pytest.raises(VenueError, match=r"^test answered with 5 trades in 'X' at one moment, .* there may be more$"):
        trades(Exchange([7] * 5), 0, 100, fills=5)


def test_open_orders_that_fill_an_answer_are_an_error() -> None:
    exchange = Exchange(features={"limit": 2})
    exchange.open = [{"id": "1"}]
    assert asyncio.run(Lookup(exchange, Profile()).open_orders("X")) == [{"id": "1"}]
    exchange.open = [{"id": "1"}, {"id": "2"}]
    with pytest.raises(VenueError, match=r"^test answered with 2 open orders in 'X', .* there may be more; cancel some by hand$"):
        asyncio.run(Lookup(exchange, Profile()).open_orders("X"))


def test_open_orders_that_fill_an_answer_are_read_page_by_page() -> None:
    class Pages(Exchange):
        async def fetch_open_orders(self, symbol: str, since: Any = None, limit: Any = None, params: Any = None) -> Any:
            self.asked.append(params)
            first = int((params or {}).get("after", 8))
            return [{"id": str(k)} for k in range(max(first - 3, 1), first)]

    exchange = Pages(features={"limit": 3})
    found = asyncio.run(Lookup(exchange, Profile(older="after")).open_orders("X"))
    assert sorted(one["id"] for one in found) == list("1234567")
    assert exchange.asked == [None, {"after": "5"}, {"after": "2"}]


def test_open_orders_of_an_exchange_that_gives_the_same_page_again_are_an_error() -> None:
    exchange = Exchange(features={"limit": 2})
    exchange.open = [{"id": "1"}, {"id": "2"}]
    with pytest.raises(VenueError, match=r"^test answered with 2 open orders in 'X', and with none that are older: there may be"):
        asyncio.run(Lookup(exchange, Profile(older="after")).open_orders("X"))


def find(exchange: Any, profile: Profile, status: int = 200) -> Any:
    async def run() -> Any:
        with on(Errand(status=status)):
            return await Lookup(exchange, profile).find("tk1", "X")

    return asyncio.run(run())


def test_order_is_found_in_either_list() -> None:
    exchange, profile = Exchange(), Profile(narrow="cl_ord_id", prefix="t-")
    exchange.closed = [{"id": "8", "clientOrderId": "t-tk1"}]
    assert find(exchange, profile) == {"id": "8", "clientOrderId": "t-tk1"}
    assert exchange.asked == [{"cl_ord_id": "t-tk1"}]
    exchange.open = [{"id": "9", "clientOrderId": "t-tk1"}]
    assert find(exchange, profile)["id"] == "9"


def test_order_in_no_list_is_absent_only_if_the_lists_were_narrowed_to_it() -> None:
    assert find(Exchange(), Profile(narrow="cl_ord_id")) is None
    with pytest.raises(VenueError, match=r"^order 'tk1' is in none of the lists that test gives, and they need not be whole"):
        find(Exchange(), Profile())


@pytest.mark.parametrize(("status", "is_absent"), [(200, True), (400, True), (404, True), (0, False), (503, False)])
def test_order_is_absent_only_if_the_exchange_has_answered_so(status: int, is_absent: bool) -> None:
    async def fetch_order(*_: Any) -> Any:
        raise ccxt.OrderNotFound

    exchange = SimpleNamespace(id="test", fetch_order=fetch_order)
    if is_absent:
        assert find(exchange, Profile(find="clientOrderId"), status) is None
    else:
        with pytest.raises(VenueError, match=r"^test gave no answer, and so did not say that it has no such order$"):
            find(exchange, Profile(find="clientOrderId"), status)


def test_order_with_another_id_is_not_the_one_that_was_asked_for() -> None:
    async def fetch_order(*_: Any) -> Any:
        return {"id": "7", "clientOrderId": "other"}

    with pytest.raises(VenueError, match=r"^asked for the order 'tk1', test answered with 'other'$"):
        find(SimpleNamespace(id="test", fetch_order=fetch_order), Profile(find="clientOrderId"))


@pytest.mark.parametrize(
    ("profile", "client_id", "venue_id", "expected"),
    [
        (Profile(cancel="clientOrderId"), "tk1", "7", (None, {"clientOrderId": "tk1"})),
        (Profile(cancel="id", prefix="t-"), "tk1", "7", ("t-tk1", None)),
        (Profile(), "tk1", "7", ("7", None)),
        (Profile(cancel="clientOrderId"), "", "7", ("7", None)),
        (Profile(narrow="x"), "tk1", "", ("9", None)),
    ],
)
def test_cancel_names_the_order_by_the_id_that_the_exchange_takes(
    profile: Profile, client_id: str, venue_id: str, expected: tuple[Any, Any]
) -> None:
    exchange = Exchange()
    exchange.open = [{"id": "9", "clientOrderId": "tk1"}]
    asyncio.run(Lookup(exchange, profile).cancel(client_id, venue_id, "X"))
    assert exchange.asked[-1] == expected


def test_trades_of_two_of_our_orders_that_met_are_both_there() -> None:
    async def fetch_my_trades(*_: Any) -> Any:
        return [{"id": "1", "timestamp": 5, "order": order} for order in ("7", "8")]

    exchange = SimpleNamespace(id="test", fetch_my_trades=fetch_my_trades, feature_value=lambda *_: None)
    found = asyncio.run(Lookup(exchange, Profile()).trades("X", 0, 10))
    assert [trade["order"] for trade in found] == ["7", "8"]


def test_trades_are_whole_where_an_answer_has_those_of_all_instruments() -> None:
    there = [{"id": str(k), "timestamp": 10 * k, "symbol": "XY"[k % 2]} for k in range(12)]

    async def fetch_my_trades(symbol: str | None, since: int, limit: int, params: dict[str, Any]) -> Any:
        inside = [one for one in there if since <= one["timestamp"] <= params["until"]][-4:]
        return [one for one in inside if symbol in (None, one["symbol"])][:limit]

    exchange = SimpleNamespace(id="test", fetch_my_trades=fetch_my_trades, feature_value=lambda *_: None)
    found = asyncio.run(Lookup(exchange, Profile(fills=4, has_mixed_fills=True)).trades("X", 0, 120))
    assert [trade["id"] for trade in found] == ["0", "2", "4", "6", "8", "10"]


def test_payments_are_those_of_the_ledger_that_are_recorded() -> None:
    class Ledger(Exchange):
        def market(self, symbol: str) -> dict[str, str]:
            return {"id": "XUSDT", "settle": "USDT"}

        async def fetch_ledger(self, code: str, since: int, limit: int, params: dict[str, Any]) -> list[dict[str, Any]]:
            self.asked.append((code, since, params))
            names = ("FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR", "FUNDING_FEE")
            return [{"id": str(k), "timestamp": 7 - k, "info": {"incomeType": name}} for k, name in enumerate(names)]

    exchange = Ledger()
    known = {"FUNDING_FEE": "funding", "INSURANCE_CLEAR": "liquidation fee"}
    lookup = Lookup(exchange, Profile(payments=known, payment_kind="incomeType"))
    found = asyncio.run(lookup.payments("X", 0, 100))
    assert [(kind, one["id"]) for kind, one in found] == [("funding", "3"), ("liquidation fee", "2"), ("funding", "0")]
    assert exchange.asked == [("USDT", 0, {"until": 100, "symbol": "XUSDT"})]


def test_ledger_that_is_asked_part_by_part_is_whole() -> None:
    class Ledger(Exchange):
        def market(self, symbol: str) -> dict[str, str]:
            return {"id": "X-USDT-SWAP", "settle": "USDT"}

        async def fetch_ledger(self, code: str, since: int, limit: int, params: dict[str, Any]) -> list[dict[str, Any]]:
            self.asked.append(params["type"])
            rows = [{"id": f"{params['type']}{k}", "timestamp": k, "info": {"subType": params["type"]}} for k in range(6)]
            return [one for one in rows if since <= one["timestamp"] <= params["until"]][-limit:]

    exchange = Ledger()
    parts = ({"type": "8"}, {"type": "5"})
    profile = Profile(
        payments={"8": "funding", "5": "liquidation fee"},
        payment_kind="subType",
        ledger_parts=parts,
        ledger_symbol="instId",
        ledger_rows=4,
    )
    found = asyncio.run(Lookup(exchange, profile).payments("X", 0, 100))
    assert [one["id"] for _, one in found] == [f"{part}{k}" for k in range(6) for part in "85"]
    assert [kind for kind, _ in found[:2]] == ["funding", "liquidation fee"]
