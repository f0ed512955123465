"""Composed runs: components that fit together, and everything that is said when they don't."""

import json
from typing import ClassVar

import pytest

from tradekit.builtin.costs import Fee, Slippage
from tradekit.builtin.executors import Simulated
from tradekit.builtin.risk_rules import FixedFraction, MaxDrawdown, MaxWeight, VolatilityTarget
from tradekit.engine.compose import compose, compose_file
from tradekit.engine.environment import code_of
from tradekit.engine.runfile import read_run_file
from tradekit.errors import ConfigError, PluginError
from tradekit.model.fills import FillRules
from tradekit.model.risk import Limit, LimitKind, Verdict
from tradekit.plugin.contracts import DataSource, Executor, Reporter, RiskRule, Strategy
from tradekit.plugin.discovery import Problem as Broken
from tradekit.plugin.discovery import Provided, Registry
from tradekit.plugin.options import Options

RUN_FILE = """\
risk = []
[run]
name = "x"
start = 2021-01-01
[account]
currency = "USD"
capital = 1000
[data]
source = "memory"
interval = "1d"
[strategy]
name = "both"
[execution]
costs = [{ model = "fee", bps = 10 }]
"""


class Memory(DataSource):
    """Give no bars."""

    name = "memory"

    def bars(self, _request):
        return {}


class Both(Strategy):
    """Decide in either form."""

    name = "both"

    class Options(Options):
        fast: int = 20

    def on_bar(self, ctx): ...

    def targets(self, bars, _ind):
        return bars.close


class Events(Strategy):
    """Decide in the event form."""

    name = "events"

    def on_bar(self, ctx): ...


class Arrays(Strategy):
    """Decide in the array form."""

    name = "arrays"

    def targets(self, bars, _ind):
        return bars.close


class Checker(RiskRule):
    """Judge in Python."""

    name = "checker"

    def check(self, _order, _account):
        return Verdict.accept()


class Given(RiskRule):
    """Limit what a test says."""

    name = "given"
    answer: ClassVar[object] = ()

    def limits(self):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Told(RiskRule):
    """Remember what the run is made of, and refuse one strategy."""

    name = "told"

    def begin(self, uses, code):
        self.told = [f"{use.kind} {use.name}" for use in uses], code
        if "strategy events" in self.told[0]:
            raise ConfigError("'events' is not approved; run another")

    def check(self, _order, _account):
        return Verdict.accept()


class Abroad(Executor):
    """Send orders out."""

    name = "abroad"

    def fill_rules(self):
        return None


class Summary(Reporter):
    """Say little."""

    name = "summary"


class Watcher(Reporter):
    """See each event as it happens."""

    name = "watcher"
    critical = True


KINDS = {
    "data source": [Memory],
    "strategy": [Both, Events, Arrays],
    "risk rule": [FixedFraction, VolatilityTarget, MaxWeight, MaxDrawdown, Checker, Given, Told],
    "executor": [Simulated, Abroad],
    "cost model": [Fee, Slippage],
    "reporter": [Summary, Watcher],
}
REGISTRY = Registry(tuple(Provided(kind, cls.name, cls, "acme", "1.2") for kind, found in KINDS.items() for cls in found))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(RUN_FILE)
    return path


@pytest.fixture
def refusal(path):
    """Return the class of the error that overrides lead to, and what it says without paths and places."""

    def refusal(*overrides):
        with pytest.raises((ConfigError, PluginError)) as caught:
            compose_file(path, overrides, REGISTRY)
        said = str(caught.value).replace(str(path), "FILE")
        for override in overrides:
            said = said.replace(f"--set {override}", "SET")
        return caught.type, said

    return refusal


