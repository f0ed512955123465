"""`tradekit compliance`: the rule table, alerts and what became of them, and reports.

What reads logs and runs is imported when a command runs, so that `tradekit --help` stays instant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from tradekit_compliance.surveillance.command import MARKET_OPTIONS, alerts_folder, case_of, folder_of, parameters_of, with_options

__all__ = ["compliance_command"]

PATH = click.Path(path_type=Path)
Options = list[tuple[str, dict[str, Any]]]
RUNS: Options = MARKET_OPTIONS[:1]
ALERTS: Options = [("--alerts", {"type": PATH, "help": "The log of alerts.  [default: alerts/NAME beside the run or log]"})]
OUT: Options = [("--out", {"type": PATH, "required": True, "help": "The file to write."})]
AS_JSON: Options = [("--json", {"is_flag": True, "help": "Print JSON instead."})]


def rules(ctx: click.Context) -> None:
    """Print all checks and detectors: what each is modelled on, its parameters, and why they are as they are."""
    from tradekit_compliance.checks.catalogue import CHECKS
    from tradekit_compliance.surveillance.detecting import DETECTORS

    rows = [(name, check.facts, check.options) for name, check in CHECKS.items()]
    rows += [("tradekit surveil", cls.facts, cls.Options) for cls in DETECTORS.values()]
    if ctx.obj["json"]:
        found = [
            {
                "number": facts.number,
                "name": name,
                "title": facts.title,
                "modelled_on": facts.modelled_on,
                "parameters": {
                    key: {"default": _plain(field.default), "description": field.description, "reason": facts.reasons.get(key, "")}
                    for key, field in options.model_fields.items()
                },
            }
            for name, facts, options in rows
        ]
        click.echo(json.dumps(found, indent=2, sort_keys=True))
        return
    for name, facts, options in rows:
        click.echo(f"{facts.number} {facts.title} ({name})\n    modelled on {facts.modelled_on}")
        for key, field in options.model_fields.items():
            reason = f" ({facts.reasons[key]})" if key in facts.reasons else ""
            click.echo(f"    {key} = {_plain(field.default)}: {field.description}{reason}")


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def alerts(ctx: click.Context, target: str) -> None:
    """List the alerts on a run or log, and what became of each."""
    from tradekit_compliance.audit.coding import time_text
    from tradekit_compliance.surveillance.alerts import kept_alerts

    kept = kept_alerts(alerts_folder(folder_of(target, ctx.obj["runs"]), ctx.obj["alerts"]))
    for name, one in kept.items():
        state = "open"
        if one.disposal is not None and one.disposed is not None:
            when = time_text(one.disposed.written)[:19]
            state = f"{one.disposal.decision} by {one.disposed.actor.removeprefix('person:')} at {when}Z: {one.disposal.reason}"
        click.echo(f"{name}  {time_text(one.alert.time)[:19]}Z  {one.alert.symbol or '-'}  {one.alert.summary}\n    {state}")
    if not kept:
        click.echo("no alerts; 'tradekit surveil' looks for them")


def dispose(ctx: click.Context, target: str, alert: str) -> None:
    """Write down what a person has decided on an ALERT: who, when and why stay in the log."""
    from tradekit_compliance.surveillance.alerts import dispose as write

    book = alerts_folder(folder_of(target, ctx.obj["runs"]), ctx.obj["alerts"])
    write(book, alert, (ctx.obj["decision"], ctx.obj["reason"], ctx.obj["by"]))
    click.echo(f"{alert}: {ctx.obj['decision']}")


def blotter(ctx: click.Context, target: str) -> None:
    """Write the trade blotter of a run or log: one row a fill."""
    from tradekit_compliance.reports.blotter import write_blotter
    from tradekit_compliance.surveillance.activity import read_activity

    count = write_blotter(read_activity(folder_of(target, ctx.obj["runs"])), ctx.obj["out"], ctx.obj["settle_days"])
    click.echo(f"{count} trades in {ctx.obj['out']}")


def costs(ctx: click.Context, target: str) -> None:
    """Tell what trading cost: implementation shortfall with its parts, arrival and VWAP slippage."""
    from tradekit_compliance.reports.cost_page import costs_json, costs_lines
    from tradekit_compliance.reports.costs import order_costs

    case = case_of([folder_of(target, ctx.obj["runs"])], ctx.obj)
    found = list(order_costs(case.activities[0], _market(case.market)))
    if ctx.obj["json"]:
        click.echo(json.dumps(costs_json(found), indent=2, sort_keys=True))
        return
    for line in costs_lines(found):
        click.echo(line)


def holdings(ctx: click.Context, target: str) -> None:
    """Write the information table of Form 13F for a QUARTER, as XML. It is filed with nobody."""
    from tradekit_compliance.reports import holdings as table

    case = case_of([folder_of(target, ctx.obj["runs"])], ctx.obj)
    day = table.quarter_end(ctx.obj["quarter"])
    securities = table.read_securities(ctx.obj["securities"])
    found = table.holdings_at(case.activities[0], _market(case.market), day, securities, ctx.obj["omit_small"])
    _write(ctx.obj["out"], table.information_table(found))
    worth = sum(holding.value for holding in found)
    click.echo(f"{len(found)} holdings of ${worth:,} on {day} in {ctx.obj['out']}")
    if worth < 100_000_000:
        click.echo("a manager with less than $100,000,000 on the last trading day of every month has nothing to file")


def violations(ctx: click.Context, target: str) -> None:
    """Write what was refused, warned of, found afterwards, and not judged: a page, or JSON if the name ends in .json."""
    from tradekit_compliance.reports.violations import as_html, as_json
    from tradekit_compliance.reports.violations import violations as report
    from tradekit_compliance.surveillance.alerts import kept_alerts
    from tradekit_compliance.surveillance.detecting import detectors, survey

    folder = folder_of(target, ctx.obj["runs"])
    case = case_of([folder], ctx.obj)
    kept = kept_alerts(alerts_folder(folder, ctx.obj["alerts"]))
    found = report(case.activities[0], survey(case, detectors(parameters_of(ctx.obj["parameter"]))), kept)
    _write(ctx.obj["out"], as_json(found) if ctx.obj["out"].suffix == ".json" else as_html(found))
    told = ", ".join(f"{len(found[key])} {name}" for key, name in _COUNTED.items())
    click.echo(f"{told} in {ctx.obj['out']}")


def _market(market: Any) -> Any:
    from tradekit import ConfigError

    if market is None:
        raise ConfigError("this needs the market around the account; name a run file or a data source with --data")
    return market


def _write(path: Path, text: str) -> None:
    from tradekit import RunError

    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RunError(f"report {str(path)!r} can't be written: {error.strerror}") from error


def _command(name: str, does: Callable[..., None], options: Options, arguments: Sequence[str] = ("target",)) -> click.Command:
    shown = [click.Argument([argument], metavar=argument.upper()) for argument in arguments]
    return click.Command(name, callback=click.pass_context(does), help=does.__doc__, params=[*shown, *with_options(options)])


_COUNTED = {"blocks": "refused or cut", "warnings": "warnings", "alerts": "alerts"}
PARAMETER: Options = [("--parameter", {"multiple": True, "metavar": "S01.KEY=VALUE", "help": "A parameter of a detector."})]
STATEMENT: Options = [
    ("--venue-trades", {"type": PATH, "help": "CSV file of the venue's statement: time, symbol, quantity, price."}),
    ("--venue-positions", {"type": PATH, "help": "CSV file of the venue's positions: symbol, quantity."}),
]
DISPOSAL: Options = [
    (
        "--decision",
        {"type": click.Choice(["explained", "false-alert", "escalated"]), "required": True, "help": "What was decided."},
    ),
    ("--reason", {"required": True, "help": "Why, in words that somebody else understands."}),
    ("--by", {"required": True, "help": "Who decides."}),
]
TABLE: Options = [
    ("--quarter", {"required": True, "metavar": "QUARTER", "help": "The quarter, such as 2023Q4."}),
    ("--securities", {"type": PATH, "required": True, "help": "CSV file: symbol, issuer, title, cusip, and optionally more."}),
    ("--omit-small", {"is_flag": True, "help": "Leave out fewer than 10,000 units worth less than $200,000."}),
]
SETTLE: Options = [
    ("--settle-days", {"type": click.IntRange(0, 30), "help": "Weekdays from trade to settlement.  [default: not told]"})
]

compliance_command = click.Group(
    "compliance",
    help="Print the rule table, dispose of alerts, and write reports.",
    commands=[
        _command("rules", rules, AS_JSON, ()),
        _command("alerts", alerts, [*RUNS, *ALERTS]),
        _command("dispose", dispose, [*RUNS, *ALERTS, *DISPOSAL], ("target", "alert")),
        _command("blotter", blotter, [*RUNS, *OUT, *SETTLE]),
        _command("costs", costs, [*MARKET_OPTIONS, *AS_JSON]),
        _command("holdings", holdings, [*MARKET_OPTIONS, *OUT, *TABLE]),
        _command("violations", violations, [*MARKET_OPTIONS, *STATEMENT, *PARAMETER, *ALERTS, *OUT]),
    ],
)
