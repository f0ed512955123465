"""What is not known is found out by asking the venue, and never by sending again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from tradekit.engine.live.decider import Decider
from tradekit.engine.live.inputs import Absent, Blocked, Filled, Imposed, Input, Paid, Sighting
from tradekit.engine.live.legs import Leg, LegState
from tradekit.errors import TradekitError, VenueError
from tradekit.model.instrument import Instrument
from tradekit.model.outside import Abilities, Holdings, VenueFill, VenueOrder
from tradekit.plugin.contracts import Executor

__all__ = ["Reconciled", "Resolver", "agree", "answer", "held", "their_money"]

Answer = TypeVar("Answer")

_log = logging.getLogger("tradekit.live")
_SECOND = 1_000_000_000
_OVERLAP = 600 * _SECOND  # how far back trades are asked for again, because venues book some late
_APART = _SECOND  # two answers that there is no such order count as two only if they lie so far apart
_ROUNDING = Decimal("1e-9")
_CENT = Decimal("1e-6")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a comparison with the venue came to: orders that are not ours, instruments that don't agree, and money, in words."""

    foreign_orders: tuple[str, ...] = ()
    mismatches: Mapping[str, str] = field(default_factory=dict)
    money: str = ""

    def report(self) -> None:
        """Tell the log."""
        for venue_id in self.foreign_orders:
            _log.info("order %s is not ours", venue_id)
        for symbol, why in self.mismatches.items():
            _log.error("%s does not agree with the venue: %s", symbol, why)
        if self.money:
            _log.warning("money does not agree with the venue: %s", self.money)


