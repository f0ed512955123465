"""What a strategy is handed with a trade or a quote: `tradekit.Trade` and `tradekit.Quote` say what each member means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["Quote", "Trade"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Trade:
    """A trade of the market. Uncompiled, the numbers come as NumPy's; a strategy gets Python's."""

    def __init__(self, symbol: str, time_ns: int, price: float, size: float, side: int) -> None:
        self.symbol = symbol
        self.time_ns = int(time_ns)
        self.price = float(price)
        self.size = float(size)
        self.side = int(side)

    @property
    def time(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.time_ns // 1000)

    def __repr__(self) -> str:
        return f"Trade({self.symbol!r}, {self.time_ns}, price={self.price}, size={self.size}, side={self.side})"


class Quote:
    """The best bid and ask of a market."""

    def __init__(self, symbol: str, time_ns: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        self.symbol = symbol
        self.time_ns = int(time_ns)
        self.bid = float(bid)
        self.bid_size = float(bid_size)
        self.ask = float(ask)
        self.ask_size = float(ask_size)

    @property
    def time(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.time_ns // 1000)

    def __repr__(self) -> str:
        sides = f"bid={self.bid}, bid_size={self.bid_size}, ask={self.ask}, ask_size={self.ask_size}"
        return f"Quote({self.symbol!r}, {self.time_ns}, {sides})"
