"""Compose a run: make the components that a run file names, check that they fit together, and hold them ready."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tradekit.engine.components import Made, ask, broken, make
from tradekit.engine.document import Document, read_document
from tradekit.engine.environment import code_of
from tradekit.engine.locate import Key, key_text
from tradekit.engine.problems import Problem
from tradekit.engine.runfile import ComponentTable, RunConfig, RunFile, check_tables
from tradekit.engine.ticks import tick_problems
from tradekit.engine.together import Member, Together, anew, members_of
from tradekit.errors import PluginError
from tradekit.model.fills import FillRules
from tradekit.model.result import ComponentUse
from tradekit.model.risk import Limit, LimitKind
from tradekit.plugin.contracts import Component, CostModel, DataSource, Executor, Reporter, RiskRule, Strategy
from tradekit.plugin.discovery import Registry, discover

__all__ = ["ComposedRun", "compose", "compose_document", "compose_file", "registry_of", "share_of", "strategy_with"]

_UNTIL_TOLD = 1 << 61
"""A latency without end, for orders of which a venue tells what became of them."""


@dataclass(frozen=True, slots=True)
class ComposedRun:
    """A run that is ready to start: every component is made, and none contradicts another."""

    run_file: RunFile
    source: DataSource
    strategy: Strategy
    """The one of the run file, or what asks several after each other."""
    rules: tuple[RiskRule, ...]
    """In the order of the run file, those of the account first."""
    limits: tuple[tuple[Limit, ...], ...]
    """The limits of each rule; empty for a rule that judges in Python, with `check`."""
    costs: tuple[CostModel, ...]
    executor: Executor
    fill_rules: FillRules
    reporters: tuple[Reporter, ...]
    uses: tuple[ComponentUse, ...]
    """Each component with its package and all its options, in the order of `RunConfig.components`."""

    @property
    def config(self) -> RunConfig:
        """The tables of the run file that the kernel reads."""
        return self.run_file.config

    @property
    def parts(self) -> tuple[Component, ...]:
        """All components, in the order of `uses`."""
        return (self.source, *members_of(self.strategy), *self.rules, self.executor, *self.costs, *self.reporters)

    @property
    def compiled_obstacles(self) -> tuple[str, ...]:
        """What keeps the compiled driver from running this, one clause each; empty if nothing does."""
        return tuple(_compiled_obstacles(self.config.data.stream, self.strategy, self.rules, self.reporters))

    def renewed(self) -> ComposedRun:
        """Return the same run with unused components, because strategies, rules and models may keep state; without reporters."""

        def again(component: Any) -> Any:
            return type(component)(component.options)

        rules, costs = tuple(map(again, self.rules)), tuple(map(again, self.costs))
        return replace(self, strategy=anew(self.strategy), rules=rules, costs=costs, reporters=())

    def settings(self) -> dict[str, Any]:
        """Return the run file as it was understood, overrides applied and every default filled in, as JSON has it.

        `overrides` lists those that were applied, as they were typed.
        """
        config = self.config
        named = {table.key: {table.label: use.name, **use.options} for table, use in zip(config.components, self.uses, strict=True)}
        return {
            "run": config.run.model_dump(mode="json"),
            "account": config.account.model_dump(mode="json", exclude=None if config.shares else {"net_orders"}),
            "currency": [currency.model_dump(mode="json") for currency in config.currencies],
            "data": {**named[config.source.key], **config.data.model_dump(mode="json")},
            "instrument": [fact.model_dump(mode="json") for fact in config.instruments],
            "strategy": _settings_of_strategies(config, named),
            "risk": [named[table.key] for table in config.rules if share_of(table) < 0],
            "execution": {
                **named[config.executor.key],
                **config.execution.model_dump(mode="json"),
                "costs": [named[table.key] for table in config.costs],
            },
            "report": [named[table.key] for table in config.reporters],
            **({} if config.run.mode == "backtest" else {"live": config.live.model_dump(mode="json")}),
            "overrides": [override.text for override in self.run_file.overrides],
        }


def compose(run_file: RunFile, registry: Registry, known: MutableMapping[str, Made] | None = None) -> ComposedRun:
    """Compose a run of what `registry` has; for `known` see `compose_document`.

    Raises `PluginError` for a component that is missing or broken, and `ConfigError` for options that are wrong and for components
    that contradict each other; either says everything that is wrong at once.
    """
    made, problems = _make_all(run_file.config.components, registry, run_file.folder, known)
    if problems:
        run_file.document.fail(problems)
    return _assemble(run_file, made)


def compose_file(path: str | Path, overrides: Iterable[str] = (), registry: Registry | None = None) -> ComposedRun:
    """Read a run file and compose it: `read_run_file` and `compose` in one, so that mistakes of both sorts are said together.

    Without a `registry`, the installed plugins are looked for, narrowed by `run.plugins`.
    """
    return compose_document(read_document(path, overrides), registry)


def compose_document(
    document: Document, registry: Registry | None = None, known: MutableMapping[str, Made] | None = None
) -> ComposedRun:
    """Check a run file that has been read, and compose it, as `compose_file` does.

    `known` keeps what has been made, for the next time: a component whose table is the same is then made without checking its
    options again. It is good for one run file and one registry.
    """
    checked = check_tables(document)
    if registry is None:
        registry = registry_of(document, checked.problems)
    made, problems = _make_all(checked.components, registry, document.folder, known)
    problems = [*checked.problems, *problems]
    if problems or checked.config is None:
        document.fail(problems)
    return _assemble(RunFile(document, checked.config), made)


def strategy_with(composed: ComposedRun, options: Mapping[str, Any], registry: Registry) -> tuple[Strategy, ComponentUse] | None:
    """Return the strategy of a run, with other options and checked as when it is composed; `None` where it can't be had."""
    table = replace(composed.config.strategy, options={**composed.config.strategy.options, **options})
    made, _ = make(table, registry, composed.run_file.folder)
    if made is None or not isinstance(made.component, Strategy):
        return None
    if any(_account_problems(made, made.component, composed.config.account.kind)):
        return None
    return made.component, made.use


