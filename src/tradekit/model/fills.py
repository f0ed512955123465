"""How fills are simulated: every assumption by its name, the pessimistic choice being the default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FillRules"]


@dataclass(frozen=True, slots=True)
class FillRules:
    """What the simulator assumes where bars leave a question open.

    - `insufficient_funds`: an order that exceeds the funds is cut to the whole lots that they pay for, or rejected.
    - `limit_fills`: a limit fills when the price goes `through` it, or already when it is a `touch`.
    - `path`: in which order a bar reaches its prices. `worst`: not known, so what hurts comes first, and what helps only happens
      where the bar proves it. Otherwise the price moves in straight lines from the open to the close: over the nearer extreme first
      (`nearest-first`), over the high (`high-first`) or over the low (`low-first`).
    - `participation`: the largest part of a bar's volume that the run's orders in the instrument may take together; what is left of
      an order waits for the next bar. `None` is no limit.
    - `latency_ns`: nanoseconds from a decision until it reaches the venue.
    - `data_latency_ns`: nanoseconds from what happens in a market until the run knows of it; so much later it decides.
    - `queue_ahead`: units that stand before a limit order at its price when it arrives; prints at just that price use them up
      first. `None`: all that is traded there goes to others. It matters where fills are decided by trades.
    - `queue`: where, on a book, units were cancelled that were not traded: `behind` a limit order of the run, all of them; or
      before and behind it in proportion to f(units), f being a `power`, with the exponent `queue_power`, or the `log` of 1 + units.
    """

    insufficient_funds: Literal["cut", "reject"] = "cut"
    limit_fills: Literal["through", "touch"] = "through"
    path: Literal["worst", "nearest-first", "high-first", "low-first"] = "worst"
    participation: float | None = 0.1
    latency_ns: int = 0
    queue_ahead: float | None = None
    data_latency_ns: int = 0
    queue: Literal["behind", "power", "log"] = "behind"
    queue_power: float = 3.0
