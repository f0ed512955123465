"""Fetch from a local venue until somebody kills this process: `killed.py STORE ADDRESS START END`, times in nanoseconds."""

import sys
import time

from local_venue import COLUMNS, KLINES
from tradekit.builtin.http import HttpSource
from tradekit.data.fetch.asking import Asker, Clock, Patience
from tradekit.data.fetch.fetcher import fetch
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey

store, address, start, end = sys.argv[1:]
options = {"address": address + KLINES, "columns": COLUMNS, "limit": 24, "per_second": 1000, "timeout_s": 0.25}
source = HttpSource(HttpSource.Options.model_validate(options))
# Waits of a hundredth of their length, so that fifty deaths take no hour.
asker = Asker(source, Clock(sleep=lambda seconds: time.sleep(seconds / 100)), Patience(tries=50))
fetch(asker, Store(store), DataKey("binance", "BTC/USDT", "bars", "1h"), int(start), int(end))
