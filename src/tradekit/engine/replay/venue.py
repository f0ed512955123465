"""Why an order came to something else at the venue than in the simulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tradekit.data.interval import time_text
from tradekit.engine.live.inputs import Absent, Answer, Blocked, Command, Filled, Imposed, Input, Paid, Revised, Row, Sighting
from tradekit.engine.live.recording import Recording, Sent
from tradekit.engine.replay.comparing import OrderDifference

__all__ = ["Account", "told_of_session", "why", "without_order"]

_SECOND = 1_000_000_000
_LATE = 3 * _SECOND
_SOON = 600 * _SECOND  # after a liquidation, its fee is booked


@dataclass(frozen=True, slots=True)
class Account:
    """A kind of cause, and what it is in words."""

    kind: str
    text: str


def why(recording: Recording, found: OrderDifference) -> Account:
    """Return what the venue, or what was on the way to it, did to an order, from what the session was told of it."""
    order = found.order
    if order is None:
        return without_order(recording, found.time)
    sent = [one for one in recording.sent if one.number == order]
    until = _end_of_bar(recording, found.time)
    told = [given for given in recording.inputs if _is_about(given, {one.intent.client_id for one in sent})]
    for account in (
        _not_sent(recording, sent, found, until),
        _filled_in_part(recording, found),
        _refused(told, order, until),
        _never_there(told, order),
        _unknown(told, found, until),
        _told_late(recording, told, found, until),
        _filled(recording, found),
    ):
        if account is not None:
            return account
    return Account("fill", f"order {order} came to something else at the venue than in the simulator")


def without_order(recording: Recording, moment: int) -> Account:
    """Return what the venue did to the account without an order of the run, from what the session was told until then."""
    told = [given for given in recording.inputs if given.time <= moment]
    imposed = [given for given in told if isinstance(given, Imposed)]
    if imposed:
        return _imposed(recording, imposed[-1])
    paid = (given for given in recording.inputs if isinstance(given, Paid))
    late = [given for given in paid if given.payment.time < moment + _SECOND and moment < given.time]
    if late:
        when, heard = time_text(late[-1].payment.time), time_text(late[-1].time)
        what = f"{_payment(late[-1])} of {when} was told at {heard}, and a backtest has it at the close of its bar"
        return Account("latency", what)
    blocked = [given for given in told if isinstance(given, Blocked)]
    if blocked and blocked[-1].reason:
        return Account(
            "account", f"no new risk in {blocked[-1].symbol} from {time_text(blocked[-1].time)} on: {blocked[-1].reason}"
        )
    return Account("fill", "what the venue told, and when, led to another decision")


def _imposed(recording: Recording, given: Imposed) -> Account:
    """Return what a trade without an order was: a liquidation, if the venue took a fee for one."""
    fill = given.fill
    what = f"{fill.quantity:+f} {fill.symbol} at {fill.price}, at {time_text(fill.time)}"
    for payment in (one.payment for one in recording.inputs if isinstance(one, Paid)):
        is_its_fee = payment.kind == "liquidation fee" and abs(payment.time - fill.time) <= _SOON
        if is_its_fee and payment.symbol == fill.symbol:
            return Account("liquidation", f"the venue liquidated {what}, and took a fee of {-payment.amount} for it")
    return Account(
        "account", f"the account traded {what}, without an order of this run: it was liquidated, or somebody traded on it"
    )


def _payment(given: Paid) -> str:
    return f"{given.payment.kind} of {given.payment.amount:+f} {given.payment.currency} for {given.payment.symbol}"


def _not_sent(recording: Recording, sent: Sequence[Sent], found: OrderDifference, until: int) -> Account | None:
    if sent:
        return None
    what = f"order {found.order} was not sent"
    since: dict[str, Blocked] = {}
    for given in recording.inputs:
        if given.time > until:
            break
        if isinstance(given, Blocked):
            since[given.symbol] = given
    block = since.get(found.symbol)
    if block is not None and block.reason:
        return Account("account", f"{what}: no new risk in {found.symbol} from {time_text(block.time)} on, because {block.reason}")
    commands = [
        one for one in recording.inputs if isinstance(one, Command) and one.time <= until and one.command not in ("resume", "clear")
    ]
    if commands:
        last = commands[-1]
        return Account(
            "operator", f"{what}: {last.command} at {time_text(last.time)}" + (f" ({last.reason})" if last.reason else "")
        )
    return Account("latency", f"{what} until {time_text(until)}: something was not known yet about what is held of {found.symbol}")


def _refused(told: Sequence[Input], order: int, until: int) -> Account | None:
    for given in told:
        if isinstance(given, Answer) and given.outcome == "refused" and given.time <= until:
            return Account("fill", f"the venue refused order {order} at {time_text(given.time)}: {given.text}")
        if isinstance(given, Sighting) and given.status.name in ("CANCELLED", "EXPIRED", "REJECTED") and given.time <= until:
            return Account("fill", f"the venue ended order {order} ({given.status.name.lower()}) at {time_text(given.time)}")
    return None


def _never_there(told: Sequence[Input], order: int) -> Account | None:
    absent = next((given for given in told if isinstance(given, Absent)), None)
    if absent is None:
        return None
    there = next((given for given in told if given.time > absent.time), None)
    if there is not None:
        given_up, came = time_text(absent.time), time_text(there.time)
        return Account("latency", f"order {order} was given up at {given_up}, and came to the venue after all, at {came}")
    return Account("latency", f"order {order} never reached the venue, which was certain at {time_text(absent.time)} only")


def _unknown(told: Sequence[Input], found: OrderDifference, until: int) -> Account | None:
    doubt = next((given for given in told if isinstance(given, Answer) and given.outcome == "unknown"), None)
    if doubt is None or doubt.time > until:
        return None
    known = next((given for given in told if given.time > doubt.time), None)
    how_long = "" if known is None else f" until {time_text(known.time)}"
    what = f"nobody knew{how_long} whether order {found.order} was at the venue: {doubt.text}"
    return Account("latency", what)


def _told_late(recording: Recording, told: Sequence[Input], found: OrderDifference, until: int) -> Account | None:
    row = next((one for one in recording.rows if one.closed.close_time == found.time), None)
    order = f"order {found.order}"
    if row is not None and row.time - row.closed.close_time > _LATE:
        late, closed = (row.time - row.closed.close_time) / _SECOND, time_text(row.closed.close_time)
        return Account("latency", f"the bar that closed at {closed} reached the session {late:.1f} s late, and {order} left then")
    for given in told:
        if isinstance(given, Filled) and given.fill.time < until < given.time:
            then, heard = time_text(given.fill.time), time_text(given.time)
            return Account("latency", f"a trade of {order} of {then} was told at {heard}, after the bar had closed")
    later = [given for given in told if isinstance(given, Filled) and given.fill.time >= until]
    if "filled" not in found.first and "filled" in found.second and later:
        when, bar = time_text(later[0].fill.time), time_text(found.time)
        return Account("latency", f"the venue filled {order} at {when}, the simulator in the bar that opened at {bar}")
    return None


def _filled_in_part(recording: Recording, found: OrderDifference) -> Account | None:
    size, other_size = (float(side.get("filled", 0.0)) for side in (found.first, found.second))
    if size == 0.0 or other_size == 0.0 or abs(size - other_size) <= 1e-9 * abs(size):
        return None
    who = "the venue" if recording.mode == "live" else "the run"
    return Account("fill", f"{who} filled {abs(size):g} of order {found.order}, the simulator {abs(other_size):g}")


def _filled(recording: Recording, found: OrderDifference) -> Account | None:
    mine, theirs = found.first, found.second
    who = "the venue" if recording.mode == "live" else "the run"
    if "filled" not in mine or "filled" not in theirs:
        did, other = (who, "the simulator") if "filled" in mine else ("the simulator", who)
        return Account("fill", f"{did} filled order {found.order}, and {other} did not")
    size = float(mine["filled"])
    price, other_price = float(mine["price"]), float(theirs["price"])
    if abs(price - other_price) > 1e-9 * abs(price):
        worse = (price / other_price - 1.0) * 1e4 * (1 if size > 0 else -1)
        how = f"{abs(worse):{'.2g' if abs(worse) < 10 else '.0f'}} bps {'worse' if worse > 0 else 'better'}"
        return Account("fill", f"{who} filled order {found.order} at {price:.12g}, the simulator at {other_price:.12g} ({how})")
    if mine.get("fee") != theirs.get("fee"):
        return Account(
            "fill", f"{who} took a fee of {mine['fee']:.9g} for order {found.order}, the cost models {theirs['fee']:.9g}"
        )
    return None


def _is_about(given: Input, ids: set[str]) -> bool:
    if isinstance(given, Filled):
        return given.fill.client_id in ids
    return isinstance(given, Answer | Sighting | Absent) and given.client_id in ids


def _end_of_bar(recording: Recording, opened: int) -> int:
    closes = recording.bars.close_time
    return int(closes[min(int(np.searchsorted(closes, opened, "right")), len(closes) - 1)])


def told_of_session(recording: Recording) -> Iterator[str]:
    """Yield what an operator should know of a session, whether or not anything was decided otherwise because of it."""
    number = {one.intent.client_id: one.number for one in recording.sent}
    since: dict[str, Answer] = {}
    for given in recording.inputs:
        if isinstance(given, Row):
            continue
        if (what := _told(given, number, recording.end)) is not None:
            yield f"{time_text(given.time)} {what}"
        client_id = given.fill.client_id if isinstance(given, Filled) else getattr(given, "client_id", "")
        if client_id in since:
            doubt = since.pop(client_id)
            seconds = (given.time - doubt.time) / _SECOND
            yield f"{time_text(doubt.time)} order {number[client_id]} was unknown for {seconds:.1f} s: {doubt.text}"
        if isinstance(given, Answer) and given.outcome == "unknown":
            since[given.client_id] = given
    late = [row for row in recording.rows if row.time - row.closed.close_time > _LATE]
    if late:
        worst = max(late, key=lambda row: row.time - row.closed.close_time)
        seconds = (worst.time - worst.closed.close_time) / _SECOND
        closed = time_text(worst.closed.close_time)
        yield f"{len(late)} bars came more than 3 s late; the one that closed at {closed} by {seconds:.1f} s"


def _told(given: Input, number: Mapping[str, int], end: int) -> str | None:
    """Return an input that is out of the ordinary in words; `None` for any other."""
    match given:
        case Answer(outcome="refused"):
            return f"the venue refused order {number[given.client_id]}: {given.text}"
        case Absent():
            return f"order {number[given.client_id]} had never reached the venue"
        case Blocked():
            return f"{given.symbol}: {given.reason or 'the books agree with the venue again'}"
        case Imposed(fill=fill):
            return f"the account traded {fill.quantity:f} {fill.symbol} at {fill.price} without an order of this run"
        case Paid(payment=payment) if payment.kind != "funding":
            return f"{_payment(given)}, of {time_text(payment.time)}"
        case Revised():
            return f"the bar of {given.symbol} that opened at {time_text(given.open_time)} came late, or again and other"
        case Command() if given.time < end:
            return f"{given.command}" + (f": {given.reason}" if given.reason else "")
    return None
