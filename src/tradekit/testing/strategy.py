"""The contract of strategies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from tradekit.data.interval import time_text
from tradekit.engine.compose import ComposedRun
from tradekit.engine.decisions import first_difference
from tradekit.engine.lookahead.deciding import Decided, Form, calls_in, decide, forms_of
from tradekit.engine.lookahead.search import calls_text, first_lookahead
from tradekit.engine.market import MarketData, load_market
from tradekit.engine.ticks import kinds_lacking
from tradekit.errors import ConfigError
from tradekit.journal.tables import positions_table
from tradekit.model.bars import Series
from tradekit.plugin.contracts import Component
from tradekit.testing import markets
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken, refusal
from tradekit.testing.lab import Lab

__all__ = ["StrategyContract"]

Market = Mapping[str, Series]
Compose = Callable[[Market], ComposedRun]

_NASTY: Mapping[str, Callable[[int, int, int], Series]] = {
    "flat": lambda count, step, seed: markets.flat(count, step),  # noqa: ARG005 - nothing in it is random
    "flash crash": markets.flash_crash,
    "gap": markets.gap,
    "halt": lambda count, step, seed: markets.halt(count, step, seed, length=count // 4),
    "fall": lambda count, step, seed: markets.trend(count, step, seed, drift=-0.01),
    "a few bars": lambda count, step, seed: markets.walk(3, step, seed),  # noqa: ARG005 - however many there are otherwise
}

_TICKS: Mapping[str, Callable[[Series], Any]] = {"trades": markets.trades, "quotes": markets.quotes, "book": markets.book}


class StrategyContract(ComponentContract):
    """What a strategy keeps to: the same decisions each time, in both its forms, without a look at what comes later.

    It is run on `market`: by default daily bars of random walks, one for each of `symbols`. Override that fixture to run it on data
    on which it has something to decide, such as real ones. `bring` what it needs besides the built-in components.

    A strategy for runs on ticks states in `ticks` what it goes through. Bars last a second then, and their ticks are made up around
    them; override `ticks_around` for others.
    """

    kind = "strategy"
    symbols: ClassVar[tuple[str, ...]] = ("AAA", "BBB")
    """The instruments of the market that is made up."""
    count: ClassVar[int] = 400
    """How many bars it has."""
    ticks: ClassVar[tuple[str, ...]] = ()
    """What it goes through besides bars: `trades`, and `quotes` or `book`, as in `data.ticks`."""
    tables: ClassVar[tuple[str, ...]] = ()
    """What else a run of it needs, as overrides of its run file, such as `account.capital=1e6`."""
    bring: ClassVar[tuple[type[Component], ...]] = ()
    """Components of other kinds that these overrides name."""

    @pytest.fixture
    def market(self) -> Market:
        """Return the bars that it is run on, by symbol; all of one length in time."""
        step = markets.SECOND if self.ticks else markets.DAY
        return {symbol: markets.walk(self.count, step, 7 + i, volatility=0.02) for i, symbol in enumerate(self.symbols)}

    def ticks_around(self, series: Series) -> Mapping[str, Any]:
        """Return the ticks of an instrument that has these bars, by kind; those of `ticks` are taken."""
        return {kind: make(series) for kind, make in _TICKS.items() if kind in self.ticks}

    @pytest.fixture
    def composed(self, settings: Mapping[str, Any], folder: Path) -> Compose:
        """Return what composes a run of it on a market, in a margin account, so that it may sell short."""

        def compose(market: Market) -> ComposedRun:
            lab = Lab(folder / "lab", market)
            lab.bring(*self.bring)
            for symbol, series in market.items() if self.ticks else ():
                for kind, made in self.ticks_around(series).items():
                    lab.known[kind][symbol] = made
            ticks = (f"data.ticks={list(self.ticks)}",) if self.ticks else ()
            overrides = ("account.kind='margin'", "account.capital=100000", *ticks, *self.tables)
            try:
                return lab.compose(self.component, *overrides, tables={"strategy": settings})
            except ConfigError as error:
                problem = str(error)
            lacking = kinds_lacking(self.component, self.ticks)
            way_out = f"state what it goes through: ticks = {(*self.ticks, *lacking)!r}"
            return broken(
                "it can't be run", problem, way_out if lacking else "state in 'tables' and 'bring' what a run of it needs"
            )

        return compose

    def test_str01_decides_something(self, composed: Compose, market: Market) -> None:
        """It orders something on the data of this contract.

        A strategy that never decides passes every other rule, which then prove nothing.
        """
        for form, decided in _by_form(composed(market)).items():
            if not decided.decisions:
                first = next(iter(market.values()))
                broken(
                    f"{form} never orders anything, so that the other rules prove nothing",
                    f"{len(first)} bars of {', '.join(market)}, the first closing at {time_text(first.close_time[0])}",
                    "state options with which it trades, override the fixture 'market' with data on which it does, or set 'count'",
                )

    def test_str02_decides_the_same_each_time(self, composed: Compose, market: Market) -> None:
        """Two runs of the same inputs have the same decisions, to the bit.

        A result that nobody can repeat can't be compared, tested or trusted.
        """
        for form, first in _by_form(composed(market)).items():
            second = _by_form(composed(market))[form]
            pairs = zip_longest(map(repr, first.decisions), map(repr, second.decisions))
            at = next((number for number, (one, other) in enumerate(pairs) if one != other), None)
            if at is not None:
                one, other = (decided.decisions[at] if at < len(decided.decisions) else "nothing" for decided in (first, second))
                broken(
                    f"{form} decides otherwise in a second run of the same inputs",
                    f"decision {at + 1} is {one} the first time, and {other} the second time",
                    "draw from ctx.random only, read no clock, and keep what it remembers in the instance",
                )

    def test_str03_forms_decide_the_same(self, composed: Compose, market: Market) -> None:
        """`on_bar` and `targets` order the same, at the same time.

        A backtest takes the faster form and a live run the other; where these differ, live trades what was never tested.
        """
        self._hold_forms_equal(composed(market), "its market")

    def test_str04_uses_no_future_value(self, composed: Compose, market: Market) -> None:
        """What it does up to a bar stays the same when all later data are others.

        A decision that knows a later bar makes a backtest earn what nobody can. The data are replaced after decisions.
        """
        run = composed(market)
        loaded = load_market(run)
        problem = refusal(lambda: _by_form(run))
        if problem:
            broken("it looks into the future, or can't be run", problem, "mend what the message names")
        found = first_lookahead(run, loaded)
        if found is not None:
            broken(
                "a decision depends on what comes after it",
                str(found),
                "decide by the bar that has closed and those before it: no shift(-1), no value of all the data",
            )

    def test_str05_survives_missing_bars(self, composed: Compose, market: Market) -> None:
        """Where bars are missing, an instrument begins late or ends early, it runs, and its forms still agree.

        Real data have holes, and a live feed has more of them.
        """
        holed = {symbol: _holed(series, i) for i, (symbol, series) in enumerate(market.items())}
        self._survive(composed, holed, "bars are missing")
        self._hold_forms_equal(composed(holed), "a market with missing bars")

    @pytest.mark.parametrize("nasty", list(_NASTY))
    def test_str06_survives_nasty_markets(self, composed: Compose, market: Market, nasty: str) -> None:
        """Where prices stand still, crash, jump, fall for long or are few, it runs to the end.

        These are the days on which a strategy that stops costs most.
        """
        count = len(next(iter(market.values())))
        step = int(next(iter(market.values())).close_time[0] - next(iter(market.values())).open_time[0])
        made = {symbol: _NASTY[nasty](count, step, i) for i, symbol in enumerate(market)}
        self._survive(composed, made, f"the market is: {nasty}")

    def test_str07_says_whether_it_sells_short(self, composed: Compose, market: Market) -> None:
        """It never holds less than nothing, unless `sells_short` says so.

        A run in a cash account is refused by that; otherwise all its short sales would be rejected, one by one.
        """
        run = composed(market)
        if run.strategy.sells_short():
            return
        for form, decided in _by_form(run).items():
            held = positions_table(decided.record)
            short = np.flatnonzero(held["quantity"].to_numpy() < -1e-9)
            if len(short):
                at = int(short[0])
                time = time_text(held["time"].cast("int64")[at].as_py())
                broken(
                    f"{form} sells short, and sells_short() says that it doesn't",
                    f"it holds {held['quantity'][at].as_py():g} {held['symbol'][at].as_py()} from {time} on",
                    "return True from sells_short() for options with which it sells short",
                )

    def _hold_forms_equal(self, run: ComposedRun, what: str) -> None:
        decided = _by_form(run)
        if len(decided) < 2:
            pytest.skip(f"it has one form, {next(iter(decided))}")
        found = first_difference(decided["on_bar()"].decisions, decided["targets()"].decisions)
        if found is not None:
            broken(
                f"its two forms decide otherwise on {what}",
                f"decision {found.number} is {found.first or 'nothing'} by on_bar(), and {found.second or 'nothing'} by targets()",
                "mend one of them, or leave targets() out",
            )

    def _survive(self, composed: Compose, market: Market, what: str) -> None:
        run = composed(market)
        loaded = load_market(run)
        for form, called in _forms(run, loaded).items():
            problem = refusal(lambda: decide(run, loaded, form))  # noqa: B023 - it is called at once
            if problem:
                broken(
                    f"{called} fails where {what}", problem, "mend what the message names; NaN, 0 and no bar at all are possible"
                )


def _forms(run: ComposedRun, market: MarketData) -> dict[Form, str]:
    """Return the forms in which a strategy runs on a market, with the methods by which each decides, as a sentence has them."""
    forms = forms_of(run.strategy, on_ticks=market.tape is not None)
    return {form: calls_text(calls_in(run.strategy, form)) for form in forms}


def _by_form(run: ComposedRun) -> dict[str, Decided]:
    """Run each form, and return what it did."""
    market = load_market(run)
    return {called: decide(run, market, form) for form, called in _forms(run, market).items()}


def _holed(series: Series, i: int) -> Series:
    """Return a series without some of its bars; every second one begins late and ends early."""
    generator = np.random.default_rng((5, i))
    is_kept = generator.random(len(series)) >= 0.15
    if i % 2:
        is_kept[: len(series) // 5] = False
        is_kept[-(len(series) // 10 or 1) :] = False
    else:
        is_kept[[0, -1]] = True
    return markets.taken(series, is_kept)
