"""Instruments as an exchange describes them, and prices and sizes on its grids."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

from tradekit import DataError, Instrument
from tradekit_ccxt.library import Client

__all__ = ["Rules", "decimal", "in_market", "instrument", "market_of", "on_offer", "rules"]

_DECIMAL_PLACES, _TICK_SIZE = 2, 4
"""ccxt's numbers for what a precision means; a third is significant digits, which are no grid."""


@dataclass(frozen=True, slots=True)
class Rules:
    """An exchange's rules for orders in an instrument; `None` where none is known."""

    tick: Decimal | None
    lot: Decimal | None
    least: Decimal | None
    most: Decimal | None
    min_notional: Decimal | None
    contract: Decimal = Decimal(1)
    """Units of the underlying thing in one unit of an order: of perpetuals, the contract's size."""

    def price(self, value: Decimal, is_buy: bool) -> Decimal:
        """Return a price on the grid, never worse for us than the one given: buys go down, sells go up.

        For the price at which a stop is set off, that is the side on which it is set off sooner.
        """
        return value if self.tick is None else _snap(value, self.tick, ROUND_FLOOR if is_buy else ROUND_CEILING)

    def size(self, value: Decimal) -> Decimal:
        """Return a size on the grid, never larger than the one given."""
        return value if self.lot is None else _snap(value, self.lot, ROUND_DOWN)


def _snap(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    snapped = (value / step).to_integral_value(rounding) * step
    return value if snapped == value else snapped


def decimal(value: Any) -> Decimal | None:
    """Return a number as it was written, `None` for none; raise `ValueError` for what is no number."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is no number")
    return number


def in_market(market: Mapping[str, Any], kind: str) -> bool:
    """Say whether an instrument is of the market that is traded: spot, or perpetuals settled in what they are priced in."""
    if kind == "spot":
        return bool(market.get("spot"))
    return bool(market.get("swap")) and bool(market.get("linear"))


def on_offer(client: Client, kind: str) -> list[Mapping[str, Any]]:
    """Return what ccxt knows of the instruments of a market."""
    return [market for market in client.markets.values() if in_market(market, kind)]


def market_of(client: Client, symbol: str, kind: str) -> Mapping[str, Any]:
    """Return what ccxt knows of an instrument; raise `DataError` if the exchange has none of this name in the market."""
    found: Mapping[str, Any] | None = client.markets.get(symbol)
    if found is not None and in_market(found, kind):
        return found
    names = [str(market["symbol"]) for market in on_offer(client, kind)]
    raise DataError(f"{client.id} has no {kind} instrument {symbol!r}{_hint(symbol, names, kind)}")


def _hint(symbol: str, names: Iterable[str], kind: str) -> str:
    known = list(names)
    twin = next((name for name in known if name.partition(":")[0] == symbol.partition(":")[0]), None)
    close = [twin] if twin else difflib.get_close_matches(symbol, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; it has {len(known):,}, by names such as {'BTC/USDT' if kind == 'spot' else 'BTC/USDT:USDT'!r}"


def rules(client: Client, market: Mapping[str, Any]) -> Rules:
    """Return the rules for orders in an instrument."""
    precision, limits = market.get("precision") or {}, market.get("limits") or {}
    sizes, values = limits.get("amount") or {}, limits.get("cost") or {}
    return Rules(
        _step(client, precision.get("price")),
        _step(client, precision.get("amount")),
        decimal(sizes.get("min")),
        decimal(sizes.get("max")),
        decimal(values.get("min")),
        (decimal(market.get("contractSize")) if market.get("swap") else None) or Decimal(1),
    )


def _step(client: Client, precision: Any) -> Decimal | None:
    number = decimal(precision)
    if number is None:
        return None
    if client.precisionMode == _DECIMAL_PLACES:
        return Decimal(1).scaleb(-int(number))
    return number if client.precisionMode == _TICK_SIZE and number > 0 else None


def instrument(client: Client, market: Mapping[str, Any]) -> Instrument:
    """Return an instrument as the kernel knows it. Sizes of a perpetual are in contracts, as the exchange counts them."""
    found = rules(client, market)
    is_swap = bool(market.get("swap"))
    return Instrument(
        symbol=str(market["symbol"]),
        tick=_float(found.tick),
        lot=_float(found.lot),
        min_notional=_float(found.min_notional),
        kind="perpetual" if is_swap else "spot",
        multiplier=float(market.get("contractSize") or 1) if is_swap else 1.0,
        currency=market.get("settle") or market.get("quote"),
        base=market.get("base"),
    )


def _float(number: Decimal | None) -> float | None:
    return None if number is None or number <= 0 else float(number)
