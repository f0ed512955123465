"""One order meets a price: how much of it is filled, what that costs, and what becomes of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.model.event import EventKind
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.simulator.book import Flag, Origin

if cython.compiled:
    from cython.cimports.libc.math import fabs
    from cython.cimports.tradekit.simulator.funds import Funds
else:
    from math import fabs

    from tradekit.simulator.funds import Funds

if TYPE_CHECKING:
    from tradekit.simulator.gate import Gate
    from tradekit.simulator.lifecycle import Lifecycle
    from tradekit.simulator.margin import Margin
    from tradekit.simulator.market import Prices
    from tradekit.simulator.setup import Setup

__all__ = ["Filler"]

_FILL = cython.declare(cython.int, EventKind.FILL)
_CANCEL_EVENT = cython.declare(cython.int, EventKind.CANCEL)
_REJECT_EVENT = cython.declare(cython.int, EventKind.REJECT)
_ORDER_EVENT = cython.declare(cython.int, EventKind.ORDER)
_MARKET = cython.declare(cython.int, OrderKind.MARKET)
_REJECTED = cython.declare(cython.int, OrderStatus.REJECTED)
_CANCELLED = cython.declare(cython.int, OrderStatus.CANCELLED)
_EXPIRED = cython.declare(cython.int, OrderStatus.EXPIRED)
_FUNDS = cython.declare(cython.int, Reason.INSUFFICIENT_FUNDS)
_HALTED = cython.declare(cython.int, Reason.HALTED)
_SHORT = cython.declare(cython.int, Reason.SHORT_IN_CASH_ACCOUNT)
_NOTHING_TO_REDUCE = cython.declare(cython.int, Reason.NOTHING_TO_REDUCE)
_NOT_WHOLE = cython.declare(cython.int, Reason.NOT_FILLED_WHOLE)
_LIQUIDATED = cython.declare(cython.int, Reason.LIQUIDATED)
_WOULD_TAKE = cython.declare(cython.int, Reason.WOULD_TAKE)
_NO_REASON = cython.declare(cython.int, Reason.NONE)
_LIQUIDATION = cython.declare(cython.int, Origin.LIQUIDATION)
_REDUCE_ONLY = cython.declare(cython.int, Flag.REDUCE_ONLY)
_POST_ONLY = cython.declare(cython.int, Flag.POST_ONLY)
_RESTED = cython.declare(cython.int, Flag.RESTED)
_WHOLE_ONLY = cython.declare(cython.int, Flag.WHOLE)
_ICEBERG = cython.declare(cython.int, Flag.ICEBERG)
_SPENT = cython.declare(cython.int, Flag.SPENT)
_CLOSE = cython.declare(cython.int, 2)
_MAKER = cython.declare(cython.int, 3)  # added to the place of a fill
_INFINITE = cython.declare(cython.double, float("inf"))
# An order that is cut to more than this part of it is whole, and one cut to less than that is gone: the rest is rounding.
_WHOLE = cython.declare(cython.double, 1.0 - 1e-12)
_NOTHING = cython.declare(cython.double, 1e-9)


class Filler:
    """Fills orders that are due, as far as volume, position and funds allow."""

    def __init__(self, setup: Setup, prices: Prices, gate: Gate, lifecycle: Lifecycle) -> None:
        self.prices = prices
        self.gate = gate
        self.lifecycle = lifecycle
        self.ledger = self.gate.ledger
        self.funds = Funds(self.ledger, self.gate.shares)
        self.venue = self.ledger.venue
        self.book = self.gate.book
        self.log = self.gate.log
        self.conditions = self.book.conditions
        self.is_margin = setup.is_margin
        self.cuts = setup.fills.insufficient_funds == "cut"
        self.queue_ahead = 0.0 if setup.fills.queue_ahead is None else setup.fills.queue_ahead
        self.participation = -1.0 if setup.fills.participation is None else setup.fills.participation
        size = len(setup.instruments)
        # An instrument of which no volume is known is not limited by it.
        self.has_volume = np.array([_has_volume(setup.bars.volume[:, i]) for i in range(size)], dtype=np.int8)
        self.taken = np.empty(size)
        self.taken_bar = np.empty(size, dtype=np.int64)
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        for i in range(self.taken.shape[0]):
            self.taken[i] = 0.0
            self.taken_bar[i] = -1
        return 0

    def execute(self, order: int, k: int, reference: float, place: int, most: float) -> int:
        """Fill an order that is due in bar `k` at a price, at most `most` units of it.

        What volume, queue and display leave unfilled waits; what the account can't deliver or pay for is given up.
        """
        i = self.book.instrument[order]
        flags = self.book.flags[order]
        left = self.book.left(order)
        is_maker = cython.declare(cython.bint, self.book.is_limited(order) and (flags & _RESTED) != 0)
        if (flags & _POST_ONLY) != 0 and not is_maker:
            return self.refuse(order, _REJECTED, _WOULD_TAKE)
        size = self.on_offer(order, k, left, most)
        if size == 0.0:
            self.book.flags[order] |= _SPENT
            return self.lifecycle.end(order, _EXPIRED, _NOT_WHOLE) if (flags & _WHOLE_ONLY) != 0 else 0
        price = reference if is_maker else self.taken_at(order, k, size, reference)
        reason = _FUNDS
        allowed = self.deliverable(order, i, size)
        if allowed != size:
            reason = self.undeliverable(order, size)
        else:
            allowed = self.funds.affordable(i, size, price)
        if allowed != size:
            allowed = self.venue.lots_within(i, allowed)
        is_cut = cython.declare(cython.bint, fabs(allowed) < fabs(size) * _WHOLE)
        if (flags & _WHOLE_ONLY) != 0 and (is_cut or fabs(size) < fabs(left) * _WHOLE):
            return self.lifecycle.end(order, _EXPIRED, _NOT_WHOLE)
        if is_cut and (
            fabs(allowed) <= fabs(size) * _NOTHING
            or self.venue.is_too_small(i, allowed, price)
            or (reason == _FUNDS and not self.cuts)
        ):
            return self.give_up(order, reason)
        self.record(order, k, allowed, reference, price, place + (_MAKER if is_maker else 0))
        self.lifecycle.price = reference
        self.lifecycle.traded = i
        return self.go_on(order, allowed, reason if is_cut else _NO_REASON)

    def on_offer(self, order: int, k: int, left: float, most: float) -> float:
        """Return the signed part of an order that the market takes in this bar: by volume, display and queue."""
        size = fabs(left)
        i = self.book.instrument[order]
        room = self.room(i, k)
        if room < most:
            most = room
        if (self.book.flags[order] & _ICEBERG) != 0:
            shown = self.shown(order, k)
            if shown < most:
                most = shown
        if most < size * _WHOLE:
            size = self.venue.lots_within(i, most) if most > 0.0 else 0.0
        return size if left > 0.0 else -size

    def behind_queue(self, order: int, k: int, price: float) -> float:
        """Return how many units a print at the very price of a limit order leaves for it, after those that stood before it.

        A price beyond the limit has been through them all.
        """
        i = self.book.instrument[order]
        row = self.book.condition[order]
        is_print = cython.declare(cython.bint, self.prices.low[k, i] == self.prices.high[k, i])
        if not is_print or self.book.limit[order] != price or (self.book.flags[order] & _RESTED) == 0:
            self.conditions.ahead[row] = 0.0
            return _INFINITE
        volume = self.prices.volume[k, i]
        rest = (volume if volume == volume else 0.0) - self.conditions.ahead[row]
        self.conditions.ahead[row] = -rest if rest < 0.0 else 0.0
        return rest

    def room(self, i: int, k: int) -> float:
        """Return how many units of an instrument the run may still trade in bar `k`."""
        if self.participation < 0.0 or self.has_volume[i] == 0:
            return _INFINITE
        volume = self.prices.volume[k, i]
        if volume != volume:
            return _INFINITE
        market = i % self.gate.shares.size  # several strategies trade in the same one
        if self.taken_bar[market] != k:
            self.taken_bar[market] = k
            self.taken[market] = 0.0
        most = self.participation * volume
        left = most - self.taken[market]
        return left if left > most * _NOTHING else 0.0

    def shown(self, order: int, k: int) -> float:
        """Return how much of an iceberg can still be seen in bar `k`: each bar meets one slice of it."""
        row = self.book.condition[order]
        if self.conditions.slice_bar[row] != k:
            self.conditions.slice_bar[row] = k
            self.conditions.slice[row] = self.conditions.display[row]
        return self.conditions.slice[row]

    def hide(self, order: int, size: float) -> None:
        """Take a fill off the slice of an iceberg; when that is used up, the next one stands at the end of the queue."""
        row = self.book.condition[order]
        self.conditions.slice[row] -= fabs(size)
        if self.conditions.slice[row] <= self.conditions.display[row] * _NOTHING:
            self.conditions.slice[row] = 0.0
            self.conditions.ahead[row] = self.queue_ahead

    def taken_at(self, order: int, k: int, size: float, reference: float) -> float:
        """Return the price that an order gets for taking liquidity: with slippage, but no worse than its limit."""
        i = self.book.instrument[order]
        price = self.venue.slipped(i, size, reference, self.prices.volume[k, i], fabs(self.book.filled[order]))
        return self.bounded(order, price) if self.book.is_limited(order) else price

    def bounded(self, order: int, price: float) -> float:
        """Return a price that is no worse than the limit of an order."""
        limit = self.book.limit[order]
        if self.book.quantity[order] > 0.0:
            return limit if price > limit else price
        return limit if price < limit else price

    def deliverable(self, order: int, i: int, size: float) -> float:
        """Return how much of a signed size may be traded: what only reduces, where the order or the account wants no more."""
        is_reduction = cython.declare(cython.bint, (self.book.flags[order] & _REDUCE_ONLY) != 0)
        if not is_reduction and not self.gate.is_stopped(i) and (self.is_margin or size > 0.0):
            return size
        units = self.ledger.reducing(i, size)
        return units if size > 0.0 else -units

    def undeliverable(self, order: int, size: float) -> int:
        """Return why not all of an order may be traded."""
        if (self.book.flags[order] & _REDUCE_ONLY) != 0:
            return _NOTHING_TO_REDUCE
        return _HALTED if self.is_margin or size > 0.0 else _SHORT

    def record(self, order: int, k: int, size: float, reference: float, price: float, place: int) -> int:
        """Book a fill and write it down."""
        i = self.book.instrument[order]
        is_maker = cython.declare(cython.bint, place >= _MAKER)
        fee = self.venue.fee(i, size, price, is_maker, self.book.fees[order] if self.book.has_fees else 0.0)
        if self.book.has_fees:
            self.book.fees[order] += self.venue.raw_fee(i, size, price, is_maker)
        self.ledger.cause = self.book.entry[order]
        self.ledger.apply(i, size, price, fee)
        self.venue.traded(i, size * price * self.ledger.unit[i])
        self.book.fill(order, size)
        market = i % self.gate.shares.size
        if self.taken_bar[market] == k:
            self.taken[market] += fabs(size)
        if (self.book.flags[order] & _ICEBERG) != 0:
            self.hide(order, size)
        self.log.add(_FILL, place, order, i, self.book.entry[order])
        self.log.a[self.log.at] = size
        self.log.b[self.log.at] = price
        self.log.c[self.log.at] = fee * self.ledger.rate[self.ledger.settles[i]]
        self.log.d[self.log.at] = fabs(price - reference) * fabs(size) * self.ledger.unit[i]
        self.log.e[self.log.at] = self.ledger.position[i]
        self.log.f[self.log.at] = self.ledger.average[i]
        self.log.g[self.log.at] = self.ledger.balance(i)
        self.ledger.slippage += self.log.d[self.log.at]
        return 0

    def go_on(self, order: int, size: float, reason: int) -> int:
        """End an order that is filled, or of which the rest can't be; else leave it waiting. Then see to those linked to it."""
        i = self.book.instrument[order]
        if self.book.flags[order] != 0:
            self.lifecycle.pass_on_fill(order, size)
        if self.lifecycle.is_done(order):
            if not self.lifecycle.is_awaited(order):
                self.lifecycle.complete(order, _NO_REASON)
        elif reason != _NO_REASON:
            left = self.book.left(order)
            self.lifecycle.complete(order, reason)
            self.lifecycle.note(_CANCEL_EVENT, order, reason, left)
        else:
            self.book.flags[order] |= _SPENT
        held = self.ledger.position[i]
        is_turned = cython.declare(cython.bint, (held > 0.0) == (size > 0.0) and fabs(held) < fabs(size))
        if self.conditions.count > 0 and (held == 0.0 or is_turned):
            self.lifecycle.end_reducing(i, held)
        return 0

    def give_up(self, order: int, reason: int) -> int:
        """Write down what the account can't deliver or pay for at all: an order, or the rest of one."""
        if self.book.filled[order] != 0.0:
            left = self.book.left(order)
            self.lifecycle.complete(order, reason)
            return self.lifecycle.note(_CANCEL_EVENT, order, reason, left)
        if reason == _NOTHING_TO_REDUCE:
            return self.lifecycle.end(order, _CANCELLED, reason)
        return self.refuse(order, _REJECTED, reason)

    def refuse(self, order: int, status: int, reason: int) -> int:
        """Reject an order that rested."""
        left = self.book.left(order)
        self.book.finish(order, status, reason)
        self.lifecycle.note(_REJECT_EVENT, order, reason, left)
        return self.lifecycle.pass_on_end(order)

    def liquidate(self, margin: Margin, k: int) -> int:
        """Let the venue close all positions of an account that lacks margin, whatever the volume, and cancel all orders."""
        cause = margin.begin(k)
        for n in range(self.book.open_count):
            order = self.book.open_orders[n]
            if self.lifecycle.is_alive(order):
                self.lifecycle.end(order, _CANCELLED, _LIQUIDATED)
        self.book.compact()
        for i in range(self.ledger.size):
            quantity = -self.ledger.position[i]
            price = margin.close_price(i, k)
            if quantity != 0.0 and price == price:
                self.close_out(i, price, cause)
                margin.charge(i, quantity, price)
        self.book.compact()
        self.ledger.cause = -1
        return 0

    def close_out(self, i: int, price: float, cause: int) -> int:
        """Close a position at a price."""
        order = self.book.add(i, _MARKET, -self.ledger.position[i], _LIQUIDATION)
        self.book.row[order] = self.log.row
        self.book.time[order] = self.log.now
        self.book.rest(order)
        self.book.entry[order] = self.log.add(_ORDER_EVENT, _MARKET, order, i, cause)
        self.log.a[self.log.at] = self.book.quantity[order]
        self.record(order, -1, self.book.quantity[order], price, price, 1)
        return self.lifecycle.complete(order, _NO_REASON)


def _has_volume(volume: object) -> bool:
    """Say whether any volume is known; most series show it in their first rows."""
    column = np.asarray(volume)
    return bool((column[:1000] > 0).any() or (column > 0).any())
