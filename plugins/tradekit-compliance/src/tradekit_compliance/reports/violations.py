"""What was refused, what passed with a warning, what was found afterwards, and what could not be judged: as JSON and as a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from tradekit_compliance.audit.coding import time_text
from tradekit_compliance.checks.catalogue import CHECKS
from tradekit_compliance.surveillance.activity import Activity, Message
from tradekit_compliance.surveillance.alerts import Kept
from tradekit_compliance.surveillance.detecting import DETECTORS, Surveyed

__all__ = ["as_html", "as_json", "violations"]

_NOT = (
    "This is no legal advice, and was filed with nobody. A check is modelled on the rule that it names; it doesn't show that the "
    "rule was kept."
)


def violations(activity: Activity, found: Surveyed, kept: Mapping[str, Kept]) -> dict[str, Any]:
    """Return all that the report says."""
    verdicts = [one for one in activity.messages if one.kind == "verdict"]
    rules = [str(table.get("rule")) for table in activity.settings.get("risk", ())]
    blocks = [one for one in verdicts if one.detail in ("reject", "halt", "resize")]
    warnings = [one for one in verdicts if one.detail == "accept" and one.text.startswith("warning: ")]
    judged = Counter(one.rule for one in verdicts)
    return {
        "account": activity.name,
        "note": _NOT,
        "checks": [
            {
                "rule": rule,
                "number": CHECKS[rule].facts.number if rule in CHECKS else "",
                "modelled_on": CHECKS[rule].facts.modelled_on if rule in CHECKS else "",
                "judged": judged[rule],
                "refused": sum(one.rule == rule and one.detail in ("reject", "halt") for one in blocks),
                "cut": sum(one.rule == rule and one.detail == "resize" for one in blocks),
                "warned": sum(one.rule == rule for one in warnings),
                "unknown": sum(one.rule == rule and "UNKNOWN: " in one.text for one in (*blocks, *warnings)),
            }
            for rule in dict.fromkeys((*rules, *judged))
        ],
        "not_run": [f"{check.facts.number} {name}" for name, check in CHECKS.items() if name not in rules and name not in judged],
        "blocks": [_verdict(one) for one in blocks],
        "warnings": [_verdict(one) for one in warnings],
        "detectors": [
            {
                "number": number,
                "title": cls.facts.title,
                "modelled_on": cls.facts.modelled_on,
                "found": sum(one.detector == number for one in found.alerts),
                "unknown": found.unknown.get(number, ""),
                "parameters": dict(found.parameters.get(number, {})),
            }
            for number, cls in DETECTORS.items()
        ],
        "alerts": [_alert(one) for one in kept.values()],
    }


def _verdict(one: Message) -> dict[str, Any]:
    told = {"seq": one.number, "time": time_text(one.time), "order": one.order, "symbol": one.symbol, "quantity": one.quantity}
    return {**told, "rule": one.rule, "verdict": one.detail, "reason": one.text}


def _alert(one: Kept) -> dict[str, Any]:
    told = {
        "alert": one.alert.alert,
        "detector": one.alert.detector,
        "symbol": one.alert.symbol,
        "time": time_text(one.alert.time),
        "opened": time_text(one.opened.written),
        "summary": one.alert.summary,
        "evidence": list(one.alert.evidence),
        "status": "open",
    }
    if one.disposal is not None and one.disposed is not None:
        told |= {"status": one.disposal.decision, "why": one.disposal.reason, "who": one.disposed.actor}
        told["when"] = time_text(one.disposed.written)
    return told


def as_json(report: Mapping[str, Any]) -> str:
    """Return the report as JSON."""
    return json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2329; margin: 2.5rem auto; max-width: 76rem; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p.note { color: #5a646e; margin-top: .2rem; max-width: 48rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: #5a646e; border-bottom: 2px solid #d5dade; }
th, td { padding: .3rem .8rem .3rem 0; vertical-align: top; } td { border-bottom: 1px solid #eceff1; }
td.n, th.n { text-align: right; } .bad { color: #a3241d; font-weight: 600; } .none { color: #5a646e; }
ul.figures { display: flex; gap: 2.5rem; list-style: none; padding: 0; margin: 1.2rem 0; }
ul.figures b { display: block; font-size: 1.6rem; }
"""
_MOST = 500


def as_html(report: Mapping[str, Any]) -> str:
    """Return the report as a page that needs nothing else; of very many verdicts it shows the first."""
    open_alerts = [one for one in report["alerts"] if one["status"] == "open"]
    figures = {
        "orders refused or cut": len(report["blocks"]),
        "warnings": len(report["warnings"]),
        "alerts": len(report["alerts"]),
        "of them open": len(open_alerts),
        "not judged": sum(one["unknown"] for one in report["checks"]) + sum(bool(one["unknown"]) for one in report["detectors"]),
    }
    tiles = "".join(f"<li><b>{count:,}</b>{name}</li>" for name, count in figures.items())
    detectors = [{**one, "parameters": ", ".join(f"{k}={v}" for k, v in one["parameters"].items())} for one in report["detectors"]]
    alerts = [
        {**one, "decided": _decided(one), "summary": one["summary"].partition(" (parameters ")[0]} for one in report["alerts"]
    ]
    parts = [
        f"<h1>Violations: {escape(report['account'])}</h1><p class=note>{escape(report['note'])}</p><ul class=figures>{tiles}</ul>",
        _section("Detectors", detectors, ("number", "title", "found", "unknown", "parameters", "modelled_on")),
        _section("Checks", report["checks"], ("number", "rule", "judged", "refused", "cut", "warned", "unknown", "modelled_on")),
        f"<p class=note>Not run: {escape(', '.join(report['not_run'])) or 'none'}.</p>",
        _section("Alerts", alerts, ("detector", "time", "symbol", "summary", "decided", "alert")),
        _section("Refused or cut", report["blocks"], ("seq", "time", "order", "symbol", "quantity", "rule", "verdict", "reason")),
        _section("Passed with a warning", report["warnings"], ("seq", "time", "order", "symbol", "quantity", "rule", "reason")),
    ]
    title = f"<title>Violations: {escape(report['account'])}</title>"
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8">{title}<style>{_STYLE}</style></head>'
    return f"{head}<body>{''.join(parts)}</body></html>\n"


def _decided(alert: Mapping[str, Any]) -> str:
    if alert["status"] == "open":
        return "open"
    return f"{alert['status']}: {alert['why']} ({alert['who'].removeprefix('person:')}, {alert['when'][:10]})"


_NUMBERS = ("seq", "order", "quantity", "judged", "refused", "cut", "warned", "found")


def _section(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    if not rows:
        return f"<h2>{title}</h2><p class=none>none</p>"
    head = "".join(f"<th{' class=n' if name in _NUMBERS else ''}>{name.replace('_', ' ')}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(_cell(name, row[name]) for name in columns)}</tr>" for row in rows[:_MOST])
    more = f"<p class=none>{len(rows) - _MOST:,} more are in the JSON report.</p>" if len(rows) > _MOST else ""
    return f"<h2>{title}</h2><table><tr>{head}</tr>{body}</table>{more}"


def _cell(name: str, value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if name in ("time", "opened"):
        text = text[:19].replace("T", " ")
    is_bad = (name == "unknown" and value not in ("", 0)) or (name in ("refused", "found") and value) or text == "open"
    kind = " ".join(["n"] * (name in _NUMBERS) + ["bad"] * bool(is_bad))
    attribute = f' class="{kind}"' if kind else ""
    return f"<td{attribute}>{escape(text)}</td>"
