"""What a strategy sees: the implementation of `tradekit.Context` and `tradekit.View`, which say what each member means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cython
import numpy as np

from tradekit.errors import OrderError, StrategyError, nearest
from tradekit.model.bars import PRICE_COLUMNS
from tradekit.model.order import Bracket, Order, OrderStatus, Terms, Trail
from tradekit.simulator.book import Origin
from tradekit.simulator.desk import finite
from tradekit.simulator.outside import Outside

if cython.compiled:
    from cython.cimports.tradekit.simulator.desk import Desk
    from cython.cimports.tradekit.simulator.simulation import equity_of
else:
    from tradekit.simulator.desk import Desk
    from tradekit.simulator.simulation import equity_of

if TYPE_CHECKING:
    from tradekit.model.bars import Period
    from tradekit.simulator.setup import Setup
    from tradekit.simulator.simulation import Simulation

__all__ = ["Context", "View"]

_FLATTEN = cython.declare(cython.int, Origin.FLATTEN)
_OPEN = cython.declare(cython.int, OrderStatus.OPEN)
_NAN = cython.declare(cython.double, float("nan"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class View:
    """One instrument, as of the bar that has just closed."""

    def __init__(self, simulation: Simulation, desk: Desk, index: int, setup: Setup) -> None:
        self.simulation = simulation
        self.desk = desk
        self.index = index
        self.share = self.simulation.shares.of(index)
        self.symbol = setup.instruments[index].symbol
        names = setup.shares[self.share].names if setup.shares else setup.names
        # Prices come first, as negative codes, so that an indicator of the same name is refused when the run is composed.
        self.names = {name: column - len(PRICE_COLUMNS) for column, name in enumerate(PRICE_COLUMNS)} | dict(names)
        self.values = setup.values
        self.last_name: object = None
        self.last_code = 0
        self.other_name: object = None
        self.other_code = 0
        self.shown: Any = None

    def code(self, name: Any) -> int:
        # A strategy asks for the same two on every bar, and a literal is the same object each time.
        if name is self.last_name:
            return self.last_code
        if name is self.other_name:
            return self.other_code
        found = self.names.get(name)
        if found is None:
            allowed = ", ".join(self.names)
            raise StrategyError(f"no value {name!r} on {self.symbol}; there are {allowed}{nearest(str(name), self.names)}")
        self.other_name, self.other_code = self.last_name, self.last_code
        self.last_name, self.last_code = name, found
        return found

    def at(self, code: int, row: int) -> float:
        if row < 0:
            return _NAN
        # `float` makes no difference to a C double; uncompiled, NumPy's scalars would divide by zero where floats refuse to.
        if code < 0:
            return float(self.simulation.market.price(code + 5, row, self.index))
        return float(self.values[code, self.index, row])

    def raw(self, column: Any) -> float:
        row = self.simulation.market.current[self.index]
        return float(column[row, self.index]) if row >= 0 else _NAN

    def crosses(self, first: Any, second: Any, side: float) -> bool:
        market = self.simulation.market
        now = market.current[self.index]
        before = market.previous[self.index]
        if now != self.simulation.row or before < 0 or market.seen[self.index] < self.simulation.shares.warmup[self.share]:
            return False
        code = self.code(first)
        level = cython.declare(cython.double, _NAN)
        level_before = cython.declare(cython.double, _NAN)
        if isinstance(second, str):
            other = self.code(second)
            level = self.at(other, now)
            level_before = self.at(other, before)
        else:
            level = level_before = second
        if side > 0.0:
            return self.at(code, now) > level and self.at(code, before) <= level_before
        return self.at(code, now) < level and self.at(code, before) >= level_before

    def __getitem__(self, name: str) -> float:
        return self.at(self.code(name), self.simulation.market.current[self.index])

    def previous(self, name: str) -> float:
        return self.at(self.code(name), self.simulation.market.previous[self.index])

    def history(self, name: str, length: int) -> Any:
        if length < 1:
            raise StrategyError(f"history of {name!r} needs a length of at least 1, not {length!r}")
        code = self.code(name)
        market = self.simulation.market
        wanted = cython.declare(cython.Py_ssize_t, min(length, int(market.seen[self.index])))
        found = np.empty(wanted)
        values = cython.declare(cython.double[::1], found)
        row = market.current[self.index]
        while wanted > 0:
            if market.close[row, self.index] == market.close[row, self.index]:
                wanted -= 1
                values[wanted] = self.at(code, row)
            row -= 1
        return found

    def crossed_above(self, first: str, second: str | float) -> bool:
        return self.crosses(first, second, 1.0)

    def crossed_below(self, first: str, second: str | float) -> bool:
        return self.crosses(first, second, -1.0)

    @property
    def has_bar(self) -> bool:
        return bool(self.simulation.market.current[self.index] == self.simulation.row)

    @property
    def is_ready(self) -> bool:
        return bool(self.simulation.market.seen[self.index] >= max(int(self.simulation.shares.warmup[self.share]), 1))

    @property
    def open(self) -> float:
        return self.raw(self.simulation.market.bars.open)

    @property
    def high(self) -> float:
        return self.raw(self.simulation.market.bars.high)

    @property
    def low(self) -> float:
        return self.raw(self.simulation.market.bars.low)

    @property
    def close(self) -> float:
        return self.raw(self.simulation.market.bars.close)

    @property
    def volume(self) -> float:
        return self.raw(self.simulation.market.bars.volume)

    @property
    def last(self) -> float:
        return float(self.simulation.ledger.last[self.index])

    @property
    def depth(self) -> Any:
        if self.shown is None:
            raise StrategyError(f"no quotes and no book of {self.symbol} in this run; [data] ticks = ['trades', 'book'] gives them")
        return self.shown

    @property
    def position(self) -> float:
        return float(self.simulation.ledger.position[self.index])

    @property
    def average_price(self) -> float:
        return float(self.simulation.ledger.average[self.index])

    @property
    def weight(self) -> float:
        held = self.simulation.ledger.position[self.index]
        if held == 0.0:
            return 0.0
        equity = equity_of(self.simulation, self.share)
        return float(held * self.simulation.ledger.worth(self.index) / equity) if equity != 0.0 else 0.0

    def target(self, weight: float | None = None, quantity: float | None = None) -> None:
        if (weight is None) == (quantity is None):
            raise OrderError(f"target of {self.symbol!r} needs a weight or a quantity, and not both")
        wanted = finite(self.symbol, "target", weight if quantity is None else quantity)
        if quantity is None:
            self.simulation.want_weight(self.index, wanted)
        else:
            self.simulation.want_quantity(self.index, wanted)

    def exit(self) -> None:
        self.simulation.want_quantity(self.index, 0.0)

    def buy(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int:
        if limit is None and stop is None and take_profit is None and bracket is None and terms is None:
            return self.desk.market(self.index, 1.0, quantity)
        return self.desk.submit(self.index, 1.0, quantity, (limit, stop, take_profit), bracket, terms)

    def sell(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int:
        if limit is None and stop is None and take_profit is None and bracket is None and terms is None:
            return self.desk.market(self.index, -1.0, quantity)
        return self.desk.submit(self.index, -1.0, quantity, (limit, stop, take_profit), bracket, terms)

    @property
    def open_orders(self) -> tuple[int, ...]:
        book = self.simulation.book
        intents = [int(book.intents[k]) for k in range(book.intent_count)]
        numbers = book.open_numbers() + [order for order in intents if book.status[order] == _OPEN]
        return tuple([order for order in numbers if book.instrument[order] == self.index and book.origin[order] != _FLATTEN])

    def cancel(self, order: int | None = None) -> None:
        book = self.simulation.book
        if order is None and book.open_count + book.intent_count == 0:
            return
        numbers = self.open_orders
        if order is not None and order not in numbers:
            raise OrderError(f"no open order {order!r} in {self.symbol!r}; open are {list(numbers)}")
        for number in numbers:
            if order is None or order == number:
                self.simulation.withdraw(number)
        self.simulation.book.compact()


class Context:
    """The run, as of the bar that has just closed; with a `share`, what of it is one strategy's. `parts` has one for each."""

    def __init__(self, simulation: Simulation, setup: Setup, share: int = -1) -> None:
        self.simulation = simulation
        self.bars = setup.bars
        self.share = share
        self.desk = Desk(simulation, setup, share)
        self.views = tuple(View(simulation, self.desk, index, setup) for index in range(self.desk.first, self.desk.end))
        self.by_symbol = {view.symbol: view for view in self.views}
        self.only = self.views[0] if len(self.views) == 1 else None
        self.instruments: tuple[View, ...] = ()
        self.period_starts: dict[str, Any] = {}
        self.size = len(self.views)
        self.shown = np.zeros(self.size, dtype=np.int8)
        self.warmup = max(setup.shares[share].warmup if share >= 0 else setup.warmup, 1)
        self.row = 0
        self.is_on_ticks = setup.tape is not None
        self.seed = setup.seed
        self.generator: np.random.Generator | None = None
        self.parts = tuple([Context(simulation, setup, place) for place in range(len(setup.shares) if share < 0 else 0)])
        self.net = Outside(simulation, setup).net if setup.is_netted and share < 0 else None

    def refresh(self, row: int) -> bool:
        """Move on to a row; say whether any warmed-up instrument has a bar there."""
        self.row = row
        changed = cython.declare(cython.bint, False)
        for i in range(self.size):
            place = cython.declare(cython.Py_ssize_t, self.desk.first + i)
            is_shown = cython.declare(
                cython.bint, self.simulation.market.current[place] == row and self.simulation.market.seen[place] >= self.warmup
            )
            if is_shown != self.shown[i]:
                self.shown[i] = is_shown
                changed = True
        if changed:
            self.instruments = tuple([self.views[i] for i in range(self.size) if self.shown[i]])
        return len(self.instruments) > 0

    def show_depths(self, depths: Any) -> None:
        """Let the views of the instruments show their quotes or books."""
        if depths is not None:
            for i in range(self.size):
                view = cython.declare(View, self.views[i])
                view.shown = depths[i]

    @property
    def index(self) -> int:
        return self.row

    @property
    def time_ns(self) -> int:
        return int(self.simulation.log.now) if self.is_on_ticks else int(self.simulation.market.close_time[self.row])

    @property
    def time(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.time_ns // 1000)

    def __getitem__(self, symbol: str) -> View:
        found = self.by_symbol.get(symbol)
        if found is None:
            raise StrategyError(
                f"no instrument {symbol!r} in this run; it has {', '.join(self.by_symbol)}{nearest(symbol, self.by_symbol)}"
            )
        return found

    def __iter__(self) -> Iterator[View]:
        return iter(self.views)

    def __len__(self) -> int:
        return self.size

    def starts(self, period: Period) -> bool:
        if period not in self.period_starts:
            self.period_starts[period] = self.bars.starts(period)
        return bool(self.period_starts[period][self.row])

    @property
    def random(self) -> np.random.Generator:
        if self.generator is None:
            self.generator = np.random.default_rng(self.seed)
        return self.generator

    @property
    def equity(self) -> float:
        return float(equity_of(self.simulation, self.share))

    @property
    def cash(self) -> float:
        if self.share >= 0:
            return float(self.simulation.shares.cash(self.share))
        return float(self.simulation.ledger.total_cash())

    @property
    def is_halted(self) -> bool:
        return bool(self.simulation.gate.is_halted if self.share < 0 else self.simulation.gate.is_stopped(self.desk.first))

    def target(self, weight: float | None = None, quantity: float | None = None) -> None:
        self.sole().target(weight, quantity)

    def buy(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int:
        return self.sole().buy(quantity, limit, stop, take_profit, bracket, terms)

    def sell(
        self,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
        bracket: Bracket | None = None,
        terms: Terms | None = None,
    ) -> int:
        return self.sole().sell(quantity, limit, stop, take_profit, bracket, terms)

    def replace(
        self,
        order: int,
        quantity: float | None = None,
        limit: float | None = None,
        stop: float | Trail | None = None,
        take_profit: float | None = None,
    ) -> int:
        return self.desk.replace(order, quantity, (limit, stop, take_profit))

    def cancel(self, order: int) -> None:
        self.simulation.withdraw(self.desk.alive(order))
        self.simulation.book.compact()

    def one_cancels_other(self, *orders: int) -> None:
        self.desk.link(orders)

    def order(self, number: int) -> Order:
        if not self.desk.is_known(number):
            raise OrderError(f"there is no order {number!r}")
        return self.simulation.gate.opinions.as_order(number, self.simulation.book.quantity[number])

    def exit(self) -> None:
        self.sole().exit()

    def sole(self) -> View:
        """Return the only instrument; with several, say that one has to be named."""
        if self.only is None:
            raise OrderError(
                f"this run has {self.size} instruments, so an order must name one: "
                f"ctx[{self.views[0].symbol!r}].target(...), or 'for view in ctx.instruments'"
            )
        return self.only
