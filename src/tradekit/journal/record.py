"""What the simulator leaves behind, reduced to arrays: the source of every table and event of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit.journal.money import Money
from tradekit.model.bars import Bars, Floats, Times
from tradekit.model.event import EventKind
from tradekit.model.memory import MEMORY, Memory
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation

__all__ = ["NUMBERS", "Parts", "Record"]

NUMBERS = {
    EventKind.ORDER: ("quantity", "limit", "stop"),
    EventKind.VERDICT: ("quantity", "allowed", "judged", "limit"),
    EventKind.REJECT: ("quantity",),
    EventKind.FILL: ("quantity", "price", "fee", "slippage", "position", "average_price"),
    EventKind.CANCEL: ("quantity",),
    EventKind.HALT: ("equity", "peak", "drawdown", "limit"),
    EventKind.REQUEST: ("quantity", "limit", "stop"),
    EventKind.TRIGGER: ("quantity", "price"),
    EventKind.CASH: ("amount", "rate", "price", "position", "currency"),
    EventKind.ACTION: ("value", "", "", "", "position", "average_price"),
    EventKind.LIQUIDATION: ("equity", "maintenance"),
}
"""What the numbers `a` to `f` of the log mean, by kind of entry; `tradekit.simulator.log.Log` tells more of each."""


@dataclass(frozen=True)
class Parts:
    """What several strategies have of an account: their names, each with `size` instruments, capital, and equity at each close.

    `equity` is float64 [strategy, row]. `rules` has the strategy of each risk rule, by its number; -1 for those of the account.
    """

    names: Sequence[str]
    size: int
    capital: Floats
    equity: Floats
    rules: Sequence[int]

    def of(self, instrument: NDArray[Any]) -> NDArray[np.int64]:
        """Return the strategies that instruments are of, by their numbers; -1 where there is no instrument."""
        return np.where(instrument < 0, -1, instrument.astype(np.int64) // self.size)

    def name_of(self, instrument: int) -> str:
        """Return the name of the strategy that an instrument is of; empty for none."""
        return "" if instrument < 0 else self.names[instrument // self.size]

    def judged_by(self, rule: int) -> str:
        """Return the name of the strategy that a rule is of; empty for one of the account, and for none."""
        return "" if rule < 0 or self.rules[rule] < 0 else self.names[self.rules[rule]]

    def instruments(self, place: int) -> range:
        """Return the numbers of the instruments of a strategy."""
        return range(place * self.size, (place + 1) * self.size)


@dataclass(frozen=True)
class Record:
    """The raw record of a run: the log and the orders as columns, equity at each close, and the names behind the numbers.

    `bars` holds the rows that were done. What the columns mean is written at `tradekit.simulator.log.Log`.
    """

    bars: Bars
    capital: float
    log: Mapping[str, NDArray[Any]]
    words: Mapping[int, tuple[str, Mapping[str, float]]]
    orders: Mapping[str, NDArray[Any]]
    equity: Floats
    rules: Sequence[str]
    money: Money
    last: Floats
    """The price that each instrument was last marked at."""
    memory: Memory = MEMORY
    """Where its arrays lie that are as long as the run."""
    parts: Parts | None = None
    """Where several strategies traded the account: which of it was whose."""

    @classmethod
    def of(cls, simulation: Simulation, setup: Setup, start: int = 0, has_orders: bool = True) -> Record:
        """Return what a simulation has written down; with a `start`, only the log from that entry on.

        The orders can be left out, by those who don't need them.
        """
        return cls(
            bars=setup.bars if simulation.done == len(setup.bars) else setup.bars.rows(0, simulation.done),
            capital=simulation.ledger.capital,
            log=simulation.log.columns(start),
            words=simulation.log.words(),
            orders=simulation.book.columns() if start == 0 and has_orders else {},
            equity=simulation.equity_curve() if start == 0 else np.zeros(0),
            rules=[rule.name for rule in setup.rules],
            money=Money.of(simulation, setup, simulation.done if start == 0 else 0),
            last=simulation.ledger.marks(),
            memory=setup.memory,
            parts=_parts(simulation, setup, simulation.done if start == 0 else 0) if setup.shares else None,
        )

    @property
    def times(self) -> Times:
        """When each entry happened, UTC nanoseconds.

        Decisions are made at the close of a bar. An order that is due is filled, or given up, at the open of a bar or inside it, at
        some time that is not known: that has the last nanosecond before the close.
        """
        found: Times = self.log["time"]
        return found

    def entries(self, kind: EventKind) -> NDArray[np.int64]:
        """Return the numbers of the entries of one kind."""
        if kind not in self._found:
            self._found[kind] = (self.log["kind"] == int(kind)).nonzero()[0]  # with the kind itself it takes eight times as long
        return self._found[kind]

    @cached_property
    def _found(self) -> dict[EventKind, NDArray[np.int64]]:
        return {}


def _parts(simulation: Simulation, setup: Setup, rows: int) -> Parts:
    shares, rules = simulation.shares, [rule.share for rule in setup.rules]
    return Parts(shares.names, shares.size, np.array(shares.capital), shares.curves(rows), rules)
