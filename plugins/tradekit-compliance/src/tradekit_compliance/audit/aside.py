"""Setting a damaged log aside, as a person acknowledges, and going on with another in its place."""

from __future__ import annotations

from pathlib import Path

from tradekit import RunError
from tradekit_compliance.audit.records import BreakAcknowledged
from tradekit_compliance.audit.verify import Against, read_anchor, verify
from tradekit_compliance.audit.writer import LogWriter, Settings, hold_lock

__all__ = ["set_aside"]


def set_aside(path: Path, settings: Settings, reason: str) -> Path:
    """Keep a damaged log under another name, as it is, and begin one in its place whose first record says so; return where it is.

    `settings.actor` is who acknowledges it. Raises `RunError` for a log that is not damaged: such a one is gone on with.
    """
    heads = settings.heads
    anchors = read_anchor(str(heads)) if heads is not None and heads.exists() else []
    verdict = verify(path, Against(anchors=anchors))
    if verdict.is_good:
        raise RunError(f"audit log {str(path)!r} is not damaged: it is {verdict.statement}; go on with it")
    number = 1
    while (kept := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    if path.exists():
        with hold_lock(path):
            path.rename(kept)
    if heads is not None and heads.exists():
        heads.rename(heads.with_name(f"{heads.name}.broken-{number}"))
    writer = LogWriter(path, settings)
    first = verdict.first
    last_good = -1 if first is None else first.last_good
    log = verdict.log or (anchors[-1].log if anchors else "")
    writer.append(BreakAcknowledged(log, f"{reason}; found: {verdict.statement}", last_good))
    writer.close()
    return kept