def registry_of(document: Document, problems: Sequence[Problem] = ()) -> Registry:
    """Find the installed plugins; a list of packages that is itself wrong is among `problems` already."""
    run = document.values.get("run")
    only = run.get("plugins") if isinstance(run, dict) else None
    if not isinstance(only, list) or not all(isinstance(name, str) for name in only):
        only = None
    try:
        return discover(only)
    except PluginError as error:
        document.fail([*problems, Problem(("run", "plugins"), str(error), PluginError)])


def _make_all(
    tables: Iterable[ComponentTable], registry: Registry, folder: Path, known: MutableMapping[str, Made] | None = None
) -> tuple[dict[Key, Made], list[Problem]]:
    made: dict[Key, Made] = {}
    problems: list[Problem] = []
    for table in tables:
        if known is not None and (before := known.get(repr(table))) is not None:
            # Anew all the same, because components may keep state.
            made[table.key] = replace(before, component=type(before.component)(before.component.options))
            continue
        one, wrong = make(table, registry, folder)
        if known is not None and one is not None and table.kind != "strategy":
            known[repr(table)] = one
        problems += wrong
        if table.name not in registry.names(table.kind):
            # What else could have had it is said with the first that is missing, once.
            registry = replace(registry, broken=(), left_out=())
        if one is not None:
            made[table.key] = one
    return made, problems


def _assemble(run_file: RunFile, made: Mapping[Key, Made]) -> ComposedRun:
    """Put the components together, after asking each what the others must fit to."""
    config = run_file.config

    def part(table: ComponentTable) -> Any:
        # Discovery has made sure that a component of a kind is of the kind's contract.
        return made[table.key].component

    strategy = _together(config, [part(table) for table in config.strategies])
    rules: tuple[RiskRule, ...] = tuple(map(part, config.rules))
    reporters: tuple[Reporter, ...] = tuple(map(part, config.reporters))
    fill_rules, problems = _fill_rules(made[config.executor.key], part(config.executor), config.run.mode)
    problems += _live_problems(config, part(config.source))
    asked = [_limits(made[table.key], rule) for table, rule in zip(config.rules, rules, strict=True)]
    limits, wrong = tuple(found for found, _ in asked), [problem for _, found in asked for problem in found]
    problems += [*wrong, *_sizing_problems(config.rules, limits)]
    for table in config.strategies:
        problems += _strategy_problems(made[table.key], part(table), config, fill_rules)
    if config.data.ticks is None and not problems:
        obstacles = list(_compiled_obstacles(config.data.stream, strategy, rules, reporters))
        problems += _driver_problems(config.execution.driver, strategy, obstacles)
    uses = tuple(made[table.key].use for table in config.components)
    for table, rule in zip(config.rules, rules, strict=True):
        if type(rule).begin is not RiskRule.begin:
            problems += _beginning(made[table.key], rule, uses, _judged(table, strategy))
    if problems or fill_rules is None:
        run_file.document.fail(problems)
    return ComposedRun(
        run_file=run_file,
        source=part(config.source),
        strategy=strategy,
        rules=rules,
        limits=limits,
        costs=tuple(map(part, config.costs)),
        executor=part(config.executor),
        fill_rules=fill_rules,
        reporters=reporters,
        uses=uses,
    )


