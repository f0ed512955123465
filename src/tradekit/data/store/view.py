"""What a run sees of a store: of each data set one revision, and bars of any size that the kept ones make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from tradekit.data.building import bars_of_trades, coarser_bars
from tradekit.data.interval import bar_size_text, parse_bar_size
from tradekit.data.store.dataset import DataSet
from tradekit.data.store.folder import Store, listed
from tradekit.data.store.keys import DataKey
from tradekit.data.store.kinds import Kept
from tradekit.data.store.spans import Span
from tradekit.errors import DataError, nearest
from tradekit.model.bars import BAR_COLUMNS, BarSize, Series, Threshold
from tradekit.model.instrument import Instrument
from tradekit.model.ticks import Trades
from tradekit.plugin.contracts import BarRequest

__all__ = ["StoreView"]

_EVER = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)


@dataclass(frozen=True)
class StoreView:
    """A store as it was at some time, or as it is.

    `venue` may be left out where each symbol is kept of one venue only. `revisions` says by the name of a data set, such as
    `binance BTC/USDT bars 1h`, which revision is meant; of others, it is the newest that was made at `as_of` or before. With
    `caching`, what is large is read from the disk once and then mapped.
    """

    folder: Path
    venue: str | None = None
    revisions: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None
    caching: bool = False

    @cached_property
    def data_sets(self) -> Mapping[DataKey, DataSet]:
        """The data sets of the venue that had a revision then. Raises `DataError` if there are none, or one that is named isn't."""
        store = Store(self.folder)
        keys = store.keys()
        if not keys:
            raise DataError(f"the store {str(self.folder)!r} is empty; 'tradekit data import' puts data into it")
        names = [str(key) for key in keys]
        for name in self.revisions:
            if name not in names:
                raise DataError(
                    f"revisions: the store {str(self.folder)!r} has no {name!r}; it has {listed(names)}{nearest(name, names)}"
                )
        venues = sorted({key.venue for key in keys})
        if self.venue is not None and self.venue not in venues:
            allowed = ", ".join(map(repr, venues))
            raise DataError(
                f"the store {str(self.folder)!r} has no venue {self.venue!r}; it has {allowed}{nearest(self.venue, venues)}"
            )
        opened = {key: store.open(key) for key in keys if self.venue in (None, key.venue)}
        found = {key: data_set for key, data_set in opened.items() if self._number(data_set)}
        if not found:
            first = min(data_set.manifest.revisions[0].made_at for data_set in opened.values())
            raise DataError(f"as_of: nothing was in the store {str(self.folder)!r} yet; its first revision was made at {first}")
        return found

    def instruments(self) -> list[Instrument]:
        """Return the instruments of which there is anything, with what was known about them in the revisions that are seen."""
        found: dict[str, Instrument] = {}
        for key, data_set in self.data_sets.items():
            facts = data_set.manifest.instrument(self._number(data_set))
            # Bars come first among the kinds, and know the most.
            if key.symbol not in found or (facts and found[key.symbol] == Instrument(key.symbol)):
                found[key.symbol] = Instrument(**{**facts, "symbol": key.symbol})
        return list(found.values())

    def rows(self, symbol: str, kind: str, start: int | None = None, end: int | None = None) -> Kept | None:
        """Return what is kept of a kind other than bars in a range; `None` if nothing is."""
        key = self._key(symbol, kind)
        return None if key is None else self._read(key, start, end)

    def bars(self, symbol: str, size: BarSize, start: int | None = None, end: int | None = None) -> Series:
        """Return the bars of a size: as they are kept, or else made of the coarsest kept bars that make them, or of trades.

        With the trading calendar that is kept with the instrument, bars are made within its sessions. One that ends after the data
        or begins before them is left out, which the origin counts. Raises `DataError` for a symbol of which there is nothing to
        make them of.
        """
        sizes = {parse_bar_size(key.interval): key for key in self._keys(symbol) if key.kind == "bars"}
        request = BarRequest((symbol,), 0, start, end)
        if size in sizes:
            return cast("Series", self._read(sizes[size], start, end))
        finer = [] if isinstance(size, Threshold) else [one for one in sizes if isinstance(one, int) and size % one == 0]
        if finer:
            return self._coarser(sizes[max(finer)], request, cast("int", size))
        trades = self._key(symbol, "trades")
        if trades is not None:
            return self._of_trades(trades, request, size)
        kept = ", ".join(str(key) for key in self._keys(symbol)) or ", ".join(sorted({key.symbol for key in self.data_sets}))
        hint = nearest(symbol, {key.symbol for key in self.data_sets}) if not self._keys(symbol) else ""
        what = f"the store {str(self.folder)!r} has no bars of {bar_size_text(size)} of {symbol!r}, and nothing to make them of"
        raise DataError(f"{what}; it has {kept}{hint}")

    def _coarser(self, key: DataKey, request: BarRequest, size: int) -> Series:
        """Return coarser bars than those that are kept; whole ones only, by when the data begin and end."""
        wide = _widened(request, size)
        finer = cast("Series", self._read(key, wide.start, wide.end))
        end = int(finer.close_time[-1]) if len(finer) else 0
        return _made(coarser_bars(finer, size, self._calendar(key)), finer, request, self._reach(key, wide.end, end))

    def _of_trades(self, key: DataKey, request: BarRequest, size: BarSize) -> Series:
        """Return bars of trades; whole ones only, and those of a threshold are counted from the first trade that is kept."""
        wide = _widened(request, size) if isinstance(size, int) else replace(request, start=None, end=None)
        trades = cast("Trades", self._read(key, wide.start, wide.end))
        reach = self._reach(key, wide.end, int(trades.time[-1]) + 1 if len(trades) else 0)
        if isinstance(size, Threshold):
            bars = bars_of_trades(trades, size, self._calendar(key), reach[1])
            return _made(bars, trades, request, (_EVER[0], reach[1]))
        return _made(bars_of_trades(trades, size, self._calendar(key)), trades, request, reach)

    def _reach(self, key: DataKey, asked: int | None, end: int) -> Span:
        """Return the range in which all that there is was read: rows that end at `end`, of those up to when it was asked for."""
        data_set = self.data_sets[key]
        number = self._number(data_set)
        parts = data_set.manifest.parts(number).values()
        if not parts:
            return 0, 0
        first, last = min(part.first for part in parts), max(part.last for part in parts)
        reach = data_set.reach(number, first, end)
        return reach if asked is None or asked > last else (reach[0], asked)

    def _calendar(self, key: DataKey) -> str | None:
        return next((one.calendar for one in self.instruments() if one.symbol == key.symbol), None)

    def _keys(self, symbol: str) -> list[DataKey]:
        """Return what is kept of a symbol; raise `DataError` if that is of several venues."""
        found = [key for key in self.data_sets if key.symbol == symbol]
        venues = sorted({key.venue for key in found})
        if len(venues) > 1:
            raise DataError(
                f"the store {str(self.folder)!r} has {symbol!r} of {' and '.join(venues)}; say which: venue = {venues[0]!r}"
            )
        return found

    def _key(self, symbol: str, kind: str) -> DataKey | None:
        return next((key for key in self._keys(symbol) if key.kind == kind), None)

    def _read(self, key: DataKey, start: int | None, end: int | None) -> Kept:
        data_set = self.data_sets[key]
        return data_set.read(start, end, self._number(data_set), self.caching and key.kind == "bars")

    def _number(self, data_set: DataSet) -> int:
        """Return the revision of a data set that is seen; 0 if there was none yet."""
        name, manifest = str(data_set.key), data_set.manifest
        if name in self.revisions:
            return manifest.revision(self.revisions[name]).number
        if self.as_of is None:
            return manifest.newest
        limit = self.as_of.astimezone(UTC)
        return max((one.number for one in manifest.revisions if datetime.fromisoformat(one.made_at) <= limit), default=0)


def _widened(request: BarRequest, size: int) -> BarRequest:
    """Return a request that reaches over the windows at both its ends."""
    start, end = request.start, request.end
    return replace(request, start=None if start is None else start - size, end=None if end is None else end + size)


def _made(bars: Series, of: Series | Trades, request: BarRequest, reach: Span) -> Series:
    """Return those bars that were asked for and that the data reach from the beginning to the end of, with where they are from."""
    times = bars.open_time
    asked = (times >= (_EVER[0] if request.start is None else request.start)) & (
        times < (_EVER[1] if request.end is None else request.end)
    )
    keep = asked & (times >= reach[0]) & (bars.close_time <= reach[1])
    cut_off = np.count_nonzero(asked & ~keep)
    without = f", without {cut_off} of which only a part is there" if cut_off else ""
    stored = None if of.stored is None else replace(of.stored, sha256="")
    columns: dict[str, Any] = {name: getattr(bars, name)[keep] for name in BAR_COLUMNS}
    return Series(**columns, origin=f"made of {of.origin}{without}", stored=stored)
