"""Read the Parquet files of a store into a frame of pandas; print the CPU seconds."""

import json
import sys
import time
from pathlib import Path

import pandas as pd

files = sorted(Path(sys.argv[1]).rglob("*.parquet"))
pd.read_parquet(files)  # what is imported on first use is not what is measured
start = time.process_time()
frame = pd.read_parquet(files)
print(json.dumps({"seconds": round(time.process_time() - start, 5), "bars": len(frame)}))
