"""What may be asked for: which prices make which kind of order, and which numbers are prices."""

from __future__ import annotations

from typing import Any

import cython
import numpy as np

from tradekit.errors import OrderError
from tradekit.model.order import Bracket, OrderKind, Trail
from tradekit.simulator.book import Flag

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

__all__ = [
    "Prices",
    "check_bracket",
    "check_prices",
    "check_replacement",
    "check_terms",
    "finite",
    "has_limit",
    "kind_of",
    "positive",
]

_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_LIMIT = cython.declare(cython.int, OrderKind.LIMIT)
_STOP_LIMIT = cython.declare(cython.int, OrderKind.STOP_LIMIT)
_PROFIT_LIMIT = cython.declare(cython.int, OrderKind.TAKE_PROFIT_LIMIT)
_POST_ONLY = cython.declare(cython.int, Flag.POST_ONLY)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_ICEBERG = cython.declare(cython.int, Flag.ICEBERG)
_AT_OPEN = cython.declare(cython.int, Flag.AT_OPEN)
_AT_CLOSE = cython.declare(cython.int, Flag.AT_CLOSE)
_INFINITE = cython.declare(cython.double, float("inf"))
_NUMBERS = (int, float, np.floating, np.integer)

Prices = tuple[float | None, float | Trail | None, float | None]
"""Limit, stop and take-profit price of an order."""


def kind_of(symbol: str, prices: Prices) -> int:
    """Return the kind of an order that names these prices."""
    limit, stop, profit = prices
    if stop is None and profit is None:
        return _MARKET if limit is None else _LIMIT
    if stop is not None and profit is not None:
        raise OrderError(
            f"an order in {symbol!r} can wait for a stop or for a take_profit, not for both; give a bracket, or two orders and "
            "one_cancels_other"
        )
    if isinstance(stop, Trail):
        if limit is not None:
            raise OrderError(f"a trailing stop in {symbol!r} becomes a market order; leave out the limit")
        return OrderKind.TRAILING_STOP
    if stop is not None:
        return OrderKind.STOP if limit is None else _STOP_LIMIT
    return OrderKind.TAKE_PROFIT if limit is None else _PROFIT_LIMIT


def has_limit(kind: int) -> bool:
    """Say whether orders of a kind name a limit."""
    return kind in (_LIMIT, _STOP_LIMIT, _PROFIT_LIMIT)


def check_terms(symbol: str, kind: int, flags: int, bracket: Bracket | None) -> int:
    """Raise `OrderError` for terms, as flags, that an order of this kind can't have."""
    if (flags & (_POST_ONLY | _ICEBERG)) != 0 and not has_limit(kind):
        what = "post_only" if (flags & _POST_ONLY) != 0 else "display"
        raise OrderError(f"{what} needs an order with a limit, and this one in {symbol!r} is a {OrderKind(kind).text} order")
    if (flags & (_AT_OPEN | _AT_CLOSE)) != 0 and kind != _MARKET and kind != _LIMIT:
        what = f"an order at the {'open' if (flags & _AT_OPEN) != 0 else 'close'} of a session"
        raise OrderError(f"{what} is a market or a limit order, not a {OrderKind(kind).text} order")
    if (flags & _REDUCE_ONLY) != 0 and bracket is not None:
        raise OrderError(f"an order in {symbol!r} that may only reduce opens no position for a bracket to leave")
    return 0


def check_prices(symbol: str, prices: Prices) -> int:
    """Raise `OrderError` for prices that are none."""
    limit, stop, profit = prices
    if limit is not None:
        positive(symbol, "limit", limit)
    if stop is not None and not isinstance(stop, Trail):
        positive(symbol, "stop", stop)
    if profit is not None:
        positive(symbol, "take_profit", profit)
    return 0


def check_bracket(symbol: str, side: float, bracket: Bracket) -> int:
    """Raise `OrderError` for a bracket whose prices are none, or lie the wrong way round."""
    stop, profit = bracket.stop_loss, bracket.take_profit
    if stop is not None and not isinstance(stop, Trail):
        positive(symbol, "stop_loss", stop)
    if profit is not None:
        positive(symbol, "take_profit", profit)
    if stop is None or isinstance(stop, Trail) or profit is None:
        return 0
    stop, profit = float(stop), float(profit)
    if not side * (profit - stop) > 0.0:
        where = "below" if side > 0.0 else "above"
        raise OrderError(f"stop_loss of a bracket in {symbol!r} must lie {where} its take_profit {profit!r}, not at {stop!r}")
    return 0


def check_replacement(symbol: str, order: int, kind: OrderKind, prices: Prices) -> None:
    """Raise `OrderError` for prices that an order of this kind does not have."""
    limit, stop, profit = prices
    if limit is not None and not has_limit(kind):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no limit to replace")
    if stop is not None and kind not in (OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no stop to replace")
    if stop is not None and isinstance(stop, Trail) != (kind is OrderKind.TRAILING_STOP):
        wanted = "a Trail" if kind is OrderKind.TRAILING_STOP else "a price"
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order; its stop must be {wanted}, not {stop!r}")
    if profit is not None and kind not in (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT):
        raise OrderError(f"order {order} in {symbol!r} is a {kind.text} order, which has no take_profit to replace")


def finite(symbol: str, what: str, number: Any) -> float:
    """Return a number as a float; raise `OrderError` unless it is a finite one."""
    found = cython.declare(cython.double, float("nan"))
    if type(number) is float:
        found = number
    elif isinstance(number, _NUMBERS) and not isinstance(number, bool):
        try:
            found = float(number)
        except OverflowError:  # a whole number beyond all floats is as little a price as one that is none
            found = _INFINITE
    if fabs(found) < _INFINITE:
        return found
    raise OrderError(f"{what} of {symbol!r} must be a finite number, not {number!r}")


def positive(symbol: str, what: str, number: Any) -> float:
    """Return a number as a float; raise `OrderError` unless it is above 0."""
    checked = finite(symbol, what, number)
    if checked <= 0.0:
        raise OrderError(f"{what} of an order in {symbol!r} must be above 0, not {number!r}")
    return checked
