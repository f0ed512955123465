"""What each of several strategies has of the account that they trade together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.libc.math import fabs
else:
    from math import fabs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradekit.simulator.ledger import Ledger
    from tradekit.simulator.setup import Setup

__all__ = ["Shares", "joined"]


class Shares:
    """The money and the equity of each strategy, and whether it is stopped; one share is the whole account.

    A share has `size` instruments, those of share `k` beginning at number `k * size`. Its cash is what it began with and all that
    has come and gone with its instruments; what belongs to no instrument, such as interest on cash, is the account's alone.
    """

    def __init__(self, setup: Setup, ledger: Ledger) -> None:
        self.ledger = ledger
        self.count = max(len(setup.shares), 1)
        self.size = setup.share_size
        self.names = [share.name for share in setup.shares]
        self.capital = np.array([share.capital for share in setup.shares] or [setup.capital], dtype=np.float64)
        warmups = [share.warmup for share in setup.shares] or [setup.warmup]
        self.warmup = np.array(warmups, dtype=np.int64)
        self.equity, self.peak = np.empty((2, self.count))
        self.is_halted, self.is_carried_out = np.empty((2, self.count), dtype=np.int8)
        self.kept = setup.memory.array((self.count, len(setup.bars) if self.count > 1 else 0), np.float64)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        for k in range(self.count):
            self.equity[k] = self.peak[k] = self.capital[k]
            self.is_halted[k] = self.is_carried_out[k] = 0
        return 0

    def of(self, i: int) -> int:
        """Return which share an instrument is in."""
        return i // self.size

    def cash(self, k: int) -> float:
        """Return the money of a share."""
        total = self.capital[k]
        for i in range(k * self.size, (k + 1) * self.size):
            total += self.ledger.flow[i]
        return total

    def worth(self, k: int) -> float:
        """Return the equity of a share, at the last closes."""
        total = self.cash(k)
        for i in range(k * self.size, (k + 1) * self.size):
            if self.ledger.position[i] != 0.0:
                total += self.ledger.position[i] * (self.ledger.last[i] - self.ledger.basis[i]) * self.ledger.unit[i]
        return total

    def tied_up(self, k: int) -> float:
        """Return the margin that the positions of a share tie up, times leverage."""
        total = cython.declare(cython.double, 0.0)
        for i in range(k * self.size, (k + 1) * self.size):
            if self.ledger.position[i] != 0.0:
                total += fabs(self.ledger.position[i]) * self.ledger.last[i] * self.ledger.unit[i] * self.ledger.tied[i]
        return total

    def resume(self) -> None:
        """Allow all of them new risk again."""
        for k in range(self.count):
            self.is_halted[k] = self.is_carried_out[k] = 0

    def mark(self, row: int) -> None:
        """Value all shares at the close of a row."""
        for k in range(self.count):
            self.equity[k] = self.worth(k)
            self.kept[k, row] = self.equity[k]
            if self.equity[k] > self.peak[k]:
                self.peak[k] = self.equity[k]

    def curves(self, rows: int) -> Any:
        """Return the equity of each share at the close of the first rows, float64 [share, row], sharing memory."""
        return np.asarray(self.kept)[:, :rows]


def joined(held: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the units of several positions in one instrument, each with its average price, and that of the side that is left.

    Where nothing is left, the price is NaN.
    """
    units = sum([one for one, _ in held])
    side = [(one, price) for one, price in held if one * units > 0.0]
    return units, sum([one * price for one, price in side]) / sum([one for one, _ in side]) if side else float("nan")