def _strategy_problems(made: Made, strategy: Strategy, config: RunConfig, fill_rules: FillRules | None) -> Iterator[Problem]:
    """Yield what a strategy can't do on this account, or on these data."""
    yield from _account_problems(made, strategy, config.account.kind)
    yield from tick_problems(config.data, strategy, fill_rules)
    if config.shares and type(strategy).on_bar is Strategy.on_bar:
        what = f"strategy {strategy.name!r} has no on_bar(), and several strategies on one account go from bar to bar"
        yield Problem((*made.table.key, "name"), f"{what}; give it one, or run it in a file of its own")


def _fill_rules(made: Made, executor: Executor, mode: str) -> tuple[FillRules | None, list[Problem]]:
    rules, problems = ask(made, executor.fill_rules)
    if problems:
        return None, problems
    key = (*made.table.key, made.table.label)
    who = f"{key_text(key)} {made.use.name!r}"
    if mode == "live" and rules is not None:
        what = f"{who} simulates fills, and run.mode is 'live'"
        problems = [Problem(key, f"{what}; name one that sends orders, or set run.mode = 'paper'")]
    elif mode == "backtest" and rules is None:
        what = f"{who} sends orders out of this process, and a backtest needs one that simulates fills"
        problems = [Problem(key, f"{what}, such as 'simulated'")]
    # In paper and shadow runs of a file that names a venue, fills are simulated with the pessimistic defaults.
    return rules or FillRules(latency_ns=_UNTIL_TOLD if mode == "live" else 0), problems


def _live_problems(config: RunConfig, source: DataSource) -> Iterator[Problem]:
    """Yield that a source can't tell what happens now."""
    if config.run.mode == "backtest":
        return
    if config.live.bars == "trades" and not source.has_live_trades:
        what = f"data source {config.source.name!r} has no stream of trades"
        yield Problem(("live", "bars"), f"{what}; leave live.bars out, or name a source that has")
    elif not (source.has_live_bars or (source.has_live_trades and config.live.bars == "auto")):
        key = ("data", "source")
        what = f"data source {config.source.name!r} has no live data, and run.mode is {config.run.mode!r}"
        yield Problem(key, f"{what}; name one that has, such as that of an exchange, or run a backtest")


def share_of(table: ComponentTable) -> int:
    """Return which strategy of several a rule is about; -1 for one of the account."""
    return int(table.key[1]) if table.key[0] == "strategy" else -1


def _judged(table: ComponentTable, strategy: Strategy) -> Sequence[Strategy]:
    """Return the strategies that a rule judges."""
    every, share = members_of(strategy), share_of(table)
    return every if share < 0 else every[share : share + 1]


def _together(config: RunConfig, strategies: Sequence[Strategy]) -> Strategy:
    """Return the strategy, or one that asks several."""
    if not config.shares:
        return strategies[0]
    named = config.named_shares()
    return Together([Member(name, part, one) for (name, part), one in zip(named, strategies, strict=True)])


def _settings_of_strategies(config: RunConfig, named: Mapping[Key, dict[str, Any]]) -> Any:
    """Return the table of the strategy, or those of several with their names, their parts and their rules."""
    if not config.shares:
        return named[config.strategy.key]
    return [
        {
            **named[table.key],
            "id": name,
            "share": part,
            "risk": [named[rule.key] for rule in config.rules if share_of(rule) == index],
        }
        for index, ((name, part), table) in enumerate(zip(config.named_shares(), config.strategies, strict=True))
    ]


def _beginning(made: Made, rule: RiskRule, uses: Sequence[ComponentUse], strategies: Sequence[Strategy]) -> list[Problem]:
    """Let a rule see what the run is made of, and return why it may not begin."""

    def begin() -> None:
        rule.begin(uses, " ".join(code_of(strategies).values()))

    return ask(made, begin)[1]


def _limits(made: Made, rule: RiskRule) -> tuple[tuple[Limit, ...], list[Problem]]:
    """Return what a rule limits, or why that can't be: a rule that limits nothing must not read as one that was kept."""
    if type(rule).limits is RiskRule.limits:
        return (), []
    answer, problems = ask(made, rule.limits)
    if problems:
        return (), problems
    limits = tuple(answer or ())
    mistake = next((text for text in map(_limit_mistake, limits) if text), "" if limits else "limits() returned none")
    if not mistake and sum(limit.kind.is_sizing for limit in limits) > 1:
        mistake = "limits() returned two that give orders their size"
    return (limits, []) if not mistake else ((), [broken(made.table, made.use, mistake)])


