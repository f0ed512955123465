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
    left_out: int
    """How many windows the data have only a part of: one at their beginning, one at their end."""


def resample_stored(
    store: Store, key: DataKey, size: str, calendar: str | None = None, off_session: OffSession = "refuse"
) -> Resampled:
    """Make bars of a size of a data set of trades or finer bars, and keep them.

    Only bars are made of which the data have all, by when they begin and end. `calendar` is the name of a trading
    calendar, by default that of the instrument. Raises `ConfigError` for a size that is none, and `DataError` for data that make
    no bar.
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
        begins, until = data_set.reach(data_set.revision, int(data.time[0]), int(data.time[-1]) + 1)
        ends = until if isinstance(wanted, Threshold) else None
        made_of = bars_of_trades(data, wanted, calendar, ends, off_session)
    else:
        finer = cast("Series", data)
        begins, until = data_set.reach(data_set.revision, int(finer.open_time[0]), int(finer.close_time[-1]))
        made_of = coarser_bars(finer, wanted, calendar, off_session)
    whole = made_of.close_time <= until
    if not isinstance(wanted, Threshold):
        whole &= made_of.open_time >= begins
    columns: dict[str, Any] = {name: getattr(made_of, name)[whole] for name in BAR_COLUMNS}
    bars = Series(**columns, origin=made_of.origin)
    if not len(bars):
        raise DataError(f"the {len(data):,} {key.kind} of {str(key)!r} make no whole bar of {made.interval}")
    why = f"made of {key}, revision {data_set.revision}" + (f", in the sessions of {calendar}" if calendar else "")
    return Resampled(made, bars, store.create(made).put(bars, "resample", why, instrument=facts or None), len(made_of) - len(bars))
