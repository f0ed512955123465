"""Faults by script: what goes wrong, with which request or message, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Protocol

from tradekit import ConfigError
from tradekit_venue.words import nearest

__all__ = ["MESSAGE_FAULTS", "REQUEST_FAULTS", "Agenda", "Fault", "Script", "read_fault"]

REQUEST_FAULTS = {
    "late": "it is done, and the answer comes after `ms`, or when released",
    "hold": "it is done only after `ms`, or when released, and then answered",
    "drop-before": "the connection is cut, and nothing is done",
    "drop-after": "it is done, and the connection is cut",
    "cut": "it is done, and half of the answer comes before the connection is cut",
    "html": "it is done, and the answer is a page of HTML with status 200",
    "empty": "nothing is done, and the answer is empty with status 200",
    "status": "nothing is done, or with `accepts` it is, and the answer is an error: `status`, `code`, `message`, `retry_after`; "
    "without a code it is a page of HTML, as of a gateway",
    "forget": "it is done, and the venue does not know of the order for `ms`, or until released",
    "skew": "from then on the venue tells and checks a time that is `ms` off",
    "split": "it is done, and the next match comes in `parts` fills",
}
"""What may go wrong with a request, and what happens then."""

MESSAGE_FAULTS = {
    "drop": "the message is left out",
    "duplicate": "it is sent twice",
    "reorder": "it is sent after the next message",
    "late": "it is sent after `ms`, or when released",
    "malformed": "half of it is sent, which is no JSON",
    "revise": "it is sent, and once more with another close: for candles",
    "mute": "it and all after it are left out, and pings are answered",
    "half-open": "nothing is sent or read any more, and the connection stays open until `ms` have passed, or it is released",
    "close": "the connection is closed with `close_code`",
    "reset": "the connection is cut",
    "shutdown": "it is sent, and then that the server shuts down",
}
"""What may go wrong with a message on a socket, and what happens then."""


class Agenda(Protocol):
    """What a script needs of a venue."""

    def after(self, milliseconds: int, action: Callable[[], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `match` is a method and a name, such as `POST order`, `WS order.place` or `STREAM kline`; either may have `*`.

    It happens at the `nth` match from now on, and at those after it until it has happened `times` times; 0 is always.
    """

    match: str
    do: str
    nth: int = 1
    times: int = 1
    ms: int | None = None
    """For how long, by the venue's clock; `None` is until released."""
    status: int = 503
    code: int = 0
    message: str = "An unknown error occurred while processing the request."
    retry_after: int | None = None
    """Seconds that the answer tells to wait."""
    accepts: bool = False
    parts: int = 2
    close_code: int = 1001

    def __post_init__(self) -> None:
        method, _, name = self.match.partition(" ")
        if not method or not name:
            raise ConfigError(
                f"a fault's match is {self.match!r}; it is a method and a name, such as 'POST order' or 'STREAM kline'"
            )
        allowed = MESSAGE_FAULTS if method == "STREAM" else REQUEST_FAULTS
        if self.do not in allowed:
            what = "a message" if method == "STREAM" else "a request"
            raise ConfigError(
                f"unknown fault {self.do!r} of {what}{nearest(self.do, allowed)}; allowed are {', '.join(sorted(allowed))}"
            )
        if self.nth < 1 or self.times < 0 or self.parts < 1 or (self.ms is not None and self.ms < 0 and self.do != "skew"):
            raise ConfigError(
                f"the fault {self.do!r} for {self.match!r} has a number that is too small: nth and parts are 1 or more"
            )
        if self.do == "skew" and self.ms is None:
            raise ConfigError("the fault 'skew' needs ms: how many milliseconds the clock is off")

    def fits(self, method: str, name: str) -> bool:
        """Say whether it is about such a request or message."""
        wanted, _, pattern = self.match.partition(" ")
        # An asterisk stands for any request, and not for messages, which are told apart from answers.
        return fnmatchcase(method, wanted) and (wanted == "STREAM") == (method == "STREAM") and fnmatchcase(name, pattern)


class Script:
    """The faults that are still to come, and what waits to be released."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._faults: list[list[Any]] = []
        self._held: dict[int, Callable[[], None]] = {}
        self._number = 0

    def add(self, fault: Fault) -> None:
        """Add a fault; its matches are counted from now on."""
        self._faults.append([fault, 0])

    def clear(self) -> None:
        """Forget all faults that are still to come, and release what waits."""
        self._faults.clear()
        self.release()

    def pending(self) -> list[Fault]:
        """Return the faults that may still happen."""
        return [fault for fault, _ in self._faults]

    def take(self, method: str, name: str) -> Fault | None:
        """Return the fault that happens to such a request or message now. Of several the first one counts."""
        found: Fault | None = None
        for entry in list(self._faults):
            fault: Fault = entry[0]
            if not fault.fits(method, name):
                continue
            entry[1] += 1
            if entry[1] < fault.nth or found is not None:
                continue
            found = fault
            if fault.times and entry[1] >= fault.nth + fault.times - 1:
                self._faults.remove(entry)
        return found

    def later(self, fault: Fault, action: Callable[[], None]) -> None:
        """Do something after the time of a fault, or when it is released."""
        self._number += 1
        number = self._number
        self._held[number] = action
        if fault.ms is not None:
            self._agenda.after(fault.ms, lambda: self._let_go(number))

    def release(self) -> None:
        """Let everything go on that waits."""
        for number in list(self._held):
            self._let_go(number)

    def _let_go(self, number: int) -> None:
        action = self._held.pop(number, None)
        if action is not None:
            action()


def read_fault(values: Mapping[str, Any]) -> Fault:
    """Return the fault that a table of a script describes. Raises `ConfigError` for what is wrong with it."""
    types = {field.name: field.type for field in fields(Fault)}
    for name, value in values.items():
        if name not in types:
            raise ConfigError(f"a fault has no {name!r}{nearest(name, types)}; it has {', '.join(types)}")
        kind = {"str": str, "bool": bool}.get(str(types[name]), int)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ConfigError(f"{name} of a fault must be a {kind.__name__}, got {value!r}")
    for name in ("match", "do"):
        if name not in values:
            raise ConfigError(f"a fault needs {name}, and this one has {', '.join(values) or 'nothing'}")
    return Fault(**values)
