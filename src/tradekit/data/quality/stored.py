"""What the checks find in data that a store keeps."""

from __future__ import annotations

from collections.abc import Sequence

from tradekit.data.interval import parse_interval
from tradekit.data.quality.impossible import mend
from tradekit.data.quality.inspect import Beside, Second, inspect_bars, inspect_ticks
from tradekit.data.quality.policy import Policy, Quality
from tradekit.data.quality.report import Report, doubts, judge
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.model.reference import Actions
from tradekit.model.ticks import BookUpdates, Quotes, Trades
from tradekit.plugin.contracts import BarRequest

__all__ = ["inspect_set"]


def inspect_set(store: Store, key: DataKey) -> Report | None:
    """Return a report on the newest revision of a data set; `None` for one that is empty, or of a kind that has no checks.

    Bars are held against the splits and dividends of their instrument, and against its bars of another interval, where the store
    has them: the next longer one, or else the next shorter.
    """
    data_set = store.open(key)
    data = data_set.read()
    if isinstance(data, (Trades, Quotes, BookUpdates)) and len(data):
        return inspect_ticks(str(key), data, Quality())
    if not isinstance(data, Series) or not len(data):
        return None
    actions = _actions(store, key)
    interval = _nanoseconds(key.interval)
    if interval is None:
        # Bars of so many trades, or so much volume, have no times at which they should be.
        mended = mend(data, Policy())
        return judge(str(key), data.origin, len(data), [*mended.findings, *doubts(mended.series, actions)], Quality())
    calendar = data_set.manifest.instrument(data_set.revision).get("calendar")
    instrument = Instrument(str(key), calendar=calendar)
    beside = Beside(actions, _second(store, key, interval))
    return inspect_bars(instrument, data, BarRequest((str(key),), interval), Policy(), Quality(), beside)


def _actions(store: Store, key: DataKey) -> Actions | None:
    beside = DataKey(key.venue, key.symbol, "actions")
    if beside not in store.keys(key.venue, key.symbol):
        return None
    data = store.open(beside).read()
    return data if isinstance(data, Actions) else None


def _second(store: Store, key: DataKey, interval: int) -> Second | None:
    found = {
        other: length
        for other in store.keys(key.venue, key.symbol)
        if other.kind == "bars"
        and (length := _nanoseconds(other.interval)) is not None
        and length != interval
        and not max(length, interval) % min(length, interval)
    }
    chosen = _next(list(found.values()), interval)
    for other, length in found.items():
        if length == chosen:
            data = store.open(other).read()
            return Second(data, length) if isinstance(data, Series) and len(data) else None
    return None


def _next(lengths: Sequence[int], interval: int) -> int | None:
    longer = [length for length in lengths if length > interval]
    return min(longer) if longer else max(lengths, default=None)


def _nanoseconds(interval: str) -> int | None:
    try:
        return parse_interval(interval)
    except ValueError:
        return None
