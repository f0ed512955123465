"""What a live run does at its venue: send, cancel, and look up what became of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tradekit.engine.live.decider import Decider
from tradekit.engine.live.following import Action, Send
from tradekit.engine.live.inputs import Answer, Input
from tradekit.engine.live.legs import Leg, LegState
from tradekit.engine.live.resolve import Resolver
from tradekit.errors import OrderRefused, VenueError
from tradekit.model.outside import Intent
from tradekit.plugin.contracts import Executor

__all__ = ["Outbox"]

_log = logging.getLogger("tradekit.live")


@dataclass
class Outbox:
    """Does what the run has decided, each in a task of its own, and tells the run what came of it."""

    executor: Executor
    decider: Decider
    resolver: Resolver
    tell: Callable[[Input], None]
    now: Callable[[], int]
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    check: Callable[[str], None]
    """Raises `OrderRefused` for an order that must not leave any more."""
    busy: set[str] = field(default_factory=set)
    """Client ids of orders that something is being asked about at this moment."""
    leaving: set[str] = field(default_factory=set)
    """Client ids of orders that are being cancelled at this moment."""

    def do(self, actions: Sequence[Action], may_add_risk: bool = True) -> None:
        """Begin to do these things; what adds risk is refused here, unless it may."""
        for action in actions:
            if isinstance(action, Send) and not may_add_risk and not self._reduces(action.intent):
                self.busy.add(action.intent.client_id)
                self.spawn(self._withhold(action.intent))
            elif isinstance(action, Send):
                self.busy.add(action.intent.client_id)
                self.spawn(self._send(action.intent))
            else:
                self.spawn(self._cancel(self.decider.legs.by_id[action.client_id]))

    def _reduces(self, intent: Intent) -> bool:
        """Say whether an order can only make a position smaller."""
        held = Decimal(repr(self.decider.position(intent.symbol)))
        return held * intent.quantity < 0 and abs(intent.quantity) <= abs(held)

    async def _withhold(self, intent: Intent) -> None:
        """Tell the run that an order is not sent, because it could not be written down wherever it must be."""
        self.busy.discard(intent.client_id)
        self.tell(Answer(self.now(), intent.client_id, "refused", text="not sent: a critical reporter could not record it"))

    async def _send(self, intent: Intent) -> None:
        try:
            self.check(intent.client_id)
            order = await self.executor.send(intent)
        except OrderRefused as error:
            _log.warning("%s was refused: %s", intent.client_id, error)
            self.tell(Answer(self.now(), intent.client_id, "refused", text=str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it does not tell whether the order is there
            _log.warning("nobody knows what became of %s: %s: %s", intent.client_id, type(error).__name__, error)
            self.tell(Answer(self.now(), intent.client_id, "unknown", text=f"{type(error).__name__}: {error}"))
        else:
            number = self.decider.legs.by_id[intent.client_id].order
            _log.info("sent %s: %s %s %s (order %d)", intent.client_id, intent.kind.text, intent.quantity, intent.symbol, number)
            self.tell(Answer(self.now(), intent.client_id, "taken", order.venue_id))
            self.resolver.see(order)
        finally:
            self.busy.discard(intent.client_id)

    async def _cancel(self, leg: Leg) -> None:
        """Ask for a cancellation. That it has happened is told by the venue's events, or found by looking the order up."""
        self.leaving.add(leg.intent.client_id)
        try:
            await self.executor.cancel(leg.intent.client_id, leg.venue_id, leg.intent.symbol)
        except Exception as error:  # noqa: BLE001 - the order is looked up in any case
            _log.warning("the request to cancel %s failed: %s: %s", leg.intent.client_id, type(error).__name__, error)
        finally:
            self.leaving.discard(leg.intent.client_id)
        await self.look_up(leg)

    async def pursue(self, leg: Leg) -> None:
        """Find out what became of an order, and ask again for a cancellation that the venue has not carried out."""
        await self.look_up(leg)
        if leg.is_leaving and leg.state is LegState.OPEN and leg.intent.client_id not in self.leaving:
            await self._cancel(leg)

    async def look_up(self, leg: Leg) -> None:
        """Ask the venue about an order, unless somebody does already."""
        if leg.intent.client_id in self.busy:
            return
        self.busy.add(leg.intent.client_id)
        try:
            await self.resolver.look_up(leg)
        except VenueError as error:
            _log.warning("%s can't be looked up now: %s", leg.intent.client_id, error)
        finally:
            self.busy.discard(leg.intent.client_id)
