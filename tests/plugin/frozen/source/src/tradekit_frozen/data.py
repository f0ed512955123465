"""A data source."""

import numpy as np
import tradekit
from tradekit import Actions, BarRequest, DataError, DataSource, Field, Instrument, Series


class Waves(DataSource):
    """Make bars of a price that rises and falls."""

    name = "frozen-waves"

    class Options(tradekit.Options):
        length: int = Field(24, ge=2, description="bars in a wave")
        bars: int = Field(480, ge=1, description="bars that there are")

    def instruments(self):
        return [Instrument("WAVE", tick=0.01, lot=0.1), Instrument("SWELL", tick=0.01, lot=0.1)]

    def bars(self, request: BarRequest):
        if unknown := set(request.symbols) - {"WAVE", "SWELL"}:
            raise DataError(f"there are no waves of {sorted(unknown)}")
        first = 1_672_531_200_000_000_000
        opened = first + request.interval * np.arange(self.options.bars, dtype=np.int64)
        kept = opened >= (request.start or first)
        if request.end is not None:
            kept &= opened < request.end
        found = {}
        for number, symbol in enumerate(request.symbols):
            phase = 2 * np.pi * np.arange(self.options.bars + 1) / (self.options.length * (number + 1))
            price = np.round(100 + 10 * np.sin(phase), 2)
            start, close = price[:-1], price[1:]
            volume = np.full(len(close), 5000.0)
            columns = (start, np.maximum(start, close) + 0.5, np.minimum(start, close) - 0.5, close, volume)
            found[symbol] = Series(opened[kept], opened[kept] + request.interval, *(column[kept] for column in columns), origin="waves")
        return found

    def actions(self, symbols):
        return {}