def test_compose_makes_every_component_with_its_options(path):
    run = compose_file(path, ["strategy.fast=5", 'risk=[{rule="fixed-fraction",fraction=0.5},{rule="checker"}]'], REGISTRY)
    assert (type(run.source), type(run.strategy), type(run.executor)) == (Memory, Both, Simulated)
    assert run.strategy.options.fast == 5
    assert [type(rule) for rule in run.rules] == [FixedFraction, Checker]
    assert run.limits == ((Limit(LimitKind.FRACTION_SIZE, 0.5),), ())
    assert [type(cost) for cost in run.costs] == [Fee]
    assert [type(reporter) for reporter in run.reporters] == [Summary]
    assert run.fill_rules == FillRules("cut", "through")


def test_compose_uses_name_each_component_and_its_package_in_order(path):
    uses = compose_file(path, ['risk=[{rule="max-weight",limit=0.5}]'], REGISTRY).uses
    assert [(use.kind, use.name) for use in uses] == [
        ("data source", "memory"),
        ("strategy", "both"),
        ("risk rule", "max-weight"),
        ("executor", "simulated"),
        ("cost model", "fee"),
        ("reporter", "summary"),
    ]
    assert {(use.package, use.version) for use in uses} == {("acme", "1.2")}
    assert uses[2].options == {"limit": 0.5, "action": "clip"}


def test_compose_of_a_run_file_is_compose_file_in_two_steps(path):
    run_file = read_run_file(path)
    assert compose(run_file, REGISTRY).uses == compose_file(path, (), REGISTRY).uses


FEE = {"maker_bps": None, "per_unit": 0.0, "minimum": 0.0, "currency": "quote", "tiers": [], "past_volume": 0.0}


def test_settings_are_json_with_every_default_and_override(path):
    settings = compose_file(path, ["strategy.fast=5"], REGISTRY).settings()
    assert json.loads(json.dumps(settings)) == settings
    assert list(settings) == [
        "run",
        "account",
        "currency",
        "data",
        "instrument",
        "strategy",
        "risk",
        "execution",
        "report",
        "overrides",
    ]
    assert settings["run"]["start"] == "2021-01-01T00:00:00Z"
    assert settings["account"] == {
        "currency": "USD",
        "capital": 1000.0,
        "kind": "cash",
        "leverage": 1.0,
        "maintenance": None,
        "liquidation_fee_bps": None,
        "borrow_rate": 0.0,
        "interest_rate": 0.0,
        "loan_rate": 0.0,
        "conversion_bps": 0.0,
    }
    assert settings["data"]["source"] == "memory"
    assert settings["data"]["policy"]["ohlc"] == "refuse"
    assert settings["strategy"] == {"name": "both", "fast": 5}
    assert settings["risk"] == []
    assert settings["execution"] == {
        "executor": "simulated",
        "insufficient_funds": "cut",
        "limit_fills": "through",
        "path": "worst",
        "participation": 0.1,
        "latency_ms": 0.0,
        "queue_ahead": None,
        "data_latency_ms": 0.0,
        "queue": "behind",
        "queue_power": 3.0,
        "driver": "auto",
        "costs": [{"model": "fee", **FEE, "bps": 10.0}],
    }
    assert settings["report"] == [{"name": "summary"}]
    assert settings["overrides"] == ["strategy.fast=5"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("data.source=memry", "data.source: no data source is named 'memry'; did you mean 'memory'?"),
        ("strategy.name=bth", "strategy.name: no strategy is named 'bth'; did you mean 'both'?"),
        ('risk=[{rule="max-wieght"}]', "risk[0].rule: no risk rule is named 'max-wieght'; did you mean 'max-weight'?"),
        ("execution.executor=simulate", "execution.executor: no executor is named 'simulate'; did you mean 'simulated'?"),
        ('execution.costs=[{model="fees"}]', "execution.costs[0].model: no cost model is named 'fees'; did you mean 'fee'?"),
        ('report=[{name="sumary"}]', "report[0].name: no reporter is named 'sumary'; did you mean 'summary'?"),
    ],
)
def test_compose_with_a_misspelt_name_of_each_kind_is_a_plugin_error_with_the_nearest(refusal, override, said):
    error, text = refusal(override)
    assert error is PluginError
    assert text.startswith(f"FILE, SET: {said}")


