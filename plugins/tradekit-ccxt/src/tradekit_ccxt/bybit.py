"""What ccxt leaves out or gets wrong at Bybit, mended in a client."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

__all__ = ["mend_bybit"]

_LOG_IN_MS = 10_000
"""For how long the log-in to a stream is good."""
_PAGE, _POSITIONS = 100, 200
"""So many trades and positions come in one answer at most."""
_OPEN_ORDERS = 50
_WEEK_MS = 7 * 86_400_000
"""How long a time trades are asked for at once."""
_NO_TRADES = ("Funding", "SessionSettlePnL")
"""What stands among the trades and has moved no position."""
_MARGIN_MODES = {"REGULAR_MARGIN": "cross", "ISOLATED_MARGIN": "isolated"}
_Row = Mapping[str, Any]


def mend_bybit(client: Any) -> None:
    """Let a client with streams log in by the exchange's time, and tell all open orders and what holds for perpetuals."""
    if not hasattr(client, "authenticate"):
        return
    _stamp_log_ins(client)
    _turn_pages(client)
    if client.options["defaultType"] == "swap":
        _Contracts(client)


def _stamp_log_ins(client: Any) -> None:
    """Let log-ins to streams be stamped by the exchange's time, as requests are: else a slow clock would keep the stream closed."""
    log_in = client.authenticate

    async def stamped(url: str, params: Any = None) -> Any:
        until = str(client.nonce() + _LOG_IN_MS)
        signed = client.hmac(client.encode(f"GET/realtime{until}"), client.encode(client.secret), hashlib.sha256, "hex")
        return await log_in(url, {**(params or {}), "args": [client.apiKey, until, signed]})

    client.authenticate = stamped


def _turn_pages(client: Any) -> None:
    """Let open orders be told whole, however many there are: ccxt gives the first page."""
    ask = client.fetch_open_orders

    async def fetch_open_orders(symbol: Any = None, since: Any = None, limit: Any = None, params: Any = None) -> list[_Row]:
        given = dict(params or {})
        found: dict[str, _Row] = {}
        page = await ask(symbol, since, limit or _OPEN_ORDERS, given)
        while True:
            known = len(found)
            found |= {one["id"]: one for one in page}
            following = next((one["info"]["nextPageCursor"] for one in page if one["info"].get("nextPageCursor")), "")
            if not following or len(page) < (limit or _OPEN_ORDERS):
                return list(found.values())
            _check_new(client, len(found) - known)
            page = await ask(symbol, since, limit or _OPEN_ORDERS, given | {"cursor": following})

    client.fetch_open_orders = fetch_open_orders
    for kind in (client.features["spot"], client.features["swap"]["linear"]):
        kind["fetchOpenOrders"] = {**kind["fetchOpenOrders"], "limit": None}


def _check_new(client: Any, count: int) -> None:
    if not count:
        raise _errors().BadResponse(f"{client.id} says that there is more, and tells the same again")


def _errors() -> Any:
    return importlib.import_module("ccxt.base.errors")


