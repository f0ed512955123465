"""What passes between a live run and the outside, in the words that critical reporters are told."""

from __future__ import annotations

from collections.abc import Mapping

from tradekit.engine.live.decider import Decider
from tradekit.engine.live.following import Action, Send
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
from tradekit.model.outside import Intent, OutsideNote, VenueFill, VenuePayment

__all__ = ["note_of", "note_of_action"]


def note_of(given: Input, decider: Decider) -> OutsideNote:
    """Return what has come in."""
    time = given.time
    match given:
        case Row(closed=closed):
            bars = {symbol: " ".join(map(repr, bar)) for symbol, bar in closed.bars.items()}
            return OutsideNote("bars", closed.close_time, facts={"open_time": str(closed.open_time), **bars})
        case Answer():
            facts = {"outcome": given.outcome, "venue_id": given.venue_id, "text": given.text}
            return _about(decider, given.client_id, OutsideNote("answer", time, facts=facts))
        case Sighting():
            facts = {"status": given.status.name.lower(), "filled": format(given.filled, "f"), "venue_id": given.venue_id}
            return _about(decider, given.client_id, OutsideNote("sighting", time, facts=facts))
        case Filled(fill=fill):
            return _about(decider, fill.client_id, OutsideNote("fill", time, facts=_fill(fill)))
        case Imposed(fill=fill):
            return OutsideNote("foreign", time, symbol=fill.symbol, facts=_fill(fill))
        case Paid(payment=payment):
            return OutsideNote("payment", payment.time, symbol=payment.symbol, facts=_payment(payment))
        case Absent():
            return _about(decider, given.client_id, OutsideNote("absent", time))
        case Price():
            return OutsideNote("price", time, symbol=given.symbol, facts={"price": repr(given.price)})
        case Command():
            return OutsideNote("command", time, facts={"command": given.command, "reason": given.reason})
        case Revised():
            facts = {"open_time": str(given.open_time), "bar": " ".join(map(repr, given.bar))}
            return OutsideNote("revised", time, symbol=given.symbol, facts=facts)
        case Blocked():
            return OutsideNote("blocked", time, symbol=given.symbol, facts={"reason": given.reason})


def note_of_action(action: Action, decider: Decider) -> OutsideNote:
    """Return what is about to be sent."""
    if isinstance(action, Send):
        return _about(decider, action.intent.client_id, OutsideNote("intent", decider.time, facts=_intent(action.intent)))
    return _about(decider, action.client_id, OutsideNote("cancel", decider.time))


def _about(decider: Decider, client_id: str, note: OutsideNote) -> OutsideNote:
    leg = decider.legs.by_id[client_id]
    return OutsideNote(note.kind, note.time, leg.order, leg.intent.symbol, client_id, note.facts)


def _intent(intent: Intent) -> Mapping[str, str]:
    facts = {"kind": intent.kind.text, "quantity": format(intent.quantity, "f"), "time_in_force": intent.time_in_force}
    prices = {"limit": intent.limit, "stop": intent.stop}
    facts |= {name: format(price, "f") for name, price in prices.items() if price is not None}
    flags = {"post_only": intent.post_only, "reduce_only": intent.reduce_only}
    return facts | {name: "yes" for name, is_set in flags.items() if is_set}


def _fill(fill: VenueFill) -> Mapping[str, str]:
    numbers = {"quantity": fill.quantity, "price": fill.price, "fee": fill.fee}
    return {
        "trade_id": fill.trade_id,
        **{name: format(value, "f") for name, value in numbers.items()},
        "fee_currency": fill.fee_currency,
        "is_maker": "yes" if fill.is_maker else "no",
        "venue_id": fill.venue_id,
        "time": str(fill.time),
    }


def _payment(payment: VenuePayment) -> Mapping[str, str]:
    amount = format(payment.amount, "f")
    return {"payment_id": payment.payment_id, "amount": amount, "currency": payment.currency, "kind": payment.kind}
