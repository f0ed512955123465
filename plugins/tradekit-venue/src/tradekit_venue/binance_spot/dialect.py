"""Binance's spot market as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from tradekit_venue.binance import market_data
from tradekit_venue.binance.dialect import Binance
from tradekit_venue.binance.request import Endpoint, Request
from tradekit_venue.binance.streams import MarketSession
from tradekit_venue.binance_spot import listing, trading
from tradekit_venue.binance_spot.socket_api import ApiSession
from tradekit_venue.dialect import Socket

__all__ = ["BinanceSpot"]


def coins(request: Request) -> list[dict[str, Any]]:
    """Return the currencies, none of which can be moved in or out."""
    markets = [listing.market for listing in request.venue.exchange.listings.values()]
    names = sorted({name for market in markets for name in (market.base, market.quote)} | set(request.account.assets()))
    return [
        {
            "coin": name,
            "name": name,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "trading": True,
            "isLegalMoney": False,
            "networkList": [],
        }
        for name in names
    ]


class BinanceSpot(Binance):
    """Answers as Binance's spot market does. Of margin and futures, which its clients ask for as well, there are none."""

    roots = ("api/v3/",)
    endpoints = market_data.ENDPOINTS | listing.ENDPOINTS | trading.ENDPOINTS
    elsewhere: ClassVar[Mapping[str, Endpoint]] = {
        "sapi/v1/capital/config/getall": Endpoint(coins, 10, is_signed=True),
        "sapi/v1/margin/allPairs": Endpoint(lambda _: [], 1),
        "sapi/v1/margin/isolated/allPairs": Endpoint(lambda _: [], 10, is_signed=True),
        "fapi/v1/exchangeInfo": Endpoint(lambda _: {"symbols": []}),
        "dapi/v1/exchangeInfo": Endpoint(lambda _: {"symbols": []}),
    }

    usual_fee = Decimal("0.001")
    sockets = "ws, stream and ws-api/v3"

    def socket(self, path: str, query: Mapping[str, str]) -> Socket | None:
        """Return what is at an address of streams: `ws`, `stream` or `ws-api`."""
        kind, _, streams = path.partition("/")
        if kind == "ws-api":
            return kind, lambda send: ApiSession(self, send)
        if kind not in ("ws", "stream"):
            return None
        names = streams if kind == "ws" else query.get("streams", "")
        return kind, lambda send: MarketSession(self.venue, send, names, is_combined=kind == "stream")
