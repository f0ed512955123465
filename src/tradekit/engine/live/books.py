"""What a live run writes down, and how what was written down leads to its state again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from tradekit.engine.live.decider import Decider
from tradekit.engine.live.following import Action, Send
from tradekit.engine.live.inputs import Filled, Imposed, Input, Paid, read_input, write_input
from tradekit.engine.live.legs import Leg
from tradekit.errors import RunError
from tradekit.journal.store import JournalStore, Once, OrderRow, SessionRow
from tradekit.model.outside import Intent

__all__ = ["Books"]

_INTENT: TypeAdapter[Intent] = TypeAdapter(Intent)


@dataclass(slots=True)
class Books:
    """The deciding part of a session, and its journal: what goes in is written down together with all that follows from it."""

    decider: Decider
    store: JournalStore
    session: SessionRow
    held: Mapping[str, Any] = field(default_factory=dict)
    """What the journal says is held."""

    def tell(self, given: Input, asked: int | None = None) -> list[Action]:
        """Decide on an input, write both down, and only then return what is to be done.

        Whatever this raises, nothing of it must be done: the session has to end.
        """
        actions = self.decider.apply(given)
        rows = [_row(leg) for leg in self.decider.legs.take_touched()]
        held = self.decider.account()
        is_news = held != self.held
        self.store.append(self.session.id, write_input(given), rows, _once(given), asked, held if is_news else None)
        self.held = held
        return actions

    def replay(self) -> int:
        """Decide on everything again that the session was told, and return how much that was.

        Raises `RunError` if another order comes out than the one that was written down: the strategy, its options or what is
        installed have changed since, or it asks something that is not the same twice.
        """
        sent: list[Intent] = []
        count = 0
        for seq, body in self.store.inputs(self.session.id):
            try:
                actions = self.decider.apply(read_input(body))
            except Exception as error:
                error.add_note(f"while going through entry {seq} of the journal {str(self.store.path)!r} again")
                raise
            sent += [action.intent for action in actions if isinstance(action, Send)]
            count += 1
        self.decider.legs.take_touched()
        self._compare(sent)
        return count

    def _compare(self, sent: Sequence[Intent]) -> None:
        kept = {row.client_id: _INTENT.validate_json(row.intent) for row in self.store.orders(self.session.id)}
        again = {intent.client_id: intent for intent in sent}
        for client_id in dict.fromkeys((*kept, *again)):
            before, now = kept.get(client_id), again.get(client_id)
            if before != now:
                raise RunError(
                    f"the same inputs lead to another order now: {_shown(now)}, where the journal {str(self.store.path)!r} has "
                    f"{_shown(before)}; the strategy or what it uses has changed, or it is not the same twice: "
                    "begin a new session with --new-session, which takes over positions and not the strategy's state"
                )


def _row(leg: Leg) -> OrderRow:
    intent = leg.intent
    content = _INTENT.dump_json(intent).decode()
    return OrderRow(
        intent.client_id, leg.order, intent.symbol, content, leg.state.value, leg.venue_id, format(leg.filled, "f"), leg.text
    )


def _once(given: Input) -> Once | None:
    """Return what of an input must not be told twice."""
    match given:
        case Filled(fill=fill):
            return Once("fills", (fill.symbol, fill.trade_id, fill.client_id), write_input(given))
        case Imposed(fill=fill):
            return Once("imposed", (fill.symbol, fill.trade_id, fill.venue_id), write_input(given))
        case Paid(payment=payment):
            return Once("payments", (payment.symbol, payment.kind, payment.payment_id), write_input(given))
    return None


def _shown(intent: Intent | None) -> str:
    if intent is None:
        return "none"
    price = "" if intent.limit is None else f" at {intent.limit}"
    return f"{intent.kind.text} {intent.quantity:+} {intent.symbol}{price} ({intent.client_id})"
