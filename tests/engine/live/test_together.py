"""Several strategies on one live account: each order, trade and payment is one strategy's, whatever dies in between."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from engine.live.market import SYMBOL, Busy, Killer, Market
from engine.live.play import BTC, Stage, walk
from engine.live.test_kills import check, play
from tradekit import Bracket, Field, Options, RunError, Strategy
from tradekit.engine.drive import drive
from tradekit.engine.live.start import journal_path
from tradekit.engine.run import make_ready
from tradekit.journal.store import JournalStore


class Steps(Strategy):
    """Hold so many units after so many bars that it has seen."""

    name = "steps"

    class Options(Options):
        units: list[float] = Field([], description="units, for each bar that it sees; the last ones stay")

    seen = 0

    def on_bar(self, ctx):
        wanted = self.options.units[min(self.seen, len(self.options.units) - 1)]
        self.seen += 1
        if ctx[SYMBOL].position != wanted and not ctx[SYMBOL].open_orders:
            ctx.target(quantity=wanted)


def steps(name, *units, **more):
    return {"id": name, "name": "steps", "units": list(units), **more}


def stage_of(folder, *tables, kind="spot", **more):
    script = walk(200)
    instrument = replace(BTC, kind="perpetual", initial_margin=0.2) if kind == "perpetual" else BTC
    account = more.pop("account", "") + ('\nkind = "margin"' if kind == "perpetual" else "")
    made = Stage(
        folder, Steps, {SYMBOL: script}, base=script.close_time[9], several=tables, instrument=instrument, account=account, **more
    )
    made.venue.trade(SYMBOL, "100")
    return made


def held(played):
    """Return what each strategy holds."""
    shares = played.core.account()["shares"]
    return {name: own["positions"].get(SYMBOL, (0.0, 0.0))[0] for name, own in shares.items()}


def money(played):
    return {name: own["capital"] for name, own in played.core.account()["shares"].items()}


def test_orders_tell_whose_they_are_and_each_strategy_holds_what_it_bought(tmp_path):
    stage = stage_of(tmp_path, steps("a", 2.0, 2.0, 0.0), steps("b", 1.0))
    played = stage.play(250)
    assert played.ended.error is None
    assert held(played) == {"a": 0.0, "b": 1.0}
    assert stage.held() == Decimal(1)
    letters = [client_id[9] for method, client_id in stage.venue.received if method == "send"]
    assert letters == ["0", "1", "0"]
    assert sum(money(played).values()) == pytest.approx(played.core.outside.cash())


def test_what_people_are_told_says_whose_it_is_and_who_stopped_it(tmp_path, caplog):
    caplog.set_level("INFO", "tradekit.live")
    fragile = steps("a", 2.0, 0.0, 2.0, 0.0, risk=[{"rule": "max-drawdown", "limit": 1e-9}])
    stage = stage_of(tmp_path, fragile, steps("b", 1.0))

    def halt():
        store = JournalStore(journal_path(tmp_path, "trial"))
        store.ask("halt", "news")
        store.close()

    stage.venue.fee_rate = Decimal("0.001")
    result = stage.run(250, (200, halt)).finished.result
    assert "order BTC/USDT +1: market (order 1 of b)" in caplog.messages
    assert [one.partition(",")[0] for one in caplog.messages if one.startswith("halt")] == [
        "halt of a: max-drawdown",
        "halt: news",
        "halt: operator: news",
    ]
    first, second, *_ = result.notes
    assert re.match(r"Strategy a was HALTED at .* by max-drawdown: equity 4,999\.\d\d, 0\.0% below its peak\.", first)
    assert re.match(r"Trading HALTED at .* by operator: news: equity 9,999\.\d\d\.", second)


def test_session_goes_on_with_what_each_strategy_has_and_so_does_a_new_one(tmp_path):
    stage = stage_of(tmp_path, steps("a", 2.0), steps("b", 1.0))
    first = stage.play(90)
    again = stage.play(30)
    assert (held(again), money(again)) == (held(first), money(first))
    assert held(first) == {"a": 2.0, "b": 1.0}
    before = money(again)
    stage.run(20, is_new=True)
    later = stage.play(10)
    assert (held(later), money(later)) == ({"a": 2.0, "b": 1.0}, before)
    assert later.started.session.books.session.id == 2


def test_position_of_a_strategy_that_is_gone_is_refused(tmp_path):
    stage = stage_of(tmp_path, steps("a", 2.0), steps("b", 1.0))
    stage.play(90)
    stage.several = [steps("a", 2.0), steps("c", 1.0)]
    with pytest.raises(RunError, match="left a position of strategy 'b', which this run does not have"):
        stage.run(20, is_new=True)


def test_opposite_positions_are_one_at_the_venue_and_payments_go_to_who_holds(tmp_path):
    stage = stage_of(tmp_path, steps("long", 3.0), steps("short", -1.0), kind="perpetual")
    first = stage.play(90)
    assert held(first) == {"long": 3.0, "short": -1.0}
    assert stage.held() == Decimal(2)
    before = money(first)
    stage.venue.pay(SYMBOL, Decimal("-0.50"))
    later = stage.play(30)
    assert later.ended.error is None
    paid = {name: money(later)[name] - before[name] for name in before}
    assert paid == {"long": pytest.approx(-0.75), "short": pytest.approx(0.25)}
    assert later.core.blocked == {}


def test_trade_that_nobody_asked_for_takes_from_those_who_hold(tmp_path):
    stage = stage_of(tmp_path, steps("a", 3.0), steps("b", 1.0), kind="perpetual")
    stage.play(90)
    stage.venue.impose(SYMBOL, Decimal(-2), Decimal(99))
    played = stage.play(150)
    assert held(played) == {"a": 1.5, "b": 0.5}
    assert SYMBOL in played.core.seized


def test_exit_of_one_strategy_is_not_reduce_only_where_another_holds_the_opposite(tmp_path):
    class Exits(Steps):
        """Buy with a stop."""

        name = "exits"

        def on_bar(self, ctx):
            self.seen += 1
            if self.seen == 1:
                ctx.buy(1.0, bracket=Bracket(stop_loss=1.0))

    stage = stage_of(tmp_path, {"id": "e", "name": "exits"}, steps("s", -3.0), kind="perpetual", brought=(("strategy", Exits),))
    played = stage.play(120)
    assert played.ended.error is None
    assert held(played) == {"e": 1.0, "s": -3.0}
    (stop,) = [leg.intent for leg in played.core.legs.by_id.values() if leg.intent.stop is not None]
    assert not stop.reduce_only


class Guarded(Strategy):
    """Buy one, with a stop and a target."""

    name = "guarded"
    is_in = False

    def on_bar(self, ctx):
        if not self.is_in:
            self.is_in = True
            ctx.buy(1.0, bracket=Bracket(stop_loss=100.25, take_profit=100.5))


def test_exits_sell_the_coins_of_their_own_strategy_one_after_the_other(tmp_path):
    stage = stage_of(tmp_path, {"id": "g", "name": "guarded"}, steps("b", 5.0), brought=(("strategy", Guarded),))
    stage.venue.trade(SYMBOL, "100.3")  # where neither exit is filled; the bars reach the target first, and then the stop
    resting = []

    def look(session):
        legs = session.books.decider.legs.working.values()
        resting.append([str(leg.remaining.normalize()) for leg in legs if leg.remaining < 0])

    def begin(session):
        for second in range(65, 600, 20):
            stage.loop.call_later(second, look, session)

    played = stage.play(620, begin)
    assert played.ended.error is None
    # There are coins for both exits, which are not all this strategy's.
    assert {tuple(one) for one in resting} == {("-1",), ()}
    sold = [leg for leg in played.core.legs.by_id.values() if leg.intent.quantity < 0]
    assert [(leg.intent.kind.text, leg.state) for leg in sold] == [
        ("stop", "cancelled"),
        ("limit", "cancelled"),
        ("market", "filled"),
    ]
    assert held(played) == {"g": 0.0, "b": 5.0}


def test_orders_that_meet_are_not_sent_where_they_are_netted(tmp_path):
    tables = steps("a", 3.0, 3.0, 0.0), steps("b", -1.0, -1.0, 0.0)
    apart = stage_of(tmp_path / "apart", *tables, kind="perpetual")
    netted = stage_of(tmp_path / "netted", *tables, kind="perpetual", account="net_orders = true")
    for stage in (apart, netted):
        stage.folder.mkdir()
        assert held(stage.play(70)) == {"a": 3.0, "b": -1.0}
        assert stage.held() == Decimal(2)
        again = stage.play(200)
        assert again.ended.error is None
        assert held(again) == {"a": 0.0, "b": 0.0}
    sizes = [[float(order.quantity) for order in stage.venue.orders.values()] for stage in (apart, netted)]
    assert [sorted(one) for one in sizes] == [[-3.0, -1.0, 1.0, 3.0], [-2.0, 2.0]]


@pytest.mark.parametrize("at", [7, 23, 61])
def test_process_that_dies_at_any_moment_leaves_each_trade_with_its_strategy(tmp_path, at):
    tables = [{"id": "a", "name": "busy"}, steps("b", 1.0, 0.0, 2.0, 0.0, 3.0), {"id": "c", "name": "busy"}]
    stage = stage_of(tmp_path, *tables, brought=(("strategy", Busy),))
    market = Market(stage, 3, done=40)
    assert play(stage, market, 1_500, Killer(at)) is None
    played = play(stage, market, 900)
    check(stage, played)
    core = played.core
    for place, name in enumerate(core.stakes._shares()):
        own = [leg for leg in core.legs.by_id.values() if leg.intent.client_id[9] == "0123456789"[place]]
        assert held(played)[name] == pytest.approx(float(sum(leg.filled for leg in own)), abs=1e-9)


def test_paper_of_several_strategies_decides_what_a_backtest_does(tmp_path):
    tables = [
        {"id": "a", "name": "sma-cross", "fast": 3, "slow": 8, "share": 0.5},
        {"id": "b", "name": "sma-cross", "fast": 5, "slow": 8, "share": 0.4, "risk": [{"rule": "max-weight", "limit": 0.6}]},
    ]
    script, history = walk(300, seed=5), 7
    stage = Stage(
        tmp_path, Steps, {SYMBOL: script}, mode="paper", base=int(script.close_time[history - 1]), history=history, several=tables
    )
    played = stage.play(200 * 60 + 1)
    assert played.ended.error is None
    rows = played.core.run.rows
    stage.mode = "backtest"
    stage.source.script = {SYMBOL: type(script)(*(getattr(script, name)[:rows] for name in _COLUMNS))}
    ready = make_ready(stage.compose())
    driven = drive(ready.prepared, ready.plan, lambda _done, _total: None)
    live, tested = played.core.simulation.log.columns(), driven.simulation.log.columns()
    assert len(live["kind"]) > 40
    for name in ("kind", "code", "instrument", "order", "row", "a", "b"):
        np.testing.assert_array_equal(live[name], tested[name])


_COLUMNS = ("open_time", "close_time", "open", "high", "low", "close", "volume")
