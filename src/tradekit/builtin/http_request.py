"""One request over HTTP: an answer, or a `VenueError` that says how it went wrong and whether that may pass."""

from __future__ import annotations

import gzip
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import NoReturn

from tradekit import VenueError, __version__

__all__ = ["Answer", "get"]

_SECOND = 1_000_000_000
_BLOCK = 1 << 16
_SHOWN = 200
_PASSING = {408, 418, 425, 429}
"""Statuses below 500 that ask to come back later; 418 is how some venues say that an address is banned for a while."""
_LASTING = {501, 505}
_NOTHING: Mapping[str, str] = MappingProxyType({})
_MEANINGS = {418: "banned for a while, for asking too often"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    text: str
    asked_at: int | None
    """What the venue's clock showed when it was asked, at the earliest, in UTC nanoseconds; `None` if it doesn't tell."""
    has_length: bool
    """Whether the venue said how long the answer is; it is then whole."""


def get(address: str, timeout_s: float, headers: Mapping[str, str] = _NOTHING) -> Answer:
    """Return what an address answers, within `timeout_s` seconds; raise `VenueError` for anything but an answer with data.

    `headers` go to this address only, and not to one that it may point to instead.
    """
    request = urllib.request.Request(  # noqa: S310 - the opener knows no other schemes than http and https
        address, headers={"User-Agent": f"tradekit/{__version__}", "Accept-Encoding": "gzip"}
    )
    for name, value in headers.items():
        request.add_unredirected_header(name, value)
    began = time.monotonic()
    try:
        with _opener().open(request, timeout=timeout_s) as response:
            body = _read(response, began + timeout_s)
            elapsed_s, told = time.monotonic() - began, response.headers
    except urllib.error.HTTPError as error:
        _refuse(address, error)
    except (OSError, http.client.HTTPException) as error:
        _explain(address, timeout_s, error)
    return Answer(_text(address, body, told), _asked_at(told, elapsed_s), _has_length(told))


def _opener() -> urllib.request.OpenerDirector:
    """Return an opener for http and https alone: the usual one also reads files."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Return the whole body; what comes in drops must be complete by the deadline too."""
    blocks = []
    while block := response.read1(_BLOCK):
        blocks.append(block)
        if time.monotonic() > deadline:
            raise TimeoutError
    body = b"".join(blocks)
    declared = response.headers.get("Content-Length")
    if declared is not None and len(body) < int(declared):
        raise http.client.IncompleteRead(body, int(declared) - len(body))
    return body


def _has_length(headers: Message) -> bool:
    return "Content-Length" in headers or "Transfer-Encoding" in headers


def _text(address: str, body: bytes, headers: Message) -> str:
    if body.startswith(b"\x1f\x8b"):
        try:
            body = gzip.decompress(body)
        except (EOFError, OSError, zlib.error) as error:
            raise VenueError(f"the answer of {address!r} was cut off: {error}", is_passing=True) from None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise VenueError(f"{address!r} answered with {len(body):,} bytes that are no text", is_passing=True) from None
    if text.lstrip()[:1] == "<":
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
        named = f" titled {' '.join(title[1].split())[:_SHOWN]!r}" if title else ""
        raise VenueError(f"{address!r} answered with a web page{named}, not with data", is_passing=True)
    if not text.strip():
        raise VenueError(f"{address!r} answered with nothing (type {headers.get_content_type()!r})", is_passing=True)
    return text


def _refuse(address: str, error: urllib.error.HTTPError) -> NoReturn:
    """Raise what a status other than one of success means."""
    with error:
        try:
            said = " ".join(error.read(_BLOCK).decode("utf-8", "replace").split())[:_SHOWN]
        except (OSError, http.client.HTTPException):
            said = ""
    meaning = _MEANINGS.get(error.code, str(error.reason).lower())
    is_passing = error.code in _PASSING or (error.code >= 500 and error.code not in _LASTING)
    told = f": {said!r}" if said and not said.startswith("<") else ""
    raise VenueError(
        f"{address!r} answered {error.code} ({meaning}){told}", is_passing, _retry_after(error.headers) if is_passing else None
    )


def _explain(address: str, timeout_s: float, error: OSError | http.client.HTTPException) -> NoReturn:
    """Raise why there was no answer, or no whole one."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        raise VenueError(f"{address!r} gave no whole answer within {timeout_s:g} s", is_passing=True) from None
    if isinstance(reason, http.client.IncompleteRead):
        missing = f", {reason.expected:,} more were due" if reason.expected else ""
        what = f"the answer of {address!r} was cut off after {len(reason.partial):,} bytes{missing}"
        raise VenueError(what, is_passing=True) from None
    if isinstance(reason, ssl.SSLCertVerificationError):
        raise VenueError(f"{address!r} can't prove who it is: {reason.verify_message}") from None
    if isinstance(reason, http.client.InvalidURL):
        raise VenueError(f"{address!r} is no address: {reason}") from None
    said = (getattr(reason, "strerror", None) or str(reason) or type(reason).__name__).lower()
    raise VenueError(f"{address!r} can't be reached: {said}", is_passing=True) from None


def _retry_after(headers: Mapping[str, str] | Message) -> float | None:
    """Return how long to wait, from seconds or from a time, which is that of the venue's clock."""
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        return float(text)
    until, now = _moment(text), _moment(headers.get("Date") or "") or datetime.now(UTC)
    return None if until is None else max((until - now).total_seconds(), 0.0)


def _asked_at(headers: Message, elapsed_s: float) -> int | None:
    """Return the time of the answer less all the time that it took, so that nothing in it is older."""
    moment = _moment(headers.get("Date") or "")
    return None if moment is None else int(moment.timestamp()) * _SECOND - int(elapsed_s * _SECOND)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
