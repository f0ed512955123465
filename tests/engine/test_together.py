"""Several strategies on one account: each trades as if it were alone, and what they made adds up to the account."""

import json

import numpy as np
import pytest

from tradekit import Bracket, ConfigError, Field, Options, RiskRule, Strategy, Verdict
from tradekit.engine.folder import read_result

CAPITAL = 10_000.0
COLUMNS = ("time", "symbol", "quantity", "price", "fee", "slippage", "at", "liquidity")
COSTS = "execution.costs=[{model='fee', bps=10}, {model='slippage', bps=2}]"


class Dice(Strategy):
    """Ask for orders of every kind, as dice fall."""

    name = "dice"

    class Options(Options):
        seed: int = Field(0, description="what the dice are thrown with")

    def __init__(self, options):
        super().__init__(options)
        self.rng = np.random.default_rng(options.seed)

    def on_bar(self, ctx):
        for view in ctx.instruments:
            price, size = view.close, round(0.1 * ctx.equity / view.close * self.rng.uniform(0.2, 2.0), 2) + 0.01
            match int(self.rng.integers(10)):
                case 0:
                    view.target(weight=round(float(self.rng.uniform(-0.5, 0.9)), 2))
                case 1:
                    view.buy(size, bracket=Bracket(stop_loss=0.97 * price, take_profit=1.04 * price))
                case 2:
                    view.sell(size)
                case 3:
                    view.buy(size, limit=0.995 * price)
                case 4:
                    view.sell(size, stop=0.98 * price)
                case 5:
                    view.cancel()
                case 6 if view.open_orders:
                    number = view.open_orders[-1]
                    if ctx.order(number).limit is not None:
                        ctx.replace(number, limit=0.99 * price)
                case 7:
                    view.exit()


class Holds(Strategy):
    """Buy some units on one bar, and sell them on another."""

    name = "holds"

    class Options(Options):
        units: float = Field(1.0, description="units, below 0 to sell short")
        buy: int = Field(2, description="bar")
        sell: int = Field(30, description="bar")

    def on_bar(self, ctx):
        if ctx.index in (self.options.buy, self.options.sell):
            ctx.target(quantity=self.options.units if ctx.index == self.options.buy else 0.0)


def market(lab, seed=1, rows=250):
    rng = np.random.default_rng(seed)
    for number, symbol in enumerate(("X", "Y")):
        lab.give(np.round(100.0 * np.exp(np.cumsum(rng.normal(0, 0.02, rows))), 2), symbol, volume=np.full(rows, 1e6))
        lab.facts[symbol] = {"tick": 0.01, "lot": 0.01, "borrow_rate": 0.02 * number}


def together(lab, strategy, tables, *overrides):
    return lab.run(strategy, "account.capital=10000", *overrides, tables={"strategy": tables})


def assert_same_fills(found, alone):
    assert found.num_rows == alone.num_rows > 0
    for name in COLUMNS:
        if found[name].type == alone[name].type and name in ("quantity", "price", "fee", "slippage"):
            np.testing.assert_allclose(found[name].to_numpy(), alone[name].to_numpy(), rtol=1e-9)
        else:
            assert found[name].to_pylist() == alone[name].to_pylist()


def of(table, name):
    return table.filter([one == name for one in table["strategy"].to_pylist()])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("extra", [(), ("execution.latency_ms=10800000",)])
