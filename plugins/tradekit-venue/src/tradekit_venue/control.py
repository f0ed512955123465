"""What steers an open venue from anywhere on this machine, with the standard library alone."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from tradekit import VenueError

__all__ = ["Control"]


class Control:
    """The desk of a venue, over HTTP. Each method raises `VenueError` with what the venue says is wrong."""

    def __init__(self, url: str, token: str, timeout_s: float = 10.0) -> None:
        self.url = url
        self._token = token
        self._timeout_s = timeout_s

    def state(self) -> dict[str, Any]:
        """Return the clock, and each account's balances, positions, orders, trades and payments."""
        found: dict[str, Any] = self._ask("GET", "state")
        return found

    def received(self) -> list[dict[str, Any]]:
        """Return the last requests and sockets, oldest first, with the fault that happened to each."""
        found: list[dict[str, Any]] = self._ask("GET", "received")
        return found

    def fault(self, match: str, do: str, details: dict[str, Any] | None = None) -> None:
        """Add a fault to the script, such as `fault("POST order", "late", {"ms": 2000})`."""
        self._ask("POST", "faults", {"match": match, "do": do, **(details or {})})

    def clear(self) -> None:
        """Forget the faults that are still to come, and release what waits."""
        self._ask("DELETE", "faults")

    def release(self) -> None:
        """Let everything go on that a fault keeps waiting."""
        self._ask("POST", "release")

    def advance(self, milliseconds: int) -> int:
        """Move the venue's clock on, and return what it shows."""
        return int(self._ask("POST", "clock", {"advance": milliseconds})["now"])

    def skew(self, milliseconds: int) -> None:
        """Let the venue tell and check a time that is off."""
        self._ask("POST", "clock", {"skew": milliseconds})

    def run(self, speed: float) -> None:
        """Let the venue's clock run at a speed; 0 stops it."""
        self._ask("POST", "clock", {"speed": speed})

    def place(self, account: str, order: dict[str, Any]) -> dict[str, Any]:
        """Place an order for an account: market, side, kind, quantity, price and client_id, whatever the dialect."""
        placed: dict[str, Any] = self._ask("POST", "order", {"account": account, **order})
        return placed

    def cancel(self, account: str, number: int) -> dict[str, Any]:
        """Cancel an order of an account, by the id that the desk tells."""
        gone: dict[str, Any] = self._ask("DELETE", "order", {"account": account, "id": number})
        return gone

    def close_market(self, market: str, closed: bool = True) -> None:
        """Close a market to new orders, or open it again."""
        self._ask("POST", "close", {"market": market, "closed": closed})

    def fund(self, market: str, rate: str) -> None:
        """Let funding of a perpetual be paid now, at a rate such as "0.0001", besides what is paid every eight hours."""
        self._ask("POST", "funding", {"market": market, "rate": rate})

    def _ask(self, method: str, path: str, values: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        body = None if values is None else json.dumps(values)
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=self._timeout_s)
        try:
            connection.request(method, f"/_venue/{path}", body, headers)
            answer = connection.getresponse()
            found = json.load(answer)
        except (OSError, http.client.HTTPException) as error:
            raise VenueError(f"there is no venue at {self.url}: {error}") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise VenueError(f"the venue at {self.url} refuses {method} {path}: {found['error']}")
        return found
