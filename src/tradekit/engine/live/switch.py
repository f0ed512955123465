"""The kill switch of a live account: what it may still do, and for what reasons not more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from tradekit.engine.live.inputs import Command
from tradekit.model.event import EventKind
from tradekit.simulator.outside import Outside
from tradekit.simulator.setup import Setup
from tradekit.simulator.simulation import Simulation

__all__ = ["CLOCK", "LAG", "STALE", "Hold", "Level", "Switch", "note_halts", "obey", "stop_for"]

STALE, LAG, CLOCK = "stale data", "event loop", "clock"
"""Causes that pass by themselves: whoever found one lets it go when it is over."""
_PASSING = frozenset({STALE, LAG, CLOCK})


class Level(IntEnum):
    """How far an account is stopped. Each level stops what the one before does, and more."""

    RUN = 0
    REDUCE_ONLY = 1
    """What adds risk is cancelled and refused; the strategy goes on, and may close positions."""
    HALT = 2
    """The strategy is not asked any more; what was there before and protects positions stays and works."""
    FLATTEN = 3
    """All positions are closed at the market."""

    @property
    def text(self) -> str:
        """The word for it, as commands have it."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def of(cls, text: str) -> Level:
        """Return what `text` names."""
        return cls[text.upper().replace("-", "_")]


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason for which an account is stopped: how far, by what, why, and since when (UTC nanoseconds)."""

    level: Level
    cause: str
    reason: str
    since: int

    @property
    def is_latched(self) -> bool:
        """Whether it lasts until a person lets it go, over restarts too."""
        return self.cause not in _PASSING

    def told(self) -> dict[str, Any]:
        """Return it in plain values."""
        return {"level": self.level.text, "cause": self.cause, "reason": self.reason, "since": self.since}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Hold:
        """Return what `told` has returned."""
        return cls(Level.of(told["level"]), str(told["cause"]), str(told["reason"]), int(told["since"]))


@dataclass(slots=True)
class Switch:
    """The state of an account, which is that of the strongest reason.

    By itself it only goes up. It goes down when a person resumes, which lets go of what is latched, and when a cause that passes
    is over.
    """

    holds: dict[str, Hold] = field(default_factory=dict)
    """By cause; one cause holds once, as far as it has ever asked for."""

    @property
    def level(self) -> Level:
        """How far the account is stopped."""
        return max(hold.level for hold in self.holds.values()) if self.holds else Level.RUN

    def hold(self, hold: Hold) -> None:
        """Stop an account for a reason."""
        before = self.holds.get(hold.cause)
        if before is None or hold.level > before.level:
            self.holds[hold.cause] = hold

    def resume(self) -> None:
        """Let go of all that is latched, as a person asks; what passes by itself holds for as long as it lasts."""
        self.holds = {cause: hold for cause, hold in self.holds.items() if not hold.is_latched}

    def clear(self, cause: str) -> None:
        """Let go of one cause, which is over."""
        self.holds.pop(cause, None)

    def told(self) -> list[dict[str, Any]]:
        """Return the reasons in plain values, the strongest first."""
        return [hold.told() for hold in sorted(self.holds.values(), key=lambda hold: (-hold.level, hold.since))]

    def take_over(self, holds: Iterable[Mapping[str, Any]]) -> None:
        """Stop for the reasons that an earlier session has left and that don't pass by themselves."""
        for hold in map(Hold.of, holds):
            if hold.is_latched:
                self.hold(hold)


def stop_for(holds: Iterable[Mapping[str, Any]], switch: Switch, outside: Outside) -> None:
    """Stop an account for the reasons that an earlier session has left."""
    switch.take_over(holds)
    if switch.holds:
        outside.halt(flatten=False, words="halted before this session")


def obey(given: Command, switch: Switch, outside: Outside) -> None:
    """Carry out what an operator, or the driver, asks for."""
    if given.command == "pause":
        outside.pause()
    elif given.command in ("resume", "clear"):
        if given.command == "resume":
            switch.resume()
        else:
            switch.clear(given.cause)
        if switch.level is Level.RUN:
            outside.resume()
    else:
        switch.hold(Hold(Level.of(given.command), given.cause, given.reason, given.time))
        outside.halt(given.command == "flatten", f"{given.cause}: {given.reason}" if given.reason else given.cause)


def note_halts(simulation: Simulation, setup: Setup, start: int, switch: Switch) -> None:
    """Take note of what has stopped new risk in the simulation since entry `start` of the log."""
    if len(simulation.log) == start or not simulation.gate.is_halted:
        return  # a halt of the account is none that is over in the row in which it came
    found = simulation.log.columns(start)
    for k in np.flatnonzero(found["kind"] == EventKind.HALT):
        rule, fallen = int(found["rule"][k]), float(found["c"][k])
        if rule >= 0 and setup.rules[rule].share >= 0:
            continue  # one strategy of several is stopped, and the account goes on
        who = f"rule {setup.rules[rule].name!r}" if rule >= 0 else "equity"
        switch.hold(Hold(Level.REDUCE_ONLY, who, f"equity is {fallen:.2%} below its peak", int(found["time"][k])))
