"""A venue on loopback that answers over HTTP, well or badly, as a test wants it to."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer: its body, or only so many bytes of it; in silence there is none at all."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None
    is_silent: bool = False
    has_length: bool = True


class LocalVenue:
    """Answers each request with what `reply` makes of its path and query."""

    def __init__(self, reply: Callable[[str], Reply]) -> None:
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._over = threading.Event()
        venue, over = self, self._over

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                venue.paths.append(self.path)
                venue.headers.append(dict(self.headers))
                answer = reply(self.path)
                if answer.is_silent:
                    over.wait(10)
                    return
                # Without send_response, which adds a Date of its own.
                self.send_response_only(answer.status)
                lengths = {"Content-Length": str(len(answer.body))} if answer.has_length else {}
                for name, value in {**lengths, **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body if answer.sent is None else answer.body[: answer.sent])

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing of clients that went away: they were killed, or had waited long enough."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def serving(reply: Callable[[str], Reply]) -> Iterator[LocalVenue]:
    """Be a venue for a while."""
    venue = LocalVenue(reply)
    try:
        yield venue
    finally:
        venue.close()


KLINES = "/klines?symbol={symbol}&interval={interval}&startTime={start}&endTime={end}&limit={limit}"
COLUMNS = {"time": 0, "open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}


class Klines:
    """Bars in the way of Binance: rows of texts, both ends of the range included, the first `limit` of them.

    `fault(number, path)` names what goes wrong with a request, counted from 0, or nothing.
    """

    def __init__(
        self, rows: Sequence[Sequence[object]], fault: Callable[[int, str], str | None] = lambda _number, _path: None
    ) -> None:
        self.rows = rows
        self.fault = fault
        self.asked: list[tuple[str, int, int]] = []
        """The folder and the range of each request, in milliseconds, both ends included."""
        self._lock = threading.Lock()

    def __call__(self, path: str) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        start, end, limit = (int(query[name]) for name in ("startTime", "endTime", "limit"))
        found = [row for row in self.rows if start <= row[0] <= end][:limit]
        with self._lock:
            fault = self.fault(len(self.asked), path)
            self.asked.append((urlsplit(path).path, start, end))
        body = json.dumps(found).encode()
        return Reply(body) if fault is None else faulty(fault, found, body)


def faulty(fault: str, rows: list[Sequence[object]], body: bytes) -> Reply:
    """Return an answer that is wrong in one way."""
    if fault == "malformed":
        wrong = [list(row) for row in rows] or [[]]
        wrong[len(wrong) // 2] = [*wrong[len(wrong) // 2][:4], None]
        return Reply(json.dumps(wrong).encode())
    return {
        "silence": Reply(is_silent=True),
        "429": Reply(b'{"msg": "Too many requests."}', 429, {"Retry-After": "0.02"}),
        "418": Reply(b'{"msg": "Way too many requests."}', 418, {"Retry-After": "0.05"}),
        "500": Reply(b"Internal error", 500),
        "503": Reply(b"<html><title>Busy</title></html>", 503),
        "cut": Reply(body + b" " * 10, sent=len(body) // 2),
        "cut without length": Reply(body, sent=max(len(body) // 2, 1), has_length=False),
        "page": Reply(b"<!doctype html><html><title>Just a moment...</title></html>"),
        "nothing": Reply(b""),
    }[fault]


FAULTS = ("malformed", "silence", "429", "418", "500", "503", "cut", "cut without length", "page", "nothing")


def wait_until(is_so: Callable[[], bool], patience_s: float = 30.0) -> bool:
    """Wait for what another process does; say whether it came."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
