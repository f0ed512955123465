"""A data source that makes its data up: no file, no network, the same bars for the same options."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zlib import crc32

import numpy as np
import tradekit
from tradekit import BarRequest, ConfigError, DataError, DataSource, Field, Instrument, Series, interval_text

NS_A_DAY = 86_400_000_000_000


class TwoRegimes(DataSource):
    """Make up daily bars of markets that are calm for some time, and wild for some time, in turn.

    How long each lasts is drawn, too. Each symbol has a walk of its own, which depends on its name and the seed alone.
    """

    name = "two-regimes"

    class Options(tradekit.Options):
        """What is made up."""

        symbols: tuple[str, ...] = Field(("CALM-WILD",), min_length=1, description="names of the instruments")
        first: datetime = Field(datetime(2015, 1, 1, tzinfo=UTC), description="the first day, UTC")
        days: int = Field(2000, ge=1, description="how many days there are")
        calm: float = Field(0.005, gt=0, lt=1, description="standard deviation of a day's return in calm times")
        wild: float = Field(0.03, gt=0, lt=1, description="the same in wild times")
        stay: float = Field(0.98, ge=0, lt=1, description="probability that the next day is of the same kind")
        seed: int = Field(1, ge=0, description="what the walks are drawn with")

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that it makes up."""
        return [Instrument(symbol, tick=0.01) for symbol in dict.fromkeys(self.options.symbols)]

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Return the bars of each symbol in the range. Raises `ConfigError` for bars that are no days."""
        if request.interval != NS_A_DAY:
            raise ConfigError(f"source 'two-regimes' has days only, not {interval_text(request.interval)!r}: say interval = \"1d\"")
        return {symbol: self._series(symbol, request) for symbol in request.symbols}

    def _series(self, symbol: str, request: BarRequest) -> Series:
        options = self.options
        if symbol not in options.symbols:
            raise DataError(f"source 'two-regimes' has no {symbol!r}; its symbols: {', '.join(map(repr, options.symbols))}")
        # All of it is drawn each time, so that a part is always the same part.
        drawn = np.random.default_rng((options.seed, crc32(symbol.encode())))
        is_wild = np.logical_xor.accumulate(drawn.random(options.days) >= options.stay)
        returns = drawn.normal(0.0, np.where(is_wild, options.wild, options.calm))
        close = np.round(100.0 * np.exp(np.cumsum(returns)), 2).clip(0.01)
        opened = np.concatenate(([100.0], close[:-1]))
        reach = np.abs(drawn.normal(0.0, 0.5, (2, options.days))) * np.abs(returns)
        high = np.round(np.maximum(opened, close) * (1 + reach[0]), 2)
        low = np.round(np.minimum(opened, close) * (1 - reach[1].clip(0, 0.5)), 2).clip(0.01)
        volume = np.round(1e6 * np.exp(drawn.normal(0.0, 0.3, options.days)) * np.where(is_wild, 2.0, 1.0))
        midnight = round(options.first.timestamp()) // 86_400 * NS_A_DAY
        times = midnight + NS_A_DAY * np.arange(options.days, dtype=np.int64)
        kept = np.ones(options.days, dtype=bool)
        if request.start is not None:
            kept &= times >= request.start
        if request.end is not None:
            kept &= times < request.end
        opened, high, low, close, volume = (column[kept] for column in (opened, high, low, close, volume))
        times = times[kept]
        return Series(times, times + NS_A_DAY, opened, high, low, close, volume, f"made up with seed {options.seed}")
