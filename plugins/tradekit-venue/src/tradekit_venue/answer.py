"""What a request is answered with, and what a fault makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tradekit_venue.faults import Fault
from tradekit_venue.venue import Venue

__all__ = ["Answer", "Done", "faulted", "json_answer"]

PAGE = b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and how it ends: whole, cut in the middle, or by a cut connection without any."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    ending: Literal["whole", "cut", "none"] = "whole"


@dataclass(frozen=True, slots=True)
class Done:
    """A request that has been dealt with."""

    answer: Answer
    hide: Callable[[], None]
    """Makes the venue not know of the orders that the request has placed."""
    show: Callable[[], None]
    """Makes it know of them again."""


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, json.dumps(value, separators=(",", ":")).encode(), headers or {})


async def faulted(venue: Venue, fault: Fault | None, do: Callable[[], Done], error: Callable[[Fault], Answer]) -> Answer:
    """Deal with a request as a fault wants it, and return the answer; `error` makes an error with a code of a fault."""
    if fault is None:
        return do().answer
    if fault.do == "hold":
        await released(venue, fault)
        venue.catch_up()
        return do().answer
    if fault.do == "drop-before":
        return Answer(0, b"", ending="none")
    if fault.do == "empty":
        return Answer(200, b"")
    if fault.do == "status" and not fault.accepts:
        return error_of(fault, error)
    if fault.do == "skew":
        venue.clock.skew = fault.ms or 0
    if fault.do == "split":
        venue.exchange.parts = fault.parts
    done = do()
    if fault.do == "forget":
        done.hide()
        venue.faults.later(fault, done.show)
    if fault.do == "late":
        await released(venue, fault)
    return spoilt(fault, done.answer, error)


def spoilt(fault: Fault, answer: Answer, error: Callable[[Fault], Answer]) -> Answer:
    """Return what becomes of the answer to a request that was dealt with."""
    if fault.do == "drop-after":
        return replace(answer, ending="none")
    if fault.do == "cut":
        return replace(answer, ending="cut")
    if fault.do == "html":
        return Answer(200, PAGE, content_type="text/html")
    return error_of(fault, error) if fault.do == "status" else answer


def error_of(fault: Fault, error: Callable[[Fault], Answer]) -> Answer:
    """Return the error that a fault describes: in the words of the dialect, or without a code a page, as of a gateway."""
    answer = error(fault) if fault.code else Answer(fault.status, PAGE, content_type="text/html")
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return replace(answer, headers={**answer.headers, **headers})


async def released(venue: Venue, fault: Fault) -> None:
    """Wait for the time of a fault, or until it is released."""
    over = asyncio.Event()
    venue.faults.later(fault, over.set)
    await over.wait()
