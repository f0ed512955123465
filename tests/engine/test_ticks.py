"""Runs on ticks from the run file on: what is refused, what is read, and that they are runs like others."""

from typing import ClassVar

import numpy as np
import pytest

from tape_stage import SECOND, book_of, quotes_of, trades_of
from tradekit import (
    BookUpdates,
    ConfigError,
    DataError,
    Field,
    Options,
    Quotes,
    RiskRule,
    Strategy,
    StrategyError,
    Trades,
    Verdict,
    bars_of_trades,
)
from tradekit.data.tape import since
from tradekit.engine.run import execute
from tradekit.engine.sweep.params import as_param
from tradekit.engine.sweep.run import begin
from tradekit.engine.sweep.search import Search, plan_search
from tradekit.testing import Lab

MARGIN = "account.kind = 'margin'"
ON_BOOK = "data.ticks = ['trades', 'book']"
ON_TRADES = "data.ticks = ['trades']"


class Buying(Strategy):
    """Buy one on each trade at 100 and sell all at the third bar."""

    name = "buying"

    def on_trade(self, ctx, trade):
        if trade.price == 100 and ctx["X"].position == 0:
            ctx.buy(1)

    def on_bar(self, ctx):
        if ctx.index == 2:
            ctx.exit()


class Watching(RiskRule):
    """Let everything pass, and keep when the prices were that it saw."""

    name = "watching"
    seen: ClassVar = []

    def check(self, order, account):
        self.seen.append((account.time, dict(account.price_times), dict(account.prices)))
        return Verdict.accept()


class Ringing(Strategy):
    """Ring."""

    name = "ringing"

    def timers(self):
        return {"bell": "1 sec"}

    def on_timer(self, ctx, name):
        raise NotImplementedError


class Listing(Strategy):
    """Give weights only."""

    name = "listing"

    def targets(self, bars, ind):
        return np.zeros(bars.close.shape)


@pytest.fixture
def lab(tmp_path):
    trades = trades_of(*((k / 4, 100 + k % 5, 1 + k % 3, (-1) ** k) for k in range(40)))
    found = Lab(tmp_path, {"X": bars_of_trades(trades, "1s")})
    found.known["trades"]["X"] = trades
    found.known["quotes"]["X"] = quotes_of((0, 99, 5, 101, 5), (2, 98, 5, 100, 5))
    found.known["book"]["X"] = book_of((0, [(99, 5)], [(101, 5)]), (2.1, [(98, 5)], [(101, 0), (102, 5)]))
    return found


def test_run_on_a_book_is_a_run_like_others(lab):
    finished = lab.run(Buying, ON_BOOK, MARGIN, "execution.costs = [{ model = 'fee', bps = 10 }]")
    result = finished.result
    fills = result.fills.to_pylist()
    assert [(fill["quantity"], fill["price"], round(fill["fee"], 6)) for fill in fills[:2]] == [(1, 101, 0.101), (-1, 99, 0.099)]
    orders = result.orders.to_pylist()
    assert [order["time"].timestamp() for order in orders[:2]] == [0.0, 3.0]
    assert fills[0]["time"].value == 1
    assert result.plan == "event driver: it goes through ticks"
    assert result.metrics["trades"] >= 1
    assert len(result.equity) == 10
    ticks = result.data[0]["ticks"]
    assert {kind: one["rows"] for kind, one in ticks.items()} == {"trades": 40, "book": 5}
    assert all(len(one["sha256"]) == 64 for one in ticks.values())
    assert "The run goes through 40 trades and 2 updates of books, by their times." in result.assumptions
    assert (finished.folder / "manifest.json").exists()
    assert lab.run(Buying, ON_BOOK, MARGIN, "execution.costs = [{ model = 'fee', bps = 10 }]").result.fills.equals(result.fills)


def test_run_on_trades_fills_a_strategy_on_bars_as_trades_inside_the_bars_do(lab):
    def swap(ctx):
        view = ctx["X"]
        view.target(quantity=ctx.index % 3)
        if ctx.index == 4:
            view.buy(2, limit=100, stop=None)

    swapping = type("Swap", (Strategy,), {"__doc__": "Swap.", "name": "swap", "on_bar": lambda self, ctx: swap(ctx)})
    # Trades at the very time of a decision are what the two differ in: one lets an order of that moment meet them.
    lab.known["trades"]["X"] = trades_of(*((0.1 + k / 4, 100 + k % 5, 1 + k % 3, (-1) ** k) for k in range(40)))
    lab.series["X"] = bars_of_trades(lab.known["trades"]["X"], "1s")
    inside = lab.run(swapping, "data.fill_interval = 'trades'", "execution.latency_ms = 1").result
    on_ticks = lab.run(swapping, ON_TRADES, "execution.latency_ms = 1").result
    assert len(inside.fills) > 5
    assert on_ticks.fills.equals(inside.fills)
    assert on_ticks.equity.equals(inside.equity)


def test_latency_of_data_delays_orders_as_their_own_does(lab):
    both = [lab.run(Buying, ON_BOOK, MARGIN, f"execution.{name} = 700").result for name in ("latency_ms", "data_latency_ms")]
    assert both[0].fills.equals(both[1].fills)
    assert both[0].fills["time"][0].value == 700_000_000


