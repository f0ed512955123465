"""What a dialect is: whose API the venue speaks, over HTTP and over sockets, in front of the one engine that all share."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Protocol, runtime_checkable

from tradekit_venue.answer import Answer, Done
from tradekit_venue.engine.events import Event
from tradekit_venue.engine.order import Order
from tradekit_venue.faults import Fault
from tradekit_venue.venue import Venue

__all__ = ["Answering", "Asked", "Dialect", "Send", "Sent", "Session", "Socket", "texts"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came: method, path without the host, encoded query, body, and headers by their names in small letters."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path.strip("/"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What came over a socket: the method by which faults call it, its parameters, and the text itself."""

    method: str
    params: Mapping[str, str]
    text: str


Send = Callable[[str, Any], None]
"""Sends a message, which faults call by a name; `answer` is one that no fault meets."""


class Session(Protocol):
    """What speaks a dialect over a socket."""

    def on_event(self, event: Event) -> None:
        """Send what an event makes for this socket."""

    def on_text(self, text: str) -> None:
        """Take a message of the client."""


@runtime_checkable
class Answering(Session, Protocol):
    """A session whose messages are requests: each is answered, and may meet a fault as a request over HTTP may."""

    def read(self, text: str) -> Asked:
        """Return what a message asks."""

    def answer(self, asked: Asked) -> Done:
        """Answer it."""


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters that came as JSON as a query would have them."""
    return {name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":")) for name, value in values.items()}


Socket = tuple[str, Callable[[Send], Session]]
"""What a fault calls a socket, and what makes a session of it."""


class Dialect(ABC):
    """Answers for a venue as one exchange does."""

    has_perpetuals: ClassVar[bool] = False
    """Whether what it lists are linear perpetuals, and not spot markets."""
    has_contracts: ClassVar[bool] = False
    """Whether it counts perpetuals in contracts, which may be more or less than one unit of the base currency."""
    usual_fee: ClassVar[Decimal]
    """What its accounts pay of a trade's value, if nobody says otherwise."""
    sockets: ClassVar[str]
    """Where sockets are, in words."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.hidden: set[int] = set()
        """Numbers of orders that the venue does not know of for now: a fault."""

    @abstractmethod
    def name(self, path: str) -> str:
        """Return what a fault calls a path."""

    @abstractmethod
    def params(self, sent: Sent) -> Mapping[str, str]:
        """Return the parameters of a request, wherever they were."""

    @abstractmethod
    def ordered(self, method: str, name: str, params: Mapping[str, str]) -> str | None:
        """Return the client id of the order that a request places; `None` for any other request."""

    @abstractmethod
    def answer(self, sent: Sent) -> Done:
        """Answer a request."""

    @abstractmethod
    def error(self, fault: Fault) -> Answer:
        """Return the error with a code that a fault describes."""

    @abstractmethod
    def socket(self, path: str, query: Mapping[str, str]) -> Socket | None:
        """Return what is at an address of streams; `None` if nothing is."""

    def revised(self, payload: Any) -> Any:
        """Return a message of a candle with another close, any other one as it is."""
        return payload

    @abstractmethod
    def shutdown(self, payload: Any) -> Any | None:
        """Return how the venue tells, over the socket of such a message, that it shuts down; `None` where it doesn't tell."""

    def done(self, answer: Answer, placed: list[Order]) -> Done:
        """Return an answer, with what hides the orders of its request."""
        numbers = {order.id for order in placed}
        return Done(answer, lambda: self.hidden.update(numbers), lambda: self.hidden.difference_update(numbers))
