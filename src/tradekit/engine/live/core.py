"""The deciding part of a live run: inputs go in, in order, and what is to be done at the venue comes out.

It does nothing by itself and asks no clock, so that the inputs that were kept lead to the same state again: that is how a session
goes on after its process died.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import singledispatchmethod
from typing import Any

import numpy as np

from tradekit.engine.calls import blaming, run_on_bar
from tradekit.engine.live.growing import GrowingRun
from tradekit.engine.live.inputs import Absent, Answer, Blocked, Command, Filled, Input, Price, Row, Sighting
from tradekit.engine.live.legs import Leg, Legs, LegState, Minter
from tradekit.errors import RunError
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.outside import Abilities, Force, Intent, VenueFill
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.book import Flag
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.outside import Outside
from tradekit.simulator.simulation import Simulation

__all__ = ["Action", "Cancel", "Core", "Send"]

_MOST_TURNS = 500
_PLAIN = (OrderKind.MARKET, OrderKind.LIMIT)
_LIMITED = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)
_UNABLE = {Flag.AT_OPEN: "at the open", Flag.AT_CLOSE: "at the close", Flag.ICEBERG: "with a display"}


@dataclass(frozen=True, slots=True)
class Send:
    """Send this order to the venue."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ask the venue to cancel this order."""

    client_id: str


Action = Send | Cancel


@dataclass(frozen=True, slots=True)
class _Look:
    """An order of the run, as the simulation has it."""

    number: int
    symbol: str
    kind: OrderKind
    status: OrderStatus
    flags: int
    left: float
    filled: float
    limit: float
    stop: float
    replaces: int
    is_idle: bool
    until: int

    def has(self, flag: Flag) -> bool:
        return bool(self.flags & flag)