@pytest.mark.parametrize(
    ("strategy", "changes", "message"),
    [
        (
            Buying,
            [],
            r"strategy 'buying' has on_trade\(\), which is called for each of data.ticks 'trades', and they are not there; set",
        ),
        (Ringing, [], r"strategy 'ringing' has on_timer\(\), which only a run on ticks calls; set data.ticks = \['trades'\]"),
        (
            Listing,
            [ON_TRADES],
            r"strategy 'listing' has only targets\(\), which goes through bars, and the run goes through data.ticks",
        ),
        (
            Buying,
            [ON_BOOK, "execution.queue_ahead = 5"],
            r"execution.queue_ahead says what bars and trades leave open, and data.ticks",
        ),
        (Buying, [ON_BOOK, "execution.path = 'high-first'"], r"execution.path says what bars and trades leave open"),
        (Buying, ["data.ticks = ['trades', 'trades']"], r"must name each kind once"),
        (Buying, ["data.ticks = ['trades', 'quotes', 'book']"], r"has both quotes and book, which say the same twice"),
        (
            Buying,
            [ON_TRADES, "data.fill_interval = 'trades'"],
            r"data.ticks decide what happens inside a bar, and data.fill_interval",
        ),
        (Buying, [ON_TRADES, "data.stream = true"], r"data.ticks are read whole, and data.stream is true"),
        (
            Buying,
            [ON_TRADES, "execution.driver = 'compiled'"],
            r"execution.driver is 'compiled', which goes through bars only, and data",
        ),
        (Buying, [ON_TRADES, "run.mode = 'paper'"], r"data.ticks is for backtests, and run.mode is 'paper'; leave it out"),
    ],
)
def test_what_a_run_on_ticks_can_not_be_is_refused_before_anything_is_read(lab, strategy, changes, message):
    with pytest.raises(ConfigError, match=message):
        lab.compose(strategy, *changes)


@pytest.mark.parametrize("ticks", [ON_TRADES, ON_BOOK])
def test_rule_sees_when_each_price_was_traded(lab, ticks):
    Watching.seen.clear()
    lab.bring(Watching)
    lab.run(Buying, ticks, MARGIN, "risk = [{ rule = 'watching' }]")
    bought, sold, again = Watching.seen[:3]
    assert bought == (0, {"X": 0}, {"X": 100.0})
    assert sold == (3 * SECOND, {"X": 3 * SECOND}, {"X": 101.0})  # as the bar closed
    assert again == (again[0], {"X": again[0]}, {"X": 100.0})
    assert again[0] > 3 * SECOND


@pytest.mark.parametrize("kind", ["quotes", "book"])
def test_ticks_that_the_source_does_not_have_are_an_error(lab, kind):
    del lab.known[kind]["X"]
    with pytest.raises(DataError, match=rf"^data.ticks has '{kind}', and the data source 'memory' gave none of 'X'"):
        lab.ready(Buying, f"data.ticks = ['trades', '{kind}']")


def test_timer_that_is_no_time_and_timer_without_a_call_are_errors(lab):
    with pytest.raises(StrategyError, match=r"^timer 'bell' of strategy 'ringing' is '1 sec', which is not a time such as '100ms'"):
        lab.run(Ringing, ON_TRADES)
    deaf = type("Deaf", (Buying,), {"__doc__": "Deaf.", "name": "deaf", "timers": lambda self: {"bell": "100ms"}})
    with pytest.raises(
        StrategyError, match=r"^strategy 'deaf' has timers\(\), and no on_timer\(\) to call; give it both, or neither"
    ):
        lab.run(deaf, ON_TRADES)
    silent = type("Silent", (Ringing,), {"__doc__": "Silent.", "name": "silent", "timers": lambda self: {}})
    with pytest.raises(StrategyError, match=r"^strategy 'silent' has on_timer\(\), and timers\(\) returns none; give it both"):
        lab.run(silent, ON_TRADES)


def test_error_in_a_call_names_the_call_the_time_and_the_line(lab):
    class Failing(Strategy):
        """Fail."""

        name = "failing"

        def on_trade(self, ctx, trade):
            raise KeyError(trade.size)

    with pytest.raises(
        StrategyError, match=r"^on_trade\(\) of strategy 'failing' raised KeyError: 1.0 \(.*\) at 1970-01-01T00:00:00Z$"
    ):
        lab.run(Failing, ON_TRADES)


def test_crossed_quotes_are_refused_and_can_be_waived(lab):
    lab.known["quotes"]["X"] = quotes_of((0, 99, 5, 101, 5), (2, 102, 5, 100, 5))
    ticks = "data.ticks = ['trades', 'quotes']"
    with pytest.raises(DataError, match=r"1 quote with the bid above the ask"):
        lab.ready(Buying, ticks)
    waived = lab.run(Buying, ticks, "data.quality.waive = [{ check = 'crossed' }]").result
    assert any("(waived, check = 'crossed')" in note for note in waived.notes)


