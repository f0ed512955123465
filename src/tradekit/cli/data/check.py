"""`tradekit data check`: what is wrong, or doubtful, with market data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.arguments import set_option, store_option
from tradekit.cli.output import json_option, print_json, print_table
from tradekit.cli.progress import waiting

if TYPE_CHECKING:
    from tradekit.data.quality.policy import Quality
    from tradekit.data.quality.report import Report

__all__ = ["check_data_command"]

_REFUSED = 4


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@set_option
@click.option(
    "--kind",
    type=click.Choice(["bars", "trades", "quotes", "book"]),
    default="bars",
    show_default=True,
    help="Which data of a run file to look at.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A run file with other bars of the same symbols: coarser, finer, or from a second source.",
)
@store_option
@json_option
def check_data_command(
    file: Path | None, overrides: tuple[str, ...], kind: str, against: Path | None, store: Path, as_json: bool
) -> None:
    """Look for what is wrong with the data of FILE, a run file, or without one with all that the store keeps.

    Says what each check found, how often and when, and gives each data set a score from 0 to 100. What a run would refuse ends
    with exit code 4; what the run file waives, or a policy in it repairs, is no reason.
    """
    from tradekit.data.quality.policy import Quality

    quality = Quality()
    with waiting("reading and checking"):
        if file is None:
            if overrides or against is not None or kind != "bars":
                raise click.UsageError("--set, --kind and --against are about a run file; name one")
            reports = list(_of_store(store))
        else:
            reports, quality = _of_run(file, overrides, kind, against)
    least = quality.min_quality or 0.0
    bad = [one for one in reports if one.score < least or any(finding.verdict == "refused" for finding in one.findings)]
    if as_json:
        print_json([{"data": one.symbol, "origin": one.origin, "rows": one.rows, **one.facts()} for one in reports])
    else:
        _show(reports)
        _say(bad, least)
    if bad:
        click.get_current_context().exit(_REFUSED)


def _of_run(file: Path, overrides: Sequence[str], kind: str, against: Path | None) -> tuple[list[Report], Quality]:
    from tradekit.engine.compose import compose_file
    from tradekit.engine.inspection import inspect_run

    composed = compose_file(file, overrides)
    second = None if against is None else compose_file(against)
    return list(inspect_run(composed, kind, second)), composed.config.data.quality


def _of_store(folder: Path) -> Iterator[Report]:
    from tradekit.data.quality.stored import inspect_set
    from tradekit.data.store.folder import Store
    from tradekit.errors import ConfigError, DataError, PluginError

    store = Store(folder)
    keys = store.keys()
    if not keys:
        raise DataError(f"the store {str(folder)!r} is empty; name a run file, or another store with --store")
    for key in keys:
        try:
            report = inspect_set(store, key, keys)
        except (ConfigError, DataError, PluginError) as error:
            raise type(error)(f"{key}: {error}") from error
        if report is not None:
            yield report


def _show(reports: Iterable[Report]) -> None:
    rows = []
    for report in reports:
        head = [report.symbol, f"{report.rows:,}", f"{report.score:g}"]
        for finding in report.findings:
            rows.append([*head, finding.verdict, finding.check, f"{finding.count:,}", finding.what])
            head = ["", "", ""]
        if head[0]:
            rows.append([*head, "", "", "", "nothing found"])
    print_table(["DATA", "ROWS", "QUALITY", "VERDICT", "CHECK", "COUNT", "WHAT"], rows)


def _say(bad: Sequence[Report], least: float) -> None:
    click.echo()
    if not bad:
        click.echo("a run may use these data")
    for report in bad:
        refused = sorted({finding.check for finding in report.findings if finding.verdict == "refused"})
        why = f"because of {', '.join(refused)}" if refused else f"because its quality is below {least:g}"
        click.echo(f"a run refuses {report.symbol} {why}")
