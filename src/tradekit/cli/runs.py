"""`tradekit runs`: list, show and compare what has been run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from tradekit.cli.arguments import runs_option
from tradekit.cli.difference import print_difference
from tradekit.cli.figures import change, figure, figures_table, label, plain
from tradekit.cli.output import json_option, print_json, print_table, show
from tradekit.engine.compare import Comparison, compare
from tradekit.engine.folder import REPORT, Listed, find_run, list_runs, read_manifest, read_metrics
from tradekit.engine.trials import LEDGER, DataSet, data_sets, read_trials

__all__ = ["runs_group"]

_SHOWN = {"total_return": 1, "sharpe": 2, "max_drawdown": 1, "trades": 0}  # with their decimals
_TITLES = ("ID", "RETURN", "SHARPE", "DRAWDOWN", "TRADES", "STRATEGY")


@dataclass(frozen=True, slots=True)
class _Before:
    """What stood before a subcommand, and holds for it too."""

    runs: Path
    as_json: bool


_runs_after = click.option("--runs", type=click.Path(path_type=Path), help="The folder that holds finished runs.")


@click.group("runs", invoke_without_command=True)
@runs_option
@json_option
@click.pass_context
def runs_group(ctx: click.Context, runs: Path, as_json: bool) -> None:
    """List finished runs, the newest first; 'show' and 'compare' tell more.

    Folders that can't be read, and what was never finished, come last.
    """
    ctx.obj = _Before(runs, as_json)
    if ctx.invoked_subcommand is not None:
        return
    listed = list_runs(runs)
    if as_json:
        print_json([_facts(run) for run in listed])
    elif listed:
        complete = [run for run in listed if run.manifest is not None]
        if complete:
            show(figures_table(_TITLES, map(_row, complete), texts=(0, 5)), is_list=True)
        for run in listed:
            if run.manifest is None:
                click.echo(f"! {run.folder.name} is {run.status}: {run.problem}")
    else:
        click.echo(f"no runs in {runs}; 'tradekit run FILE' makes one")


@runs_group.command("show")
@click.argument("run")
@_runs_after
@json_option
@click.pass_obj
def show_command(before: _Before, run: str, runs: Path | None, as_json: bool) -> None:
    """Show the result of RUN again.

    RUN is an id, the beginning of one, a path, or 'last'.
    """
    folder = find_run(runs or before.runs, run)
    manifest, metrics = read_manifest(folder), read_metrics(folder)
    if as_json or before.as_json:
        print_json({**manifest, "metrics": metrics})
        return
    report = folder / REPORT
    if report.exists():
        click.echo(report.read_text(encoding="utf-8"), nl=False)
    else:
        show(*_page(manifest, metrics))
    click.echo(f"kept in {folder}")


@runs_group.command("compare", short_help="Compare two runs.")
@click.argument("first")
@click.argument("second")
@_runs_after
@json_option
@click.pass_obj
def compare_command(before: _Before, first: str, second: str, runs: Path | None, as_json: bool) -> None:
    """Compare two runs: what was set differently, how the figures differ, and the first decision that does.

    FIRST and SECOND are ids, beginnings of ids, paths, or 'last'.
    """
    folders = find_run(runs or before.runs, first), find_run(runs or before.runs, second)
    found = compare(*folders)
    if as_json or before.as_json:
        print_json(found.as_json())
        return
    for which, folder in zip(("first", "second"), folders, strict=True):
        click.echo(f"{which:6}  {folder.name}")
    click.echo()
    if found.is_same:
        click.echo("the same inputs and the same results, byte for byte")
        return
    for line in _told(found):
        show(line, is_list=True)
    if found.settings:
        print_table(["SETTING", "FIRST", "SECOND"], [[key, plain(a), plain(b)] for key, (a, b) in found.settings.items()])
        click.echo()
    differing = [[label(key), figure(key, a), figure(key, b), change(key, a, b)] for key, (a, b) in found.metrics.items() if a != b]
    if differing:
        show(figures_table(["FIGURE", "FIRST", "SECOND", "CHANGE"], differing, texts=(0,)), is_list=True)
    if found.decision is not None:
        click.echo(f"\nthe first decision that differs is number {found.decision.number}:")
        print_difference(found.decision, ("FIRST", "SECOND"))


@runs_group.command("trials", short_help="Tell how much was tried on each data set.")
@_runs_after
@json_option
@click.pass_obj
def trials_command(before: _Before, runs: Path | None, as_json: bool) -> None:
    """Tell from the ledger how many trials there were on each data set, and the best that came of them.

    The best of many trials looks good by chance alone: what one Sharpe ratio is worth depends on how many were tried. DISTINCT are
    those that differ in strategy or settings; SPREAD is the standard deviation of their Sharpe ratios.
    """
    path = (runs or before.runs) / LEDGER
    entries, damaged = read_trials(path)
    found = data_sets(entries)
    if as_json or before.as_json:
        print_json({"data_sets": [asdict(one) for one in found], "damaged_lines": damaged})
        return
    if damaged:
        click.echo(f"! {damaged} lines of {path} can't be read, and are not counted")
    if not found:
        click.echo(f"no trials in {path}; every backtest and every trial of a sweep adds one")
        return
    titles = ("DATA", "TRIALS", "DISTINCT", "BEST SHARPE", "SPREAD", "STRATEGIES")
    show(figures_table(titles, map(_trials_row, found), texts=(0, 5)), is_list=True)


def _trials_row(one: DataSet) -> list[str]:
    spread = None if one.sharpe_variance is None else one.sharpe_variance**0.5
    figures = (figure("sharpe", value) for value in (one.best_sharpe, spread))
    return [one.data[:12], f"{one.trials:,}", f"{one.distinct:,}", *figures, ", ".join(one.strategies)]


def _told(found: Comparison) -> Iterator[str]:
    for difference in found.differences:
        yield f"! {difference}"
    if not found.settings:
        yield "the settings are the same"
    alike = [label(key) for key, (a, b) in found.metrics.items() if a == b]
    if len(alike) == len(found.metrics):
        yield "all figures are the same"
    elif alike:
        yield f"the same figures: {', '.join(alike)}"
    if found.same_tables:
        yield f"the same tables, byte for byte: {', '.join(found.same_tables)}"
    yield ""


def _page(manifest: dict[str, Any], metrics: dict[str, Any]) -> Iterator[str]:
    """Yield the result of a run whose reporters showed nothing: figures, with what they rest on."""
    yield f"{manifest['name']}  {manifest['mode']}, {manifest['status']}"
    yield f"{manifest['plan']}"
    yield from (f"! {note}" for note in manifest["notes"])
    yield ""
    yield from (f"{label(key):18} {figure(key, value):>16}" for key, value in metrics.items())
    yield ""
    yield "these figures assume"
    yield " ".join(manifest["assumptions"])


def _row(run: Listed) -> list[str]:
    facts = _facts(run)
    cells = [str(facts["id"]), *(figure(key, facts.get(key), decimals) for key, decimals in _SHOWN.items())]
    return [*cells, str(facts["strategy"]) + ("" if run.status == "done" else f", {run.status}")]


def _facts(run: Listed) -> dict[str, Any]:
    if run.manifest is None:
        return {"id": run.folder.name, "status": run.status, "problem": run.problem}
    strategy = ", ".join(use["name"] for use in run.manifest["components"] if use["kind"] == "strategy")
    return {
        "id": run.folder.name,
        "name": run.manifest["name"],
        "status": run.status,
        "strategy": strategy,
        **(run.metrics or {}),
    }
