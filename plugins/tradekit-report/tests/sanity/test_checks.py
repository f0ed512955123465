"""Each check: what it is planted for, and that the same without the flaw passes it."""

import numpy as np
import pytest
from reported import DAY, START, ran, series, walk
from tradekit_report.figures import figures_of
from tradekit_report.sanity import Thresholds, check
from tradekit_report.sanity.every import CHECKS

import tradekit
from tradekit import Bars, Strategy

FEE = "execution.costs=[{model='fee', bps=10}]"


def verdicts(result, bars=None, **limits):
    found = check(result, figures_of(result), Thresholds(**limits), bars)
    assert len(found) == len(CHECKS)
    return {one.name: one for one in found}


def verdict(name, result, bars=None, **limits):
    return verdicts(result, bars, **limits)[name].verdict


def turning(every, weight=1.0):
    """Return a script that is in the market for every other stretch of bars."""
    return lambda index: (weight if index // every % 2 else 0.0) if index % every == 0 else None


RISING = series(walk(800, drift=0.001))
BUSY = turning(5)


def bars_of(one):
    columns = (getattr(one, name)[:, None] for name in ("open", "high", "low", "close", "volume"))
    return Bars(("X",), one.open_time, one.close_time, *columns)


def test_few_trades_is_doubtful_below_its_threshold(tmp_path):
    few = ran(tmp_path / "few", RISING, turning(100), FEE)
    assert verdict("few-trades", few) == "doubtful"
    assert verdict("few-trades", ran(tmp_path / "many", RISING, BUSY, FEE)) == "fine"
    assert verdict("few-trades", few, trades=3) == "fine"


def test_short_run_is_doubtful_below_a_year(tmp_path):
    assert verdict("short-run", ran(tmp_path / "short", series(walk(100)), BUSY)) == "doubtful"
    assert verdict("short-run", ran(tmp_path / "long", RISING, BUSY)) == "fine"


def jumping(rows, size, count=800):
    """Make prices that rise a little while they are held, and by `size` on some rows."""
    growth = np.full(count, 1.0005)
    growth[rows] = size
    return series(100.0 * np.cumprod(growth))


def test_one_trade_that_carries_the_result_is_doubtful(tmp_path):
    assert verdict("one-trade", ran(tmp_path / "one", jumping([408], 1.9), BUSY)) == "doubtful"
    assert verdict("one-trade", ran(tmp_path / "even", jumping([408], 1.0005), BUSY)) == "fine"
    assert verdict("one-trade", ran(tmp_path / "lost", series(walk(800, drift=-0.004)), BUSY)) == "unknown"


def test_few_periods_that_carry_the_result_are_doubtful(tmp_path):
    growth = np.where(np.arange(800) % 2, 1.002, 0.9975)
    planted = growth.copy()
    planted[100:600:100] = 1.2
    assert verdict("best-periods", ran(tmp_path / "few", series(100 * np.cumprod(planted)), {0: 1.0})) == "doubtful"
    even = np.where(np.arange(800) % 2, 1.004, 0.998)
    assert verdict("best-periods", ran(tmp_path / "even", series(100 * np.cumprod(even)), {0: 1.0})) == "fine"


def test_one_instrument_that_carries_the_result_is_doubtful(tmp_path):
    up, flat = series(100 * 1.002 ** np.arange(400)), series(100 * 1.00005 ** np.arange(400))
    plan = {0: {"A": 0.5, "B": 0.5}}
    assert verdict("one-instrument", ran(tmp_path / "one", {"A": up, "B": flat}, plan)) == "doubtful"
    assert verdict("one-instrument", ran(tmp_path / "both", {"A": up, "B": up}, plan)) == "fine"
    assert verdict("one-instrument", ran(tmp_path / "alone", up, {0: 1.0})) == "unknown"


def test_profit_in_the_first_year_only_is_doubtful(tmp_path):
    late = np.where(np.arange(900) < 300, 1.002, 0.9999)
    assert verdict("first-year", ran(tmp_path / "early", series(100 * np.cumprod(late)), {0: 1.0})) == "doubtful"
    assert verdict("first-year", ran(tmp_path / "steady", series(100 * 1.001 ** np.arange(900)), {0: 1.0})) == "fine"
    assert verdict("first-year", ran(tmp_path / "short", series(100 * 1.001 ** np.arange(500)), {0: 1.0})) == "unknown"


def test_profit_that_is_open_is_doubtful(tmp_path):
    up = series(100 * 1.001 ** np.arange(400))
    assert verdict("open-profit", ran(tmp_path / "open", up, {0: 1.0})) == "doubtful"
    assert verdict("open-profit", ran(tmp_path / "closed", up, {0: 1.0, 390: 0.0})) == "fine"
    # A position that is open but small beside what was taken.
    assert verdict("open-profit", ran(tmp_path / "small", up, {0: 1.0, 390: 0.0, 392: 0.5})) == "fine"


def test_last_bar_that_decides_is_doubtful(tmp_path):
    closes = 100 * 1.0005 ** np.arange(200)
    planted = np.append(closes[:-1], closes[-1] * 1.5)
    assert verdict("last-bar", ran(tmp_path / "last", series(planted), {0: 1.0})) == "doubtful"
    assert verdict("last-bar", ran(tmp_path / "even", series(closes), {0: 1.0})) == "fine"


def test_suspicious_sharpe_is_doubtful(tmp_path):
    smooth = series(walk(800, volatility=0.001, drift=0.001))
    assert verdict("high-sharpe", ran(tmp_path / "smooth", smooth, {0: 1.0})) == "doubtful"
    assert verdict("high-sharpe", ran(tmp_path / "rough", series(walk(800, volatility=0.02)), {0: 1.0})) == "fine"
    assert verdict("high-sharpe", ran(tmp_path / "none", series(walk(50)), {})) == "unknown"


def test_hardly_ever_invested_is_doubtful(tmp_path):
    assert verdict("idle", ran(tmp_path / "idle", RISING, {100: 1.0, 110: 0.0})) == "doubtful"
    assert verdict("idle", ran(tmp_path / "busy", RISING, BUSY)) == "fine"


def test_run_that_was_halted_is_doubtful(tmp_path):
    falling = series(100 * 0.995 ** np.arange(300))
    rule = "risk=[{rule='max-drawdown', limit=0.2}]"
    assert verdict("stopped", ran(tmp_path / "halted", falling, {0: 1.0}, rule)) == "doubtful"
    assert verdict("stopped", ran(tmp_path / "calm", RISING, {0: 0.1}, rule)) == "fine"


class Tuned(Strategy):
    """Turn the position over, with numbers among its options that change nothing."""

    name = "tuned"

    class Options(tradekit.Options):
        """Many of them."""

        a: float = 1.0
        b: int = 2
        c: float = 3.0
        d: float = 4.0
        is_on: bool = True
        word: str = "x"

    def on_bar(self, ctx):
        """Turn over."""
        if (weight := BUSY(ctx.index)) is not None:
            ctx.target(weight=weight)


def test_many_parameters_for_few_trades_are_doubtful(tmp_path):
    long = series(walk(1500))
    found = verdicts(ran(tmp_path / "long", long, None, strategy=Tuned))["parameters"]
    assert found.verdict == "fine"
    assert found.value == "149 trades for 4 parameters (a, b, c, d): 37.2 for each"
    assert verdict("parameters", ran(tmp_path / "short", series(walk(400)), None, strategy=Tuned)) == "doubtful"
    assert verdict("parameters", ran(tmp_path / "none", long, BUSY)) == "unknown"


def test_missing_costs_are_doubtful(tmp_path):
    assert verdict("no-costs", ran(tmp_path / "free", RISING, BUSY)) == "doubtful"
    assert verdict("no-costs", ran(tmp_path / "paid", RISING, BUSY, FEE)) == "fine"
    assert verdict("no-costs", ran(tmp_path / "none", RISING, {})) == "unknown"


def test_profit_that_twice_the_costs_eat_up_is_doubtful(tmp_path):
    thin = series(100 * 1.0005 ** np.arange(400))
    assert verdict("thin-profit", ran(tmp_path / "thin", thin, BUSY, FEE)) == "doubtful"
    assert verdict("thin-profit", ran(tmp_path / "thick", series(100 * 1.002 ** np.arange(400)), BUSY, FEE)) == "fine"


class Greedy(Strategy):
    """Buy more than there is money for, now and then."""

    name = "greedy"

    def on_bar(self, ctx):
        """Order."""
        if ctx.index % 10 == 0:
            ctx.buy(1e6)
        elif ctx.index % 10 == 5:
            ctx.target(weight=0.0)


def test_orders_that_were_cut_or_refused_are_doubtful(tmp_path):
    market = series(walk(200))
    assert verdict("refused", ran(tmp_path / "cut", market, None, strategy=Greedy)) == "doubtful"
    refusing = "execution.insufficient_funds='reject'"
    assert verdict("refused", ran(tmp_path / "refused", market, None, refusing, strategy=Greedy)) == "doubtful"
    # What a risk rule cuts is meant to be.
    capped = ran(tmp_path / "capped", market, BUSY, "risk=[{rule='max-weight', limit=0.5}]")
    assert verdict("refused", capped) == "fine"


class Bracketed(Strategy):
    """Buy with a target that is as near as the test says."""

    name = "bracketed"

    class Options(tradekit.Options):
        """How far the target is."""

        far: float = 0.001

    def on_bar(self, ctx):
        """Buy when flat."""
        view = ctx["X"]
        if view.position == 0 and not view.open_orders:
            view.buy(10, bracket=tradekit.Bracket(take_profit=view.close * (1.0 + self.options.far)))


def test_trades_inside_one_bar_are_doubtful(tmp_path):
    closes = walk(300, volatility=0.002)
    wide = series(closes, high=closes * 1.03, low=closes * 0.97)
    near = ran(tmp_path / "near", wide, None, strategy=Bracketed)
    assert near.metrics["trades"] > 50
    assert verdict("same-bar", near) == "doubtful"
    assert verdict("same-bar", ran(tmp_path / "slow", wide, BUSY)) == "fine"


def test_orders_that_wait_over_missing_bars_are_doubtful(tmp_path):
    clock = series(walk(300))
    # Y has no bar on the days after those on which orders are decided.
    rows = np.array([row for row in range(300) if row % 5 != 1 or row < 3])
    holed = {"X": clock, "Y": series(walk(300)[rows], rows=rows)}
    script = turning(5)
    plan = lambda index: {"Y": script(index)}  # noqa: E731 - a script is a function of the index
    assert verdict("late-fills", ran(tmp_path / "holed", holed, plan)) == "doubtful"
    whole = {"X": clock, "Y": series(walk(300))}
    assert verdict("late-fills", ran(tmp_path / "whole", whole, plan)) == "fine"


def test_holes_while_a_position_is_held_are_doubtful(tmp_path):
    rows = np.array([row for row in range(300) if row % 20])
    one = {"X": series(walk(300)), "Y": series(walk(300)[rows], rows=rows)}
    assert verdict("holes", ran(tmp_path / "holed", one, {1: {"Y": 1.0}})) == "doubtful"
    assert verdict("holes", ran(tmp_path / "other", one, {1: {"X": 1.0}})) == "fine"
    # With one instrument there is no clock to show the hole: what shows is that nothing comes for days.
    alone = series(walk(300)[rows], rows=rows)
    assert verdict("holes", ran(tmp_path / "alone", alone, {1: 1.0})) == "doubtful"
    assert verdict("holes", ran(tmp_path / "whole", series(walk(300)), {1: 1.0})) == "fine"


def test_weekends_are_no_holes(tmp_path):
    rows = np.array([row for row in range(420) if row % 7 < 5])
    assert verdict("holes", ran(tmp_path, series(walk(300), rows=rows), {1: 1.0})) == "fine"


def test_fills_at_stale_prices_are_doubtful(tmp_path):
    moving = walk(300)
    still = np.repeat(walk(30), 10)
    one = series(still, open=still, high=still, low=still)
    assert verdict("stale-fills", ran(tmp_path / "still", one, turning(10)), bars_of(one)) == "fine"
    late = lambda index: turning(10)(index - 4) if index > 4 else None  # noqa: E731 - a script is a function of the index
    assert verdict("stale-fills", ran(tmp_path / "late", one, late), bars_of(one)) == "doubtful"
    dry = series(moving, volume=np.where(np.arange(300) % 10 == 1, 0.0, 1e6))
    untraded = ran(tmp_path / "dry", dry, turning(10), "execution.participation='none'")
    assert verdict("stale-fills", untraded, bars_of(dry)) == "doubtful"
    fresh = series(moving)
    assert verdict("stale-fills", ran(tmp_path / "fresh", fresh, turning(10)), bars_of(fresh)) == "fine"
    assert verdict("stale-fills", ran(tmp_path / "unknown", fresh, turning(10))) == "unknown"


def test_volume_that_is_never_known_makes_no_fill_stale(tmp_path):
    silent = series(walk(300), volume=np.zeros(300))
    result = ran(tmp_path, silent, turning(10))
    assert verdict("stale-fills", result, bars_of(silent)) == "fine"
    assert verdict("large-fills", result, bars_of(silent)) == "unknown"


def test_more_than_the_volume_carries_is_doubtful(tmp_path):
    thin = series(walk(300), volume=np.full(300, 5_000.0))
    assert verdict("large-fills", ran(tmp_path / "thin", thin, turning(10)), bars_of(thin)) == "doubtful"
    deep = series(walk(300), volume=np.full(300, 1e6))
    assert verdict("large-fills", ran(tmp_path / "deep", deep, turning(10)), bars_of(deep)) == "fine"


def test_checks_are_told_with_the_threshold_of_the_options(tmp_path):
    found = verdicts(ran(tmp_path, RISING, BUSY, FEE), trades=1234, one_trade=0.25)
    assert "1,234 closed trades" in found["few-trades"].rule
    assert "25%" in found["one-trade"].rule
    assert {one.option for one in found.values()} - {""} <= set(Thresholds.model_fields)


def test_every_threshold_is_named_in_the_rule_of_some_check():
    told = "".join(one.rule for one in CHECKS)
    assert [name for name in Thresholds.model_fields if f"{{{name}" not in told] == []


def test_doubtful_findings_come_first_and_unknown_ones_last(tmp_path):
    order = [one.verdict for one in check(*(lambda result: (result, figures_of(result)))(ran(tmp_path, RISING, BUSY)))]
    assert order == sorted(order, key=("doubtful", "fine", "unknown").index)
    assert {"doubtful", "fine", "unknown"} == set(order)


def test_run_that_ordered_nothing_has_findings_and_no_error(tmp_path):
    found = verdicts(ran(tmp_path, series(walk(40)), {}))
    assert found["few-trades"].verdict == "doubtful"
    assert found["one-trade"].value == "no trade was closed"


def test_bars_of_a_live_run_are_left_alone(tmp_path):
    # What warms a live run up is not what it traded on.
    from dataclasses import replace

    result = replace(ran(tmp_path, RISING, BUSY), mode="paper")
    assert verdict("large-fills", result, bars_of(series(walk(3)))) == "unknown"


@pytest.mark.parametrize("name", [one.name for one in CHECKS])
def test_check_has_a_title_a_rule_and_advice_in_one_sentence(name):
    one = next(one for one in CHECKS if one.name == name)
    assert one.rule.startswith("Doubtful ")
    assert one.rule.endswith(".")
    assert one.advice.endswith(".")
    assert one.title[0].isupper()
    assert START % DAY == 0
