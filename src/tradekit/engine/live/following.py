"""What is at the venue follows what the run wants there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradekit.engine.live.cover import Cover, level_of
from tradekit.engine.live.legs import Leg, Legs, LegState, Minter
from tradekit.engine.live.look import LIMITED, PLAIN, Look, exact, look_at
from tradekit.engine.live.stakes import Stakes
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.outside import Abilities, Force, Intent
from tradekit.simulator.book import Flag
from tradekit.simulator.outside import Outside

__all__ = ["Action", "Cancel", "Follower", "Send"]

# As plain integers: the & of flags makes one, which takes ten times as long.
_UNABLE = {int(Flag.AT_OPEN): "at the open", int(Flag.AT_CLOSE): "at the close", int(Flag.ICEBERG): "iceberg"}
_LEAVING, _IN_FLIGHT, _TRIGGERED = int(Flag.LEAVING), int(Flag.IN_FLIGHT), int(Flag.TRIGGERED)
_EXIT, _REDUCE_ONLY, _POST_ONLY = int(Flag.EXIT), int(Flag.REDUCE_ONLY), int(Flag.POST_ONLY)
_WHOLE, _IMMEDIATE = int(Flag.WHOLE), int(Flag.IMMEDIATE)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this order to the venue."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ask the venue to cancel this order."""

    client_id: str


Action = Send | Cancel