class _Contracts:
    """What concerns perpetuals.

    ccxt asks for one kind of trades, which leaves out those of a liquidation. It tells of funding without saying which way it went,
    and of 50 payments at once. It refuses to tell several positions, and asks for the margin of all instruments to tell that of
    one. Leverage, margin mode and position mode it does not tell by the names that it has for them; and the exchange refuses to set
    what is set already.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._set_leverage, self._set_margin_mode = client.set_leverage, client.set_margin_mode
        client.fetch_my_trades, client.fetch_ledger = self.fetch_my_trades, self.fetch_ledger
        client.fetch_positions, client.fetch_leverages = self.fetch_positions, self.fetch_leverages
        client.fetch_leverage_tiers, client.fetch_position_mode = self.fetch_leverage_tiers, self.fetch_position_mode
        client.set_leverage, client.set_margin_mode = self.set_leverage, self.set_margin_mode
        client.has |= {"fetchPositionMode": True, "fetchLeverages": True, "fetchLedger": True}

    async def _rows(self, ask: Callable[[Any], Awaitable[Any]], asked: _Row, limit: int, key: Sequence[str]) -> list[_Row]:
        """Return all rows that an endpoint has, page by page; `key` names what tells them apart."""
        found: dict[tuple[str, ...], _Row] = {}
        more: dict[str, str] = {}
        while True:
            answer = await ask({"category": "linear", "limit": limit, **asked, **more})
            said = answer.get("result") if isinstance(answer, dict) else None
            if not isinstance(said, dict) or not isinstance(said.get("list"), list):
                raise _errors().BadResponse(f"{self._client.id} answered without a list")
            known = len(found)
            found |= {tuple(str(row.get(name)) for name in key): row for row in said["list"]}
            more = {"cursor": said["nextPageCursor"]} if said.get("nextPageCursor") else {}
            if not more or len(said["list"]) < limit:
                return list(found.values())
            _check_new(self._client, len(found) - known)

    async def _executions(self, asked: _Row, since: int, until: int) -> list[_Row]:
        """Return what the exchange calls executions between two times, of one kind or of all."""
        found: list[_Row] = []
        for start in range(since, until + 1, _WEEK_MS):
            span = {"startTime": start, "endTime": min(start + _WEEK_MS - 1, until)}
            found += await self._rows(self._client.private_get_v5_execution_list, {**asked, **span}, _PAGE, ("execId", "orderId"))
        return found

    async def fetch_my_trades(self, symbol: str, since: int, _limit: Any, params: _Row) -> list[_Row]:
        """Return all trades, whoever has made them."""
        market = self._client.market(symbol)
        rows = await self._executions({"symbol": market["id"]}, since, int(params["until"]))
        found: list[_Row] = self._client.parse_trades([one for one in rows if one.get("execType") not in _NO_TRADES], market)
        return found

    async def fetch_ledger(self, code: str, since: int, _limit: Any, params: _Row) -> list[_Row]:
        """Return what was paid and received for funding."""
        rows = await self._executions({"symbol": params["symbol"], "execType": "Funding"}, since, int(params["until"]))
        return [_payment(row, code) for row in rows]

    async def fetch_positions(self, symbols: Sequence[str], _params: Any = None) -> list[_Row]:
        """Return the positions in some perpetuals: asked for by what they are settled in, but for one alone."""
        markets = [self._client.market(symbol) for symbol in symbols]
        if len(markets) == 1:
            return [self._client.parse_position(row) for row in await self._of(symbols[0])]
        found: list[_Row] = []
        for coin in dict.fromkeys(market["settleId"] for market in markets):
            found += await self._positions({"settleCoin": coin}, _POSITIONS)
        positions = [self._client.parse_position(row) for row in found]
        return [one for one in positions if one["symbol"] in symbols]

    async def _positions(self, asked: _Row, limit: int) -> list[_Row]:
        return await self._rows(self._client.private_get_v5_position_list, asked, limit, ("symbol", "positionIdx"))

    async def _of(self, symbol: str) -> list[_Row]:
        """Return what the exchange says of a position, whether there is one or not."""
        rows = await self._positions({"symbol": self._client.market(symbol)["id"]}, _POSITIONS)
        if not rows:
            raise _errors().BadResponse(f"{self._client.id} says nothing of the position in {symbol!r}")
        return rows

    async def fetch_position_mode(self, symbol: str, _params: Any = None) -> _Row:
        """Return whether long and short positions in a perpetual are held side by side."""
        return {"hedged": any(str(row["positionIdx"]) != "0" for row in await self._of(symbol))}

    async def fetch_leverages(self, symbols: Sequence[str], _params: Any = None) -> dict[str, _Row]:
        """Return the leverage of some perpetuals, and the margin mode, which is the account's."""
        found: dict[str, _Row] = {}
        for symbol in symbols:
            there, mode = await self._leverage(symbol), await self._margin_mode()
            found[symbol] = {"longLeverage": None if there is None else int(there), "marginMode": mode}
        return found

    async def _leverage(self, symbol: str) -> Decimal | None:
        text = (await self._of(symbol))[0].get("leverage")
        return Decimal(text) if text else None

    async def _margin_mode(self) -> str:
        """Return the margin mode of the account, which older versions of ccxt don't ask for."""
        said = self._client.safe_dict(await self._client.private_get_v5_account_info({}), "result", {}).get("marginMode")
        if not said:
            raise _errors().BadResponse(f"{self._client.id} says nothing of its margin mode")
        return _MARGIN_MODES.get(said, str(said))

    async def fetch_leverage_tiers(self, symbols: Sequence[str], _params: Any = None) -> dict[str, list[_Row]]:
        """Return what margin goes with which value, that of the smallest positions first."""
        found = {symbol: await self._client.fetch_market_leverage_tiers(symbol) for symbol in symbols}
        return {symbol: sorted(tiers, key=lambda one: Decimal(one["maxNotional"])) for symbol, tiers in found.items()}

    async def set_leverage(self, leverage: int, symbol: str, _params: Any = None) -> None:
        """Set the leverage of a perpetual, unless it is so already."""
        if await self._leverage(symbol) != leverage:
            await self._set_leverage(leverage, symbol)

    async def set_margin_mode(self, mode: str, symbol: str, _params: Any = None) -> None:
        """Set the margin mode of the account, unless it is so already."""
        if await self._margin_mode() != mode:
            await self._set_margin_mode(mode, symbol)


def _payment(row: _Row, code: str) -> _Row:
    """Return an entry of a ledger: at Bybit, funding is the fee of a trade, above 0 if it was paid."""
    paid = Decimal(str(row["execFee"]))
    told = {"info": row, "id": row["execId"], "timestamp": int(row["execTime"]), "currency": code}
    return {**told, "amount": str(abs(paid)), "direction": "out" if paid > 0 else "in"}
