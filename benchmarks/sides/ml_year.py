"""A year of hours walk-forward, with a training each month, on ten instruments: the strategy `ml` with its default recipe.

The time is that of this process, on one core, from loaded data to the finished run with its proofs.
"""

import json
import tempfile
import time
from pathlib import Path

from tradekit_ml.strategies.ml import Ml

from tradekit.testing import Lab, markets

BARS, COUNT = 8_760, 10

with tempfile.TemporaryDirectory() as folder:
    lab = Lab(Path(folder), {f"M{k}": markets.walk(BARS, markets.HOUR, seed=k + 1) for k in range(COUNT)})
    tables = {
        "strategy": {"first": 1_000, "retrain": "month", "short": True},
        "account": {"kind": "margin", "capital": 1_000_000.0},
        "execution": {"costs": [{"model": "fee", "bps": 5}]},
    }
    start = time.process_time()
    result = lab.run(Ml, tables=tables).result
    seconds = time.process_time() - start
if not result.plan.startswith("compiled driver") or result.fills.num_rows < 1_000:
    raise SystemExit(f"the run made {result.fills.num_rows} fills by the {result.plan}")
print(json.dumps({"figure": round(seconds, 1), "bars": BARS, "instruments": COUNT, "fills": result.fills.num_rows}))