def test_compose_says_what_is_wrong_with_a_package_once_however_many_components_are_missing(path):
    registry = Registry(REGISTRY.components, (Broken("acme", "1.0", "could not be loaded: no licence"),), ("beta",))
    with pytest.raises(PluginError) as caught:
        compose_file(path, ["strategy.name=a", 'risk=[{rule="b"}]', 'report=[{name="c"}]'], registry)
    said = str(caught.value)
    assert [name for name in "abc" if f"is named {name!r}" in said] == ["a", "b", "c"]
    assert said.count("package 'acme' 1.0 could not be loaded: no licence") == 1
    assert said.count("not to be loaded: 'beta'") == 1
    (first,) = [line for line in said.splitlines() if "acme" in line]
    assert "no strategy is named 'a'" in first


def test_compose_strategy_that_sells_short_needs_a_margin_account(path):
    class Short(Both):
        """Sell short."""

        name = "short"

        def sells_short(self):
            return self.options.fast > 10

    registry = Registry((*REGISTRY.components, Provided("strategy", "short", Short, "acme", "1.2")))
    with pytest.raises(ConfigError) as caught:
        compose_file(path, ["strategy.name=short"], registry)
    assert str(caught.value).endswith(
        "strategy 'short' sells short with these options, but account.kind is 'cash', which can't; set account.kind = 'margin', "
        "or let the strategy not sell short"
    )
    assert compose_file(path, ["strategy.name=short", "account.kind=margin"], registry).strategy.sells_short()
    assert not compose_file(path, ["strategy.name=short", "strategy.fast=5"], registry).strategy.sells_short()


def test_compose_strategy_that_can_not_say_whether_it_sells_short_is_broken(path):
    class Unsure(Both):
        """Fail to answer."""

        name = "unsure"

        def sells_short(self):
            raise ValueError("who knows")

    registry = Registry((*REGISTRY.components, Provided("strategy", "unsure", Unsure, "acme", "1.2")))
    with pytest.raises(PluginError, match=r"strategy 'unsure' of package 'acme' 1.2 is broken: sells_short\(\) raised ValueError"):
        compose_file(path, ["strategy.name=unsure"], registry)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("strategy.fast=x", "strategy.fast must be a whole number, got 'x'"),
        (
            'risk=[{rule="max-weight",fraction=0.5,limit=1}]',
            "unknown key risk[0].fraction; allowed in risk rule 'max-weight': limit, action; 'fraction' is an option of "
            "'fixed-fraction'",
        ),
        (
            "execution.limit_fill=touch",
            "unknown key execution.limit_fill; allowed in executor 'simulated': insufficient_funds, limit_fills, path, "
            "participation, latency_ms, data_latency_ms, queue_ahead, queue, queue_power, driver, costs; "
            "did you mean 'limit_fills'?",
        ),
        (
            "data.intervals=3",
            "unknown key data.intervals; data source 'memory': instruments, interval, fill_interval, ticks, policy, quality, "
            "stream; did you mean 'interval'?",
        ),
        ('execution.costs=[{model="fee",bps=-1}]', "execution.costs[0].bps must be at least 0, got -1"),
        (
            'execution.costs=[{model="fee"}]',
            "execution.costs[0]: a fee needs bps, per_unit or minimum; a run without costs has costs = []",
        ),
        ("report=[{name='summary',pages=3}]", "unknown key report[0].pages; reporter 'summary' has none"),
    ],
)
def test_compose_with_a_wrong_option_is_a_config_error(refusal, override, said):
    error, text = refusal(override)
    assert error is ConfigError
    assert text.removeprefix("FILE, SET: ") == said.replace("; data source", "; allowed in data source")