@dataclass(slots=True)
class Resolver:
    """Asks the venue for what is not known, and tells the run what it says.

    `tell` takes what was found; `now` returns the venue's time.
    """

    decider: Decider
    executor: Executor
    tell: Callable[[Input], None]
    now: Callable[[], int]
    since: int
    """When the session began: trades from before are none of its business."""
    misses: dict[str, list[int]] = field(default_factory=dict)
    """When the venue said that it has no such order, by client id."""
    baseline: dict[str, Decimal] = field(default_factory=dict)
    """What the account holds besides the positions of this run, by symbol."""
    suspects: dict[str, str] = field(default_factory=dict)
    paid: set[tuple[str, str, str]] = field(default_factory=set)
    """The payments that the journal has: symbol, kind and the venue's id."""
    paid_since: int = 0
    """From when on payments are the business of this account's journal."""
    money: Decimal | None = None
    """What the wallet held besides the money of this run when the session began; `None` where the venue doesn't tell."""
    money_suspect: str = ""
    money_said: str = ""

    async def look_up(self, leg: Leg) -> None:
        """Look for one order, and for its trades if the venue has filled more of it than is known."""
        intent = leg.intent
        found = await answer(self.executor.find(intent.client_id, intent.symbol))
        if found is not None:
            self.misses.pop(intent.client_id, None)
            self.see(found)
            if abs(leg.told) > abs(leg.filled):
                await self.catch_up(intent.symbol, min(leg.sent, self.now()) - _OVERLAP)
            return
        if leg.state not in (LegState.SENDING, LegState.UNKNOWN):
            return
        self._missed(leg, self.executor.abilities(intent.symbol))

    def _missed(self, leg: Leg, abilities: Abilities) -> None:
        """Count an answer that there is no such order; it has never arrived if there are two, after the time in which it could."""
        times = self.misses.setdefault(leg.intent.client_id, [])
        now = self.now()
        if abilities.arrival_s is None or now < leg.sent + round(abilities.arrival_s * _SECOND):
            return
        if not times or now - times[-1] >= _APART:
            times.append(now)
        if len(times) > 1:
            self.tell(Absent(now, leg.intent.client_id))

    def see(self, order: VenueOrder) -> bool:
        """Tell the run of an order as the venue has it; say whether it is one of ours."""
        leg = self.decider.legs.find(order.client_id, order.venue_id)
        if leg is None:
            return False
        is_news = (
            leg.venue_id != order.venue_id
            or abs(order.filled) > abs(leg.told)
            or (order.status.name.lower() != leg.state.value and not (leg.is_ended and order.status.name == "OPEN"))
        )
        if is_news:
            self.tell(Sighting(max(order.time, self.now()), leg.intent.client_id, order.venue_id, order.status, order.filled))
        return True

    def book(self, fill: VenueFill) -> bool:
        """Tell the run of a trade that it doesn't know yet; say whether it is one of ours."""
        leg = self.decider.legs.find(fill.client_id, fill.venue_id)
        if leg is None:
            return False
        named = replace(fill, client_id=leg.intent.client_id)
        if not self.decider.legs.knows(named):
            before = set(self.decider.fees_besides)
            self.tell(Filled(max(fill.time, self.decider.time), named))
            for currency in set(self.decider.fees_besides) - before:
                _log.warning(
                    "the venue takes fees in %s, which this run has no money in: they are added up ('tradekit status'), and are "
                    "not in its money or its figures",
                    currency,
                )
        return True

    async def hear(self, fill: VenueFill, since: int) -> None:
        """Book a trade that the venue has just told of; one of no order known here is seen to, unless that is looked up already."""
        if self.book(fill) or self.decider.legs.is_doubtful(fill.symbol):
            return
        if self.decider.instruments[fill.symbol].is_derivative:
            await self.catch_up(fill.symbol, since)
        else:
            _log.warning("the account traded %s %s without this run", fill.quantity, fill.symbol)

    async def notice(self, order: VenueOrder, since: int) -> None:
        """Take note of an order that the venue has just told of; one that is not ours may have changed a position of ours."""
        if self.see(order) or not order.filled or self.decider.legs.is_doubtful(order.symbol):
            return
        if self.decider.instruments[order.symbol].is_derivative:
            await self.catch_up(order.symbol, since)

    async def catch_up(self, symbol: str, since: int) -> None:
        """Ask for the trades in an instrument. Of one that is held against margin, those of others change our position too."""
        found = await answer(self.executor.fills(symbol, max(since, self.since - _OVERLAP)))
        strange = [fill for fill in found if not self.book(fill)]
        if self.decider.instruments[symbol].is_derivative:
            await self._impose(symbol, [fill for fill in strange if fill.time >= self.since and not self._is_imposed(fill)])

    async def _impose(self, symbol: str, fills: Sequence[VenueFill]) -> None:
        """Tell the run of trades that are of no order of its own; that waits while one of its orders may be meant."""
        if not fills:
            return
        legs = self.decider.legs
        for leg in legs.nameless(symbol):
            if leg.state is LegState.SENDING:
                return
            await self.look_up(leg)
        if any(leg.state is not LegState.ABSENT for leg in legs.nameless(symbol)):
            return
        for fill in fills:
            if not self.book(fill) and not self._is_imposed(fill):
                _log.error("the account traded %s %s at %s without this run", fill.quantity, symbol, fill.price)
                self.tell(Imposed(max(fill.time, self.decider.time), fill))

    def _is_imposed(self, fill: VenueFill) -> bool:
        return (fill.symbol, fill.trade_id, fill.venue_id) in self.decider.legs.imposed

    async def settle_payments(self, symbol: str, since: int) -> None:
        """Ask for money that came or went without a trade in an instrument."""
        currency = self.decider.instruments[symbol].currency or self.decider.run.setup.codes[0]
        for payment in await answer(self.executor.payments(symbol, max(since, self.paid_since))):
            key = (payment.symbol, payment.kind, payment.payment_id)
            if payment.time < self.paid_since or key in self.paid:
                continue
            self.paid.add(key)
            if payment.currency == currency:
                self.tell(Paid(max(payment.time, self.decider.time), payment))
            else:
                said = f"{payment.kind} {payment.payment_id!r} of {symbol!r} comes in {payment.currency}"
                _log.error("%s and can't be booked: it is settled in %s", said, currency)

    async def reconcile(self, since: int, is_full: bool) -> Reconciled:
        """Compare orders, trades and holdings with the venue's: light without, full with the trades of all instruments.

        Orders of ours are adopted, foreign ones are reported and never touched.
        """
        symbols = tuple(self.decider.instruments)
        there = await answer(self.executor.open_orders(symbols))
        foreign = tuple(order.venue_id for order in there if not self.see(order))
        # An id that is not known names nobody: neither a foreign order without one of ours, nor one of ours without the venue's.
        known = ({order.client_id for order in there} | {order.venue_id for order in there}) - {""}
        for leg in list(self.decider.legs.working.values()):
            if known.isdisjoint((leg.intent.client_id, leg.venue_id)) and leg.state is not LegState.SENDING:
                await self.look_up(leg)
        active = {leg.intent.symbol for leg in self.decider.legs.working.values()} | set(self.suspects)
        for symbol in symbols if is_full else sorted(active):
            await self.catch_up(symbol, since - _OVERLAP)
        # Where money does not agree, it may be funding that is not booked yet.
        if is_full or self.money_suspect:
            for symbol in (one for one in symbols if self.decider.instruments[one].is_derivative):
                await self.settle_payments(symbol, since - _OVERLAP)
        holdings = await answer(self.executor.holdings())
        return Reconciled(foreign, self.compare(holdings), self.compare_money(holdings))

    async def settle_up(self, since: int) -> None:
        """Book what has happened before the session ends: trades of orders that are at the venue, and what is paid for positions.

        If that fails, the next session does it.
        """
        has_payments = any(one.is_derivative for one in self.decider.instruments.values())
        if not has_payments and not self.decider.legs.working:
            return
        try:
            (await self.reconcile(since or self.since, is_full=has_payments)).report()
        except VenueError as error:
            _log.warning("the next session books what has happened last: %s", error)

    def compare(self, holdings: Holdings) -> dict[str, str]:
        """Compare positions with the venue's, and block the instruments that twice don't agree; return what doesn't.

        An instrument about which something is not known is left for later. What a spot account held before is not ours.
        """
        found = {}
        for symbol, instrument in self.decider.instruments.items():
            if self.decider.legs.is_doubtful(symbol):
                continue
            ours, theirs = Decimal(repr(self.decider.position(symbol))), held(instrument, holdings)
            other = self.baseline.setdefault(symbol, theirs - ours)
            expected = ours + other
            if not agree(instrument, expected, theirs, abs(ours)):
                found[symbol] = f"the venue holds {theirs.normalize():f}, and the journal says {expected.normalize():f}"
        for symbol in self.decider.instruments:
            why = found.get(symbol, "")
            if why and self.suspects.get(symbol) == why and symbol not in self.decider.blocked:
                self.tell(Blocked(self.now(), symbol, why))
            elif not why and symbol in self.decider.blocked:
                self.tell(Blocked(self.now(), symbol))
        self.suspects = found
        return found

    def compare_money(self, holdings: Holdings) -> str:
        """Compare the money that positions are held against with the venue's; return what twice doesn't agree, once in words.

        It changes nothing: who brings money in, or takes it out, makes the same difference.
        """
        code, instruments = self.decider.run.setup.codes[0], list(self.decider.instruments.values())
        theirs = their_money(instruments, holdings, code)
        if theirs is None or self.money is None or any(leg.is_doubtful for leg in self.decider.legs.working.values()):
            return ""
        more = (theirs - self.decider.stakes.money() - self.money).quantize(_CENT)
        is_rounding = abs(more) <= _CENT * max(abs(theirs), Decimal(1))
        found = "" if is_rounding else f"the wallet has {more.normalize():+f} {code} against what the journal says"
        before, self.money_suspect = self.money_suspect, found
        if found != before or found == self.money_said:
            return ""
        self.money_said = found
        return found


