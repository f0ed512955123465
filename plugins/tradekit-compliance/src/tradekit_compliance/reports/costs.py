"""Transaction costs: implementation shortfall with its parts, and slippage against arrival and volume-weighted prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from tradekit_compliance.audit.coding import number_text
from tradekit_compliance.surveillance.activity import Activity, Life, Message
from tradekit_compliance.surveillance.market import Market

__all__ = ["OrderCosts", "Shortfall", "order_costs", "shortfall"]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Implementation shortfall of an order and its parts, in money, above 0 where it cost (Perold 1988, expanded by Wagner).

    - `delay`: the price moved from the decision to the arrival, on what was filled.
    - `execution`: fills against the price on arrival.
    - `opportunity`: what was not filled, from the decision to the end.
    - `fees`.
    """

    delay: Decimal
    execution: Decimal
    opportunity: Decimal
    fees: Decimal
    value: Decimal
    """Of the whole order at the price of the decision."""

    @property
    def total(self) -> Decimal:
        """Return the sum of the parts."""
        return self.delay + self.execution + self.opportunity + self.fees

    @property
    def bps(self) -> Decimal:
        """Return the total in basis points of the order's value when it was decided."""
        return self.total / self.value * 10_000


@dataclass(frozen=True, slots=True)
class OrderCosts:
    """What an order cost: its shortfall, and slippage in basis points, above 0 where it cost; `None` where it can't be told.

    `vwap_bps` is against the volume-weighted price of the bars over the order's life, of each the mean of high, low and close;
    `vwap_with_own_bps` the same with the order's own fills among the trades.
    """

    order: int
    symbol: str
    quantity: Decimal
    filled: Decimal
    shortfall: Shortfall | None
    arrival_bps: Decimal | None
    vwap_bps: Decimal | None
    vwap_with_own_bps: Decimal | None
    unknown: str = ""


def shortfall(
    quantity: Decimal, prices: tuple[Decimal, Decimal, Decimal], fills: Sequence[tuple[Decimal, Decimal]], fees: Decimal
) -> Shortfall:
    """Return the shortfall of an order for `quantity` units (negative sells).

    `prices` are those at the decision, on arrival and at the end; `fills` are (units, price), units signed as the order's.

    >>> from decimal import Decimal as D
    >>> found = shortfall(D(1000), (D("40.00"), D("40.04"), D("40.08")), [(D(700), D("40.05"))], D(17))
    >>> [str(part.normalize()) for part in (found.fees, found.execution, found.delay, found.opportunity)]
    ['17', '7', '28', '24']
    >>> str(found.total.normalize()), str(found.bps.normalize())
    ('76', '19')
    """
    decision, arrival, end = prices
    done = sum((units for units, _ in fills), Decimal(0))
    return Shortfall(
        delay=done * (arrival - decision),
        execution=sum((units * (price - arrival) for units, price in fills), Decimal(0)),
        opportunity=(quantity - done) * (end - decision),
        fees=fees,
        value=abs(quantity) * decision,
    )


def order_costs(activity: Activity, market: Market) -> Iterator[OrderCosts]:
    """Yield what each order cost that came to the market.

    The decision has the close of the last bar before it, or that which the log holds, the arrival the open of the next bar, and the
    end the close of the last bar before the order ended. The own fills are among the bars' volume of a live run, and of no other.
    """
    fills: dict[int, list[Message]] = {}
    seen = {one.order: one.values for one in activity.messages if one.kind == "order" and one.order is not None}
    for one in activity.messages:
        if one.kind == "fill" and one.order is not None:
            fills.setdefault(one.order, []).append(one)
    last = max((one.time for one in activity.messages), default=0)
    for life in activity.lives:
        mine = fills.get(life.order, [])
        end = life.ended if life.ended is not None else last
        decided = seen[life.order].get("close") or market.close_at(life.symbol, life.entered)
        arrived, ended = market.open_after(life.symbol, life.entered), market.close_at(life.symbol, end)
        yield _costs(life, mine, (decided, arrived, ended), _vwap(market, life, mine, activity.is_live))


def _costs(
    life: Life,
    fills: Sequence[Message],
    prices: tuple[float | None, float | None, float | None],
    vwaps: tuple[float | None, float | None],
) -> OrderCosts:
    quantity, done = _exact(life.quantity), [(_exact(one.quantity), _exact(one.price or 0.0)) for one in fills]
    filled = sum((units for units, _ in done), Decimal(0))
    # What an order that was filled whole missed afterwards is no cost of it.
    given = [
        value if value is not None else prices[0] if name == "end" and filled == quantity else None
        for name, value in zip(_NAMES, prices, strict=True)
    ]
    lacking = [name for name, value in zip(_NAMES, given, strict=True) if value is None]
    if lacking:
        return OrderCosts(life.order, life.symbol, quantity, filled, None, None, None, None, f"no price at the {lacking[0]}")
    decided, arrived, ended = (_exact(value) for value in given if value is not None)
    found = shortfall(quantity, (decided, arrived, ended), done, sum((_exact(-one.money) for one in fills), Decimal(0)))
    if not done:
        return OrderCosts(life.order, life.symbol, quantity, filled, found, None, None, None)
    average = sum((units * price for units, price in done), Decimal(0)) / filled
    side = 1 if quantity > 0 else -1
    against = [None if price is None else side * (average - _exact(price)) / _exact(price) * 10_000 for price in vwaps]
    slippage = side * (average - arrived) / arrived * 10_000
    return OrderCosts(life.order, life.symbol, quantity, filled, found, slippage, against[0], against[1])


_NAMES = ("decision", "arrival", "end")


def _vwap(market: Market, life: Life, fills: Sequence[Message], is_live: bool) -> tuple[float | None, float | None]:
    """Return the volume-weighted price over an order's life without its own fills, and with them."""
    series = market.series.get(life.symbol)
    if series is None or not fills:
        return None, None
    first = int(np.searchsorted(series.open_time, life.entered, "left"))
    last = int(np.searchsorted(series.open_time, fills[-1].time, "right"))
    rows = slice(first, max(last, first + 1))
    volume = float(series.volume[rows].sum())
    money = float((series.volume[rows] * (series.high[rows] + series.low[rows] + series.close[rows]) / 3.0).sum())
    own = sum(abs(one.quantity) for one in fills)
    paid = sum(abs(one.quantity) * (one.price or 0.0) for one in fills)
    without = (volume - own, money - paid) if is_live else (volume, money)
    within = (volume, money) if is_live else (volume + own, money + paid)
    return _ratio(*without), _ratio(*within)


def _ratio(volume: float, money: float) -> float | None:
    return money / volume if volume > 0 and money > 0 else None


def _exact(value: float) -> Decimal:
    return Decimal(number_text(float(value)))
