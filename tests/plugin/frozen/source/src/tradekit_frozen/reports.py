"""A reporter."""

import json
from collections import Counter

from tradekit import EventKind, Reporter


class Diary(Reporter):
    """Count what happens, and write it into the run's folder."""

    name = "frozen-diary"

    def __init__(self, options=None):
        super().__init__(options)
        self.seen = Counter()

    def record(self, event):
        self.seen[event.kind.text] += 1
        if event.kind is EventKind.FILL:
            self.seen["units"] += abs(event.numbers["quantity"])

    def report(self, result, folder):
        told = {"events": dict(self.seen), "trades": result.metrics["trades"], "fills": result.fills.num_rows, "status": result.status}
        (folder / "diary.json").write_text(json.dumps(told, sort_keys=True))
        return f"diary: {self.seen['order']} orders, {self.seen['fill']} fills"
