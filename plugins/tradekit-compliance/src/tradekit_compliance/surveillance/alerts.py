"""Alerts as records: what was found, and what a person has made of it, in a tamper-evident log of their own.

The log that is looked at may still be written by its one writer, so alerts are kept beside it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

from tradekit import ConfigError
from tradekit_compliance.audit.coding import number_text
from tradekit_compliance.audit.reading import Entry, entries
from tradekit_compliance.audit.records import AlertDisposed, AlertOpened
from tradekit_compliance.audit.writer import LogWriter, Settings
from tradekit_compliance.surveillance.finding import Alert

__all__ = ["DECISIONS", "Kept", "dispose", "keep", "kept_alerts"]

DECISIONS = ("explained", "false-alert", "escalated")
_PACKAGE = "tradekit-compliance"


@dataclass(frozen=True, slots=True)
class Kept:
    """An alert as it stands in the log: when it was opened, and who disposed of it, when, how and why; empty while it is open."""

    opened: Entry
    alert: AlertOpened
    disposal: AlertDisposed | None = None
    disposed: Entry | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has disposed of it."""
        return self.disposal is None


def kept_alerts(folder: Path) -> dict[str, Kept]:
    """Return all alerts of a log by name, in the order in which they were opened; none if there is no log."""
    found: dict[str, Kept] = {}
    if not any(folder.glob("seg-*.tkl")):
        return found
    for entry in entries(folder):
        record = entry.record
        if isinstance(record, AlertOpened):
            found[record.alert] = Kept(entry, record)
        elif isinstance(record, AlertDisposed) and record.alert in found:
            before = found[record.alert]
            found[record.alert] = Kept(before.opened, before.alert, record, entry)
    return found


def keep(folder: Path, alerts: Iterable[Alert], clock: Callable[[], int] = time.time_ns) -> list[str]:
    """Write alerts down that are not in the log yet, and return the names of those that are new."""
    known = kept_alerts(folder)
    new = [alert for alert in {one.id: one for one in alerts}.values() if alert.id not in known]
    if new:
        with _writing(folder, clock) as writer:
            for alert in new:
                writer.append(_record(alert), run=alert.account)
    return [alert.id for alert in new]


def dispose(folder: Path, name: str, judged: tuple[str, str, str], clock: Callable[[], int] = time.time_ns) -> None:
    """Write down what a person has decided on an alert: `judged` is the decision, why, and who.

    A decision may be followed by another, which then holds; both stay in the log. Raises `ConfigError` for an unknown alert.
    """
    decision, reason, who = judged
    known = kept_alerts(folder)
    if name not in known:
        raise ConfigError(f"there is no alert {name!r} in {str(folder)!r}; 'tradekit compliance alerts' lists those that there are")
    if not reason.strip() or not who.strip():
        raise ConfigError("an alert is disposed of with a reason and by somebody; say --reason and --by")
    with _writing(folder, clock) as writer:
        record = AlertDisposed(clock(), name, decision, reason)
        writer.append(record, known[name].opened.run, [known[name].opened.number], f"person:{who}")


def _record(alert: Alert) -> AlertOpened:
    numbers = {name: Decimal(number_text(float(value))) for name, value in alert.numbers.items() if math.isfinite(value)}
    summary = f"{alert.summary} (parameters {alert.parameters})"
    return AlertOpened(alert.time, alert.id, alert.detector, alert.symbol, summary, tuple(alert.evidence), numbers)


@contextmanager
def _writing(folder: Path, clock: Callable[[], int]) -> Iterator[LogWriter]:
    writer = LogWriter(folder, Settings(f"{_PACKAGE}=={version(_PACKAGE)}", "surveillance", clock=clock))
    try:
        yield writer
    finally:
        writer.close()
