"""Read a store's bars from its Parquet files, each checked against its hash; print the CPU seconds."""

import json
import sys
import time
from pathlib import Path

from stored import load

folder = Path(sys.argv[1])
load(folder, cache=False)  # what is imported on first use is not what is measured
start = time.process_time()
bars = load(folder, cache=False)
print(json.dumps({"seconds": round(time.process_time() - start, 5), "bars": bars}))
