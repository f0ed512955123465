"""All that a live run is told, in the words in which it is kept: the same inputs make the same decisions again."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from tradekit.engine.live.growing import Closed, Ohlcv
from tradekit.model.order import OrderStatus
from tradekit.model.outside import VenueFill, VenuePayment

__all__ = [
    "Absent",
    "Answer",
    "Blocked",
    "Command",
    "Filled",
    "Imposed",
    "Input",
    "Paid",
    "Price",
    "Revised",
    "Row",
    "Sighting",
    "read_input",
    "read_inputs",
    "write_input",
]


@dataclass(frozen=True, slots=True)
class Row:
    """Bars have closed."""

    time: int
    closed: Closed
    kind: Literal["row"] = "row"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of sending an order: the venue has it, has refused it, or nobody knows."""

    time: int
    client_id: str
    outcome: Literal["taken", "refused", "unknown"]
    venue_id: str = ""
    text: str = ""
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the venue says of an order; `filled` is signed."""

    time: int
    client_id: str
    venue_id: str
    status: OrderStatus
    filled: Decimal
    kind: Literal["sighting"] = "sighting"


@dataclass(frozen=True, slots=True)
class Filled:
    """A trade of ours."""

    time: int
    fill: VenueFill
    kind: Literal["filled"] = "filled"


@dataclass(frozen=True, slots=True)
class Imposed:
    """A trade that changed a position of ours without an order of ours: a liquidation, or somebody who trades on the account."""

    time: int
    fill: VenueFill
    kind: Literal["imposed"] = "imposed"


@dataclass(frozen=True, slots=True)
class Paid:
    """Money has come or gone without a trade."""

    time: int
    payment: VenuePayment
    kind: Literal["paid"] = "paid"


@dataclass(frozen=True, slots=True)
class Absent:
    """An order has never reached the venue, and won't: it has been looked for often and long enough."""

    time: int
    client_id: str
    kind: Literal["absent"] = "absent"


@dataclass(frozen=True, slots=True)
class Price:
    """A price at which an order is set off that the venue doesn't watch."""

    time: int
    symbol: str
    price: float
    kind: Literal["price"] = "price"


@dataclass(frozen=True, slots=True)
class Command:
    """What an operator asks for, or the driver when it can't go on safely; `clear` says that a cause which passes is over."""

    time: int
    command: Literal["reduce-only", "halt", "flatten", "resume", "pause", "clear"]
    reason: str = ""
    cause: str = "operator"
    """Who or what asks."""
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class Blocked:
    """An instrument whose books don't agree with the venue's: no new risk in it. Without a reason, they agree again."""

    time: int
    symbol: str
    reason: str = field(default="")
    kind: Literal["blocked"] = "blocked"


@dataclass(frozen=True, slots=True)
class Revised:
    """A bar that came after its row, or came again and other. Nothing is decided on it; a later backtest has it."""

    time: int
    symbol: str
    open_time: int
    bar: Ohlcv
    kind: Literal["revised"] = "revised"


Input = Row | Answer | Sighting | Filled | Imposed | Paid | Absent | Price | Command | Blocked | Revised

_ADAPTER: TypeAdapter[Input] = TypeAdapter(Annotated[Input, Field(discriminator="kind")])
_ALL: TypeAdapter[tuple[Input, ...]] = TypeAdapter(tuple[Annotated[Input, Field(discriminator="kind")], ...])


def write_input(given: Input) -> str:
    """Return an input as a line of JSON: exact, numbers of the venue as text."""
    return _ADAPTER.dump_json(given).decode()


def read_input(text: str) -> Input:
    """Return what `write_input` has written."""
    return _ADAPTER.validate_json(text)


def read_inputs(text: str) -> tuple[Input, ...]:
    """Return all that `write_input` has written, one a line."""
    return _ALL.validate_json(f"[{','.join(text.splitlines())}]")
