"""Results by group: instrument, direction, weekday, hour, and the parts that the total return is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tradekit import Result, column_values
from tradekit_report.figures.clock import DAY, HOUR, WEEKDAYS, hours_of, weekdays_of
from tradekit_report.figures.tables import Costs, Floats, Group, Piece, Times

__all__ = ["ACCOUNT", "Grouper", "bridge", "contributions"]

ACCOUNT = "account"
"""What no instrument brought: interest, and what money in other currencies gained or lost."""
_ROUNDING = 1e-9


class Grouper:
    """Puts the trades and the changes of equity of one result into groups."""

    def __init__(self, result: Result) -> None:
        trades = result.trades
        self.capital = float(result.config["account"]["capital"])
        self.time: Times = column_values(result.equity, "time")
        equity = column_values(result.equity, "equity")
        self.change: Floats = np.diff(equity, prepend=self.capital)
        """What equity changed by with each bar; all of it is the profit of the run."""
        self.profit = float(np.sum(self.change))
        self.symbols = tuple(str(entry["symbol"]) for entry in result.data)
        self.symbol: NDArray[np.object_] = column_values(trades, "symbol")
        self.direction: NDArray[np.object_] = column_values(trades, "direction")
        self.entry: Times = column_values(trades, "entry_time")
        self.trade_profit: Floats = column_values(trades, "profit")
        self.returns: Floats = column_values(trades, "return_on_entry")
        self.fees: Floats = column_values(trades, "fees")
        self.is_closed: NDArray[np.bool_] = ~column_values(trades, "is_open")

    def by_instrument(self) -> tuple[Group, ...]:
        """Return a group for each instrument, and one for the account."""
        return self._of_trades([(name, self.symbol == name) for name in self.symbols])

    def by_direction(self) -> tuple[Group, ...]:
        """Return a group for long trades, one for short ones, and one for the account."""
        return self._of_trades([(name, self.direction == name) for name in ("long", "short")])

    def by_weekday(self) -> tuple[Group, ...]:
        """Return a group for each UTC weekday that has bars."""
        return self._of_bars(WEEKDAYS, weekdays_of(self.time - 1), weekdays_of(self.entry))

    def by_hour(self) -> tuple[Group, ...]:
        """Return a group for each UTC hour in which bars open; none where bars are as long as a day."""
        if len(self.time) < 2 or (length := int(np.median(np.diff(self.time)))) >= DAY:
            return ()
        step = max(length // HOUR, 1)
        names = [f"{hour:02d}:00" for hour in range(24)]
        return self._of_bars(names, hours_of(self.time - 1) // step * step, hours_of(self.entry) // step * step)

    def group(self, name: str, profit: float, own: NDArray[np.bool_]) -> Group:
        """Return a group of some trades, with a profit that is told."""
        closed = own & self.is_closed
        count = int(np.count_nonzero(closed))
        return Group(
            name=name,
            profit=profit,
            contribution=profit / self.capital,
            trades=count,
            win_rate=float(np.mean(self.trade_profit[closed] > 0.0)) if count else None,
            mean_return=float(np.mean(self.returns[closed])) if count else None,
            trade_profit=float(np.sum(self.trade_profit[closed])),
            fees=float(np.sum(self.fees[own])),
        )

    def _of_trades(self, parts: Sequence[tuple[str, NDArray[np.bool_]]]) -> tuple[Group, ...]:
        found = [self.group(name, float(np.sum(self.trade_profit[own])), own) for name, own in parts]
        rest = self.profit - sum(one.profit for one in found)
        if abs(rest) > _ROUNDING * max(self.capital, abs(self.profit)):
            found.append(self.group(ACCOUNT, rest, np.zeros(len(self.entry), dtype=np.bool_)))
        return tuple(found)

    def _of_bars(self, names: Sequence[str], bar: Times, trade: Times) -> tuple[Group, ...]:
        return tuple(
            self.group(name, float(np.sum(self.change[bar == number])), trade == number)
            for number, name in enumerate(names)
            if (bar == number).any() or (trade == number).any()
        )


def contributions(groups: Sequence[Group]) -> tuple[Piece, ...]:
    """Return what each instrument contributed, the largest first, and what the account did by itself, last."""
    ordered = sorted(groups, key=lambda group: (group.name == ACCOUNT, -group.profit))
    note = "interest, and what money in other currencies gained or lost"
    return tuple(Piece(one.name, one.profit, one.contribution, note if one.name == ACCOUNT else "") for one in ordered)


def bridge(result: Result, costs: Costs, profit: float) -> tuple[Piece, ...]:
    """Return the way from what prices did to the profit: what was made before costs, then each cost and each income."""
    capital = float(result.config["account"]["capital"])
    pieces = list(_later(result, costs, capital))
    before = profit - sum(piece.profit for piece in pieces)
    note = "what positions made at reference prices, without costs"
    return (Piece("price moves", before, before / capital, note), *pieces)


def _later(result: Result, costs: Costs, capital: float) -> Iterator[Piece]:
    for part in costs.parts:
        if part.money:
            yield Piece(part.label, -part.money, -part.money / capital, part.note)
    for key in ("interest", "dividends"):
        if amount := float(result.metrics.get(key) or 0.0):
            yield Piece(key, amount, amount / capital)
