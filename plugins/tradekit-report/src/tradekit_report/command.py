"""`tradekit report`: the page of a finished run or a sweep, or of several runs side by side.

What draws pages is imported when the command runs, so that `tradekit --help` stays instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tradekit import Result
    from tradekit_report.page.options import PageOptions

__all__ = ["report_command"]

_PATH = click.Path(path_type=Path)


@click.command("report")
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--runs", "root", type=_PATH, default=Path("runs"), show_default=True, help="The folder that holds finished runs.")
@click.option(
    "--output", type=_PATH, help="The file to write.  [default: report.html in the run's folder; comparison.html in --runs]"
)
@click.option(
    "--from", "origin", type=_PATH, help="Where the run file was: its paths to data start there.  [default: as the run says]"
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="An option of the reporter 'html', such as rolling=126."
)
def report_command(runs: tuple[str, ...], root: Path, output: Path | None, origin: Path | None, settings: tuple[str, ...]) -> None:
    """Write the page of a finished RUN: charts, figures, trades, and what they rest on, in one file.

    RUN is the id of a run or a sweep, the beginning of one, its folder, or 'last' (the last run), which it is without any. Several
    runs are put side by side.

    Bars are not kept with a run: they are read again from where the run had them, and the page says so where they are gone or have
    changed.
    """
    from tradekit import ConfigError
    from tradekit_report.page.sweep import is_sweep, sweep_page

    folders = [_folder(root, wanted) for wanted in runs or ("last",)]
    sweeps = [folder for folder in folders if is_sweep(folder)]
    if len(folders) > 1:
        if sweeps:
            raise ConfigError(f"{str(sweeps[0])!r} is a sweep, and only runs can be put side by side; name it alone")
        _write(output or root / "comparison.html", _compared(folders))
    elif sweeps:
        _write(output or folders[0] / "report.html", sweep_page(folders[0]))
    else:
        page, gone = _page(folders[0], origin, _options(settings))
        if gone:
            click.echo(f"! {gone}")
        _write(output or folders[0] / "report.html", page)


def _folder(root: Path, wanted: str) -> Path:
    """Return the folder of a run or a sweep. Raises `RunError` or `ConfigError` if there is none, or more than one."""
    from tradekit import ConfigError, find_run
    from tradekit_report.page.sweep import is_sweep

    for folder in (Path(wanted), root / wanted):
        if is_sweep(folder):
            return folder
    sweeps = sorted(folder for folder in root.glob("sweep-*") if is_sweep(folder) and folder.name.startswith(wanted))
    if len(sweeps) > 1:
        raise ConfigError(
            f"{len(sweeps)} sweeps begin with {wanted!r}: {', '.join(one.name for one in sweeps[:5])}; write more of it"
        )
    return sweeps[0] if sweeps else find_run(root, wanted)


def _page(folder: Path, origin: Path | None, options: PageOptions) -> tuple[str, str]:
    """Return the page of a run, and why it has no market; empty if it has."""
    from tradekit import TradekitError, read_market, read_result
    from tradekit_report.page.market import Market
    from tradekit_report.page.report import report_page

    result = read_result(folder)
    try:
        found = read_market(folder, origin)
    except TradekitError as error:
        return report_page(result, options, None, f"There is no price chart: {error}."), f"no price chart: {error}"
    return report_page(result, options, Market(found.bars, found.values)), ""


def _compared(folders: Sequence[Path]) -> str:
    from tradekit import read_result
    from tradekit_report.page.compare import comparison_page

    results = [read_result(folder) for folder in folders]
    return comparison_page(dict(zip(_names(folders, results), results, strict=True)))


def _names(folders: Sequence[Path], results: Sequence[Result]) -> list[str]:
    """Return what runs are called: by their names, or by their folders where two have the same."""
    names = [result.name for result in results]
    return names if len(set(names)) == len(names) else [folder.name for folder in folders]


def _options(settings: Sequence[str]) -> PageOptions:
    """Return the options of a page. Raises `ConfigError` for a key that there isn't, or a value that it can't have."""
    import tomllib

    from pydantic import ValidationError

    from tradekit import ConfigError
    from tradekit_report.page.options import PageOptions

    values: dict[str, object] = {}
    for text in settings:
        key, is_there, value = text.partition("=")
        if not is_there or not key:
            raise ConfigError(f"--set {text!r} is no setting; write it as rolling=126")
        try:
            parsed = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            parsed = value
        table, _, inner = key.partition(".")
        if inner:
            nested = values.setdefault(table, {})
            if isinstance(nested, dict):
                nested[inner] = parsed
        else:
            values[key] = parsed
    try:
        return PageOptions(**values)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        allowed = f"; there are {', '.join(PageOptions.model_fields)}" if first["type"] == "extra_forbidden" else ""
        raise ConfigError(f"--set {key}: {first['msg'][:1].lower()}{first['msg'][1:]}{allowed}") from error


def _write(path: Path, page: str) -> None:
    from tradekit import RunError

    try:
        path.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RunError(f"the report {str(path)!r} can't be written: {error.strerror}; --output names another file") from error
    click.echo(f"written to {path}")
