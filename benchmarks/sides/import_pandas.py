"""Read a CSV file with pandas and write it as Parquet, compressed as a store does it; print the CPU seconds."""

import json
import sys
import tempfile
import time

import pandas as pd


def put(path):
    """Read and write, and return the CPU seconds."""
    start = time.process_time()
    frame = pd.read_csv(sys.argv[1], parse_dates=["time"])
    frame.to_parquet(path, compression="zstd", compression_level=3, index=False)
    return time.process_time() - start


with tempfile.TemporaryDirectory() as folder:
    put(f"{folder}/first.parquet")  # what is imported on first use is not what is measured
    seconds = put(f"{folder}/second.parquet")
    bars = pd.read_parquet(f"{folder}/second.parquet")
print(json.dumps({"seconds": round(seconds, 5), "bars": len(bars), "close": bars["close"].sum(), "volume": bars["volume"].sum()}))
