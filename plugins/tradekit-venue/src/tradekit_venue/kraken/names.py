"""What Kraken calls currencies, pairs, orders and trades."""

from __future__ import annotations

from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Order, Trade

__all__ = ["alternative", "asset_id", "is_called", "old_name", "order_number", "pair_id", "trade_id", "txid"]

OLD = {"BTC": "XBT", "DOGE": "XDG"}
PREFIXED = {"BTC": "X", "ETH": "X", "LTC": "X", "XRP": "X", "DOGE": "X", "USD": "Z", "EUR": "Z", "GBP": "Z", "JPY": "Z", "CAD": "Z"}
"""Its oldest currencies have a letter before their names: X, or Z for money of a state."""


def old_name(currency: str) -> str:
    """Return what it calls a currency in the names of pairs, such as XBT."""
    return OLD.get(currency, currency)


def asset_id(currency: str) -> str:
    """Return what it calls a currency in a balance, such as XXBT."""
    return PREFIXED.get(currency, "") + old_name(currency)


def alternative(market: Market) -> str:
    """Return the short name of a pair, such as XBTUSDT."""
    return old_name(market.base) + old_name(market.quote)


def pair_id(market: Market) -> str:
    """Return the name of a pair: XXBTZUSD where both currencies are old ones, and else XBTUSDT."""
    are_old = market.base in PREFIXED and market.quote in PREFIXED
    return asset_id(market.base) + asset_id(market.quote) if are_old else alternative(market)


def is_called(market: Market, name: str) -> bool:
    """Say whether a name is one of a pair's."""
    return name in (pair_id(market), alternative(market), f"{old_name(market.base)}/{old_name(market.quote)}", market.symbol)


def txid(order: Order) -> str:
    """Return the id of an order, in three groups."""
    digits = f"{order.id:015d}"
    return f"O{digits[:5]}-{digits[5:10]}-{digits[10:]}A"


def order_number(text: str) -> int | None:
    """Return the number of an order from its id, `None` where it can't be one."""
    digits = text.replace("-", "")[1:-1]
    return int(digits) if text.startswith("O") and digits.isascii() and digits.isdigit() else None


def trade_id(order: Order, trade: Trade) -> str:
    """Return the id of a trade as one of its orders sees it: two orders of an account that met have one each."""
    is_own = trade.taker is not None and trade.maker is not None and trade.taker.account is trade.maker.account
    return f"{trade.id}-maker" if is_own and order is trade.maker else str(trade.id)