def test_strategies_kept_apart_trade_as_each_does_alone_and_add_up_to_the_account(lab, seed, extra):
    market(lab, seed)
    overrides = ("account.kind=margin", "account.leverage=2", COSTS, *extra)
    tables = [{"id": "a", "name": "dice", "share": 0.5, "seed": seed}, {"id": "b", "name": "dice", "share": 0.3, "seed": seed + 9}]
    whole = together(lab, Dice, tables, *overrides).result
    for table in tables:
        capital = CAPITAL * table["share"]
        alone = lab.run(Dice, f"account.capital={capital}", f"strategy.seed={table['seed']}", *overrides).result
        assert_same_fills(of(whole.fills, table["id"]), alone.fills)
        np.testing.assert_allclose(whole.equity[f"equity_{table['id']}"].to_numpy(), alone.equity["equity"].to_numpy(), rtol=1e-9)
        own = whole.strategies[table["id"]]
        for key in ("trades", "open_trades", "win_rate", "fees", "max_drawdown", "exposure", "sharpe"):
            assert own[key] == pytest.approx(alone.metrics[key], rel=1e-9), key
        assert own["capital"] == capital
    parts = sum(whole.equity[f"equity_{name}"].to_numpy() for name in "ab") + 0.2 * CAPITAL
    np.testing.assert_allclose(parts, whole.equity["equity"].to_numpy(), rtol=1e-12)
    net = sum(one["net"] for one in whole.strategies.values())
    assert net == pytest.approx(whole.equity["equity"][-1].as_py() - CAPITAL, abs=1e-6)
    assert sum(one["fees"] for one in whole.strategies.values()) == pytest.approx(whole.metrics["fees"])


def test_cash_of_one_strategy_buys_nothing_for_another(lab):
    lab.give(np.full(40, 100.0))
    tables = [{"id": "a", "name": "holds", "units": 200.0, "share": 0.5}, {"id": "b", "name": "holds", "units": 20.0, "share": 0.5}]
    result = together(lab, Holds, tables).result
    bought = {row["strategy"]: row["filled"] for row in result.orders.to_pylist() if row["asked"] > 0}
    assert bought == {"a": pytest.approx(50.0), "b": 20.0}


def test_cash_account_sells_nothing_of_another_strategys(lab):
    lab.give(np.full(40, 100.0))
    tables = [{"id": "a", "name": "holds", "units": 20.0}, {"id": "b", "name": "holds", "units": -5.0, "buy": 5}]
    result = together(lab, Holds, tables).result
    (refused,) = [row for row in result.orders.to_pylist() if row["strategy"] == "b"]
    assert (refused["status"], refused["reason"]) == ("rejected", "short in cash account")


def test_rule_of_a_strategy_judges_its_share_and_one_of_the_account_all_of_it(lab):
    lab.give(np.full(40, 100.0))
    rules = [{"rule": "max-weight", "limit": 0.5}]
    tables = [{"id": "a", "name": "holds", "units": 50.0, "risk": rules}, {"id": "b", "name": "holds", "units": 50.0, "buy": 5}]
    result = together(lab, Holds, tables).result
    assert {row["strategy"]: row["filled"] for row in result.orders.to_pylist() if row["asked"] > 0} == {"a": 25.0, "b": 50.0}
    # Of the account, 0.6 may be held: a has 0.5 of it, so that b gets 0.1.
    tables[0].pop("risk")
    result = together(lab, Holds, tables, "risk=[{rule='max-weight', limit=0.6}]").result
    assert {row["strategy"]: row["filled"] for row in result.orders.to_pylist() if row["asked"] > 0} == {"a": 50.0, "b": 10.0}


def test_drawdown_of_one_strategy_stops_that_one_only(lab):
    lab.give([*np.full(5, 100.0), *np.linspace(100.0, 70.0, 20), *np.full(20, 70.0)])
    rules = [{"rule": "max-drawdown", "limit": 0.1, "action": "flatten"}]
    tables = [
        {"id": "a", "name": "holds", "units": 50.0, "buy": 1, "risk": rules},
        {"id": "b", "name": "holds", "units": 50.0, "buy": 1, "sell": 40},
    ]
    result = together(lab, Holds, tables).result
    sold = {row["strategy"]: row["time"] for row in result.fills.to_pylist() if row["quantity"] < 0}
    assert sold["a"] < sold["b"]
    assert [row["rule"] for row in result.journal.to_pylist() if row["event"] == "halt"] == ["max-drawdown"]


class Looks(RiskRule):
    """Write down what it is shown."""

    name = "looks"
    shown = None

    def check(self, order, account):
        held = {symbol: one.quantity for symbol, one in account.positions.items()}
        self.shown.append((held, round(account.cash), round(account.equity)))
        return Verdict.accept()


