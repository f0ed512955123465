"""`tradekit runs`: list, show and compare what has been run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tradekit.cli.arguments import runs_option
from tradekit.cli.output import json_option, print_json, print_table
from tradekit.engine.folder import REPORT, find_run, list_runs, read_manifest, read_metrics
from tradekit.engine.compare import compare

__all__ = ["runs_group"]


@click.group("runs", invoke_without_command=True)
@runs_option
@json_option
@click.pass_context
def runs_group(ctx: click.Context, runs: Path, as_json: bool) -> None:
    """List finished runs, the newest first; 'show' and 'compare' tell more."""
    ctx.obj = runs
    if ctx.invoked_subcommand is not None:
        return
    rows = [_row(folder) for folder in list_runs(runs)]
    if as_json:
        print_json(rows)
    elif rows:
        columns: dict[str, Callable[[Any], str]] = {
            "id": str,
            "status": str,
            "strategy": str,
            "total_return": _percent,
            "sharpe": _number,
            "max_drawdown": _percent,
            "trades": _whole,
        }
        titles = ["ID", "STATUS", "STRATEGY", "RETURN", "SHARPE", "MAX DRAWDOWN", "TRADES"]
        print_table(titles, [[say(row[key]) for key, say in columns.items()] for row in rows])
    else:
        click.echo(f"no runs in {runs}; 'tradekit run FILE' makes one")


@runs_group.command("show")
@click.argument("run")
@json_option
@click.pass_obj
def show_command(runs: Path, run: str, as_json: bool) -> None:
    """Show the result of RUN again.

    RUN is an id, the beginning of one, a path, or 'last'.
    """
    folder = find_run(runs, run)
    if as_json:
        print_json({**read_manifest(folder), "metrics": read_metrics(folder)})
        return
    report = folder / REPORT
    click.echo(report.read_text(encoding="utf-8") if report.exists() else "the reporters of this run showed nothing")
    click.echo(f"kept in {folder}")


@runs_group.command("compare")
@click.argument("first")
@click.argument("second")
@json_option
@click.pass_obj
def compare_command(runs: Path, first: str, second: str, as_json: bool) -> None:
    """Compare two runs: what was set differently, and how the figures differ.

    FIRST and SECOND are ids, beginnings of ids, paths, or 'last'.
    """
    folders = find_run(runs, first), find_run(runs, second)
    found = compare(*folders)
    if as_json:
        print_json(found.as_json())
        return
    names = [folder.name for folder in folders]
    if found.is_same:
        click.echo(f"{names[0]} and {names[1]} have the same inputs and the same results, byte for byte")
        return
    if found.settings:
        print_table(["SETTING", *names], [[key, _said(a), _said(b)] for key, (a, b) in found.settings.items()])
    else:
        click.echo("the settings are the same")
    for difference in found.differences:
        click.echo(f"! {difference}")
    click.echo()
    print_table(["FIGURE", *names, "CHANGE"], list(_figures(found.metrics)))


def _figures(metrics: Mapping[str, tuple[float | None, float | None]]) -> Iterator[list[str]]:
    for key, (a, b) in metrics.items():
        change = "" if a is None or b is None else ("same" if a == b else f"{b - a:+,.4g}")
        yield [key.replace("_", " "), _number(a), _number(b), change]


def _row(folder: Path) -> dict[str, Any]:
    manifest, metrics = read_manifest(folder), read_metrics(folder)
    strategy = next((use["name"] for use in manifest["components"] if use["kind"] == "strategy"), "")
    return {"id": folder.name, "name": manifest["name"], "status": manifest["status"], "strategy": strategy, **metrics}


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _said(value: object) -> str:
    return "-" if value is None else str(value)