class Core:
    """One account, its strategy and its rules, on bars that come one by one.

    With `abilities`, by symbol, orders go to a venue that can do these things; with `None`, the simulator matches them.
    """

    def __init__(self, run: GrowingRun, strategy: Strategy, minter: Minter, abilities: Mapping[str, Abilities] | None) -> None:
        self.run = run
        self.strategy = strategy
        self.minter = minter
        self.abilities = abilities
        self.simulation = Simulation(run.setup)
        self.context = Context(self.simulation, run.setup)
        self.outside = Outside(self.simulation, run.setup)
        self.legs = Legs()
        self.blocked: dict[str, str] = {}
        self.refusals: dict[int, str] = {}
        self.time = 0
        self.instruments = {one.symbol: one for one in run.setup.instruments}
        self._places = {symbol: i for i, symbol in enumerate(self.instruments)}
        self._has_events = type(strategy).on_bar is not Strategy.on_bar
        self._weights = np.full((run.room, len(self.instruments)), np.nan)
        # The history warms the indicators up; nothing is decided on it.
        run_targets(self.simulation, self._weights, 0, run.rows)

    def apply(self, given: Input) -> list[Action]:
        """Take in what has happened, and return what is to be done about it."""
        self.time = max(self.time, given.time)
        self.outside.at(self.time)
        self._take(given)
        if self.abilities is None:
            return []
        actions: list[Action] = []
        for _ in range(_MOST_TURNS):
            if not self._settle(actions):
                return actions
        looks = [self._look(order) for order in self.outside.alive()]
        raise RunError(f"orders can't be brought to rest: {looks!r}; this is a bug in tradekit")

    @singledispatchmethod
    def _take(self, given: Input) -> None:
        raise TypeError(f"{given!r} is no input of a live run")

    @_take.register
    def _(self, given: Row) -> None:
        row = self.run.add(given.closed)
        if self._has_events:
            run_on_bar(self.context, self.strategy, (row, row + 1))
        else:
            self._weights[row] = self._targets()
            run_targets(self.simulation, self._weights, row, row + 1)
        for symbol, (_, high, low, _, _) in given.closed.bars.items():
            self.outside.seen(self._places[symbol], high)
            self.outside.seen(self._places[symbol], low)

    @_take.register
    def _(self, given: Answer) -> None:
        leg = self._leg(given.client_id)
        leg.answered(given.outcome, given.venue_id, given.text)
        self.legs.changed(leg)

    @_take.register
    def _(self, given: Sighting) -> None:
        leg = self._leg(given.client_id)
        leg.seen(given.venue_id, given.status, given.filled)
        self.legs.changed(leg)

    @_take.register
    def _(self, given: Absent) -> None:
        leg = self._leg(given.client_id)
        leg.lost()
        self.legs.changed(leg)

    @_take.register
    def _(self, given: Filled) -> None:
        fill = given.fill
        if not self.legs.count(fill):
            return
        leg = self._leg(fill.client_id)
        leg.took(fill)
        self.legs.changed(leg)
        self.outside.arrived(leg.order)
        self.outside.filled(leg.order, float(fill.quantity), float(fill.price), self._fees(fill), fill.is_maker)

    @_take.register
    def _(self, given: Price) -> None:
        for order in self.touched(given.symbol, given.price):
            self.outside.trigger(order, given.price)

    @_take.register
    def _(self, given: Command) -> None:
        if given.command == "resume":
            self.outside.resume()
        elif given.command == "pause":
            self.outside.pause()
        else:
            self.outside.halt(given.command == "flatten")

    @_take.register
    def _(self, given: Blocked) -> None:
        if given.reason:
            self.blocked[given.symbol] = given.reason
        else:
            self.blocked.pop(given.symbol, None)

    @property
    def is_halted(self) -> bool:
        """Whether new risk is stopped, by a rule or an operator."""
        return self.context.is_halted

    def position(self, symbol: str) -> float:
        """Return the signed units held of an instrument."""
        return self.outside.position(self._places[symbol])

    def adopt(self, symbol: str, units: float, price: float) -> None:
        """Take over a position from an earlier session."""
        self.outside.adopt(self._places[symbol], units, price)

    def account(self) -> dict[str, Any]:
        """Return the money, the positions and whether risk is halted, as the next session takes them over."""
        held = {symbol: self.outside.holding(i) for symbol, i in self._places.items()}
        return {
            "capital": self.outside.cash(),
            "positions": {symbol: found for symbol, found in held.items() if found[0] != 0.0},
            "is_halted": self.is_halted,
            "blocked": dict(self.blocked),
        }

    def touched(self, symbol: str, price: float) -> list[int]:
        """Return the orders that the venue doesn't watch and that a price sets off."""
        found = []
        for order in self.outside.alive():
            look = self._look(order)
            if look.symbol != symbol or look.status != OrderStatus.OPEN or not self._is_watched_here(look):
                continue
            level = self.outside.level(order)
            rises = (look.left > 0.0) != (look.kind in (OrderKind.TAKE_PROFIT, OrderKind.TAKE_PROFIT_LIMIT))
            if level == level and (price >= level if rises else price <= level):
                found.append(order)
        return found

    def _look(self, order: int) -> _Look:
        found = self.outside.look(order)
        return _Look(order, **{**found, "kind": OrderKind(found["kind"]), "status": OrderStatus(found["status"])})

    def _leg(self, client_id: str) -> Leg:
        try:
            return self.legs.by_id[client_id]
        except KeyError:
            raise RunError(f"the journal tells of an order {client_id!r} that this run has never sent") from None

    def _targets(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        bars, values = self.run.seen()
        who = f"targets() of strategy {self.strategy.name!r}"
        with blaming(who, self.strategy):
            weights = np.array(self.strategy.targets(bars, values), dtype=np.float64)
        weights[~values.warm] = np.nan
        return weights[-1]

    def _fees(self, fill: VenueFill) -> tuple[float, float]:
        """Return the fee of a trade in the settlement currency, and in units of what was traded."""
        instrument = self.instruments[fill.symbol]
        if fill.fee_currency and fill.fee_currency == instrument.base:
            return 0.0, float(fill.fee)
        return float(fill.fee), 0.0

    def _is_watched_here(self, look: _Look) -> bool:
        """Say whether an order waits for a price that the venue can't watch for it."""
        if look.kind in _PLAIN or look.has(Flag.TRIGGERED) or self.abilities is None:
            return False
        return look.kind not in self.abilities[look.symbol].kinds

    def _settle(self, actions: list[Action]) -> bool:
        """Let what is at the venue follow what the run wants there; say whether that changed what the run wants."""
        alive = self.outside.alive()
        for leg in list(self.legs.working.values()):
            if leg.order not in alive:
                self._leave(leg, actions)
        looks = [self._look(order) for order in alive]
        # One that is to be replaced is on its way out, and its successor comes when nothing of it is left.
        leaving = {look.replaces for look in looks}
        return any(self._follow(look, actions) for look in looks if look.number not in leaving)

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

    def _follow(self, look: _Look, actions: list[Action]) -> bool:
        """Let the venue follow one order; say whether the run has changed by it."""
        order, legs = look.number, self.legs.of(look.number)
        if look.replaces >= 0:
            if self._leave_all(look.replaces, actions):
                self.outside.succeed(order)
                return True
            return False
        is_past = look.until > 0 and look.until <= self.time
        if look.has(Flag.LEAVING) or is_past:
            if self._leave_all(order, actions):
                reason = Reason.TIME_IN_FORCE if is_past else Reason.BY_STRATEGY
                self.outside.ended(order, OrderStatus.EXPIRED if is_past else OrderStatus.CANCELLED, reason)
                return True
            return False
        if look.status == OrderStatus.HELD:
            return False
        ended = next((leg for leg in legs if leg.is_ended_by_venue), None)
        if ended is not None:
            if self._leave_all(order, actions):
                is_refused = ended.state in (LegState.REJECTED, LegState.ABSENT)
                self.outside.ended(order, OrderStatus.REJECTED if is_refused else OrderStatus.EXPIRED, Reason.BY_VENUE)
                return True
            return False
        if look.has(Flag.IN_FLIGHT) and any(leg.state is not LegState.SENDING for leg in legs):
            self.outside.arrived(order)
        return self._match(look, legs, actions)

    def _match(self, look: _Look, legs: list[Leg], actions: list[Action]) -> bool:
        """Bring what is at the venue of an open order to the size that it should have there."""
        working = [leg for leg in legs if not leg.is_settled]
        wanted = self._size(look)
        there = sum((leg.remaining for leg in working), Decimal(0))
        if wanted == there or any(leg.is_doubtful for leg in working):
            return False
        if working and (wanted == 0 or abs(wanted) < abs(there)):
            self._leave_all(look.number, actions)
            return False
        if problem := self._unable(look):
            self.outside.ended(look.number, OrderStatus.REJECTED, Reason.BY_VENUE)
            self.refusals[look.number] = problem
            return True
        if self._may_send(look, wanted - there):
            intent = self._intent(look, wanted - there)
            self.legs.add(Leg(intent, look.number, self.time))
            actions.append(Send(intent))
        return False

    def _size(self, look: _Look) -> Decimal:
        """Return how much of an order should be at the venue, signed."""
        if look.is_idle or self._is_watched_here(look):
            return Decimal(0)
        return exact(look.left, self.instruments[look.symbol].lot)

    def _may_send(self, look: _Look, size: Decimal) -> bool:
        """Say whether an order may go now: one that adds risk waits until all is known about its instrument."""
        held = self.position(look.symbol)
        reduces = held != 0.0 and (held > 0.0) != (size > 0)
        if not reduces:
            return look.symbol not in self.blocked and not self.legs.is_doubtful(look.symbol)
        pending = sum(
            (abs(leg.remaining) for leg in self.legs.working.values() if self._is_alike(leg, look.symbol, size)), Decimal(0)
        )
        if float(pending + abs(size)) <= abs(held) * (1.0 + 1e-9):
            return True
        # It may go beyond flat, if all that is on its way is filled: that is new risk.
        return look.symbol not in self.blocked and not self.legs.is_doubtful(look.symbol)

    def _is_alike(self, leg: Leg, symbol: str, size: Decimal) -> bool:
        return leg.intent.symbol == symbol and (leg.intent.quantity > 0) == (size > 0)

    def _unable(self, look: _Look) -> str:
        """Return what of an order neither the venue nor the kernel can do; empty if all can be done."""
        assert self.abilities is not None
        abilities = self.abilities[look.symbol]
        for flag, what in _UNABLE.items():
            if look.has(flag):
                return f"an order {what} can't be done live"
        force = _force(look)
        if force not in abilities.time_in_force:
            return f"the venue has no time in force {force!r}"
        if look.has(Flag.POST_ONLY) and not abilities.post_only:
            return "the venue has no post-only orders"
        return ""

    def _intent(self, look: _Look, size: Decimal) -> Intent:
        assert self.abilities is not None
        instrument, kind = self.instruments[look.symbol], look.kind
        if look.has(Flag.TRIGGERED):
            kind = OrderKind.LIMIT if kind in _LIMITED else OrderKind.MARKET
        has_stop = kind not in _PLAIN
        return Intent(
            client_id=self.minter.mint(),
            symbol=look.symbol,
            quantity=size,
            kind=kind,
            limit=exact(look.limit, instrument.tick) if kind in _LIMITED else None,
            stop=exact(look.stop, instrument.tick) if has_stop else None,
            time_in_force=_force(look),
            post_only=look.has(Flag.POST_ONLY),
            reduce_only=look.has(Flag.REDUCE_ONLY) and self.abilities[look.symbol].reduce_only,
        )


def _force(look: _Look) -> Force:
    if look.has(Flag.WHOLE):
        return "fok"
    return "ioc" if look.has(Flag.IMMEDIATE) else "gtc"


def exact(value: float, step: float | None) -> Decimal:
    """Return a float that lies on a grid of steps as the number that it stands for, without the rounding of floats."""
    number = Decimal(repr(value))
    if step is None:
        return number
    exact_step = Decimal(repr(step))
    return ((number / exact_step).to_integral_value(ROUND_HALF_EVEN) * exact_step).normalize() + Decimal(0)