def test_compose_says_mistakes_of_tables_options_and_names_at_once(refusal):
    error, text = refusal("account.capital=-1", "strategy.fasst=3", "execution.costs=[{model='fees'}]", "run.seed=x")
    assert error is ConfigError
    assert text.splitlines()[0] == "FILE has 4 problems:"
    assert sorted(line.split(": ")[1].split(" ")[0] for line in text.splitlines()[1:]) == [
        "account.capital",
        "execution.costs[0].model",
        "run.seed",
        "unknown",
    ]


def test_compose_names_the_line_of_a_wrong_option(path):
    path.write_text(RUN_FILE.replace("bps = 10", "bps = -10"))
    with pytest.raises(ConfigError) as caught:
        compose_file(path, (), REGISTRY)
    assert str(caught.value) == f"{path}, line 14: execution.costs[0].bps must be at least 0, got -10"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            'risk=[{rule="max-weight",limit=0.5},{rule="fixed-fraction",fraction=1}]',
            "risk[1] 'fixed-fraction' gives orders their size, so it must come before the rules that judge them; move it "
            "above risk[0] 'max-weight'",
        ),
        (
            'risk=[{rule="checker"},{rule="volatility-target",annual=0.2}]',
            "risk[1] 'volatility-target' gives orders their size, so it must come before the rules that judge them; move it "
            "above risk[0] 'checker'",
        ),
        (
            'risk=[{rule="fixed-fraction",fraction=1},{rule="volatility-target",annual=0.2}]',
            "risk[1] 'volatility-target' gives orders their size, and so does risk[0] 'fixed-fraction'; keep one of them",
        ),
    ],
)
def test_compose_with_a_sizing_rule_too_late_or_too_many_is_a_config_error(refusal, override, said):
    error, text = refusal(override)
    assert error is ConfigError
    assert text.endswith(said)


def test_compose_tells_rules_of_all_components_and_of_the_strategys_code_once(path):
    told, code = compose_file(path, ['risk=[{rule="told"}]'], REGISTRY).rules[0].told
    assert told[:3] == ["data source memory", "strategy both", "risk rule told"]
    assert code == code_of([Both()])[Both.__module__.partition(".")[0]]


def test_compose_with_a_rule_that_refuses_the_strategy_is_its_error(refusal):
    assert refusal('risk=[{rule="told"}]', 'strategy.name="events"') == (
        ConfigError,
        "FILE, SET: risk[0]: 'events' is not approved; run another",
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((), "limits() returned none"),
        (None, "limits() returned none"),
        ([3], "limits() returned 3; expected tradekit.Limit"),
        ([Limit(LimitKind.MAX_WEIGHT, 0.5, "halt")], "limits() returned MAX_WEIGHT with action 'halt'; allowed: 'clip', 'reject'"),
        ([Limit(LimitKind.MAX_DRAWDOWN, 0.5)], "limits() returned MAX_DRAWDOWN with action 'clip'; allowed: 'halt', 'flatten'"),
        (
            [Limit(LimitKind.MAX_WEIGHT, float("nan"))],
            "limits() returned MAX_WEIGHT with value nan; it must be finite and greater than 0",
        ),
        ([Limit(LimitKind.MAX_WEIGHT, 0.0)], "limits() returned MAX_WEIGHT with value 0.0; it must be finite and greater than 0"),
        (
            [Limit(LimitKind.VOLATILITY_SIZE, 0.2)],
            "limits() returned VOLATILITY_SIZE with window 0 and cap 1.0; least: 2 and more than 0",
        ),
        ([Limit(LimitKind.FRACTION_SIZE, 0.2)] * 2, "limits() returned two that give orders their size"),
        (ValueError("no"), "limits() raised ValueError: no"),
    ],
)
def test_compose_with_a_rule_whose_limits_make_no_sense_is_a_plugin_error(refusal, monkeypatch, answer, said):
    monkeypatch.setattr(Given, "answer", answer)
    error, text = refusal('risk=[{rule="given"}]')
    assert error is PluginError
    assert text.startswith(f"FILE, SET: risk[0]: risk rule 'given' of package 'acme' 1.2 is broken: {said}")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["execution.driver=compiled", "strategy.name=events"],
            "execution.driver is 'compiled', but strategy 'events' has no targets(); take 'auto' or 'event'",
        ),
        (
            ["execution.driver=compiled", 'risk=[{rule="checker"}]'],
            "execution.driver is 'compiled', but risk rule 'checker' judges in Python, with check(); take 'auto' or 'event'",
        ),
        (
            ["execution.driver=compiled", "report=[{name='watcher'}]"],
            "execution.driver is 'compiled', but reporter 'watcher' must see each event as it happens; take 'auto' or 'event'",
        ),
        (
            ["execution.driver=event", "strategy.name=arrays"],
            "execution.driver is 'event', but strategy 'arrays' has no on_bar(); take 'auto' or 'compiled'",
        ),
        (
            ["strategy.name=arrays", 'risk=[{rule="checker"}]'],
            "strategy 'arrays' has no on_bar(), so it needs the compiled driver, but risk rule 'checker' judges in Python, "
            "with check()",
        ),
        (
            ["execution.executor=abroad"],
            "execution.executor 'abroad' sends orders out of this process, and a backtest needs one that simulates fills, "
            "such as 'simulated'",
        ),
    ],
)
def test_compose_with_components_that_cannot_work_together_is_a_config_error(refusal, overrides, said):
    error, text = refusal(*overrides)
    assert error is ConfigError
    assert text == f"FILE, SET: {said}"


