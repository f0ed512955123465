"""Read a store's bars mapped from the cache that an earlier read has left; print the CPU seconds."""

import json
import sys
import time
from pathlib import Path

from stored import load

folder = Path(sys.argv[1])
load(folder, cache=True)  # what is imported on first use is not what is measured
start = time.process_time()
bars = load(folder, cache=True)
print(json.dumps({"seconds": round(time.process_time() - start, 5), "bars": bars}))
