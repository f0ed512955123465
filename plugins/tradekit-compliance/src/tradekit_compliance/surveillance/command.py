"""`tradekit surveil`: look at what an account did.

What reads logs and runs is imported when the command runs, so that `tradekit --help` stays instant.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tradekit_compliance.surveillance.detecting import Surveyed
    from tradekit_compliance.surveillance.finding import Case

__all__ = ["MARKET_OPTIONS", "alerts_folder", "case_of", "folder_of", "parameters_of", "surveil_command", "with_options"]

PATH = click.Path(path_type=Path)

MARKET_OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("--runs", {"type": PATH, "default": Path("runs"), "show_default": True, "help": "The folder that holds finished runs."}),
    ("--data", {"help": "The market around it: a run file, a TOML file with a [data] table, or the name of a data source."}),
    ("--set", {"multiple": True, "metavar": "KEY=VALUE", "help": "A key of that file, or an option of that source."}),
    ("--interval", {"default": "", "help": "How long the bars are, such as 1m.  [default: as the file says]"}),
]
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    *MARKET_OPTIONS,
    ("--venue-trades", {"type": PATH, "help": "CSV file of the venue's statement: time, symbol, quantity, price."}),
    ("--venue-positions", {"type": PATH, "help": "CSV file of the venue's positions: symbol, quantity."}),
    ("--parameter", {"multiple": True, "metavar": "S01.KEY=VALUE", "help": "A parameter of a detector."}),
    ("--alerts", {"type": PATH, "help": "The log that alerts are kept in.  [default: alerts/NAME beside the run or log]"}),
    ("--json", {"is_flag": True, "help": "Print JSON instead."}),
]


def note(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep an option with the others, in one dictionary: the context's object."""
    if not isinstance(ctx.obj, dict):
        ctx.obj = {}
    ctx.obj[parameter.name] = value


def with_options(options: Iterable[tuple[str, dict[str, Any]]]) -> list[click.Parameter]:
    """Return options that are kept in the context's object."""
    return [click.Option([name], expose_value=False, callback=note, **facts) for name, facts in options]


def folder_of(target: str, runs: Path) -> Path:
    """Return the folder of a run or a log: a path, the id of a run, or `last`. Raises `ConfigError` if there is none."""
    from tradekit import ConfigError

    if target == "last":
        finished = sorted(path.parent for path in runs.glob("*/manifest.json") if not path.parent.name.startswith("."))
        if not finished:
            raise ConfigError(f"there are no runs in {str(runs)!r}; 'tradekit run FILE' makes one")
        return finished[-1]
    for folder in (Path(target), runs / target):
        if folder.is_dir():
            return folder
    raise ConfigError(f"there is no run or log {target!r}; name its folder, the id of a run in {str(runs)!r}, or 'last'")


def alerts_folder(folder: Path, named: Path | None) -> Path:
    """Return the folder of the log of alerts on a run or log."""
    return named or folder.resolve().parent / "alerts" / folder.resolve().name


def parameters_of(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the parameters of detectors by number. Raises `ConfigError` for a text that is none."""
    from tradekit import ConfigError

    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        key, _, value = text.partition("=")
        number, _, name = key.partition(".")
        if not name or not value:
            raise ConfigError(f"--parameter {text!r} is none; write it as S01.pairs=5")
        try:
            found.setdefault(number, {})[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found.setdefault(number, {})[name] = value
    return found


def case_of(folders: Iterable[Path], options: Mapping[str, Any]) -> Case:
    """Read what is to be looked at."""
    from tradekit_compliance.surveillance.activity import read_activity
    from tradekit_compliance.surveillance.finding import Case
    from tradekit_compliance.surveillance.market import open_market
    from tradekit_compliance.surveillance.statement import read_statement

    activities = tuple(read_activity(folder) for folder in folders)
    market = None
    if options["data"] is not None:
        symbols = sorted({fill.symbol for activity in activities for fill in activity.fills})
        interval = options["interval"] or next((one.settings.get("data", {}).get("interval", "") for one in activities), "")
        market = open_market(options["data"], options["set"], symbols, interval)
    statement = None
    if options.get("venue_trades") or options.get("venue_positions"):
        statement = read_statement(options["venue_trades"], options["venue_positions"])
    return Case(activities, market, statement)


def surveil(ctx: click.Context, targets: tuple[str, ...]) -> None:
    """Look for patterns in what accounts did that somebody has to explain.

    A TARGET is the folder of a run or of an audit log, the id of a run, or 'last'. Several are taken to be of one beneficial owner.
    Ends with 1 as long as an alert is open; 'tradekit compliance dispose' closes one.
    """
    from tradekit_compliance.surveillance.alerts import keep, kept_alerts
    from tradekit_compliance.surveillance.detecting import detectors, survey

    options: dict[str, Any] = ctx.obj
    folders = [folder_of(target, options["runs"]) for target in targets]
    found = survey(case_of(folders, options), detectors(parameters_of(options["parameter"])))
    book = alerts_folder(folders[0], options["alerts"])
    new = keep(book, found.alerts)
    kept = kept_alerts(book)
    open_ones = [name for name, one in kept.items() if one.is_open]
    if options["json"]:
        click.echo(json.dumps(_as_json(found, open_ones), indent=2, sort_keys=True))
    else:
        _print(found, set(new), set(open_ones))
        if kept:
            click.echo(f"{len(open_ones)} of {len(kept)} alerts are open; they are kept in {book}")
    if open_ones:
        ctx.exit(1)


def _as_json(found: Surveyed, open_ones: list[str]) -> dict[str, Any]:
    from tradekit_compliance.audit.coding import time_text

    alerts = [
        {
            "alert": one.id,
            "detector": one.detector,
            "account": one.account,
            "symbol": one.symbol,
            "time": time_text(one.time),
            "summary": one.summary,
            "evidence": list(one.evidence),
            "numbers": {name: value if abs(value) < float("inf") else None for name, value in one.numbers.items()},
            "parameters": one.parameters,
            "is_open": one.id in open_ones,
        }
        for one in found.alerts
    ]
    return {"alerts": alerts, "unknown": dict(found.unknown), "parameters": dict(found.parameters), "open": open_ones}


def _print(found: Surveyed, new: set[str], open_ones: set[str]) -> None:
    from tradekit_compliance.audit.coding import time_text
    from tradekit_compliance.surveillance.detecting import DETECTORS

    for one in found.alerts:
        state = "new" if one.id in new else "open" if one.id in open_ones else "disposed"
        click.echo(f"{one.id}  {state}  {time_text(one.time)[:19]}Z  {one.symbol or '-'}  {one.summary}")
    counts = {number: sum(one.detector == number for one in found.alerts) for number in DETECTORS}
    for number, cls in DETECTORS.items():
        said = f"UNKNOWN: {found.unknown[number]}" if number in found.unknown else f"{counts[number]} found"
        click.echo(f"{number} {cls.facts.title}: {said}")


surveil_command = click.Command(
    "surveil",
    callback=click.pass_context(surveil),
    help=surveil.__doc__,
    params=[click.Argument(["targets"], metavar="TARGET...", nargs=-1, required=True), *with_options(OPTIONS)],
)