def held(instrument: Instrument, holdings: Holdings) -> Decimal:
    """Return what the venue says is held of an instrument."""
    if instrument.is_derivative:
        return holdings.positions.get(instrument.symbol, Decimal(0))
    base = instrument.base or instrument.symbol.partition("/")[0]
    return holdings.balances.get(base, Decimal(0))


def their_money(instruments: Sequence[Instrument], holdings: Holdings, code: str) -> Decimal | None:
    """Return the money of the venue's wallet, less what open positions were opened for; `None` where it doesn't tell all of it."""
    if code not in holdings.wallet:
        return None
    money = holdings.wallet[code]
    for one in instruments:
        if one.is_derivative and (units := held(one, holdings)):
            if one.symbol not in holdings.entries:
                return None
            money -= Decimal(repr(one.multiplier)) * units * holdings.entries[one.symbol]
    return money


def agree(instrument: Instrument, expected: Decimal, theirs: Decimal, most: Decimal = Decimal(0)) -> bool:
    """Say whether what is held is what is expected, but for what rounding makes of fees, and of floats as large as `most`."""
    least = Decimal(0) if instrument.lot is None else Decimal(repr(instrument.lot)) / 2
    return abs(theirs - expected) <= max(abs(expected), most) * _ROUNDING + least


async def answer(asked: Awaitable[Answer]) -> Answer:
    """Wait for what an executor answers; an exception that is none of tradekit's is taken for a venue that failed in passing."""
    try:
        return await asked
    except TradekitError:
        raise
    except Exception as error:
        raise VenueError(f"{type(error).__name__}: {error}", is_passing=True) from error
