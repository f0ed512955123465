"""S10: what was stopped, and went on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from tradekit_compliance.checks.facts import Facts
from tradekit_compliance.checks.reference_data import day_of
from tradekit_compliance.surveillance.activity import Activity, Session
from tradekit_compliance.surveillance.finding import Alert, Case, Detector

__all__ = ["Override"]

_BLOCKS = ("reject", "halt")


class Override(Detector):
    """Find orders that went to the market although a rule refused them, halts that were lifted, and limits that were changed.

    Limits count as changed where a session of the same account and day has other rules, or other options of one, than the last.
    """

    facts: ClassVar[Facts] = Facts(
        "S10",
        "override of a control",
        "SEC 15c3-5(d), exclusive control over the checks; RTS 6 (EU 2017/589) art. 15, a person re-enables what was disabled",
    )

    def find(self, case: Case) -> Iterator[Alert]:
        """Yield an alert for each of them."""
        for activity in case.activities:
            yield from self._sent(activity)
            yield from self._lifted(activity)
            for before, after in zip(activity.sessions, activity.sessions[1:], strict=False):
                yield from self._changed(activity, before, after)

    def _sent(self, activity: Activity) -> Iterator[Alert]:
        """Yield orders that were sent or filled after a rule had refused them."""
        blocked: dict[int, tuple[int, str]] = {}
        for one in activity.messages:
            if one.order is None:
                continue
            if one.kind == "verdict" and one.detail in _BLOCKS:
                blocked.setdefault(one.order, (one.number, one.rule))
            elif one.kind in ("sent", "fill", "venue-fill") and one.order in blocked:
                number, rule = blocked.pop(one.order)
                what = f"order {one.order} went to the market although {rule!r} had refused it"
                yield self.alert((activity.name, one.symbol, one.time), what, [number, one.number], {"quantity": one.quantity})

    def _lifted(self, activity: Activity) -> Iterator[Alert]:
        """Yield halts that an operator has lifted."""
        halt: tuple[int, str] | None = None
        for one in activity.messages:
            if one.kind == "halt" or (one.kind == "command" and one.text in ("reduce-only", "halt")):
                halt = halt or (one.number, one.rule or "an operator")
            elif one.kind == "command" and one.text == "resume" and halt is not None:
                what = f"the halt by {halt[1]} was lifted"
                yield self.alert((activity.name, "", one.time), what, [halt[0], one.number], {})
                halt = None

    def _changed(self, activity: Activity, before: Session, after: Session) -> Iterator[Alert]:
        """Yield that two sessions of one day have other limits."""
        if day_of(before.time) != day_of(after.time):
            return
        first, second = _rules(before.settings), _rules(after.settings)
        changed = [key for key in sorted({*first, *second}) if first.get(key) != second.get(key)]
        if changed:
            told = "; ".join(f"{key} was {first.get(key, 'not there')}, is {second.get(key, 'not there')}" for key in changed)
            what = f"limits were changed between two sessions of {day_of(after.time)}: {told}"
            yield self.alert((activity.name, "", after.time), what, [before.number, after.number], {"changes": float(len(changed))})


def _rules(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return each option of each rule in words, by its rule and name; several of one rule are told apart by their order."""
    found: dict[str, str] = {}
    count: dict[str, int] = {}
    for table in settings.get("risk", ()):
        name = str(table.get("rule"))
        count[name] = count.get(name, 0) + 1
        which = name if count[name] == 1 else f"{name} ({count[name]})"
        found[which] = "there"
        found |= {f"{which}.{key}": repr(value) for key, value in table.items() if key != "rule"}
    return found
