"""`tradekit data check`: what is wrong, or doubtful, with market data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import set_option, store_option
from tradekit.cli.output import json_option, print_json, print_table
from tradekit.cli.progress import waiting

if TYPE_CHECKING:
    from tradekit.data.quality.policy import Quality
    from tradekit.data.quality.report import Report
    from tradekit.errors import TradekitError

__all__ = ["check_data_command"]

_REFUSED = 4
_WHO = {
    "trades": "a run on bars that are made of them, or whose fills they decide,",
    "quotes": "what reads quotes, which no run does yet,",
    "book": "what reads order books, which no run does yet,",
}
"""Who refuses what is wrong, where it is not any run."""


@click.command("check")
@click.argument("words", nargs=-1, metavar="[FILE | DATA_SET...]")
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
    words: tuple[str, ...], overrides: tuple[str, ...], kind: str, against: Path | None, store: Path, as_json: bool
) -> None:
    """Look for what is wrong with the data of FILE, a run file, or with what the store keeps.

    Of the store, that is each DATA_SET that has all of these words in its name, or without any word all of them.

    Says what each check found, how often and when, and gives each data set a score from 0 to 100. What a run would refuse ends
    with exit code 4; what the run file waives, or a policy in it repairs, is no reason. A data set that can't be checked does not
    keep the others from it, and ends with the code of its error.
    """
    from tradekit.data.quality.policy import Quality

    quality = Quality()
    failed: dict[str, TradekitError] = {}
    with waiting("reading and checking"):
        if len(words) == 1 and words[0].endswith(".toml"):
            reports, quality = _of_run(Path(words[0]), overrides, kind, against)
        else:
            if overrides or against is not None or kind != "bars":
                raise click.UsageError("--set, --kind and --against are about a run file; name one, which ends with .toml")
            reports, failed = _of_store(store, words)
    least = quality.min_quality or 0.0
    bad = [one for one in reports if one.score < least or any(finding.verdict == "refused" for finding in one.findings)]
    if as_json:
        found: list[dict[str, Any]] = [{"data": one.name, "origin": one.origin, "rows": one.rows, **one.facts()} for one in reports]
        print_json([*found, *({"data": name, "error": str(error)} for name, error in failed.items())])
    else:
        _show(reports, failed)
        _say(bad, least, failed)
    if bad or failed:
        click.get_current_context().exit(_REFUSED if bad else next(iter(failed.values())).exit_code)


def _of_run(file: Path, overrides: Sequence[str], kind: str, against: Path | None) -> tuple[list[Report], Quality]:
    from tradekit.engine.compose import compose_file
    from tradekit.engine.inspection import inspect_run

    composed = compose_file(file, overrides)
    second = None if against is None else compose_file(against)
    return list(inspect_run(composed, kind, second)), composed.config.data.quality


def _of_store(folder: Path, words: Sequence[str]) -> tuple[list[Report], dict[str, TradekitError]]:
    """Return the reports on data sets of a store, and why others can't be checked, by name."""
    from tradekit.data.quality.stored import inspect_set
    from tradekit.data.store.folder import Store
    from tradekit.errors import ConfigError, DataError, PluginError

    store = Store(folder)
    keys = store.find_all(words) if words else store.keys()
    if not keys:
        raise DataError(f"the store {str(folder)!r} is empty; name a run file, or another store with --store")
    reports: list[Report] = []
    failed: dict[str, TradekitError] = {}
    for key in keys:
        try:
            report = inspect_set(store, key)
        except (ConfigError, DataError, PluginError) as error:
            failed[str(key)] = error
        else:
            reports += [] if report is None else [report]
    if not reports and not failed:
        raise DataError(f"there are no checks of {' or '.join(map(str, keys))}; there are of bars, trades, quotes and book")
    return reports, failed


def _show(reports: Iterable[Report], failed: Mapping[str, TradekitError]) -> None:
    rows = []
    for report in reports:
        head = [report.name, f"{report.rows:,}", f"{report.score:g}"]
        for finding in report.findings:
            rows.append([*head, finding.verdict, finding.check, f"{finding.count:,}", finding.what])
            head = ["", "", ""]
        if head[0]:
            rows.append([*head, "", "", "", "nothing found"])
    rows += [[name, "", "", "not checked", "", "", str(error)] for name, error in failed.items()]
    print_table(["DATA", "ROWS", "QUALITY", "VERDICT", "CHECK", "COUNT", "WHAT"], rows)


def _say(bad: Sequence[Report], least: float, failed: Mapping[str, TradekitError]) -> None:
    click.echo()
    if not bad and not failed:
        click.echo("a run may use these data")
    for report in bad:
        refused = sorted({finding.check for finding in report.findings if finding.verdict == "refused"})
        why = f"because of {', '.join(refused)}" if refused else f"because its quality is below {least:g}"
        click.echo(f"{_WHO.get(report.kind, 'a run')} refuses {report.name} {why}")
    for name in failed:
        click.echo(f"{name} could not be checked")
