"""`tradekit doctor`: everything that may be wrong here, with the way out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import runs_option, store_option
from tradekit.cli.output import json_option, print_json, show

if TYPE_CHECKING:
    from tradekit.engine.doctor.finding import Finding

__all__ = ["doctor_command"]


@click.command("doctor")
@runs_option
@store_option
@json_option
def doctor_command(runs: Path, store: Path, as_json: bool) -> None:
    """Say what is wrong with this installation.

    Looks at versions, the simulator, plugin packages, optional parts, the folders for runs and data, the clock, and who can read
    files with keys. Nothing is changed, and no network is used. The exit code is 1 if anything is wrong, else 0.
    """
    findings = list(_findings(runs, store))
    verdicts = [finding.verdict for finding in findings]
    worst = next((verdict for verdict in ("fail", "warn") if verdict in verdicts), "ok")
    if as_json:
        print_json({"verdict": worst, "findings": [asdict(finding) for finding in findings]})
    else:
        _print(findings)
        click.echo()
        click.echo(_summary(verdicts.count("fail"), verdicts.count("warn")))
    if worst == "fail":
        click.get_current_context().exit(1)


def _findings(runs: Path, store: Path) -> Iterator[Finding]:
    from tradekit.cli.main import COMMANDS
    from tradekit.engine.doctor import packages, surroundings
    from tradekit.plugin.packages import every_installed

    there = every_installed()
    yield from packages.check_versions(there)
    yield from packages.check_simulator()
    yield from packages.check_plugins(COMMANDS)
    yield from packages.missing_parts(there)
    yield surroundings.check_folder("runs", runs, "--runs")
    yield surroundings.check_folder("market data", store, "--store")
    yield surroundings.check_clock(runs, time.time_ns())
    yield surroundings.check_zones()
    yield from surroundings.check_keys(Path())


def _print(findings: Sequence[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    colours = {"ok": "green", "warn": "yellow", "fail": "bold red", "note": ""}
    before = ""
    for finding in findings:
        verdict = Text(finding.verdict, style=colours[finding.verdict])
        table.add_row(finding.check if finding.check != before else "", verdict, Text(finding.text))
        if finding.way_out:
            table.add_row("", "", Text(f"-> {finding.way_out}"))
        before = finding.check
    show(table, is_list=True)


def _summary(fails: int, warns: int) -> str:
    if fails:
        return f"{fails} thing{' is' if fails == 1 else 's are'} wrong" + (f", {warns} may be" if warns else "")
    return f"nothing is wrong, {warns} thing{'' if warns == 1 else 's'} may be" if warns else "all is well"
