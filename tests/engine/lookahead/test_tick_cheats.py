"""Strategies on ticks that look ahead, each caught and named; and causal ones, which must pass."""

import os
import sys

import numpy as np
import pandas as pd
import pytest

from foresight import CHEATS, OfWhole
from proofs import deep
from tick_markets import SECOND, give_ticks
from tradekit import BarRequest, Indicator, Options, Strategy, Terms, bars_of_trades, ema, open_source, rsi, sma
from tradekit.engine.lookahead.search import search
from tradekit.engine.market import load_market

MARGIN = "account.kind = 'margin'"
KINDS = (("trades",), ("trades", "quotes"), ("trades", "book"), ("quotes",), ("book",))
CALLS = {"on_bar": ["trades"], "on_trade": ["trades"], "on_quote": ["trades", "quotes"], "on_book": ["book"], "on_timer": ["book"]}
"""What calls a strategy, and what the run then goes through."""


def searched(lab, strategy, kinds, moments=20, seed=0):
    run = lab.compose(strategy, f"data.ticks = {list(kinds)}", MARGIN)
    return search(run, load_market(run), moments, seed)


def strategy_of(call, decide, declared=None):
    """Return a strategy that decides in one call by a function of the context; on a timer twice a second."""
    body = {"__doc__": "Decide in one call.", "name": "calling", call: lambda _self, ctx, *_told: decide(ctx)}
    if call != "on_bar":
        body["on_bar"] = lambda _self, _ctx: None
    if call == "on_timer":
        body["timers"] = lambda _self: {"beat": "500ms"}
    if declared is not None:
        body["indicators"] = declared
    return type("Calling", (Strategy,), body)


def hold(ctx, signal):
    """Be long above 0, and short below."""
    ctx["X"].target(quantity=float(np.sign(signal)))


def hold_caught(verdict, call, names=()):
    found = verdict.found
    assert found is not None
    assert found.difference is not None
    assert found.difference.time <= found.changed_after
    assert found.calls == (call,)
    assert tuple(one.name for one in found.moved) == names
    assert all(one.time <= found.changed_after and one.first != one.second for one in found.moved)


@pytest.mark.proof("lookahead")
def test_planted_cheat_on_bars_of_ticks_is_caught_and_named_in_every_call(lab, matrix):
    cases = [(cheat, call) for cheat in CHEATS for call in CALLS]
    for number in matrix.seeds(3, len(cases)):
        cheat, call = cases[number * 6 % len(cases)]
        kinds = CALLS[call]

        def declared(_self, cheat=cheat):
            return {"average": sma(5), "signal": OfWhole(CHEATS[cheat])}

        cheating = strategy_of(call, lambda ctx: hold(ctx, ctx["X"]["signal"]), declared)
        hold_caught(searched(give_ticks(lab, 7), cheating, kinds), call, ("signal",))


def tape_of_run():
    """Return the whole tape of the run that is going on, as somebody gets at it who shouldn't."""
    frame = sys._getframe()
    while frame is not None:
        for name in ("prepared", "market"):
            found = frame.f_locals.get(name)
            found = getattr(found, "setup", found)
            if getattr(found, "tape", None) is not None:
                return found.tape
        frame = frame.f_back
    raise AssertionError("no run is going on")


def column(tape, kind):
    """Return the times and the prices of one kind of tick: of books, the best bid that an update tells."""
    code = ("trades", "quotes", "book").index(kind)
    at = tape.kind == code
    place = tape.place[at]
    if kind == "trades":
        return tape.time[at], pd.Series(tape.trades["price"][place])
    if kind == "quotes":
        return tape.time[at], pd.Series((tape.quotes["bid"] + tape.quotes["ask"])[place] / 2)
    bids = np.where((tape.book["side"] > 0) & (tape.book["size"] > 0), tape.book["price"], 0.0)
    best = pd.Series(np.maximum.reduceat(bids, tape.update[:-1])[place])
    return tape.time[at], best.replace(0.0, np.nan).ffill()


