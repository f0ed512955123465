"""Between ccxt's clients and the network: who goes when, what must not leave this process, and what is heard on the way."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from tradekit import VenueError
from tradekit_ccxt.errand import current
from tradekit_ccxt.library import Client, errors
from tradekit_ccxt.pacing import Governor

__all__ = ["Transport", "retry_after"]

_log = logging.getLogger("tradekit.ccxt")
_READING = re.compile(
    r"^(?:(?:public|private)/)?(?:un)?(?:sub|subscribe|subscription|subscriptions)$"
    r"|^(?:(?:public|private)/)?(?:login|logon|auth|authenticate|ping|pong|bullet|conf)$"
    r"|^(?:session\.logon|userdatastream\.[a-z.]+|public/[a-z-]+)$",
    re.IGNORECASE,
)
"""What a message to a stream may be about."""
_ABOUT = ("method", "op", "event", "action", "reqType", "type", "request", "cmd")
_CHANGING = re.compile(
    r"(?:create|edit|cancel|set|add|reduce|close|transfer|withdraw|borrow|repay|upgrade|sign)[A-Z]|transfer$|withdraw$"
)
"""What ccxt calls the things that change an account."""
_ONLY_LIVE = "this run must not trade: only a live run does"
_LONGEST_SILENCE_MS = 20_000
_FIRST_MESSAGES = 3
"""So many messages answer the log-in and the subscriptions of a new connection: until then, what happens may be missed."""
_REST_S = 1.0
_ASKED_TO_REST = (418, 429)


@dataclass(slots=True)
class Transport:
    """What a client of ccxt sends and receives goes through here, once it is attached.

    Without `may_trade`, a request that may change something does not leave: only GET does, and what `reads` lists by the end of its
    path; and none of ccxt's methods that change something can be called. Orders are never sent over streams, so only messages that
    subscribe and log in pass there.
    """

    client: Client
    governor: Governor
    may_trade: bool = False
    reads: tuple[str, ...] = ()
    deadline: str = ""
    """The header by which an order is told until when it must have reached the exchange."""
    is_serial: bool = False
    """Whether a request waits until the one before has come back: where they are numbered, none may overtake another."""
    on_gap: Callable[[], None] = lambda: None
    """Called whenever messages of a stream may have been missed."""
    on_message: Callable[[Any], None] = lambda _message: None
    """Called with each message of a stream that ccxt has understood, before anybody hears of what it says."""
    broken: int = 0
    """How many messages of streams could not be read."""
    _line: asyncio.Lock = field(default_factory=asyncio.Lock)
    _fetch: Any = field(init=False)
    _client: Any = field(init=False)
    _handle: Any = field(init=False)
    _connected: Any = field(init=False)
    _on_answer: Any = field(init=False)

    def __post_init__(self) -> None:
        client = self.client
        self._fetch, self._client, self._handle = client.fetch, client.client, client.handle_message
        self._connected, self._on_answer = client.on_connected, client.on_rest_response
        client.fetch, client.client, client.handle_message = self.fetch, self.stream, self.handle_message
        client.on_connected, client.on_rest_response = self.on_connected, self.on_answer
        # With its limiter on, ccxt asks before each request what it weighs: the answer is ours.
        client.enableRateLimit, client.throttle = True, self.throttle
        client.streaming = {**client.streaming}
        client.streaming["keepAlive"] = min(client.streaming.get("keepAlive", _LONGEST_SILENCE_MS), _LONGEST_SILENCE_MS)
        if not self.may_trade:
            # Some exchanges take orders by GET.
            for name in client.has:
                if _CHANGING.match(name):
                    setattr(client, client.un_camel_case(name), self._refuse)

    async def _refuse(self, *_: Any) -> None:
        raise VenueError(f"something that may change the account was asked of {self.client.id}, and {_ONLY_LIVE}")

    async def throttle(self, cost: float | None = None) -> None:
        """Wait for one's turn."""
        errand = current()
        await self.governor.turn(errand.priority, 1.0 if cost is None else float(cost), errand.patience_s)

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        """Make a request, if it may be made."""
        errand = current()
        errand.status, errand.failure, errand.retry_after_s = 0, None, None
        is_change = method != "GET" and not urlsplit(url).path.endswith(self.reads or ("\0",))
        if is_change:
            self._check(method, url, body)
        is_order = bool(errand.carries) and errand.carries in f"{url} {body}"
        try:
            async with self._line if self.is_serial else nullcontext():
                if is_order:
                    errand.check()
                    headers = self._dated(headers)
                errand.sent_ms = self.client.milliseconds()
                errand.has_left = errand.has_left or is_change or is_order
                return await self._fetch(url, method, headers, body)
        except BaseException as error:
            errand.failure = error
            if isinstance(error, errors().RateLimitExceeded):
                # Not every exchange says so by the status of its answer.
                self.governor.rest(_REST_S if errand.retry_after_s is None else errand.retry_after_s)
            raise

    def _dated(self, headers: Any) -> Any:
        """Return the headers of an order, with the time after which the exchange refuses it, by its own clock."""
        if not self.deadline:
            return headers
        return {**(headers or {}), self.deadline: str(self.client.nonce() + self.client.options["recvWindow"])}

    def _check(self, method: str, url: str, body: Any) -> None:
        path = urlsplit(url).path
        if not self.may_trade:
            raise VenueError(f"{method} {path} may change the account, and {_ONLY_LIVE}")
        carried = current().carries
        if carried and carried not in f"{url} {body}":
            raise VenueError(
                f"{method} {path} was held back: the order's own id {carried!r} is not in it, so it could not be looked up"
            )

    def on_answer(self, code: int, reason: str, url: str, method: str, headers: Mapping[str, str], *rest: Any) -> Any:
        """Take note of an answer, and of what it asks for."""
        errand = current()
        errand.status = int(code)
        asked = retry_after(headers)
        if errand.status in _ASKED_TO_REST or (asked is not None and errand.status >= 400):
            errand.retry_after_s = asked
            self.governor.rest(_REST_S if asked is None else asked)
        return self._on_answer(code, reason, url, method, headers, *rest)

    def stream(self, url: str) -> Any:
        """Return the connection of a stream, and see to it that a broken message does not silence it."""
        is_new = url not in (self.client.clients or {})
        found = self._client(url)
        if is_new:
            receive, send, reading = found.handle_message, found.send, found.receive_loop

            async def checked(message: Any) -> Any:
                self._check_message(message)
                return await send(message)

            first = itertools.count(1)

            def heard(message: Any) -> None:
                self._unharmed(receive, message)
                if next(first) <= _FIRST_MESSAGES:
                    self.on_gap()

            def read() -> None:
                try:
                    reading()
                except Exception as error:  # noqa: BLE001 - older versions stop reading without a word here
                    found.on_error(errors().NetworkError(f"{type(error).__name__}: {error}"))

            found.handle_message, found.receive_loop = heard, read
            found.send = checked
            found.throttle = self.throttle
        return found

    def handle_message(self, stream: Any, message: Any) -> Any:
        """Let ccxt understand a message of a stream."""

        def understand() -> Any:
            found = self._handle(stream, message)
            self.on_message(message)
            return found

        return self._unharmed(understand)

    def _unharmed(self, receive: Callable[..., Any], *given: Any) -> Any:
        """Keep on listening after a message that ccxt fails at: it would stop without a word. What it held counts as missed."""
        try:
            return receive(*given)
        except Exception as error:  # noqa: BLE001 - whatever it is, the stream goes on, and what was missed is asked for
            self.broken += 1
            _log.warning(
                "a message of %s could not be read (%s: %s); asking for all again", self.client.id, type(error).__name__, error
            )
            self.on_gap()
            return None

    def on_connected(self, stream: Any, message: Any = None) -> None:
        """Take note of a new connection: what came between it and the one before is missing."""
        self._connected(stream, message)
        self.on_gap()

    def _check_message(self, message: Any) -> None:
        """Let a message to a stream pass if it subscribes, logs in or keeps alive. A client without keys says what it likes."""
        if not self.client.apiKey or not isinstance(message, dict):
            return
        about = next((message[name] for name in _ABOUT if isinstance(message.get(name), str)), None)
        is_bare = about is None and any(name in message for name in ("sub", "unsub", "ping", "pong", "subscribe"))
        if not is_bare and (about is None or not _READING.match(about)):
            raise VenueError(
                f"a message {about!r} to a stream of {self.client.id} was held back: orders are never sent over streams"
            )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds an answer wants to be left alone for, from a number or a time; `None` if it does not say."""
    named = {name.lower(): value for name, value in headers.items()}
    text = named.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    until, now = _moment(text), _moment(named.get("date", ""))
    return None if until is None or now is None else max((until - now).total_seconds(), 0.0)


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
