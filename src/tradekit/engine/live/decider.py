"""The deciding part of a live run: inputs go in, in order, and what is to be done at the venue comes out.

It does nothing by itself and asks no clock, so that the inputs that were kept lead to the same state again: that is how a session
goes on after its process died.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np

from tradekit.engine.calls import Blaming, run_on_bar
from tradekit.engine.live.following import Action, Follower
from tradekit.engine.live.growing import GrowingRun, Ohlcv
from tradekit.engine.live.inputs import (
    Absent,
    Answer,
    Blocked,
    Command,
    Filled,
    Imposed,
    Input,
    Paid,
    Price,
    Revised,
    Row,
    Sighting,
)
from tradekit.engine.live.legs import Leg, Legs, Minter
from tradekit.engine.live.stakes import Stakes
from tradekit.engine.live.switch import Level, Switch, note_halts, obey, stop_for
from tradekit.errors import RunError
from tradekit.model.bars import Floats
from tradekit.model.event import CashKind
from tradekit.model.order import OrderStatus, Reason
from tradekit.model.outside import Abilities, VenueFill
from tradekit.plugin.contracts import Strategy
from tradekit.simulator.context import Context
from tradekit.simulator.loops import run_targets
from tradekit.simulator.outside import Outside
from tradekit.simulator.simulation import Simulation

__all__ = ["Decider"]

_MOST_TURNS = 500


class Decider:
    """One account, its strategy and its rules, on bars that come one by one.

    With `abilities`, by symbol, orders go to a venue that can do these things; with `None`, the simulator matches them.
    """

    def __init__(self, run: GrowingRun, strategy: Strategy, minter: Minter, abilities: Mapping[str, Abilities] | None) -> None:
        self.run = run
        self.strategy = strategy
        self.simulation = Simulation(run.setup)
        self.context = Context(self.simulation, run.setup)
        self.outside = Outside(self.simulation, run.setup)
        self.legs = Legs()
        self.time = 0
        self.switch = Switch()
        self.instruments = {one.symbol: one for one in run.setup.instruments}
        self.stakes = Stakes(self.outside, run.setup)
        self.follower = None
        if abilities is not None:
            self.follower = Follower(self.outside, self.legs, minter, self.stakes, self.instruments, abilities)
        self.blocked: dict[str, str] = {} if self.follower is None else self.follower.blocked
        self.revised: dict[tuple[str, int], Ohlcv] = {}
        """Bars that came after their rows, or other than they were used, by instrument and open time."""
        self.seized: dict[str, str] = {} if self.follower is None else self.follower.seized
        self.fees_besides: dict[str, Decimal] = {}
        """Fees of this session that the venue took in currencies which the run has no money in, by currency."""
        self._has_events = type(strategy).on_bar is not Strategy.on_bar
        self._weights = np.full((run.room, len(run.setup.instruments)), np.nan)
        # The history warms the indicators up; nothing is decided on it.
        run_targets(self.simulation, self._weights, 0, run.rows)

    def apply(self, given: Input) -> list[Action]:
        """Take in what has happened, and return what is to be done about it."""
        self.time = max(self.time, given.time)
        self.outside.at(self.time)
        self._TAKING[type(given)](self, given)
        if self.follower is None:
            return []
        actions: list[Action] = []
        self.follower.time = self.time
        for _ in range(_MOST_TURNS):
            if not self.follower.settle(actions):
                return actions
        raise RunError(f"orders {self.outside.alive()!r} can't be brought to rest; this is a bug in tradekit")

    def _take_row(self, given: Row) -> None:
        row = self.run.add(given.closed)
        before = len(self.simulation.log)
        if self.switch.level >= Level.HALT:
            run_targets(self.simulation, self._weights, row, row + 1)  # nobody wants anything
        elif self._has_events:
            run_on_bar(self.context, self.strategy, (row, row + 1))
        else:
            self._weights[row] = self._targets()
            run_targets(self.simulation, self._weights, row, row + 1)
        note_halts(self.simulation, self.run.setup, before, self.switch)
        for symbol, (_, high, low, _, _) in given.closed.bars.items():
            for place in self.stakes.places[symbol]:
                self.outside.seen(place, high)
                self.outside.seen(place, low)

    def _take_answer(self, given: Answer) -> None:
        leg = self._leg(given.client_id)
        leg.answered(given.outcome, given.venue_id, given.text)
        self.legs.changed(leg)

    def _take_sighting(self, given: Sighting) -> None:
        leg = self._leg(given.client_id)
        leg.seen(given.venue_id, given.status, given.filled)
        self.legs.changed(leg)

    def _take_absent(self, given: Absent) -> None:
        leg = self._leg(given.client_id)
        leg.lost()
        self.legs.changed(leg)

    def _take_filled(self, given: Filled) -> None:
        fill = given.fill
        if not self.legs.count(fill):
            return
        leg = self._leg(fill.client_id)
        leg.took(fill)
        self.legs.changed(leg)
        if (fill.symbol, fill.trade_id, fill.venue_id) in self.legs.imposed:
            # It was booked when nobody could tell whose it is: what is left of the order is given up, and the trade counts once.
            self.outside.ended(leg.order, OrderStatus.EXPIRED, Reason.BY_VENUE)
            return
        self.stakes.traded(leg.order)
        self.outside.arrived(leg.order)
        self.outside.filled(leg.order, float(fill.quantity), float(fill.price), self._fees(fill), fill.is_maker)

    def _take_imposed(self, given: Imposed) -> None:
        fill = given.fill
        self.legs.imposed.add((fill.symbol, fill.trade_id, fill.venue_id))
        what = f"the account traded {fill.quantity.normalize():+f} at {fill.price.normalize():f} without an order of this run"
        self.seized[fill.symbol] = f"{what} (order {fill.venue_id or fill.client_id!r}); look at it, then resume"
        fee, size = self._fees(fill)[0], float(fill.quantity)
        for place, part in self.stakes.losing(fill.symbol, size):
            self.outside.imposed(place, part, float(fill.price), fee * (part / size))

    def _take_paid(self, given: Paid) -> None:
        kind = CashKind[given.payment.kind.upper().replace(" ", "_")]
        for place, part in self.stakes.paying(given.payment.symbol):
            self.outside.paid(kind, place, float(given.payment.amount) * part)

    def _take_price(self, given: Price) -> None:
        for order in self.touched(given.symbol, given.price):
            self.outside.trigger(order, given.price)

    def _take_command(self, given: Command) -> None:
        if given.command == "resume":
            self.seized.clear()
        obey(given, self.switch, self.outside)

    def _take_blocked(self, given: Blocked) -> None:
        if given.reason:
            self.blocked[given.symbol] = given.reason
        else:
            self.blocked.pop(given.symbol, None)

    def _take_revised(self, given: Revised) -> None:
        self.revised[given.symbol, given.open_time] = given.bar

    _TAKING: ClassVar[Mapping[type[Input], Callable[[Decider, Any], None]]] = {
        Row: _take_row,
        Answer: _take_answer,
        Sighting: _take_sighting,
        Absent: _take_absent,
        Filled: _take_filled,
        Imposed: _take_imposed,
        Paid: _take_paid,
        Price: _take_price,
        Command: _take_command,
        Blocked: _take_blocked,
        Revised: _take_revised,
    }
    """What each kind of input does; looked up, because to dispatch on its type takes as long as most of them."""

    def knows(self, symbol: str, open_time: int, bar: Ohlcv) -> bool:
        """Say whether a bar whose row has been is as it was last told, or from before the first row."""
        if open_time < self.run.setup.bars.open_time[0]:
            return True
        return bar == self.revised.get((symbol, open_time), self.run.bar(symbol, open_time))

    def stop_for(self, holds: Sequence[Mapping[str, Any]]) -> None:
        """Be stopped for the reasons that an earlier session has left."""
        stop_for(holds, self.switch, self.outside)

    def touched(self, symbol: str, price: float) -> list[int]:
        """Return the orders that the venue doesn't watch and that a price sets off."""
        return [] if self.follower is None else self.follower.touched(symbol, price)

    @property
    def is_halted(self) -> bool:
        """Whether new risk is stopped, by a rule or an operator."""
        return self.context.is_halted

    def position(self, symbol: str) -> float:
        """Return the signed units held of an instrument."""
        return self.stakes.position(symbol)

    def account(self) -> dict[str, Any]:
        """Return the money, the positions and whether risk is halted, as the next session takes them over."""
        return {
            **self.stakes.account(),
            "state": self.switch.level.text,
            "holds": self.switch.told(),
            "blocked": self.blocked | self.seized,
            "seized": dict(self.seized),
            "fees_besides": {currency: format(fee, "f") for currency, fee in self.fees_besides.items()},
        }

    def _leg(self, client_id: str) -> Leg:
        try:
            return self.legs.by_id[client_id]
        except KeyError:
            raise RunError(f"the journal tells of an order {client_id!r} that this run has never sent") from None

    def _targets(self) -> Floats:
        bars, values = self.run.seen()
        who = f"targets() of strategy {self.strategy.name!r}"
        with Blaming(who, self.strategy):
            weights = np.array(self.strategy.targets(bars, values), dtype=np.float64)
        weights[~values.warm] = np.nan
        last: Floats = weights[-1]
        return last

    def _fees(self, fill: VenueFill) -> tuple[float, float]:
        """Return the fee of a trade in the settlement currency, and in units of what was traded."""
        instrument = self.instruments[fill.symbol]
        currency = fill.fee_currency
        if currency and currency == instrument.base:
            return 0.0, float(fill.fee)
        if currency and currency != (instrument.currency or self.run.setup.codes[0]):
            # The venue took it from a balance that is no money of this run, at a rate that nobody tells.
            self.fees_besides[currency] = self.fees_besides.get(currency, Decimal(0)) + fill.fee
            return 0.0, 0.0
        return float(fill.fee), 0.0
