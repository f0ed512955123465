"""Which combinations a sweep tries, and in which order: all of a grid, some at random, or those that Optuna thinks of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tradekit.analysis.definitions import DEFINITIONS
from tradekit.engine.sweep.params import Constraint, Param, Setting, parse_constraint
from tradekit.errors import ConfigError, nearest

__all__ = ["LESS_IS_BETTER", "Combination", "Planned", "Search", "combinations", "plan_search", "proposals"]

Method = Literal["grid", "random", "optuna"]
Combination = Mapping[str, Setting]
"""The value of each setting that is varied, by its name."""

LESS_IS_BETTER = frozenset(
    {
        *("annual_volatility", "max_drawdown", "max_drawdown_days", "longest_drawdown_days", "var_95", "cvar_95"),
        *("fees", "slippage", "funding", "borrowing", "liquidation_fees", "conversion_costs"),
    }
)
"""Figures of which the smallest is the best."""
_ROUND = 8  # trials that Optuna is asked for at once, however many workers there are
_MOST_TRIALS = 1_000_000
_PATIENCE = 20  # combinations that are turned down for each one that is taken


@dataclass(frozen=True, slots=True)
class Search:
    """How a sweep looks for the best settings.

    `grid` tries every combination, `random` and `optuna` as many as `trials` says. `by` is the figure that trials are ranked
    by, and that Optuna improves. `where` are comparisons that must hold, such as `strategy.fast < strategy.slow`; what doesn't
    meet them is not tried. `seed` decides what random and Optuna try.
    """

    method: Method = "grid"
    trials: int | None = None
    by: str = "sharpe"
    where: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """A search that makes sense, with what it varies."""

    search: Search
    params: tuple[Param, ...]
    constraints: tuple[Constraint, ...]

    @property
    def sign(self) -> float:
        """1 if more is better, else -1."""
        return -1.0 if self.search.by in LESS_IS_BETTER else 1.0

    def allows(self, values: Combination) -> bool:
        """Say whether a combination meets all constraints."""
        return all(constraint.holds(values) for constraint in self.constraints)

    def facts(self) -> dict[str, Any]:
        """Return what decides which trials there are, as JSON has it."""
        search = self.search
        found: dict[str, Any] = {
            "method": search.method,
            "params": {param.name: ["between", *param.values] if param.is_continuous else [*param.values] for param in self.params},
            "order": [param.name for param in self.params],
            "where": [constraint.text for constraint in self.constraints],
        }
        if search.method != "grid":
            found |= {"trials": search.trials, "seed": search.seed}
        return found | ({"by": search.by} if search.method == "optuna" else {})


def plan_search(search: Search, params: Sequence[Param]) -> Planned:
    """Check a search. Raises `ConfigError` for what can't be done."""
    if not params:
        raise ConfigError("a sweep varies at least one setting; name it, such as --param strategy.fast=5:50:5")
    names = [param.name for param in params]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"--param {twice} is given twice; give all values at once, with commas between them")
    if search.method not in ("grid", "random", "optuna"):
        raise ConfigError(f"a sweep can't search by {search.method!r}; allowed: 'grid', 'random', 'optuna'")
    if search.by not in DEFINITIONS:
        allowed = ", ".join(DEFINITIONS)
        raise ConfigError(f"--by {search.by!r} is no figure of a run{nearest(search.by, DEFINITIONS)}; allowed: {allowed}")
    planned = Planned(search, tuple(params), tuple(parse_constraint(text, params) for text in search.where))
    continuous = next((param for param in params if param.is_continuous), None)
    if search.method == "grid":
        if continuous is not None:
            low, high = continuous.values
            what = f"--param {continuous.name}={low!r}:{high!r} has no step, and a grid needs one"
            raise ConfigError(f"{what}; write {low!r}:{high!r}:STEP, or take --method random or optuna")
        if search.trials is not None:
            raise ConfigError("--trials is for the methods random and optuna; a grid tries every combination")
        count = math.prod(len(param.values) for param in params)
        if count > _MOST_TRIALS:
            raise ConfigError(f"the grid has {count:,} combinations, and at most {_MOST_TRIALS:,} are tried; take larger steps")
    elif search.trials is None or not 1 <= search.trials <= _MOST_TRIALS:
        what = f"--method {search.method} needs --trials, from 1 to {_MOST_TRIALS:,}, and it is {search.trials!r}"
        raise ConfigError(f"{what}; such as --trials 200")
    return planned