class Follower:
    """Compares each order of the run with what of it is at the venue, and says what is to be sent or cancelled.

    An order may be at the venue in several legs. What adds risk waits while something is not known about its instrument; an order
    that is to be replaced leaves before its successor comes.
    """

    def __init__(
        self,
        outside: Outside,
        legs: Legs,
        minter: Minter,
        stakes: Stakes,
        instruments: Mapping[str, Instrument],
        abilities: Mapping[str, Abilities],
    ) -> None:
        self.outside = outside
        self.stakes = stakes
        self.legs = legs
        self.minter = minter
        self.instruments = instruments
        self.abilities = abilities
        self.blocked: dict[str, str] = {}
        """Instruments in which no risk is added until the books agree with the venue's, and why they don't."""
        self.cover = Cover(outside, legs, instruments, not stakes.setup.is_margin)
        self.given: dict[int, Decimal] = {}
        """How much of what a cash account holds each order may sell, by its number."""
        self.seized: dict[str, str] = {}
        """Instruments in which somebody else has traded, and what: no risk is added until a person has looked at it."""
        self.time = 0

    def settle(self, actions: list[Action]) -> bool:
        """Let what is at the venue follow what the run wants there; say whether that changed what the run wants."""
        alive = self.outside.alive()
        if not alive and not self.legs.working:
            return False
        for leg in list(self.legs.working.values()):
            if leg.order not in alive:
                self._leave(leg, actions)
        looks = self._staying(alive)
        self.given = self._given(looks)
        return any(self._follow(look, actions) for look in looks)

    def _staying(self, alive: Iterable[int]) -> list[Look]:
        """Return the orders but those that are to be replaced, whose successors come when nothing of them is left."""
        looks = [look_at(self.outside, order) for order in alive]
        leaving = {look.replaces for look in looks}
        return [look for look in looks if look.number not in leaving]

    def _given(self, looks: Iterable[Look]) -> dict[int, Decimal]:
        """Return how much each order that could be at the venue may sell there."""
        able = [look for look in looks if look.status == OrderStatus.OPEN and not look.flags & _LEAVING]
        return self.cover.given([look for look in able if not self._is_watched_here(look)])

    def _leave(self, leg: Leg, actions: list[Action]) -> None:
        if not leg.is_leaving and not leg.is_ended:
            leg.is_leaving = True
            actions.append(Cancel(leg.intent.client_id))

    def _leave_all(self, order: int, actions: list[Action]) -> bool:
        """Cancel what is at the venue of an order; say whether nothing is there any more."""
        working = [leg for leg in self.legs.of(order) if not leg.is_settled]
        for leg in working:
            self._leave(leg, actions)
        return not working

    def _follow(self, look: Look, actions: list[Action]) -> bool:
        """Let the venue follow one order; say whether the run has changed by it."""
        order, legs = look.number, self.legs.of(look.number)
        if look.replaces >= 0:
            if self._leave_all(look.replaces, actions):
                self.outside.succeed(order)
                return True
            return False
        is_past = look.until > 0 and look.until <= self.time
        if look.flags & _LEAVING or is_past:
            if self._leave_all(order, actions):
                reason = Reason.TIME_IN_FORCE if is_past else Reason.BY_STRATEGY
                self.outside.ended(order, OrderStatus.EXPIRED if is_past else OrderStatus.CANCELLED, reason)
                return True
            return False
        if look.status == OrderStatus.HELD:
            return False
        if look.symbol in self.seized and not self._is_exit(look):
            if self._leave_all(order, actions):
                self.outside.ended(order, OrderStatus.CANCELLED, Reason.HALTED)
                return True
            return False
        ended = next((leg for leg in legs if leg.is_ended_by_venue), None)
        if ended is not None:
            if self._leave_all(order, actions):
                is_refused = ended.state in (LegState.REJECTED, LegState.ABSENT)
                status = OrderStatus.REJECTED if is_refused else OrderStatus.EXPIRED
                self.outside.ended(order, status, Reason.BY_VENUE, ended.text)
                return True
            return False
        if look.flags & _IN_FLIGHT and any(leg.state is not LegState.SENDING for leg in legs):
            self.outside.arrived(order)
        if self.cover.binds(look) and self.cover.end(look):
            return True
        return self._match(look, legs, actions)

    def _match(self, look: Look, legs: list[Leg], actions: list[Action]) -> bool:
        """Bring what is at the venue of an open order to the size that it should have there."""
        if not legs and (beyond := self._beyond(look)):
            self.outside.ended(look.number, OrderStatus.REJECTED, Reason.UNSUPPORTED, beyond)
            return True
        working = [leg for leg in legs if not leg.is_settled]
        wanted = self._size(look)
        there = sum((leg.remaining for leg in working), Decimal(0))
        if wanted == there or any(leg.is_doubtful for leg in working):
            return False
        if working and (wanted == 0 or abs(wanted) < abs(there)):
            self._leave_all(look.number, actions)
            return False
        size = wanted - there
        if self.cover.binds(look):
            size = -min(-size, self.cover.free(look))
        if size and self._may_send(look, size):
            intent = self._intent(look, size)
            self.legs.add(Leg(intent, look.number, self.time))
            actions.append(Send(intent))
        return False

    def _size(self, look: Look) -> Decimal:
        """Return how much of an order should be at the venue, signed."""
        if look.is_idle or self._is_watched_here(look):
            return Decimal(0)
        if look.number in self.given:
            return -self.given[look.number]
        return exact(look.left, self.instruments[look.symbol].lot)

    def _may_send(self, look: Look, size: Decimal) -> bool:
        """Say whether an order may go now: one that adds risk waits until all is known about its instrument."""
        held = self.stakes.position(look.symbol)
        reduces = held != 0.0 and (held > 0.0) != (size > 0)
        if not reduces:
            return self._is_free(look.symbol)
        pending = sum(
            (abs(leg.remaining) for leg in self.legs.working.values() if self._is_alike(leg, look.symbol, size)), Decimal(0)
        )
        if float(pending + abs(size)) <= abs(held) * (1.0 + 1e-9):
            return True
        # It may go beyond flat, if all that is on its way is filled: that is new risk.
        return self._is_free(look.symbol)

    def _is_exit(self, look: Look) -> bool:
        """Say whether an order is there to make a position smaller."""
        held = self.outside.position(look.place)
        return look.flags & (_EXIT | _REDUCE_ONLY) != 0 or (held != 0.0 and (held > 0.0) != (look.left > 0.0))

    def _is_free(self, symbol: str) -> bool:
        """Say whether risk may be added in an instrument now."""
        return symbol not in self.blocked and symbol not in self.seized and not self.legs.is_doubtful(symbol)

    def _is_alike(self, leg: Leg, symbol: str, size: Decimal) -> bool:
        return leg.intent.symbol == symbol and (leg.intent.quantity > 0) == (size > 0)

    def _beyond(self, look: Look) -> str:
        """Return which conditions of an order neither the venue nor the kernel can meet, in words; empty if there is none."""
        abilities, force = self.abilities[look.symbol], _force(look)
        found = [words for flag, words in _UNABLE.items() if look.flags & flag]
        if force not in abilities.time_in_force:
            found.append(f"time in force {force!r}")
        if look.flags & _POST_ONLY and not abilities.post_only:
            found.append("post-only")
        return ", ".join(found)

    def _intent(self, look: Look, size: Decimal) -> Intent:
        instrument, kind = self.instruments[look.symbol], look.kind
        if look.flags & _TRIGGERED:
            kind = OrderKind.LIMIT if kind in LIMITED else OrderKind.MARKET
        has_stop = kind not in PLAIN
        return Intent(
            client_id=self.minter.mint(self.stakes.share_of(look.place)),
            symbol=look.symbol,
            quantity=size,
            kind=kind,
            limit=exact(look.limit, instrument.tick) if kind in LIMITED else None,
            stop=exact(look.stop, instrument.tick) if has_stop else None,
            time_in_force=_force(look),
            post_only=look.flags & _POST_ONLY != 0,
            reduce_only=self.abilities[look.symbol].reduce_only and self._only_reduces(look, size),
        )

    def _only_reduces(self, look: Look, size: Decimal) -> bool:
        """Say whether the venue is to see to it that an order opens nothing: a position against margin may be gone before.

        It knows one position of an instrument. Where other strategies hold the opposite, what closes one may have to open another.
        """
        is_margined = self.instruments[look.symbol].is_derivative
        if not look.flags & _REDUCE_ONLY and not (is_margined and look.flags & _EXIT):
            return False
        held, units = self.stakes.position(look.symbol), float(size)
        return not self.stakes.are_shared or (held * units < 0.0 and abs(units) <= abs(held) * (1.0 + 1e-9))

    def touched(self, symbol: str, price: float) -> list[int]:
        """Return the orders that wait here for a price, and that this one sets off."""
        found, looks = [], self._staying(self.outside.alive())
        given = self._given(looks)
        for look in looks:
            if look.symbol != symbol or look.status != OrderStatus.OPEN or not self._waits(look, given):
                continue
            level, is_rising = level_of(look, self.outside)
            if level == level and (price >= level if is_rising else price <= level):
                found.append(look.number)
        return found

    def _waits(self, look: Look, given: Mapping[int, Decimal]) -> bool:
        """Say whether an order waits here for its price: at the venue it can't, or has not enough to sell."""
        if self._is_watched_here(look):
            return True
        is_set_off = look.is_market or look.flags & _TRIGGERED
        return look.number in given and not is_set_off and self.cover.is_short(look, given[look.number])

    def _is_watched_here(self, look: Look) -> bool:
        """Say whether an order waits for a price that the venue can't watch for it."""
        if look.kind in PLAIN or look.flags & _TRIGGERED:
            return False
        return look.kind not in self.abilities[look.symbol].kinds


def _force(look: Look) -> Force:
    if look.flags & _WHOLE:
        return "fok"
    return "ioc" if look.flags & _IMMEDIATE else "gtc"
