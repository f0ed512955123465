"""The loop of a session that waits for nothing: signs of life, what operators ask for, and what is watched from inside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from tradekit.engine.live.decider import Decider
from tradekit.engine.live.inputs import Command, Input
from tradekit.engine.live.switch import CLOCK, LAG, STALE, Level
from tradekit.errors import OrderRefused
from tradekit.journal.mailbox import STOPPING
from tradekit.journal.store import JournalStore

__all__ = ["Guard", "Limits"]

_log = logging.getLogger("tradekit.live")
_SECOND = 1_000_000_000
_CALM_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much: nanoseconds without any data, seconds in which the event loop stood still, seconds between the clocks.

    `None`: it is not watched.
    """

    silence: int | None = None
    lag_s: float | None = None
    clock_s: float | None = None


@dataclass
class Guard:
    """Stops new risk where something is wrong, and lets go when that is over.

    `tell` lets the run decide on something, with the id of what was asked for; `now` returns the venue's time.
    """

    store: JournalStore
    decider: Decider
    tell: Callable[[Input, int | None], None]
    now: Callable[[], int]
    limits: Limits = Limits()
    beat: Callable[[], None] = lambda: None
    """Gives a sign of life."""
    heard_at: int | None = None
    """When something was heard of the data, by the venue's clock."""
    _lagged_at: float = 0.0

    def begin(self) -> None:
        """Do from now on what is asked for, first what was before: the session agrees with the venue."""
        self.take_asked()
        self.hear()

    def hear(self) -> None:
        """Take note that something was heard of the data."""
        self.heard_at = self.now()

    async def run(self, tick: float) -> None:
        """Give signs of life, and look at everything again and again once the session has begun."""
        time = asyncio.get_running_loop().time
        while True:
            self.beat()
            if self.heard_at is not None:
                self.take_asked()
                self._watch_data(self.heard_at)
            before = time()
            await asyncio.sleep(tick)
            self._watch_loop(time() - before - tick, time())

    def take_asked(self) -> None:
        """Do what operators and the watchdog have asked for."""
        for asked in self.store.asked():
            _log.warning("%s: %s", asked.command, asked.reason or f"asked for by {asked.cause}")
            command = Command(self.now(), asked.command, asked.reason, asked.cause)  # type: ignore[arg-type]  # the mailbox checks
            self.tell(command, asked.id)

    def check(self, client_id: str) -> None:
        """Raise `OrderRefused` for an order that must not leave any more, because it was called off since it was decided.

        What was asked for meanwhile is done first, so that nothing slips through between that and the order.
        """
        if any(asked.command in STOPPING for asked in self.store.asked()):
            self.take_asked()
        leg = self.decider.legs.by_id[client_id]
        if leg.is_leaving:
            why = "; ".join(hold.reason or hold.cause for hold in self.decider.switch.holds.values())
            raise OrderRefused(f"not sent: {why or 'it was called off before it had left'}")

    def watch_clock(self, offset: int) -> None:
        """Judge by how much this machine's clock differs from the venue's, in nanoseconds."""
        if self.limits.clock_s is None:
            return
        seconds = abs(offset) / _SECOND
        why = f"this machine's clock differs from the venue's by {seconds:.1f} s, and {self.limits.clock_s:g} s are allowed"
        self._judge(CLOCK, why if seconds > self.limits.clock_s else "")

    def _watch_data(self, heard_at: int) -> None:
        if self.limits.silence is None:
            return
        silent = self.now() - heard_at
        seconds, allowed = silent / _SECOND, self.limits.silence / _SECOND
        why = f"nothing was heard of the data for {seconds:.0f} s, and {allowed:g} s are allowed"
        self._judge(STALE, why if silent > self.limits.silence else "")

    def _watch_loop(self, lag: float, now: float) -> None:
        if self.limits.lag_s is None:
            return
        if lag > self.limits.lag_s:
            self._lagged_at = now
            self._judge(LAG, f"the event loop stood still for {lag:.1f} s, and {self.limits.lag_s:g} s are allowed")
        elif now - self._lagged_at >= _CALM_S:
            self._judge(LAG, "")

    def _judge(self, cause: str, why: str) -> None:
        """Stop new risk for a cause that is found, or let go of one that is over."""
        is_held = cause in self.decider.switch.holds
        if why and not is_held:
            _log.error("%s: %s", Level.REDUCE_ONLY.text, why)
            self.tell(Command(self.now(), "reduce-only", why, cause), None)
        elif is_held and not why:
            _log.warning("%s: over", cause)
            self.tell(Command(self.now(), "clear", "over", cause), None)