def _limit_mistake(limit: object) -> str:
    """Return what is wrong with a limit, or an empty string."""
    if not isinstance(limit, Limit):
        return f"limits() returned {limit!r}; expected tradekit.Limit"
    halts = limit.kind == LimitKind.MAX_DRAWDOWN
    actions = ("halt", "flatten") if halts else ("clip", "reject")
    if limit.action not in actions:
        return f"limits() returned {limit.kind.name} with action {limit.action!r}; allowed: {', '.join(map(repr, actions))}"
    if not (math.isfinite(limit.value) and limit.value > 0):
        return f"limits() returned {limit.kind.name} with value {limit.value!r}; it must be finite and greater than 0"
    if limit.kind == LimitKind.VOLATILITY_SIZE and (limit.window < 2 or not limit.cap > 0):
        return f"limits() returned {limit.kind.name} with window {limit.window!r} and cap {limit.cap!r}; least: 2 and more than 0"
    return ""


def _account_problems(made: Made, strategy: Strategy, account: str) -> Iterator[Problem]:
    """Yield that a strategy wants what the account can't do: all its short sales would be rejected."""
    sells_short, problems = ask(made, strategy.sells_short)
    yield from problems
    if sells_short and account == "cash":
        what = f"strategy {made.use.name!r} sells short with these options, but account.kind is 'cash', which can't"
        yield Problem(made.table.key, f"{what}; set account.kind = 'margin', or let the strategy not sell short")


def _sizing_problems(tables: Sequence[ComponentTable], limits: Sequence[Sequence[Limit]]) -> Iterator[Problem]:
    """Yield sizing rules that come after another rule, which would judge an order without a size, and those too many."""
    sizing = [index for index, found in enumerate(limits) if any(limit.kind.is_sizing for limit in found)]
    for index in [index for index in sizing if share_of(tables[index]) >= 0]:
        what = f"{key_text(tables[index].key)} {tables[index].name!r} gives orders their size, which only a rule of the account can"
        yield Problem(tables[index].key, f"{what}; move it to [[risk]]")
    sizing = [index for index in sizing if share_of(tables[index]) < 0]
    for index in sizing[1:]:
        first, table = tables[sizing[0]], tables[index]
        what = f"{key_text(table.key)} {table.name!r} gives orders their size, and so does {key_text(first.key)} {first.name!r}"
        yield Problem(table.key, f"{what}; keep one of them")
    if sizing and sizing[0] > 0:
        first, table = tables[0], tables[sizing[0]]
        what = f"{key_text(table.key)} {table.name!r} gives orders their size, so it must come before the rules that judge them"
        yield Problem(table.key, f"{what}; move it above {key_text(first.key)} {first.name!r}")


def _driver_problems(driver: str, strategy: Strategy, obstacles: Sequence[str]) -> Iterator[Problem]:
    """Yield why no driver, or not the one that was asked for, can run what was composed."""
    key = ("execution", "driver")
    has_events = type(strategy).on_bar is not Strategy.on_bar
    if not has_events and driver == "event":
        what = f"execution.driver is 'event', but strategy {strategy.name!r} has no on_bar()"
        yield Problem(key, f"{what}; take 'auto' or 'compiled'")
    elif driver == "compiled" or not has_events:
        for obstacle in obstacles:
            if driver == "compiled":
                yield Problem(key, f"execution.driver is 'compiled', but {obstacle}; take 'auto' or 'event'")
            else:
                what = f"strategy {strategy.name!r} has no on_bar(), so it needs the compiled driver, but {obstacle}"
                yield Problem(("strategy", "name"), what)


def _compiled_obstacles(
    is_streamed: bool, strategy: Strategy, rules: Iterable[RiskRule], reporters: Iterable[Reporter]
) -> Iterator[str]:
    if isinstance(strategy, Together):
        yield "several strategies trade the account, which goes from bar to bar"
        return
    if is_streamed:
        yield "the data are streamed (data.stream = true), and targets() wants them whole"
    if type(strategy).targets is Strategy.targets:
        yield f"strategy {strategy.name!r} has no targets()"
    for rule in rules:
        if type(rule).limits is RiskRule.limits:
            yield f"risk rule {rule.name!r} judges in Python, with check()"
    for reporter in reporters:
        if reporter.critical:
            yield f"reporter {reporter.name!r} must see each event as it happens"
