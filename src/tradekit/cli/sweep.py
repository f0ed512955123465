"""`tradekit sweep`: one run file with many settings, ranked."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.analysis.definitions import DEFINITIONS
from tradekit.cli.arguments import file_argument, gather, runs_option, set_option
from tradekit.cli.figures import figure, figures_table, label, plain
from tradekit.cli.output import json_option, print_json, show
from tradekit.cli.progress import progress_bar, waiting

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tradekit.engine.sweep.ranking import Neighbours
    from tradekit.engine.sweep.run import SweepResult
    from tradekit.engine.sweep.trial import Outcome

__all__ = ["sweep_command"]

_SHOWN = ("total_return", "sharpe", "max_drawdown", "trades")
_OPTIONS: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]] = (
    (
        ("--param", "params"),
        {
            "multiple": True,
            "metavar": "KEY=VALUES",
            "help": "A setting to vary: START:STOP:STEP, or values with commas between them. Any number of times.",
        },
    ),
    (
        ("--method",),
        {
            "type": click.Choice(["grid", "random", "optuna"]),
            "default": "grid",
            "show_default": True,
            "help": "Try every combination, some at random, or those that Optuna thinks of.",
        },
    ),
    (("--trials",), {"type": int, "help": "How many combinations random and optuna try."}),
    (("--by",), {"default": "sharpe", "show_default": True, "help": "The figure that trials are ranked by."}),
    (
        ("--where",),
        {"multiple": True, "metavar": "COMPARISON", "help": "What must hold, such as 'strategy.fast < strategy.slow'."},
    ),
    (("--seed",), {"type": int, "default": 0, "show_default": True, "help": "Decides what random and optuna try."}),
    (("--workers",), {"type": int, "help": "How many trials are done at once. Default: as many as there are cores."}),
    (
        ("--top",),
        {"type": click.IntRange(min=1), "default": 10, "show_default": True, "help": "How many of the best are shown."},
    ),
)


@click.command("sweep")
@file_argument
@gather(_OPTIONS)
@set_option
@runs_option
@json_option
@click.pass_context
def sweep_command(ctx: click.Context, file: Path, overrides: tuple[str, ...], runs: Path, as_json: bool) -> None:
    """Run FILE with many settings, rank what comes of them, and keep it.

    FILE is a run file (TOML). Each combination of the values of --param is a trial on the same data. What is done is kept as it is
    done: the same command goes on where it was stopped, however it was, and is over at once when all is done. Each trial is counted
    in the ledger of trials. Ctrl-C ends a sweep; what is done is shown and kept.
    """
    from tradekit.engine.document import read_document
    from tradekit.engine.sweep.params import parse_param
    from tradekit.engine.sweep.run import begin
    from tradekit.engine.sweep.search import Search, plan_search
    from tradekit.engine.sweep.workers import cores

    asked: dict[str, Any] = ctx.obj
    search = Search(asked["method"], asked["trials"], asked["by"], asked["where"], asked["seed"])
    # With --json, what a strategy prints must not get into what a program reads.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        planned = plan_search(search, [parse_param(text) for text in asked["params"]])
        with waiting("reading and checking"):
            begun = begin(read_document(file, overrides), planned)
        with progress_bar(begun.ready.composed.config.run.name, "trials") as progress:
            result = begun.run(runs, cores() if asked["workers"] is None else asked["workers"], progress)
    if as_json:
        print_json(_facts(result, asked["top"]))
    else:
        varied = {param.name for param in planned.params}
        kept = [text for text in overrides if text.partition("=")[0].strip() not in varied]
        pages = list(_pages(result, asked["top"], [str(file), *(f"--set {shlex.quote(text)}" for text in kept)]))
        show(*pages, is_list=True)
        click.echo(f"kept in {result.folder}")
    if begun.stop is not None:
        raise begun.stop


def _pages(result: SweepResult, top: int, command: Sequence[str]) -> Iterator[RenderableType]:
    yield from _counted(result)
    yield result.plan
    yield ""
    best = result.best
    if best is None:
        yield from _unranked(result)
        return
    by = result.planned.search.by
    columns = [by, *(key for key in _SHOWN if key != by)]
    names = [param.name for param in result.planned.params]
    told = [label(key).upper() for key in columns]
    titles = ["TRIAL", *(name.upper() for name in _short(names, told)), *told, "NEAR IT"]
    rows = [_row(result, outcome, columns) for outcome in result.ranked[:top]]
    yield figures_table(titles, rows, texts=())
    if len(result.ranked) > len(rows):
        yield f"and {len(result.ranked) - len(rows):,} more in trials.parquet"
    yield ""
    yield _plateau(result, best)
    settings = (f"--set {shlex.quote(f'{name}={_typed(value)}')}" for name, value in best.values.items())
    yield f"to run the best: tradekit run {' '.join([*command, *settings])}"


def _unranked(result: SweepResult) -> Iterator[str]:
    """Yield that no trial is the best, and what there is to rank by instead."""
    search = result.planned.search
    yield f"! no trial has a {label(search.by)}, so that none is the best"
    if has := [key for key in DEFINITIONS if any(outcome.figures.get(key) is not None for outcome in result.outcomes)]:
        again = "" if search.method == "optuna" else "; what is done is not done again"
        yield f"--by takes another figure, and trials have {', '.join(has)}{again}"


def _counted(result: SweepResult) -> Iterator[str]:
    """Yield how many trials there were, and what became of those without figures."""
    total, before = len(result.outcomes), result.kept_before
    told = f"{total:,} trial{'s' if total != 1 else ''} by {result.planned.search.method}"
    yield f"{told}, {before:,} of them done before" if before else told
    if result.is_interrupted:
        yield "! interrupted: the same command goes on from here"
    if result.left_out:
        yield f"{result.left_out:,} combinations were left out by --where"
    for status, what in (("invalid", "could not be run"), ("failed", "failed")):
        if count := result.count(status):
            yield f"! {count:,} {what}, the first: {result.first_error(status)}"
    wanted = result.planned.search.trials
    if wanted is not None and total < wanted and not result.is_interrupted:
        yield f"! {wanted:,} were asked for, and there are no more that differ"


def _row(result: SweepResult, outcome: Outcome, columns: Sequence[str]) -> list[str]:
    near = result.neighbours(outcome)
    values = [_typed(value) for value in outcome.values.values()]
    figures = [figure(key, outcome.figures.get(key)) for key in columns]
    return [f"{outcome.number:,}", *values, *figures, figure(result.planned.search.by, near.median)]


def _plateau(result: SweepResult, best: Outcome) -> str:
    """Return in words whether what is near the best is good, too."""
    by, near = result.planned.search.by, result.neighbours(best)
    name = label(by)
    told = f"the best has a {name} of {figure(by, best.figures[by])}"
    if not near.count:
        return f"{told}; nothing near it was tried, so nothing says that it is more than luck"
    found = f"{told}; the trial near it {figure(by, near.median)}"
    if near.count > 1:
        between = f"{figure(by, near.lowest)} to {figure(by, near.highest)}, median {figure(by, near.median)}"
        found = f"{told}; the {near.count} trials near it {between}"
    without = f"; {near.without} more near it have none" if near.without else ""
    return f"{found}, {_verdict(result, near)}{without}"


def _verdict(result: SweepResult, near: Neighbours) -> str:
    """Return where the median of the neighbours stands among all trials."""
    by, sign = result.planned.search.by, result.planned.sign
    figures = [float(value) for outcome in result.ranked if (value := outcome.figures.get(by)) is not None]
    median = near.median
    if median is None or len(figures) < 2:
        return "too few to compare"
    beaten = sum(sign * value < sign * median for value in figures) / len(figures)
    return f"which is better than {100 * beaten:.0f} % of all trials"


def _short(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the last parts of keys, where these tell them apart, from each other and from the other columns."""
    short = [name.rpartition(".")[2] for name in names]
    return short if len({*(name.upper() for name in short), *others}) == len(short) + len(others) else list(names)


def _typed(value: object) -> str:
    return repr(value) if isinstance(value, float) else plain(value)


def _facts(result: SweepResult, top: int) -> dict[str, object]:
    from dataclasses import asdict

    best = result.best
    return {
        "folder": str(result.folder),
        "status": "interrupted" if result.is_interrupted else "done",
        "plan": result.plan,
        "by": result.planned.search.by,
        "trials": {status: result.count(status) for status in ("done", "invalid", "failed")},
        "done_before": result.kept_before,
        "left_out": result.left_out,
        "errors": {status: result.first_error(status) for status in ("invalid", "failed") if result.count(status)},
        "best": [{"trial": one.number, "settings": dict(one.values), "figures": dict(one.figures)} for one in result.ranked[:top]],
        "neighbours": None if best is None else asdict(result.neighbours(best)),
    }