def test_book_from_a_time_on_begins_with_all_that_is_known_then():
    book = book_of((0, [(99, 5), (98, 1)], [(101, 5)]), (2, [(99, 0)], [(102, 7)]), (3, [(97, 1)], []))
    found = since(book, 2 * SECOND + 1)
    rows = list(
        zip(found.time.tolist(), found.side.tolist(), found.price.tolist(), found.size.tolist(), found.is_snapshot, strict=True)
    )
    start = 2 * SECOND + 1
    assert rows == [
        (start, 1, 98, 1, True),
        (start, -1, 101, 5, True),
        (start, -1, 102, 7, True),
        (3 * SECOND, 1, 97, 1, False),
    ]
    assert since(book, 0) is book


def test_several_instruments_are_merged_by_time(lab):
    seen = []
    both = type("Both", (Strategy,), {"__doc__": "Both.", "name": "both", "on_trade": lambda self, ctx, trade: seen.append(trade)})
    lab.known["trades"]["Y"] = trades_of(*((0.1 + k / 2, 50, 1) for k in range(20)))
    lab.series["Y"] = bars_of_trades(lab.known["trades"]["Y"], "1s")
    lab.run(both, ON_TRADES)
    assert [trade.time_ns for trade in seen] == sorted(trade.time_ns for trade in seen)
    assert len(seen) == 60
    assert {type(one) for one in (lab.known["trades"]["X"], lab.known["quotes"]["X"], lab.known["book"]["X"])} == {
        Trades,
        Quotes,
        BookUpdates,
    }


class Offering(Strategy):
    """Bid at the best price on each trade, and sell at bars."""

    name = "offering"

    class Options(Options):
        size: float = Field(1.0, gt=0, description="units of a bid")

    def on_trade(self, ctx, trade):
        view = ctx["X"]
        if not view.open_orders and view.position == 0:
            view.buy(self.options.size, limit=view.depth.bid)

    def on_bar(self, ctx):
        if ctx.index % 3 == 2:
            ctx.exit()


@pytest.mark.parametrize("ticks", [ON_TRADES, ON_BOOK])
def test_sweep_of_ticks_has_the_figures_of_runs_with_their_settings(lab, ticks):
    overrides = (ticks, MARGIN, "execution.costs = [{ model = 'fee', bps = 10 }]")
    planned = plan_search(Search(), [as_param("account.capital", "1000,3000"), as_param("execution.latency_ms", "0,700")])
    document = lab.compose(Buying, *overrides).run_file.document
    outcomes = begin(document, planned, lab.registry(Buying)).run(lab.runs, 1).outcomes
    assert len({outcome.figures["total_return"] for outcome in outcomes}) > 1
    for outcome in outcomes:
        run = lab.run(Buying, *overrides, *(f"{name}={value}" for name, value in outcome.values.items())).result
        assert outcome.figures == {key: run.metrics[key] for key in outcome.figures}


def test_bands_of_trades_ask_what_trades_leave_open(lab):
    finished = execute(lab.ready(Buying, ON_TRADES, MARGIN), lab.runs, bands=lambda _done, _total: None)
    bands = finished.result.bands
    assert [one["assumption"] for one in bands["assumptions"]] == ["touch", "slippage", "delay", "fees"]
    assert bands["known"] == ["prices inside a bar"]
    assert bands["band"]["total_return"]["as_written"] == finished.result.metrics["total_return"]
    assert "orders arrive 10 ms later" in [one["text"] for one in bands["assumptions"]]


def test_bands_of_a_book_are_those_of_runs_under_each_assumption(lab):
    # Of the units at its price 25 are cancelled, and 20 traded: how many of them stood before the bid decides whether it is filled.
    lab.known["trades"]["X"] = trades_of(
        *((k + 0.1, 100, 1, 1) for k in range(3)), (2.5, 99, 20, -1), *((k + 0.1, 100, 1, 1) for k in range(3, 10))
    )
    lab.series["X"] = bars_of_trades(lab.known["trades"]["X"], "1s")
    lab.known["book"]["X"] = book_of((0, [(99, 20)], [(101, 5)]), (0.5, [(99, 40)], []), (2, [(99, 15)], []), (8, [(99, 30)], []))
    overrides = (ON_BOOK, MARGIN, "execution.latency_ms = 50", "execution.costs = [{ model = 'fee', bps = 10 }]")
    bands = execute(lab.ready(Offering, *overrides), lab.runs, bands=lambda _done, _total: None).result.bands
    assert bands["known"] == ["prices inside a bar", "whether a trade at its limit fills an order"]
    found = {one["text"]: one["figures"]["total_return"] for one in bands["assumptions"]}
    for text, change in (
        ("units cancelled in a queue: power", "execution.queue = 'power'"),
        ("units cancelled in a queue: log", "execution.queue = 'log'"),
        ("orders arrive 50 ms later", "execution.latency_ms = 100"),
        ("fees one tier worse, or a quarter more", "execution.costs = [{ model = 'fee', bps = 12.5 }]"),
    ):
        assert found[text] == pytest.approx(lab.run(Offering, *overrides, change).result.metrics["total_return"]), text
    assert len(set(found.values())) > 1
