"""What a venue does to a price and a size: steps, minimums, fees, slippage and impact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython
import numpy as np

from tradekit.simulator.costs import DAY, days_of

if cython.compiled:
    from cython.cimports.libc.math import ceil, fabs, floor, sqrt
    from cython.cimports.libc.math import pow as raised
    from cython.cimports.tradekit.simulator.tiers import TieredFees
else:
    from math import ceil, fabs, floor, sqrt
    from math import pow as raised

    from tradekit.simulator.tiers import TieredFees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradekit.model.bars import Floats, Times
    from tradekit.simulator.costs import Costs
    from tradekit.simulator.setup import Setup

__all__ = ["Venue", "steps_per_one"]

# A number of steps that is so close to a whole one is whole: the rest is the error of binary fractions.
_SLACK = cython.declare(cython.double, 1e-6)
# The same as a part of the number, which is more than the above where there are very many steps.
_ROUNDING = cython.declare(cython.double, 4e-15)
# So small a part of an amount of money, or of a trade, is what rounding has left.
_NOTHING = cython.declare(cython.double, 1e-9)
# However large the slippage, a sale gets this part of the price.
_LEAST = cython.declare(cython.double, 0.01)
# Stands for fees of 0 where there is a minimum, because a sum of 0 means that an order has paid nothing yet.
_PAID = cython.declare(cython.double, 1e-300)
_DAY = cython.declare(cython.longlong, DAY)
_INFINITE = cython.declare(cython.double, float("inf"))


class Venue:
    """Rules and costs of each instrument; 0 stands for a step or minimum that is not known.

    Fees are in the quote currency of the instrument. `new_row` has to be called before anything is traded on a row of the clock,
    and `traded` after each fill.
    """

    def __init__(self, setup: Setup) -> None:
        multiplier = setup.multiplier
        self.tick = np.array([instrument.tick or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.lot = np.array([instrument.lot or 0.0 for instrument in setup.instruments], dtype=np.float64)
        notional = np.array([instrument.min_notional or 0.0 for instrument in setup.instruments], dtype=np.float64)
        self.min_notional = notional / multiplier
        self.ticks_per_one = steps_per_one(np.asarray(self.tick))
        self.lots_per_one = steps_per_one(np.asarray(self.lot))
        self.open_time = setup.bars.open_time
        costs = setup.costs
        by_kind = np.ones((3, len(multiplier)))
        by_kind[:2] = multiplier  # of an amount for each unit there is nothing to multiply
        self.set_fees(costs, by_kind)
        self.set_slippage(costs)
        self.set_impacts(costs, days_of(setup.bars) if costs.impacts else np.zeros(0, dtype=np.int64))
        self.is_dated = self.has_tiers or self.day_volume.shape[1] > 1
        self.renew()

    def renew(self) -> int:
        """Go back to before the first row."""
        self.row = 0
        self.day = 0
        if self.has_tiers:
            self.tiers.renew()
        return 0

    def set_fees(self, costs: Costs, multiplier: Floats) -> None:
        fees, floored = costs.fees * multiplier, costs.floored * multiplier
        self.has_tiers = len(costs.tiers) > 0
        if self.has_tiers:
            first = self.open_time[0] if len(self.open_time) else 0
            self.tiers = TieredFees([tiers.times(multiplier) for tiers in costs.tiers], fees, floored, day_of(first))
        self.fees, self.floored = fees, floored
        self.minimum = costs.minimum
        self.has_minimum = bool((costs.minimum > 0).any())
        self.fee_asset = costs.fee_asset

    def set_slippage(self, costs: Costs) -> None:
        self.slippage_rate = costs.slippage_rate
        self.half_spread = costs.half_spread
        self.row_slippage_rate = costs.row_slippage_rate
        self.row_half_spread = costs.row_half_spread
        self.has_row_rate = len(costs.row_slippage_rate) > 0
        self.has_row_spread = len(costs.row_half_spread) > 0
        has_spread = self.has_row_spread or bool((costs.half_spread > 0).any())
        self.has_more_slippage = has_spread or self.has_row_rate or len(costs.impacts) > 0

    def set_impacts(self, costs: Costs, days: Times) -> None:
        """Put the impacts into arrays [impact, day, instrument]; with one day where all are the same on each."""
        size = len(costs.minimum)
        count = max((len(array) for impact in costs.impacts for array in (impact.coefficient, impact.volume)), default=1)
        self.impacts = len(costs.impacts)
        self.days = days[:count]
        self.exponent = np.array([impact.exponent for impact in costs.impacts], dtype=np.float64)
        self.is_daily = np.array([impact.day_volume is not None for impact in costs.impacts], dtype=np.int8)
        self.coefficient = _by_day([impact.coefficient for impact in costs.impacts], count, size)
        self.day_volume = _by_day([impact.volume for impact in costs.impacts], count, size)

    def new_row(self, row: int) -> None:
        """Begin a row of the clock, the last one or a later one."""
        self.row = row
        if not self.is_dated:
            return
        day = day_of(self.open_time[row])
        while self.day + 1 < self.days.shape[0] and self.days[self.day + 1] <= day:
            self.day += 1
        if self.has_tiers:
            self.tiers.new_day(day)

    def traded(self, i: int, value: float) -> None:
        """Count the value of a fill, in account currency, towards the tiers of fees."""
        if self.has_tiers:
            self.tiers.traded(i, fabs(value))

    def price_down(self, i: int, price: float) -> float:
        if self.tick[i] <= 0.0:
            return price
        ticks = in_steps(price, self.tick[i], self.ticks_per_one[i])
        return of_steps(floor(ticks + (ticks * _ROUNDING + _SLACK)), self.tick[i], self.ticks_per_one[i])

    def price_up(self, i: int, price: float) -> float:
        if self.tick[i] <= 0.0:
            return price
        ticks = in_steps(price, self.tick[i], self.ticks_per_one[i])
        return of_steps(ceil(ticks - (ticks * _ROUNDING + _SLACK)), self.tick[i], self.ticks_per_one[i])

    def trailing(self, i: int, mark: float, distance: float, is_buy: bool) -> float:
        """Return where a trailing stop stands that has seen this best price; NaN while it has seen none."""
        if mark != mark:
            return mark
        return self.price_up(i, mark + distance) if is_buy else self.price_down(i, mark - distance)

    def whole_lots(self, i: int, quantity: float) -> float:
        """Cut a signed size that was asked for to whole lots, toward zero."""
        return self.cut_to_lots(i, quantity, _SLACK)

    def lots_within(self, i: int, quantity: float) -> float:
        """Cut a signed size to whole lots that are never more than it: a limit of money allows no slack."""
        return self.cut_to_lots(i, quantity, 0.0)

    def cut_to_lots(self, i: int, quantity: float, slack: float) -> float:
        if self.lot[i] <= 0.0:
            return quantity
        lots = in_steps(fabs(quantity), self.lot[i], self.lots_per_one[i])
        size = of_steps(floor(lots + (lots * _ROUNDING + slack)), self.lot[i], self.lots_per_one[i])
        return size if quantity > 0.0 else -size

    def settled(self, i: int, quantity: float, traded: float) -> float:
        """Remove from a position the rounding error that adding `traded` may have left."""
        if self.lot[i] <= 0.0:
            return 0.0 if fabs(quantity) <= fabs(traded) * _NOTHING else quantity
        lots = floor(in_steps(quantity, self.lot[i], self.lots_per_one[i]) + 0.5)
        return of_steps(lots, self.lot[i], self.lots_per_one[i])

    def is_too_small(self, i: int, quantity: float, price: float) -> bool:
        """Say whether an order is worth less than the venue takes."""
        return fabs(quantity) * price < self.min_notional[i] * (1.0 - _NOTHING)

    def fee(self, i: int, quantity: float, price: float, is_maker: bool, before: float) -> float:
        """Return the fee of a fill; `before` is the sum of `raw_fee` over the order's earlier fills."""
        fee = fabs(quantity) * (price * self.fees[0 if is_maker else 1, i] + self.fees[2, i])
        if not self.has_minimum or self.minimum[i] <= 0.0:
            return fee
        raw = fabs(quantity) * (price * self.floored[0 if is_maker else 1, i] + self.floored[2, i])
        least = self.minimum[i]
        paid = 0.0 if before == 0.0 else (before if before > least else least)
        return fee - raw + ((before + raw if before + raw > least else least) - paid)

    def raw_fee(self, i: int, quantity: float, price: float, is_maker: bool) -> float:
        """Return the part of a fill's fee that the minimum of its order is about, before that; never 0 if there is a minimum."""
        if not self.has_minimum:
            return 0.0
        raw = fabs(quantity) * (price * self.floored[0 if is_maker else 1, i] + self.floored[2, i])
        return raw if raw != 0.0 else _PAID

    def most_fee(self, i: int, quantity: float, price: float) -> float:
        """Return what a whole order pays at most, if it fills at this price."""
        maker = self.fee(i, quantity, price, True, 0.0)
        taker = self.fee(i, quantity, price, False, 0.0)
        return taker if taker > maker else maker

    def most_fee_of_one(self, i: int, price: float) -> float:
        """Return what a unit pays at most: an order of q units never pays more than q times this, plus `least_fee`."""
        maker, taker = float(self.fees[0, i]), self.fees[1, i]
        if self.has_minimum and self.minimum[i] > 0.0 and self.floored[0, i] < 0.0:
            # A rebate that only makes up for the minimum lessens nothing.
            maker -= self.floored[0, i]
        return price * (taker if taker > maker else maker) + self.fees[2, i]

    def least_fee(self, i: int) -> float:
        """Return the minimum that an order pays."""
        return self.minimum[i]

    def slipped(self, i: int, quantity: float, price: float, volume: float, before: float) -> float:
        """Return the price that an order that takes gets: worse by all slippage and impact, and on the venue's grid.

        `volume` is that of the bar, NaN if not known, and `before` what the same order has filled earlier, in units.
        """
        rate = self.slippage_rate[i]
        spread = 0.0
        if self.has_more_slippage:
            spread = self.half_spread[i]
            if self.has_row_rate:
                rate += self.row_slippage_rate[self.row, i]
            if self.has_row_spread:
                spread += self.row_half_spread[self.row, i]
            if self.impacts > 0:
                rate += self.impact(i, fabs(quantity), volume, before)
        if rate <= 0.0 and spread <= 0.0:
            return price
        return self.worse(i, quantity > 0.0, price, rate, spread)

    def impact(self, i: int, size: float, volume: float, before: float) -> float:
        """Return by what part of itself a price gets worse because of the order's own size."""
        total = cython.declare(cython.double, 0.0)
        for k in range(self.impacts):
            if self.is_daily[k]:
                usual = self.day_volume[k, self.day, i]
                share = (before + size) / usual if usual > 0.0 else 1.0
            else:
                # Nobody trades more than all of a bar.
                share = size / volume if volume > size else 1.0
            total += self.coefficient[k, self.day, i] * power(share, self.exponent[k])
        return total

    def worse(self, i: int, is_buy: bool, price: float, rate: float, spread: float) -> float:
        if is_buy:
            got = self.price_up(i, price * (1.0 + rate) + spread)
            return got if got > price else price
        least = price * _LEAST
        got = price * (1.0 - rate) - spread
        if got > least:
            got = self.price_down(i, got)
        if got < least:
            got = self.price_up(i, least)
        return got if got < price else price