@pytest.mark.parametrize(
    ("where", "expected"),
    [("account", [({}, 10_000, 10_000), ({"X": 10.0}, 9_000, 10_000)]), ("b", [({}, 5_000, 5_000)])],
)
def test_rule_in_python_is_shown_its_strategy_or_the_whole_account(lab, where, expected):
    lab.give(np.full(20, 100.0))
    looks = type("Shown", (Looks,), {"__doc__": "Look.", "shown": []})
    lab.bring(looks)
    tables = [{"id": "a", "name": "holds", "units": 10.0}, {"id": "b", "name": "holds", "units": 4.0, "buy": 5}]
    rules = ["risk=[{rule='looks'}]"] if where == "account" else []
    if where == "b":
        tables[1]["risk"] = [{"rule": "looks"}]
    together(lab, Holds, tables, *rules)
    assert looks.shown == expected


def test_orders_that_meet_are_netted_by_choice_and_the_rest_goes_to_the_market(lab):
    lab.give(np.full(40, 100.0))
    tables = [{"id": "a", "name": "holds", "units": 30.0}, {"id": "b", "name": "holds", "units": -20.0}]
    margin = ("account.kind=margin", COSTS)
    apart = together(lab, Holds, tables, *margin).result
    netted = together(lab, Holds, tables, *margin, "account.net_orders=true").result
    assert [(row["strategy"], row["quantity"], row["at"], row["fee"] > 0) for row in netted.fills.to_pylist()] == [
        *[("a", 20.0, "close", False), ("b", -20.0, "close", False), ("a", 10.0, "open", True)],
        *[("b", 20.0, "close", False), ("a", -20.0, "close", False), ("a", -10.0, "open", True)],
    ]
    assert netted.metrics["fees"] < apart.metrics["fees"]
    assert netted.orders["filled"].to_pylist() == apart.orders["filled"].to_pylist()
    assert "fill each other as far as they meet" in " ".join(netted.assumptions)


@pytest.mark.parametrize("seed", [3, 4])
def test_netting_sends_no_more_to_the_market_and_loses_no_unit(lab, seed):
    market(lab, seed)
    tables = [{"id": name, "name": "dice", "seed": seed + k} for k, name in enumerate("abc")]
    result = together(lab, Dice, tables, "account.kind=margin", COSTS, "account.net_orders=true").result
    crossed = result.fills.filter([at == "close" for at in result.fills["at"].to_pylist()])
    assert crossed.num_rows > 5
    assert sum(crossed["quantity"].to_numpy()) == pytest.approx(0.0, abs=1e-9)
    assert sum(crossed["quantity"].to_numpy() * crossed["price"].to_numpy()) == pytest.approx(0.0, abs=1e-6)
    parts = sum(result.equity[f"equity_{name}"].to_numpy() for name in "abc")
    np.testing.assert_allclose(parts, result.equity["equity"].to_numpy(), rtol=1e-12)


def test_result_is_read_back_with_the_figures_of_each_strategy(lab):
    lab.give(np.full(40, 100.0))
    finished = together(lab, Holds, [{"id": "a", "name": "holds"}, {"id": "b", "name": "holds", "units": 2.0}], COSTS)
    assert read_result(finished.folder).strategies == finished.result.strategies
    written = json.loads((finished.folder / "strategies.json").read_text())
    assert written["b"]["fees"] == pytest.approx(2 * written["a"]["fees"])
    assert finished.result.config["strategy"][1]["id"] == "b"


def test_order_of_another_strategy_is_not_known(lab):
    lab.give(np.full(20, 100.0))
    said = []

    class Meddles(Holds):
        """Look for the order of another."""

        name = "meddles"

        def on_bar(self, ctx):
            if ctx.index == 3:
                with pytest.raises(Exception, match="there is no order 0"):
                    ctx.cancel(0)
                said.append((ctx["X"].open_orders, ctx["X"].position, ctx.cash))

    lab.bring(Holds)
    together(lab, Meddles, [{"id": "a", "name": "holds"}, {"id": "b", "name": "meddles"}])
    assert said == [((), 0.0, 5_000.0)]


