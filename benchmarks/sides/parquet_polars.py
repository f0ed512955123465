"""Read the Parquet files of a store into a frame of polars; print the CPU seconds."""

import json
import sys
import time
from pathlib import Path

import polars as pl

files = sorted(Path(sys.argv[1]).rglob("*.parquet"))
pl.read_parquet(files)  # what is imported on first use is not what is measured
start = time.process_time()
frame = pl.read_parquet(files)
print(json.dumps({"seconds": round(time.process_time() - start, 5), "bars": len(frame)}))
