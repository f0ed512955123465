"""Run the crossover in event form with and without an audit log; print how many times as long the first takes, and a record."""

import json
import sys
import tempfile
import time
from pathlib import Path

from composed import CROSSOVER, ready
from tradekit_compliance.audit.reporter import AuditLog

from tradekit.engine.run import execute


def timed(tables):
    """Return the CPU seconds of a run with all its tables, and how many orders it made."""
    run = ready(Path(sys.argv[1]), "event", CROSSOVER, f"risk = []\n{tables}", (AuditLog,))
    with tempfile.TemporaryDirectory() as runs:
        start = time.process_time()
        done = execute(run, Path(runs))
        seconds = time.process_time() - start
        logs = list(Path(runs).glob("audit/*/seg-*.tkl"))
        records = sum(log.read_bytes().count(b"\n") for log in logs)
    return seconds, done.result.orders.num_rows, records


timed("report = []")
without, orders, _ = timed("report = []")
audited, same, records = timed('report = [{ name = "audit-log" }]')
if same != orders:
    sys.exit(f"{orders} orders without a log, {same} with one")
told = {"records": records, "microseconds_a_record": (audited - without) / records * 1e6}
print(json.dumps({"figure": audited / without, "without": without, "audited": audited, "orders": orders, **told}))
