"""What a strategy sees on each bar. The compiled simulator provides it; nothing reaches beyond the bar that has just closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import numpy as np

from tradekit.model.bars import Floats, Period
from tradekit.model.order import Bracket, Order, Terms, Trail

__all__ = ["Context", "Depth", "Quote", "Trade", "View"]


class Trade(Protocol):
    """A trade of the market, as `Strategy.on_trade` is handed it."""

    @property
    def symbol(self) -> str: ...
    @property
    def time(self) -> datetime:
        """When it was made, in UTC (cut to microseconds)."""
        ...

    @property
    def time_ns(self) -> int:
        """When it was made, in nanoseconds since 1970 UTC."""
        ...

    @property
    def price(self) -> float: ...
    @property
    def size(self) -> float: ...
    @property
    def side(self) -> int:
        """1 where a buyer took, -1 where a seller took, 0 where nobody says."""
        ...


class Quote(Protocol):
    """The best bid and ask of a market, as `Strategy.on_quote` is handed them.

    Where a side is empty, its price is NaN and its size 0; a size of 0 beside a price is not known.
    """

    @property
    def symbol(self) -> str: ...
    @property
    def time(self) -> datetime:
        """Since when it holds, in UTC (cut to microseconds)."""
        ...

    @property
    def time_ns(self) -> int:
        """Since when it holds, in nanoseconds since 1970 UTC."""
        ...

    @property
    def bid(self) -> float: ...
    @property
    def bid_size(self) -> float: ...
    @property
    def ask(self) -> float: ...
    @property
    def ask_size(self) -> float: ...


class Depth(Protocol):
    """The order book of a market as it stands now, as `Strategy.on_book` is handed it; on quotes, it has one level a side.

    It is the same object each time, and changes with the market: copy what is to be kept. Where a side is empty, its best price is
    NaN and its size 0; the size of a quote of which only the price is known is infinite.
    """

    @property
    def symbol(self) -> str: ...
    @property
    def bid(self) -> float: ...
    @property
    def bid_size(self) -> float: ...
    @property
    def ask(self) -> float: ...
    @property
    def ask_size(self) -> float: ...
    def bids(self, levels: int | None = None) -> Floats:
        """Return a copy of the best bids, all of them without a number: price and size, float64 [level, 2], best first."""
        ...

    def asks(self, levels: int | None = None) -> Floats:
        """Return a copy of the best asks, as `bids` does."""
        ...


class View(Protocol):
    """One instrument, as of the bar that has just closed.

    Names of values are `open`, `high`, `low`, `close`, `volume`, the names given in `Strategy.indicators()`, and
    `name.output` for indicators with several outputs. Orders take effect on the instrument's next bar.
    """

    @property
    def symbol(self) -> str: ...
    @property
    def has_bar(self) -> bool:
        """Whether the instrument has a bar at this time; if not, prices and indicators are those of its last one."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether the instrument has had enough bars for every indicator (warm-up)."""
        ...

    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...

    def __getitem__(self, name: str) -> float:
        """Return a value on the instrument's last bar; NaN while an indicator warms up."""
        ...

    def previous(self, name: str) -> float:
        """Return a value on the instrument's bar before the last one; NaN if there is none."""
        ...

    def history(self, name: str, length: int) -> Floats:
        """Return a copy of a value on the last `length` existing bars, oldest first; fewer at the start of the data."""
        ...

    def crossed_above(self, first: str, second: str | float) -> bool:
        """Say whether `first` was at or below `second` one bar ago and is above it now; False in holes and during warm-up."""
        ...

    def crossed_below(self, first: str, second: str | float) -> bool:
        """Say whether `first` was at or above `second` one bar ago and is below it now; False in holes and during warm-up."""
        ...

    @property
    def last(self) -> float:
        """The price that a position is valued at now: that of the last close, or in a tick run of the last trade or middle."""
        ...

    @property
    def depth(self) -> Depth:
        """Its quotes or its book now. Raises `StrategyError` in a run that has neither."""
        ...

    @property
    def position(self) -> float:
        """Units held, negative when short."""
        ...

    @property
    def average_price(self) -> float:
        """Average entry price of the position; NaN when flat."""
        ...

    @property
    def weight(self) -> float:
        """The position's value as a fraction of equity, negative when short."""
        ...

    def target(self, weight: float | None = None, quantity: float | None = None) -> None:
        """Ask for a position: a signed weight, or signed units. It replaces an earlier target that is not filled yet.

        A weight is a share of what the sizing rule allots to a signal; without a sizing rule, of equity. It becomes a market
        order for the difference to what is held, sized at this bar's close; a difference of less than a lot needs none.
        """
        ...

    def buy(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int:
        """Order `quantity` units (> 0) and return the order's number; without a quantity, the sizing rule of the run decides.

        Without prices it is a market order. `limit` is the worst price to be paid. `stop` sets the order off once the price gets as
        bad as that, and a `Trail` follows the price; `take_profit` sets it off once the price is better than that. Either becomes
        a market order, or with `limit` a limit order. A `bracket` holds exits that are sent as this order fills. `terms` are all
        other conditions. Raises `OrderError` for what makes no sense together.
        """
        ...

    def sell(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int:
        """Like `buy`, for selling."""
        ...

    def exit(self) -> None:
        """Ask for a flat position: `target(quantity=0)`."""
        ...

    def cancel(self, order: int | None = None) -> None:
        """Cancel one open order of this instrument, or all of them."""
        ...

    @property
    def open_orders(self) -> tuple[int, ...]:
        """Numbers of this instrument's open orders, oldest first."""
        ...


class Context(Protocol):
    """The run, as of the bar that has just closed.

    With exactly one instrument in the run, `target`, `buy`, `sell` and `exit` may be called here directly; with several that is
    an `OrderError`.
    """

    @property
    def index(self) -> int:
        """Row of the clock, from 0."""
        ...

    @property
    def time(self) -> datetime:
        """When the bar closed, in UTC (cut to microseconds)."""
        ...

    @property
    def time_ns(self) -> int:
        """When the bar closed, in nanoseconds since 1970 UTC."""
        ...

    @property
    def instruments(self) -> tuple[View, ...]:
        """Views of the instruments that have a bar now and are warmed up, in the order of the run file."""
        ...

    def __getitem__(self, symbol: str) -> View: ...
    def __iter__(self) -> Iterator[View]:
        """Iterate over all instruments of the run, with or without a bar now."""
        ...

    def __len__(self) -> int:
        """Return how many instruments the run has."""
        ...

    def starts(self, period: Period) -> bool:
        """Say whether this bar is the first of a new day, week, month, quarter or year (UTC)."""
        ...

    @property
    def random(self) -> np.random.Generator:
        """The run's source of randomness, seeded by `run.seed`: use no other, or two runs will differ."""
        ...

    @property
    def equity(self) -> float:
        """Cash plus the value of all positions at their last close, in account currency."""
        ...

    @property
    def cash(self) -> float: ...
    @property
    def is_halted(self) -> bool:
        """Whether a risk rule has stopped new risk."""
        ...

    def target(self, weight: float | None = None, quantity: float | None = None) -> None: ...
    def buy(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int: ...
    def sell(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int: ...
    def replace(
        self,
        order: int,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
    ) -> int:
        """Put a new order in the place of one that is open or held, and return its number; what isn't given stays as it is.

        `quantity` is what is still to be traded. The rules of the run judge the new order; if they refuse it, the old one stays.
        """
        ...

    def cancel(self, order: int) -> None:
        """Cancel one order that is open or held, of whichever instrument."""
        ...

    def one_cancels_other(self, *orders: int) -> None:
        """Link orders: the first of them that fills, even in part, or ends otherwise cancels the others."""
        ...

    def order(self, number: int) -> Order:
        """Return an order as it stands now, with its status and what of it is filled."""
        ...

    def exit(self) -> None: ...
