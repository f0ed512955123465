"""Bars made of what a store keeps, kept as a data set of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from tradekit.data.building import OffSession, bar_size, bars_of_trades, coarser_bars
from tradekit.data.interval import bar_size_text
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.errors import ConfigError, DataError
from tradekit.model.bars import BAR_COLUMNS, Series, Threshold
from tradekit.model.ticks import Trades

__all__ = ["Resampled", "resample_stored"]


@dataclass(frozen=True, slots=True)
class Resampled:
    """What was made, and where it is kept."""

    key: DataKey
    bars: Series
    revision: int


def resample_stored(
    store: Store, key: DataKey, size: str, calendar: str | None = None, off_session: OffSession = "refuse"
) -> Resampled:
    """Make bars of a size of a data set of trades or finer bars, and keep them.

    Only bars are made that had ended by the end of the data. `calendar` is the name of a trading calendar, by default that of the
    instrument. Raises `ConfigError` for a size that is none, and `DataError` for data that make no bar.
    """
    wanted = bar_size(size)
    if key.kind not in ("bars", "trades"):
        raise ConfigError(f"bars are made of trades or of finer bars, and {str(key)!r} is {key.kind}")
    made = DataKey(key.venue, key.symbol, "bars", bar_size_text(wanted))
    if made == key:
        raise ConfigError(f"{str(key)!r} is of bars of {made.interval} already")
    data_set = store.open(key)
    facts = data_set.manifest.instrument(data_set.revision)
    calendar = calendar or facts.get("calendar")
    data = data_set.read()
    if not len(data):
        raise DataError(f"{str(key)!r} is empty")
    if isinstance(data, Trades):
        # A bar that the last trade makes full has ended with it; a window may have trades yet to come.
        until = None if isinstance(wanted, Threshold) else int(data.time[-1])
        bars = bars_of_trades(data, wanted, calendar, until, off_session)
    else:
        finer = cast("Series", data)
        bars = coarser_bars(finer, wanted, calendar, off_session)
        ended = bars.close_time <= finer.close_time[-1]
        columns: dict[str, Any] = {name: getattr(bars, name)[ended] for name in BAR_COLUMNS}
        bars = Series(**columns, origin=bars.origin)
    if not len(bars):
        raise DataError(f"the {len(data):,} {key.kind} of {str(key)!r} make no whole bar of {made.interval}")
    why = f"made of {key}, revision {data_set.revision}" + (f", in the sessions of {calendar}" if calendar else "")
    return Resampled(made, bars, store.create(made).put(bars, "resample", why, instrument=facts or None))
