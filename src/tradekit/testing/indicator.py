"""The contract of indicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tradekit.engine.indicators import differs
from tradekit.model.bars import PRICE_COLUMNS, Floats, Series
from tradekit.plugin.contracts import Indicator
from tradekit.testing import markets
from tradekit.testing.component import ComponentContract
from tradekit.testing.failure import broken

__all__ = ["IndicatorContract"]

New = Callable[[], Indicator]
_SHOWN = 8


class IndicatorContract(ComponentContract):
    """What an indicator keeps to: two forms with the same numbers, a warm-up as declared, and no look at a later bar.

    Override `series` to try it on bars of your own, such as real ones: at least four times as many as its warm-up.
    """

    kind = "indicator"

    @pytest.fixture
    def series(self, new: New) -> Series:
        """Return the bars that it is tried on: a random walk, long enough for its warm-up, unless it is overridden."""
        return markets.walk(max(300, 4 * int(new().warmup)))

    def test_ind01_reads_and_gives_what_it_names(self, new: New, series: Series) -> None:
        """`inputs` are columns of a bar, and `compute` gives one row for each of `outputs`, as long as its columns.

        A run gives it just these columns, and finds its values by these names. No bars, and one bar, are no exception.
        """
        indicator = new()
        unknown = [name for name in indicator.inputs if name not in PRICE_COLUMNS]
        if unknown or not indicator.inputs:
            what = f"inputs of {indicator.name!r} are {indicator.inputs!r}"
            broken("it reads what no bar has", what, f"name columns of a bar: {', '.join(PRICE_COLUMNS)}")
        if len(set(indicator.outputs)) != len(indicator.outputs) or not indicator.outputs:
            broken("its outputs are not told apart", f"outputs are {indicator.outputs!r}", "give each output a name of its own")
        for length in (len(series), 1, 0):
            found = np.asarray(indicator.compute(*_columns(indicator, series, length)))
            expected = (len(indicator.outputs), length)
            if found.shape != expected or found.dtype != np.float64:
                broken(
                    "compute() returns values of another shape or type",
                    f"for {length} bars it returns {found.dtype} {found.shape}, expected float64 [output, time] {expected}",
                    "return np.ndarray of float64 with a row for each output, and a column for each bar",
                )

    def test_ind02_forms_agree(self, new: New, series: Series) -> None:
        """`compute` of all bars gives the same numbers as `push` of one bar after the other.

        A backtest computes whole columns and a live run pushes bars; where these differ, live trades what was never tested.
        """
        self._hold_forms_equal(new(), _columns(new(), series), "ordinary bars")

    @pytest.mark.parametrize("market", ["flat", "flash crash", "gap", "halt", "few prices", "one bar", "NaN"])
    def test_ind03_forms_agree_on_nasty_data(self, new: New, market: str) -> None:
        """`compute` and `push` agree where prices stand still, crash, gap, repeat or are missing, and on a single bar.

        That is where shortcuts over whole columns (running sums, divisions by a range, fills of NaN) give other numbers.
        """
        indicator = new()
        self._hold_forms_equal(indicator, _nasty(market, indicator), market)

    def test_ind04_respects_its_warmup(self, new: New, series: Series) -> None:
        """All outputs are NaN before bar number `warmup`, and none is NaN on it.

        Nothing trades before that bar. A value that comes later makes a strategy decide by NaN; an earlier one is made of less.
        """
        indicator = new()
        warmup = indicator.warmup
        if not isinstance(warmup, int | np.integer) or warmup < 1:
            broken(
                "its warmup is no number of bars", f"warmup is {warmup!r}", "return how many bars the first value needs, 1 or more"
            )
        values = _by_bar(indicator, _columns(indicator, series))
        has_value = ~np.isnan(values)
        first = [int(np.argmax(row)) + 1 if row.any() else None for row in has_value]
        for output, found in zip(indicator.outputs, first, strict=True):
            if found != warmup:
                comes = "never has a value" if found is None else f"has its first value on bar {found}"
                broken(
                    f"its warm-up is not as declared: warmup is {warmup}, but output {output!r} {comes}",
                    f"on {len(series)} bars: {_some(values[indicator.outputs.index(output)], warmup)}",
                    "return from warmup the number of the bar with the first value, and NaN from all outputs before it",
                )

    def test_ind05_uses_no_future_value(self, new: New, series: Series) -> None:
        """Values up to a bar stay the same when all later bars are others, and when there are none.

        A value that knows a later bar makes a backtest earn what nobody can.
        """
        indicator, other = new(), markets.walk(len(series), seed=99, volatility=0.03)
        columns = _columns(indicator, series)
        whole = np.asarray(indicator.compute(*(column.copy() for column in columns)), dtype=np.float64)
        for length in _moments(len(series), int(indicator.warmup)):
            later = _columns(indicator, _continued(series, other, length))
            for how, changed in (("other", later), ("no", [column[:length].copy() for column in columns])):
                again = np.asarray(new().compute(*changed), dtype=np.float64)[:, :length]
                wrong = np.argwhere(differs(again, whole[:, :length]).T)
                if len(wrong):
                    bar, output = (int(k) for k in wrong[0])
                    broken(
                        f"output {indicator.outputs[output]!r} uses future values",
                        f"on bar {bar + 1} of {len(series)} it is {float(whole[output, bar])!r}, and "
                        f"{float(again[output, bar])!r} with {how} bars after bar {length}",
                        "compute a value from its own bar and those before it: no shift(-1), no centred window, no mean of all",
                    )

    def test_ind06_states_are_independent(self, new: New, series: Series) -> None:
        """Two states of one indicator, fed in turn with two instruments, give what each gives alone.

        A run has one state an instrument; what they share mixes prices of one into values of the other.
        """
        indicator = new()
        first = _columns(indicator, series)
        second = _columns(indicator, markets.walk(len(series), seed=99))
        alone = _by_bar(new(), first)
        states = indicator.step(), indicator.step()
        together = np.empty_like(alone)
        for bar, (mine, others) in enumerate(zip(zip(*first, strict=True), zip(*second, strict=True), strict=True)):
            together[:, bar] = states[0].push(*map(float, mine))
            states[1].push(*map(float, others))
        wrong = np.argwhere(differs(together, alone).T)
        if len(wrong):
            bar, output = (int(k) for k in wrong[0])
            broken(
                "a state changes when another one is fed",
                f"output {indicator.outputs[output]!r} on bar {bar + 1} is {float(alone[output, bar])!r} alone, and "
                f"{float(together[output, bar])!r} beside a second instrument",
                "let step() return a new object each time, with everything it remembers in itself",
            )

    def test_ind07_leaves_its_input_alone(self, new: New, series: Series) -> None:
        """`compute` doesn't write into the columns that it gets.

        They are the run's own data, which all other indicators, the strategy and the simulator read, too.
        """
        indicator = new()
        columns = _columns(indicator, series)
        before = [column.copy() for column in columns]
        indicator.compute(*columns)
        for name, column, kept in zip(indicator.inputs, columns, before, strict=True):
            changed = np.flatnonzero(column != kept)
            if len(changed):
                bar = int(changed[0])
                broken(
                    f"compute() changes the column {name!r} that it gets",
                    f"on bar {bar + 1} it was {float(kept[bar])!r} and is {float(column[bar])!r} now ({len(changed)} bars changed)",
                    "work on a copy: values = column.copy()",
                )

    def test_ind08_goes_on_where_it_stopped(self, new: New, series: Series) -> None:
        """A state that gets the bars in pieces gives what it gives for all at once.

        Streamed data, and a live run after its history, come in pieces.
        """
        indicator = new()
        columns = _columns(indicator, series)
        whole = indicator.feed(indicator.step(), *columns)
        state = indicator.step()
        cuts = [0, *_moments(len(series), int(indicator.warmup)), len(series)]
        parts = [indicator.feed(state, *(column[a:b] for column in columns)) for a, b in pairwise(cuts)]
        wrong = np.argwhere(differs(np.concatenate(parts, axis=1), whole).T)
        if len(wrong):
            bar, output = (int(k) for k in wrong[0])
            broken(
                "a state begins anew with each piece of the bars",
                f"output {indicator.outputs[output]!r} on bar {bar + 1} is {float(whole[output, bar])!r} when fed at once, and "
                f"{float(np.concatenate(parts, axis=1)[output, bar])!r} in pieces that begin at bars {cuts[:-1]}",
                "let run() of the state go on from what it has seen, or leave run() out",
            )

    def _hold_forms_equal(self, indicator: Indicator, columns: Sequence[Floats], what: str) -> None:
        """Fail if the forms differ, with the shortest piece of the data on which they do."""

        def difference(columns: Sequence[Floats]) -> tuple[int, int, float, float] | None:
            whole = np.asarray(indicator.compute(*(column.copy() for column in columns)), dtype=np.float64)
            by_bar = _by_bar(indicator, columns)
            wrong = np.argwhere(differs(whole, by_bar).T)
            if not len(wrong):
                return None
            bar, output = (int(k) for k in wrong[0])
            return bar, output, float(whole[output, bar]), float(by_bar[output, bar])

        found = difference(columns)
        if found is None:
            return
        columns = [column[: found[0] + 1] for column in columns]
        size = len(columns[0]) // 2
        while size:
            shorter = [column[size:] for column in columns]
            if difference(shorter) is None:
                size //= 2
            else:
                columns = shorter
                size = min(size, len(columns[0]) // 2)
        bar, output, whole, by_bar = difference(columns) or found
        shown = "; ".join(f"{name} {_some(column, len(column))}" for name, column in zip(indicator.inputs, columns, strict=True))
        broken(
            f"its two forms differ on {what}",
            f"on {shown}: output {indicator.outputs[output]!r} of bar {bar + 1} is {whole!r} by compute() and {by_bar!r} by push()",
            "mend one of them; without compute(), whole columns are pushed bar by bar",
        )


def _columns(indicator: Indicator, series: Series, length: int | None = None) -> list[Floats]:
    return [getattr(series, name)[:length].copy() for name in indicator.inputs]


def _by_bar(indicator: Indicator, columns: Sequence[Floats]) -> Floats:
    """Return the values that a fresh state gives, [output, bar]."""
    state = indicator.step()
    values = np.empty((len(indicator.outputs), len(columns[0])))
    for bar, inputs in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        values[:, bar] = state.push(*inputs)
    return values


def _nasty(market: str, indicator: Indicator) -> list[Floats]:
    count = max(120, 4 * int(indicator.warmup))
    made: Mapping[str, Callable[[], Series]] = {
        "flat": lambda: markets.flat(count),
        "flash crash": lambda: markets.flash_crash(count),
        "gap": lambda: markets.gap(count),
        "halt": lambda: markets.halt(count, length=count // 3),
        "few prices": lambda: _rounded(markets.walk(count)),
        "one bar": lambda: markets.walk(1),
        "NaN": lambda: markets.walk(count),
    }
    columns = _columns(indicator, made[market]())
    if market == "NaN":
        for column in columns:
            column[[0, count // 2, count // 2 + 1]] = np.nan
    return columns


def _rounded(series: Series) -> Series:
    """Return bars of whole prices, among which many are equal."""
    return replace(series, **{name: np.round(getattr(series, name)) for name in ("open", "high", "low", "close")})


def _continued(series: Series, other: Series, length: int) -> Series:
    """Return the first bars of one series and then bars of another."""
    columns: dict[str, Any] = {
        name: np.concatenate((getattr(series, name)[:length], getattr(other, name)[length:])) for name in PRICE_COLUMNS
    }
    return replace(series, **columns)


def _moments(count: int, warmup: int) -> list[int]:
    """Return after how many bars to end or change the data."""
    return sorted(
        {min(max(moment, 1), count - 1) for moment in (warmup, warmup + 1, count // 3, count // 2, count * 5 // 6, count - 1)}
    )


def _some(values: Floats, about: int) -> str:
    """Return values that end with number `about` and the one after it, in words."""
    first = max(about - _SHOWN, 0)
    shown = ", ".join(f"{value:.10g}" for value in values[first : about + 1].tolist())
    return f"[{'..., ' if first else ''}{shown}{', ...' if about + 1 < len(values) else ''}]"
