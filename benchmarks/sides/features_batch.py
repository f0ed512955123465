"""Print the CPU seconds of 50 features over the bars of a file, in one matrix, by tradekit-ml."""

import json
import sys
import time

import numpy as np
import pyarrow.feather as feather
from tradekit_ml.features.catalogue import ready_features
from tradekit_ml.features.feature_set import FeatureSet

from tradekit import Bars

MINUTE = 60_000_000_000
table = feather.read_table(sys.argv[1])
opened = table["time"].to_numpy().astype("M8[ns]").astype(np.int64)
prices = (table[name].to_numpy()[:, np.newaxis] for name in ("open", "high", "low", "close", "volume"))
bars = Bars(("BTC/USDT",), opened, opened + MINUTE, *prices)
features = FeatureSet(ready_features()[:50])
features.values(bars.rows(0, 1_000))

start = time.process_time()
matrix = features.matrix(bars)
seconds = time.process_time() - start
if matrix.shape != (len(bars), 50) or not np.isfinite(matrix[features.lookback() :]).mean() > 0.99:
    raise SystemExit(f"the matrix has the shape {matrix.shape}, or values are missing")
print(json.dumps({"figure": round(seconds, 3), "bars": len(bars)}))
