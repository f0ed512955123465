"""Put a CSV file into a store by tradekit's command; print the CPU seconds."""

import json
import sys
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO

from tradekit import BarRequest
from tradekit.builtin.store import StoreSource
from tradekit.cli.main import main

MINUTE = 60_000_000_000


def put(store):
    """Import the file into a store that is not there yet, and return the CPU seconds."""
    what = ["--venue", "binance", "--symbol", "BTC/USDT", "--interval", "1m", "--store", store]
    start = time.process_time()
    with redirect_stdout(StringIO()):
        code = main(["data", "import", "csv", sys.argv[1], *what])
    if code:
        sys.exit(f"the import ended with code {code}")
    return time.process_time() - start


with tempfile.TemporaryDirectory() as folder:
    put(f"{folder}/first")  # what is imported on first use is not what is measured
    seconds = put(f"{folder}/second")
    source = StoreSource(StoreSource.Options(path=f"{folder}/second", cache=False))
    bars = source.bars(BarRequest(("BTC/USDT",), MINUTE))["BTC/USDT"]
print(json.dumps({"seconds": round(seconds, 5), "bars": len(bars), "close": bars.close.sum(), "volume": bars.volume.sum()}))