@pytest.mark.parametrize(
    ("tables", "overrides", "said"),
    [
        ([{"name": "holds"}, {"name": "holds"}], (), r"strategy\[1\] is called 'holds', and so is one before it; give each an id"),
        ([{"id": "a", "name": "holds", "share": 0.5}, {"id": "b", "name": "holds"}], (), "give all one, or none"),
        ([{"id": "a", "name": "holds", "share": 0.7}, {"id": "b", "name": "holds", "share": 0.6}], (), "add up to 1.3"),
        ([{"id": "A b", "name": "holds"}], (), r"strategy\[0\].id"),
        ([], (), "strategy is an empty list"),
        ([{"id": "a", "name": "holds"}], ("currency=[{code='EUR', rate=1.1}]",), "several currencies yet"),
        ([{"id": "a", "name": "holds"}], ("data.ticks=['trades']",), "leave data.ticks out"),
        ([{"id": "a", "name": "holds"}], ("execution.driver=compiled",), "execution.driver is 'compiled', but several strategies"),
        (
            [{"id": "a", "name": "holds", "risk": [{"rule": "fixed-fraction", "fraction": 0.1}]}],
            (),
            r"strategy\[0\].risk\[0\] 'fixed-fraction' gives orders their size, which only a rule of the account can",
        ),
        ([{"id": "a", "name": "array"}], (), r"strategy 'array' has no on_bar\(\), and several strategies on one account"),
    ],
)
def test_what_several_strategies_can_not_be_is_said_before_anything_runs(lab, tables, overrides, said):
    class Array(Strategy):
        """Hold nothing."""

        name = "array"

        def targets(self, bars, ind):
            return np.zeros(bars.close.shape)

    lab.give(np.full(20, 100.0))
    lab.bring(Array)
    with pytest.raises(ConfigError, match=said):
        together(lab, Holds, tables, *overrides)


def test_netting_of_one_strategy_is_refused(lab):
    lab.give(np.full(20, 100.0))
    with pytest.raises(ConfigError, match="there is one strategy only, which nets its own orders"):
        lab.run(Holds, "account.net_orders=true")


@pytest.mark.parametrize("what", ["lookahead", "snapshot", "sweep"])
def test_what_is_about_one_strategy_refuses_several(lab, what):
    from tradekit.engine.lookahead.search import search
    from tradekit.engine.snapshot import take
    from tradekit.engine.sweep.params import parse_param
    from tradekit.engine.sweep.run import begin
    from tradekit.engine.sweep.search import Search, plan_search

    lab.give(np.full(20, 100.0))
    ready = lab.ready(Holds, tables={"strategy": [{"id": "a", "name": "holds"}, {"id": "b", "name": "holds"}]})
    plan = plan_search(Search(), [parse_param("account.capital=1000:2000:1000")])
    work = {
        "lookahead": lambda: search(ready.composed, ready.market, 2, 0),
        "snapshot": lambda: take(ready),
        "sweep": lambda: begin(ready.composed.run_file.document, plan, lab.registry(Holds)),
    }[what]
    with pytest.raises(ConfigError, match="is about one strategy, and the run file has 'a', 'b'; give each a file"):
        work()


def test_rule_of_the_account_sees_no_position_where_those_of_two_strategies_make_up_for_each_other(lab):
    lab.give(np.full(40, 100.0))
    looks = type("Shown", (Looks,), {"__doc__": "Look.", "shown": []})
    lab.bring(looks)
    tables = [{"id": "a", "name": "holds", "units": 10.0}, {"id": "b", "name": "holds", "units": -10.0, "buy": 5}]
    together(lab, Holds, tables, "account.kind=margin", "risk=[{rule='looks'}]")
    nothing = ({}, 10_000, 10_000)
    assert looks.shown == [nothing, ({"X": 10.0}, 9_000, 10_000), nothing, nothing]
