"""The currencies of a run, and what a unit of each instrument was worth in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradekit.model.bars import Floats, Times
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation

__all__ = ["Money"]


@dataclass(frozen=True)
class Money:
    """Currencies by their number, the account's being 0: `codes`, and in which each instrument is settled, int64 [instrument].

    `first_rates`, float64 [currency], hold until the first close. `balances` and `rates` are those at each close, float64 [row,
    currency], with no columns where there is only one currency; a rate is in the account's currency for one.
    """

    codes: tuple[str, ...]
    settlement: Times
    multiplier: Floats
    is_margined: NDArray[np.bool_]
    first_rates: Floats
    balances: Floats
    rates: Floats

    @classmethod
    def of(cls, simulation: Simulation, setup: Setup, rows: int) -> Money:
        """Return the money of a simulation, with the balances of its first `rows` rows."""
        balances, rates = simulation.ledger.history(rows)
        return cls(
            codes=setup.codes,
            settlement=setup.settlement,
            multiplier=setup.multiplier,
            is_margined=setup.is_margined,
            first_rates=simulation.ledger.first_rates(),
            balances=balances,
            rates=rates,
        )

    def rate_in(self, currency: NDArray[np.int64], row: NDArray[np.int64]) -> Floats:
        """Return the rates of currencies that held while bars were under way: those of the close before."""
        if len(self.codes) == 1:
            return np.ones(len(row))
        rates = np.concatenate((self.first_rates[None, :], self.rates))
        found: Floats = rates[row, currency]
        return found

    def unit_in(self, instrument: NDArray[np.int64], row: NDArray[np.int64]) -> Floats:
        """Return what one unit of instruments at a price of 1 was worth while bars were under way."""
        units = self.multiplier[instrument]
        return units if len(self.codes) == 1 else units * self.rate_in(self.settlement[instrument], row)

    def unit_at_close(self, i: int) -> Floats | float:
        """Return what one unit of an instrument at a price of 1 was worth at each close; one number if that never changes."""
        if len(self.codes) == 1:
            return float(self.multiplier[i])
        found: Floats = self.multiplier[i] * self.rates[:, self.settlement[i]]
        return found

    def cash(self) -> Floats:
        """Return all balances at each close, in the account's currency, added up in the simulator's order."""
        total = self.balances[:, 0].copy()
        for c in range(1, len(self.codes)):
            total += self.balances[:, c] * self.rates[:, c]
        return total