PEEKS = {
    "normalised by the whole sample": lambda values: (values - values.mean()) / values.std(),
    "centred window": lambda values: values - values.rolling(9, center=True, min_periods=1).mean(),
    "negative shift": lambda values: values.shift(-1) - values,
    "the last price of a bar in the making": lambda values: values.groupby(np.arange(len(values)) // 6).transform("last") - values,
}
"""What knows later ticks, computed from all of them."""


@pytest.mark.proof("lookahead")
def test_planted_cheat_on_single_ticks_is_caught(lab, matrix):
    places = [("trades", "on_trade"), ("quotes", "on_quote"), ("book", "on_book"), ("trades", "on_timer"), ("quotes", "on_bar")]
    cases = [(peek, kind, call) for peek in PEEKS for kind, call in places]
    for number in matrix.seeds(3, len(cases)):
        peek, kind, call = cases[number * 7 % len(cases)]

        def decide(ctx, peek=peek, kind=kind):
            times, values = column(tape_of_run(), kind)
            at = int(np.searchsorted(times, ctx.time_ns, "right")) - 1
            hold(ctx, np.nan_to_num(PEEKS[peek](values)[max(at, 0)]))

        hold_caught(searched(give_ticks(lab, 7), strategy_of(call, decide), dict.fromkeys(["trades", kind])), call)


@pytest.mark.parametrize("kind", ["trades", "quotes", "book"])
def test_indicator_on_all_ticks_at_once_is_caught_and_named(lab, kind):
    class OfTicks(Indicator):
        """The last tick before each bar closes, in units of the whole sample."""

        name = "of-ticks"
        warmup = 1

        def step(self):
            raise NotImplementedError

        def compute(self, close):
            times, values = column(tape_of_run(), kind)
            closes = (np.arange(len(close)) + 1) * SECOND
            scaled = PEEKS["normalised by the whole sample"](values).to_numpy()
            return scaled[np.maximum(np.searchsorted(times, closes) - 1, 0)][np.newaxis]

    cheating = strategy_of("on_bar", lambda ctx: hold(ctx, ctx["X"]["signal"]), lambda _self: {"signal": OfTicks()})
    hold_caught(searched(give_ticks(lab, 7), cheating, dict.fromkeys(["trades", kind])), "on_bar", ("signal",))


def test_what_comes_next_is_caught_whatever_is_read_of_it(lab):
    def of_next(name):
        def decide(ctx):
            tape = tape_of_run()
            trades = np.flatnonzero(tape.kind == 0)
            later = trades[np.searchsorted(tape.time[trades], ctx.time_ns, "right") :]
            if len(later):
                value = (tape.time[later[0]] - ctx.time_ns) / 1e8 - 1 if name == "time" else tape.trades[name][tape.place[later[0]]]
                hold(ctx, value - (1.5 if name == "size" else 0))

        return decide

    for name in ("time", "size", "side"):
        hold_caught(searched(give_ticks(lab, 7), strategy_of("on_trade", of_next(name)), ["trades", "book"], 50), "on_trade")


def test_memory_that_outlasts_a_run_is_caught(lab):
    known = {}

    def decide(ctx):
        known.setdefault("highest", {})[ctx.time_ns] = ctx["X"].last
        hold(ctx, ctx["X"].last - max(known["highest"].values()) + 0.5)

    hold_caught(searched(give_ticks(lab, 7), strategy_of("on_trade", decide), ["trades"]), "on_trade")


def causal(seed):
    """Return a strategy that decides at random calls by what it is told, without a look ahead, and what its run goes through."""
    generator = np.random.default_rng((3, seed))
    kinds = KINDS[seed % len(KINDS)]
    calls = [call for call, kind in (("on_trade", "trades"), ("on_quote", "quotes"), ("on_book", "book")) if kind in kinds]
    calls = [*calls, *(call for call in ("on_bar", "on_timer") if generator.random() < 0.5)]
    indicators = {"average": sma(int(generator.integers(2, 6))), "speed": ema(int(generator.integers(2, 6))), "index": rsi(4)}
    factors = generator.normal(size=5)
    has_depth, rests = kinds != ("trades",), bool(generator.random() < 0.5)

    def decide(self, ctx, *told):
        view = ctx["X"]
        average = float(np.mean(self.seen[-8:])) if self.seen else view.last
        self.seen.append(view.last)
        values = [view.last - average, view.last - view["average"], view["speed"] - view["average"], view["index"] - 50]
        values.append(view.depth.bid_size - view.depth.ask_size if has_depth else ctx.random.normal())
        signal = float(np.dot(factors, np.sign(values)))
        if rests and has_depth and not np.isnan(view.depth.bid + view.depth.ask):
            view.cancel()
            order = view.buy if signal > 0 else view.sell
            if abs(view.position + np.sign(signal)) < 4:
                order(1, limit=view.depth.bid if signal > 0 else view.depth.ask, terms=Terms(post_only=True))
        else:
            view.target(quantity=1.0 if signal > 0 else -1.0)

    body = {
        "__doc__": "Decide at random.",
        "name": "causal",
        "indicators": lambda _self: indicators,
        **dict.fromkeys(calls, decide),
    }
    if "on_timer" in calls:
        body["timers"] = lambda _self: {"beat": "700ms"}

    def begin(self, options):
        Strategy.__init__(self, options)
        self.seen = []

    return type("Causal", (Strategy,), {**body, "__init__": begin}), kinds


@pytest.mark.proof("lookahead")
def test_random_causal_strategies_on_ticks_raise_no_alarm(lab, matrix):
    decided = 0
    for seed in matrix.seeds(3, 100):
        strategy, kinds = causal(seed)
        verdict = searched(give_ticks(lab, seed, ("X", "Y")[: 1 + seed % 2], 15), strategy, kinds, 8, seed)
        assert verdict.found is None, f"seed {seed}: {verdict.found}"
        decided += verdict.decisions
    assert decided > 20 * matrix.count


SHIPPED = {
    "buy-and-hold": {},
    "sma-cross": {"fast": 3, "slow": 8},
    "rsi-reversion": {"length": 4},
    "breakout": {"enter": 5, "leave": 3},
    "momentum-rotation": {"lookback": 5, "hold": 1},
}


@pytest.mark.proof("lookahead")
def test_shipped_strategies_on_ticks_raise_no_alarm(lab, matrix):
    for number in matrix.seeds(2, len(SHIPPED) * 5):
        name, kinds = list(SHIPPED)[number % len(SHIPPED)], KINDS[number // len(SHIPPED)]
        give_ticks(lab, 5, ("X", "Y"), seconds=80, length=86_400 * SECOND)
        run = lab.compose(name, f"data.ticks = {list(kinds)}", MARGIN, *(f"strategy.{k}={v}" for k, v in SHIPPED[name].items()))
        verdict = search(run, load_market(run), 8)
        assert verdict.found is None
        assert verdict.decisions > 0


class Quoting(Strategy):
    """Offer a little at the best bid and the best ask, ten times a second; with a glance, on the side that the next trade takes."""

    name = "quoting"

    class Options(Options):
        """Whether it looks ahead."""

        peeks: bool = False

    def timers(self):
        return {"requote": "100ms"}

    def on_timer(self, ctx, name):
        view = ctx["BTCUSDT"]
        view.cancel()
        if np.isnan(view.depth.bid + view.depth.ask):
            return
        side = next_side(ctx.time_ns) if self.options.peeks else 0
        if side <= 0:
            view.buy(0.01, limit=view.depth.bid, terms=Terms(post_only=True))
        if side >= 0:
            view.sell(0.01, limit=view.depth.ask, terms=Terms(post_only=True))


def next_side(time):
    tape = tape_of_run()
    later = int(np.searchsorted(tape.time, time, "right"))
    trade = next((n for n in range(later, len(tape)) if tape.kind[n] == 0), None)
    return 0 if trade is None else int(tape.trades["side"][tape.place[trade]])


@pytest.mark.proof("lookahead")
def test_quoting_on_recorded_markets_raises_no_alarm_unless_it_peeks(lab, matrix):
    folder = os.environ.get("TRADEKIT_TEST_DATA", "")
    cases = [(name, depth, peeks) for name in ("spot", "usdm") for depth in ("book", "quotes") for peeks in (False, True)]
    if not folder or not deep(0, 1):
        pytest.skip("it takes the recordings, and some time")
    for number in matrix.seeds(0, len(cases)):
        name, depth, peeks = cases[number]
        source = open_source("binance-recording", [f"path={folder}/orderbook/{name}_btcusdt_20240808.gz"]).source
        asked = BarRequest(("BTCUSDT",), 0)
        lab.known["trades"] = dict(source.trades(asked))
        lab.known[depth] = dict(getattr(source, depth)(asked))
        lab.series = {"BTCUSDT": bars_of_trades(lab.known["trades"]["BTCUSDT"], "10s")}
        run = lab.compose(Quoting, f"data.ticks = ['trades', '{depth}']", MARGIN, f"strategy.peeks = {str(peeks).lower()}")
        verdict = search(run, load_market(run), 10)
        assert (verdict.found is not None) == peeks, f"{name} {depth}: {verdict.found}"
        assert peeks or verdict.decisions > 1_000
