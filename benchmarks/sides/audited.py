"""Write an audit log without synchronising it, and verify it."""

import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from tradekit_compliance.audit.records import Ordered
from tradekit_compliance.audit.verify import verify
from tradekit_compliance.audit.writer import LogWriter, Settings

COUNT = 100_000
VALUES = {name: Decimal(f"{k}37.12345") for k, name in enumerate(("close", "fast", "slow", "equity", "cash", "position"), 1)}


def written(folder):
    """Return the CPU seconds of writing records of a decision, each with its values."""
    writer = LogWriter(folder, Settings("benchmark", "benchmark", is_durable=False))
    record = Ordered(1_700_000_000_123_456_789, 3, "BTC/USDT", "market", Decimal("1.5"), values=VALUES)
    start = time.process_time()
    for _ in range(COUNT):
        writer.append(record, "run", (1,))
    seconds = time.process_time() - start
    writer.close()
    return seconds


def verified(folder):
    """Return the CPU seconds of verifying them."""
    start = time.process_time()
    verdict = verify(folder)
    seconds = time.process_time() - start
    if not verdict.is_good or verdict.records != COUNT + 1:
        sys.exit(verdict.statement)
    return seconds


def figures():
    """Return the CPU seconds of both."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "log"
        return {"write": written(folder), "verify": verified(folder)}
