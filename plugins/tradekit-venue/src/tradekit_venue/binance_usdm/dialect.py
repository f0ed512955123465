"""Binance's USD-M futures as a whole."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal

from tradekit_venue.binance import market_data
from tradekit_venue.binance.dialect import Binance
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.binance.streams import MarketSession
from tradekit_venue.binance_usdm import listing, trading, wallet
from tradekit_venue.binance_usdm.user_stream import UserSession
from tradekit_venue.dialect import Socket
from tradekit_venue.engine.account import Account
from tradekit_venue.venue import Venue

__all__ = ["BinanceUsdm"]


class BinanceUsdm(Binance):
    """Answers as Binance's USD-M futures do, for linear perpetuals with crossed margin and one-way positions."""

    roots = ("fapi/v1/", "fapi/v2/", "fapi/v3/")
    has_perpetuals = True
    usual_fee = Decimal("0.0005")
    sockets = "public/ws, market/ws, ws, stream, and private/ws with a listenKey that it has given"
    endpoints = market_data.ENDPOINTS | listing.ENDPOINTS | trading.ENDPOINTS | wallet.ENDPOINTS

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue)
        self.listen_keys: dict[str, Account] = {}
        self.endpoints = self.endpoints | {
            ("POST", "listenKey"): Endpoint(self._give_key, 1, needs_key=True),
            ("PUT", "listenKey"): Endpoint(self._give_key, 1, needs_key=True),
            ("DELETE", "listenKey"): Endpoint(self._take_key, 1, needs_key=True),
        }

    def _give_key(self, request: Request) -> dict[str, str]:
        """Return the key to an account's stream: the same for as long as it is not given back. It does not run out here."""
        known = next((key for key, account in self.listen_keys.items() if account is request.account), None)
        key = secrets.token_hex(32) if known is None else known
        self.listen_keys[key] = request.account
        return {"listenKey": key}

    def _take_key(self, request: Request) -> dict[str, str]:
        """Take the key to an account's stream back."""
        self.listen_keys = {key: account for key, account in self.listen_keys.items() if account is not request.account}
        return {}

    def socket(self, path: str, query: Mapping[str, str]) -> Socket | None:
        """Return what is at an address of streams: `ws` or `stream`, below `public` or `market` or not, or `private/ws`."""
        category, _, rest = path.partition("/")
        if category == "private":
            account = self.listen_keys.get(query.get("listenKey", "") or rest.partition("/")[2])
            return None if account is None else ("private", lambda send: UserSession(self.venue, account, send))
        kind, _, streams = (rest if category in ("public", "market") else path).partition("/")
        if kind not in ("ws", "stream"):
            return None
        names = streams if kind == "ws" else query.get("streams", "")
        return kind, lambda send: MarketSession(self.venue, send, names, is_combined=kind == "stream", is_contract=True)
