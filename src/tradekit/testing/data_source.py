"""The contract of data sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from tradekit.data.fetch.asking import Asker
from tradekit.data.fetch.fetcher import fetch
from tradekit.data.interval import parse_interval, time_text
from tradekit.data.quality.inspect import inspect_bars
from tradekit.data.quality.policy import Policy, Quality
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.data.store.kinds import LAYOUTS
from tradekit.errors import DataError, TradekitError, VenueError
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import BarRequest, DataSource
from tradekit.testing import markets
from tradekit.testing.clock import FixedClock
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken, refusal
from tradekit.testing.reading import LAST, Reading, are_same, extent, has_ranges

__all__ = ["DataSourceContract"]

New = Callable[[], DataSource]

_NONE = 60 * markets.DAY
"""Milliseconds, and microseconds, since 1970 that are taken for nanoseconds lie within as much of the beginning of that year."""
_LEAST = 3


class _Impatient(Asker):
    """Asks so many times, and is interrupted then, as by Ctrl-C."""

    left = 2

    def ask(self, question: Callable[[], Any]) -> tuple[Any, int]:
        """Return an answer, as long as there are some left."""
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().ask(question)


class DataSourceContract(ComponentContract):
    """What a data source keeps to: rows of the promised types in order of time, the same however they are asked for.

    State what it has: `symbols`, and of which `kinds`. It is asked from `start` on, which one that gives pages needs, up to
    `end`. State options with which it must fail in `failing`. No test waits: the clock is one that stands still.
    """

    kind = "data source"
    symbols: ClassVar[tuple[str, ...]]
    """What it has data of, on good days: at least three rows of each kind."""
    interval: ClassVar[str] = "1d"
    """How long its bars are."""
    kinds: ClassVar[tuple[str, ...]] = ("bars",)
    """What it gives: bars, trades, quotes, book, funding, actions."""
    start: ClassVar[str | None] = None
    """From when on it has them, as ISO 8601 in UTC; `None` asks for all."""
    end: ClassVar[str | None] = None
    """Up to when."""
    unknown: ClassVar[str] = "NO/SUCH"
    """What it has nothing of."""
    failing: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """Options, as JSON has them, with which there is nothing to be read: no such file, no such address."""

    def test_src01_gives_typed_columns(self, new: New) -> None:
        """It gives something for each symbol and kind, in arrays of the promised types and equal length, dated in UTC nanoseconds.

        Milliseconds taken for nanoseconds put a year into the first weeks of 1970, and what is computed on it looks possible.
        """
        source = new()
        for kind in self.kinds:
            layout = LAYOUTS[kind]
            found = self._reading().asked(source, kind, self.symbols)
            for symbol in self.symbols:
                who = f"{kind} of {symbol!r}"
                data = found.get(symbol)
                if not isinstance(data, layout.holder):
                    broken(
                        f"it gives no {who}", f"{symbol!r}: {data!r}", f"return tradekit.{layout.holder.__name__} for each symbol"
                    )
                arrays = {name: np.asarray(getattr(data, name)) for name in layout.columns}
                wrong = {name: str(a.dtype) for name, a in arrays.items() if a.dtype != layout.columns[name] or a.ndim != 1}
                if wrong or len({len(array) for array in arrays.values()}) > 1:
                    what = f"{wrong or {name: len(array) for name, array in arrays.items()}}"
                    broken(
                        f"columns of {who} are of other types or lengths",
                        what,
                        "times are int64, numbers float64, all of one length",
                    )
                time = arrays[layout.time]
                if len(time) < _LEAST:
                    broken(f"there are too few {who}", f"{len(time)} rows", "state symbols, start and end with at least 3")
                if time.max() > LAST or 0 <= time.min() <= time.max() < _NONE:
                    what = f"the first is dated {time_text(time[0])}, the last {time_text(time[-1])}"
                    broken(
                        f"times of {who} are no nanoseconds since 1970", what, "multiply seconds by 10**9, milliseconds by 10**6"
                    )

    def test_src02_gives_sound_rows_in_order(self, new: New) -> None:
        """On data that are in order, it gives rows in order of time, and bars that hold: low, open, close, high, and their length.

        A source repairs nothing, so what it breaks itself (mixed columns, newest first, the wrong label) isn't found again.
        """
        source = new()
        for kind in self.kinds:
            for symbol, data in self._reading().asked(source, kind, self.symbols).items():
                problem = refusal(lambda: LAYOUTS[kind].columns_of(data))  # noqa: B023 - it is called at once
                if not problem and isinstance(data, Series):
                    request = BarRequest((symbol,), parse_interval(self.interval))
                    report = inspect_bars(Instrument(symbol), data, request, Policy(gaps="hole"), Quality())
                    problem = "; ".join(finding.what for finding in report.findings if finding.verdict == "refused")
                if problem:
                    broken(
                        f"{kind} of {symbol!r} are not sound", problem, "mend how they are read, or state good data in the contract"
                    )

    def test_src03_honours_the_range(self, new: New) -> None:
        """Asked for `start <= t < end`, it gives all that it has in that range, and the same rows as in a larger one.

        Bars outside of it are cut off later; single trades, quotes and updates of a book must not be there.
        """
        source = new()
        for kind, symbol, whole in self._reading().whole(source):
            if not has_ranges(source, kind):
                continue
            layout = LAYOUTS[kind]
            times = whole[layout.time]
            span = int(times[len(times) // 3]), int(times[len(times) * 2 // 3])
            expected = layout.cut(whole, span)
            data = self._reading().asked(source, kind, (symbol,), span)[symbol]
            raw = layout.columns_of(data)
            if source.paging is not None:
                expected = {name: column[: source.paging.rows] for name, column in expected.items()}
            found = layout.cut(raw, span) if kind == "bars" else raw
            if not are_same(found, expected):
                asked = f"{time_text(span[0])} <= t < {time_text(span[1])}"
                what = f"asked for {asked}, it gives {extent(found[layout.time])}, and has {extent(expected[layout.time])}"
                broken(f"{kind} of {symbol!r} aren't those of the range", what, "include the start and leave out the end")

    def test_src04_gives_the_same_each_time(self, new: New) -> None:
        """Asked again, and asked of an unused source with the same options, it gives the same rows.

        A result that nobody can repeat can't be compared, tested or trusted.
        """
        source = new()
        first, second, third = (list(self._reading().whole(one)) for one in (source, source, new()))
        for one, *others in zip(first, second, third, strict=True):
            for how, other in zip(("when it is asked again", "from an unused source"), others, strict=True):
                if not are_same(one[2], other[2]):
                    time = LAYOUTS[one[0]].time
                    what = f"{extent(one[2][time])}, and {how} {extent(other[2][time])}"
                    broken(f"{one[0]} of {one[1]!r} are others each time", what, "keep nothing from one request to the next")

    def test_src05_names_what_it_does_not_have(self, new: New) -> None:
        """Asked for a symbol that it doesn't have, it raises `DataError` or `VenueError` with that symbol in the message.

        Nothing, or an empty series, reads as an instrument that wasn't traded.
        """
        source = new()
        for kind in self.kinds:
            if kind != "bars":
                continue
            span = self._reading().span()
            try:
                found = self._reading().asked(source, kind, (self.unknown,), span)
            except (DataError, VenueError) as error:
                # A file's name has no slash: what stands for the symbol in it is as good.
                if _letters(self.unknown) in _letters(str(error)) or source.paging is not None:
                    continue
                problem = f"{type(error).__name__}: {error}"
            except Exception as error:  # noqa: BLE001 - whatever it raises is what the contract is about
                problem = f"{type(error).__name__}: {error}"
            else:
                problem = f"it returned {found!r}"
            broken(
                f"it doesn't say that it has no {kind} of {self.unknown!r}", problem, "raise tradekit.DataError and name the symbol"
            )

    def test_src06_gives_pages_as_it_says(self, new: New) -> None:
        """An answer holds at most `paging.rows` rows, and the first ones of those that are asked for.

        A fetch asks for the next page after the last row of an answer; what a source skips is a hole that nobody sees.
        """
        source = new()
        if source.paging is None:
            pytest.skip("it gives all at once (paging is None)")
        for kind, symbol, whole in self._reading().whole(source):
            if not has_ranges(source, kind):
                continue
            layout = LAYOUTS[kind]
            times = whole[layout.time]
            span = int(times[0]), int(times[-1]) + 1
            found = layout.columns_of(self._reading().asked(source, kind, (symbol,), span)[symbol])
            first = {name: column[: source.paging.rows] for name, column in whole.items()}
            if len(times) <= source.paging.rows:
                what = f"{len(times)} rows, and a page holds {source.paging.rows}"
                broken(
                    f"there is no second page of {kind} of {symbol!r}", what, "state a longer range, or options with smaller pages"
                )
            rows = len(found[layout.time])
            if rows > source.paging.rows or not are_same(found, {name: column[:rows] for name, column in first.items()}):
                what = f"of {len(times)} rows it gives {extent(found[layout.time])}; a page holds {source.paging.rows}"
                way_out = "give the first rows of the range, no more than paging says"
                broken(f"an answer with {kind} of {symbol!r} is no first page", what, way_out)

    def test_src07_resumes(self, new: New, tmp_path: Path) -> None:
        """What is fetched in parts, and interrupted in between, is what is fetched at once.

        Long fetches are stopped, by hand or by the network, and go on later from what they have.
        """
        for kind, symbol, whole in list(self._reading().whole(new())):
            times = whole[LAYOUTS[kind].time]
            interval = self.interval if kind == "bars" else ""
            key = DataKey("tested", symbol, kind, interval)
            clock = FixedClock(int(times[-1]) + 10 * markets.DAY)
            span = int(times[0]), int(times[-1]) + (parse_interval(interval) if interval else 1)
            stores = [Store(tmp_path / kind / symbol.replace("/", "_") / how, clock.utc) for how in ("at once", "in parts")]
            fetch(Asker(new(), clock.clock), stores[0], key, *span)
            source = new()
            fetch(Asker(source, clock.clock), stores[1], key, span[0], int(times[len(times) // 2]))
            with suppress(KeyboardInterrupt):
                fetch(_Impatient(source, clock.clock), stores[1], key, *span)
            fetch(Asker(source, clock.clock), stores[1], key, *span)
            at_once, in_parts = (LAYOUTS[kind].columns_of(store.open(key).read()) for store in stores)
            if not are_same(at_once, in_parts):
                time = LAYOUTS[kind].time
                what = f"at once {extent(at_once[time])}, in parts {extent(in_parts[time])}"
                broken(f"{kind} of {symbol!r} that are fetched in parts are others", what, "answer each request by its range alone")

    def test_src08_reports_errors(self, folder: Path) -> None:
        """Where there is nothing to be read, it raises a `TradekitError`: `DataError` for a file, `VenueError` for a venue.

        Anything else reads as a bug in tradekit, with a traceback, and a fetch doesn't try again.
        """
        if not self.failing:
            pytest.skip("no options are stated with which it must fail: failing = [{...}]")
        for options in self.failing:
            try:
                found: object = self._reading().asked(
                    self._made(options, folder), self.kinds[0], self.symbols[:1], self._reading().span()
                )
            except TradekitError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it raises is what the contract is about
                problem = f"{type(error).__name__}: {error}"
            else:
                problem = f"it returned {found!r}"
            what = f"it doesn't report an error with options {dict(options)!r}"
            broken(what, problem, "raise DataError or VenueError from it, with a way out")

    def test_src09_lists_instruments_once(self, new: New) -> None:
        """`instruments` lists each symbol once, those of this contract among them or none at all; ticks and lots are above 0.

        What is listed is what a run without a list of its own takes, and what prices and sizes are rounded to.
        """
        found = list(new().instruments())
        symbols = [instrument.symbol for instrument in found]
        if len(set(symbols)) != len(symbols) or (symbols and not set(self.symbols) <= set(symbols)):
            broken("it doesn't list its instruments once each", f"{symbols!r}", "list every instrument that it has data of, once")
        for instrument in found:
            for name in ("tick", "lot", "min_notional"):
                value = getattr(instrument, name)
                if value is not None and not 0 < value < float("inf"):
                    broken(f"the {name} of {instrument.symbol!r} can't be", f"{value!r}", "leave out what isn't known: None")

    def _reading(self) -> Reading:
        return Reading(self.symbols, self.kinds, self.interval, self.start, self.end)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())
