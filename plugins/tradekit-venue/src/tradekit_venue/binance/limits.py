"""How much may be asked: request weight by minute, orders by ten seconds and by day, and bans for who does not stop."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate

from tradekit_venue.binance.refusals import RefusedError

__all__ = ["Limits"]

MINUTE = 60_000
TEN_SECONDS = 10_000
DAY = 86_400_000
PATIENCE = 5
"""So many requests are answered with 429 before the address is banned."""
BAN_MS = 120_000


class Limits:
    """Counters by the venue's clock. All clients come from one address here, and share them."""

    def __init__(self, now: Callable[[], int], weight: int = 6000, orders: int = 100, orders_a_day: int = 200_000) -> None:
        self._now = now
        self.weight = weight
        self.orders = orders
        self.orders_a_day = orders_a_day
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}
        self._refused = 0
        self._banned_until = 0

    def spend(self, weight: int) -> None:
        """Count a request. Raises `RefusedError` with 429 above the limit, and with 418 for one who goes on all the same."""
        now = self._now()
        if now < self._banned_until:
            raise self._ban(now)
        if self._count("weight", MINUTE, weight) <= self.weight:
            self._refused = 0
            return
        self._refused += 1
        if self._refused > PATIENCE:
            self._banned_until = now + BAN_MS
            raise self._ban(now)
        raise RefusedError(
            -1003,
            f"Too much request weight used; current limit is {self.weight} request weight per 1 MINUTE. Please use WebSocket "
            "Streams for live updates to avoid polling the API.",
            429,
            1 + (MINUTE - now % MINUTE) // 1000,
        )

    def place(self) -> None:
        """Count a new order. Raises `RefusedError` above the limits."""
        for length, limit, name in ((TEN_SECONDS, self.orders, "10 SECOND"), (DAY, self.orders_a_day, "1 DAY")):
            if self._count("orders", length, 1) > limit:
                left = 1 + (length - self._now() % length) // 1000
                raise RefusedError(-1015, f"Too many new orders; current limit is {limit} orders per {name}.", 429, left)

    def headers(self, has_orders: bool) -> dict[str, str]:
        """Return the headers that tell the venue's time, and how much has been used."""
        used = str(self._used("weight", MINUTE))
        date = formatdate(self._now() / 1000, usegmt=True)
        found = {"Date": date, "X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
        if has_orders:
            found["X-MBX-ORDER-COUNT-10S"] = str(self._used("orders", TEN_SECONDS))
            found["X-MBX-ORDER-COUNT-1D"] = str(self._used("orders", DAY))
        return found

    def rules(self) -> list[dict[str, object]]:
        """Return the limits as `exchangeInfo` lists them."""
        rows = [
            ("REQUEST_WEIGHT", "MINUTE", 1, self.weight),
            ("ORDERS", "SECOND", 10, self.orders),
            ("ORDERS", "DAY", 1, self.orders_a_day),
        ]
        return [{"rateLimitType": kind, "interval": unit, "intervalNum": n, "limit": limit} for kind, unit, n, limit in rows]

    def _ban(self, now: int) -> RefusedError:
        message = (
            f"Way too much request weight used; IP banned until {self._banned_until}. Please use WebSocket Streams for live "
            "updates to avoid bans."
        )
        return RefusedError(-1003, message, 418, 1 + (self._banned_until - now) // 1000)

    def _count(self, what: str, length: int, amount: int) -> int:
        used = self._used(what, length) + amount
        self._counts[what, length] = (self._now() // length, used)
        return used

    def _used(self, what: str, length: int) -> int:
        window, used = self._counts.get((what, length), (0, 0))
        return used if window == self._now() // length else 0
