"""Let a source stream recorded trades, as many as there are at once, into the bars of a live run; print the microseconds of one."""

import asyncio
import json
import sys
import time

import numpy as np

from tradekit import Trades
from tradekit.engine.live.trade_bars import bars_of_trades
from tradekit.plugin.contracts import BarRequest, DataSource

MINUTE = 60_000_000_000
CHUNK = 100
"""So many trades come in one message, as a busy market's do."""
A_BAR = 1_000
BARS = 500


class Streaming(DataSource):
    """Gives what was recorded, a message after the other, without waiting."""

    name = "streaming"
    has_live_trades = True

    def __init__(self, trades):
        super().__init__()
        self.trades = trades
        self.now = 0

    def bars(self, request):  # noqa: ARG002 - the contract's
        """Return nothing: all is streamed."""
        return {}

    async def live_trades(self, request):
        """Yield the trades of one instrument."""
        for first in range(0, len(self.trades), CHUNK):
            columns = {name: getattr(self.trades, name)[first : first + CHUNK] for name in ("time", "price", "size", "number")}
            part = Trades(**columns)
            self.now = int(part.time[-1])
            yield {request.symbols[0]: part}


async def made(source):
    """Return how many bars were finished."""
    asked = BarRequest(("BTC/USDT",), MINUTE)
    return [bar async for bar in bars_of_trades(source, 2.0, lambda: source.now, asked) if bar.is_final]


with np.load(sys.argv[1]) as found:
    price, size = found["price"][: A_BAR * BARS], found["size"][: A_BAR * BARS]
times = 1_700_000_040_000_000_000 + np.arange(len(price)) * (MINUTE // A_BAR)
numbers = np.arange(1, len(price) + 1)
source = Streaming(Trades(times, price, size, number=numbers))
source.now = int(times[0])
start = time.process_time()
bars = asyncio.run(made(source))
seconds = time.process_time() - start
whole = bars[:-1]
for one, first in zip(whole, range(0, len(price), A_BAR), strict=False):
    part = price[first : first + A_BAR]
    if (one.open, one.high, one.low, one.close) != (part[0], part.max(), part.min(), part[-1]):
        sys.exit(f"the bar from {one.open_time} is not what its trades are")
print(json.dumps({"figure": seconds / len(price) * 1e6, "trades": len(price), "bars": len(bars), "a_second": len(price) / seconds}))