def combinations(planned: Planned) -> tuple[list[Combination], int]:
    """Return all that a grid or a random search tries, in order, and how many combinations of a grid do not meet the constraints.

    Raises `ConfigError` if nothing is left.
    """
    if planned.search.method == "grid":
        names = [param.name for param in planned.params]
        every = (dict(zip(names, values, strict=True)) for values in itertools.product(*(param.values for param in planned.params)))
        found: list[Combination] = []
        left_out = 0
        for values in every:
            if planned.allows(values):
                found.append(values)
            else:
                left_out += 1
    else:
        found, left_out = list(itertools.islice(_random(planned), planned.search.trials)), 0
    if not found:
        where = " and ".join(constraint.text for constraint in planned.constraints)
        raise ConfigError(f"no combination meets --where {where!r}; let it allow more, or vary --param wider")
    return found, left_out


def _random(planned: Planned) -> Iterator[Combination]:
    """Yield combinations that are allowed, none twice, until nothing new comes up for long."""
    generator = np.random.default_rng(planned.search.seed)
    seen: set[tuple[Setting, ...]] = set()
    idle = 0
    while idle < 1_000 * _PATIENCE:
        values = {param.name: _drawn(param, generator) for param in planned.params}
        key = tuple(values.values())
        if key in seen or not planned.allows(values):
            idle += 1
            continue
        idle = 0
        seen.add(key)
        yield values


def _drawn(param: Param, generator: np.random.Generator) -> Setting:
    if param.is_continuous:
        low, high = (float(value) for value in param.values)
        return float(generator.uniform(low, high))
    return param.values[int(generator.integers(len(param.values)))]


class _Optuna:
    """Asks Optuna, in rounds of one size, so that what it proposes does not depend on which trial is done first."""

    def __init__(self, planned: Planned) -> None:
        try:
            import optuna
        except ImportError:
            what = "--method optuna needs the package optuna, which is not installed"
            raise ConfigError(f"{what}; run: pip install 'tradekit[optuna]'") from None
        self.optuna = optuna
        self.planned = planned
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=planned.search.seed)
        self.study = optuna.create_study(direction="maximize", sampler=sampler)
        self.values: dict[tuple[Setting, ...], float | None] = {}

    def proposals(self) -> Iterator[list[tuple[Any, Combination]]]:
        """Yield rounds of trials with what each is to try; each round has to be told before the next."""
        wanted = self.planned.search.trials or 0
        turned_down = 0
        while len(self.values) < wanted and turned_down < _PATIENCE * wanted:
            asked: list[tuple[Any, Combination]] = []
            while len(asked) < min(_ROUND, wanted - len(self.values)) and turned_down < _PATIENCE * wanted:
                trial = self.study.ask()
                values = self._suggested(trial)
                key = tuple(values.values())
                if key in self.values:
                    self.tell(trial, self.values[key])
                    turned_down += 1
                elif any(key == tuple(other.values()) for _, other in asked) or not self.planned.allows(values):
                    self.tell(trial, None)
                    turned_down += 1
                else:
                    asked.append((trial, values))
            if asked:
                yield asked

    def tell(self, trial: Any, value: float | None) -> None:
        """Say what came of a trial; `None` if nothing did."""
        if value is None:
            self.study.tell(trial, state=self.optuna.trial.TrialState.FAIL)
        else:
            self.study.tell(trial, value)

    def _suggested(self, trial: Any) -> dict[str, Setting]:
        found: dict[str, Setting] = {}
        for param in self.planned.params:
            if param.is_continuous:
                found[param.name] = float(trial.suggest_float(param.name, *param.values))
            elif param.is_numeric:
                # By its place, so that steps need not be the same.
                found[param.name] = param.values[trial.suggest_int(param.name, 0, len(param.values) - 1)]
            else:
                found[param.name] = trial.suggest_categorical(param.name, list(param.values))
        return found


def proposals(planned: Planned, results: Mapping[tuple[Setting, ...], float | None]) -> Iterator[list[Combination]]:
    """Yield rounds of combinations that Optuna wants to be tried.

    When the next round is asked for, `results` must have what came of this one, by the values of each combination: the figure, or
    `None` if there is none.
    """
    asking = _Optuna(planned)
    for asked in asking.proposals():
        yield [values for _, values in asked]
        for trial, values in asked:
            key = tuple(values.values())
            found = results[key]
            asking.values[key] = None if found is None else planned.sign * found
            asking.tell(trial, asking.values[key])