def in_steps(size: float, step: float, per_one: float) -> float:
    return size * per_one if per_one > 0.0 else size / step


def of_steps(steps: float, step: float, per_one: float) -> float:
    return steps / per_one if per_one > 0.0 else steps * step


def power(share: float, exponent: float) -> float:
    if exponent == 0.5:
        return sqrt(share)
    if exponent == 1.0:
        return share
    return share * share if exponent == 2.0 else raised(share, exponent)


def day_of(time: int) -> int:
    """Return the UTC day of a time, counted from 1970: rounded down, which division in C does not do below 0."""
    return time // _DAY if time >= 0 else -((-1 - time) // _DAY) - 1


def _by_day(tables: Sequence[Floats], count: int, size: int) -> Floats:
    """Return tables, each of one day or more, as [table, day, instrument]."""
    found = np.empty((len(tables), count, size))
    for number, table in enumerate(tables):
        found[number] = table if len(table) == 1 else table[:count]
    return found


def steps_per_one(steps: Floats) -> Floats:
    """Return how many steps make one, where that is a whole number, else 0: n / 100 is exact where n * 0.01 is not."""
    found = np.zeros(len(steps))
    for i, step in enumerate(steps.tolist()):
        inverse = 1.0 / step if step > 0.0 else 0.0
        if 0.0 < inverse < _INFINITE:
            whole = float(round(inverse))
            if whole >= 1.0 and fabs(inverse - whole) <= 1e-9 * whole:
                found[i] = whole
    return found