@pytest.mark.parametrize(
    ("override", "obstacles"),
    [
        ("strategy.fast=3", ()),
        ("strategy.name=events", ("strategy 'events' has no targets()",)),
        ('risk=[{rule="checker"}]', ("risk rule 'checker' judges in Python, with check()",)),
        ("report=[{name='watcher'}]", ("reporter 'watcher' must see each event as it happens",)),
    ],
)
def test_compiled_obstacles_say_what_needs_the_event_driver(path, override, obstacles):
    assert compose_file(path, [override], REGISTRY).compiled_obstacles == obstacles


def test_compose_file_with_a_plugin_package_that_is_not_installed_says_so(path):
    with pytest.raises(PluginError) as caught:
        compose_file(path, ['run.plugins=["tradekit-nothing"]'])
    assert "names 'tradekit-nothing', which is not an installed plugin package" in str(caught.value)


def test_compose_finds_mistakes_while_plugins_are_named_wrongly(path):
    with pytest.raises(ConfigError, match=r"run\.plugins must be a list, got 3"):
        compose_file(path, ["run.plugins=3", "strategy.name=nothing-of-that-name"])


ODD = [
    "3",
    "-1.5",
    "true",
    "nan",
    "2021-01-31",
    "12:30:00",
    '""',
    '"x"',
    "[]",
    "[[]]",
    "[1]",
    '["x"]',
    "{}",
    "{x = 1}",
    "[{}]",
    "[{x = [{}]}]",
]
KEYS = [
    *("run", "run.name", "run.mode", "run.start", "run.end", "run.seed", "run.benchmark", "run.periods_per_year"),
    *("account", "account.currency", "account.capital", "account.kind", "account.leverage"),
    *("data", "data.source", "data.instruments", "data.interval", "data.policy", "data.policy.ohlc", "data.x"),
    *("instrument", "strategy", "strategy.name", "strategy.fast", "strategy.x", "risk", "x", "x.y"),
    *(
        "execution",
        "execution.executor",
        "execution.costs",
        "execution.costs[0]",
        "execution.costs[0].model",
        "execution.costs[0].bps",
    ),
    *("execution.driver", "execution.limit_fills", "report"),
]


@pytest.mark.parametrize("key", KEYS)
def test_compose_with_any_odd_value_either_works_or_says_why(path, key):
    for value in ODD:
        try:
            compose_file(path, [f"{key}={value}"], REGISTRY)
        except (ConfigError, PluginError) as error:
            said = str(error)
            assert key.split(".")[0].split("[")[0] in said, said
            assert "pydantic" not in said.lower()
            assert "Input should" not in said
