"""What a reader should know before believing a result: doubts, notes, assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradekit import Result
from tradekit_report.page.words import NONE, plural, sentence
from tradekit_report.sanity import Finding

__all__ = ["trust_of"]

_MOST = 8
"""Instruments in the short table of data quality."""


def trust_of(result: Result, findings: Sequence[Finding]) -> Mapping[str, Any]:
    """Return the part of the page about trust: what is doubtful first, then what was noted, then what could not be told."""
    doubtful = [one for one in findings if one.verdict == "doubtful"]
    unknown = [one for one in findings if one.verdict == "unknown"]
    fine = [one for one in findings if one.verdict == "fine"]
    doubts = [_told(one, "") for one in doubtful]
    doubts += [{"kind": "note", "title": "", "value": sentence(note), "advice": "", "rule": ""} for note in result.notes]
    if doubtful:
        title = f"{plural(len(doubtful), 'doubt')}"
    elif result.notes:
        title = (
            f"No doubt from {plural(len(fine), 'check')}; {plural(len(result.notes), 'note')}"
            if findings
            else plural(len(result.notes), "note")
        )
    else:
        title = f"No doubt from {plural(len(fine), 'check')}" if findings else "Nothing to note"
    return {
        "lead": "A backtest is a claim about the past under assumptions: these, and here is what speaks against the claim.",
        "title": title,
        "doubts": doubts,
        "others": [*(_told(one, "unknown") for one in unknown), *(_told(one, "fine") for one in fine)],
        "others_title": ", ".join(
            text
            for text in (
                f"{plural(len(unknown), 'check')} could not be made" if unknown else "",
                f"{plural(len(fine), 'check')} passed" if fine else "",
            )
            if text
        ),
        "assumptions": [sentence(one) for one in result.assumptions],
        "quality_heads": [("Instrument", False), ("Score", True), ("Bars", True), ("Missing", True), ("Findings", False)],
        "quality": [_quality(fact) for fact in result.data[:_MOST]],
        "quality_note": "Of 100: what the data lost in the checks of the run; the parts below name every finding."
        + (f" {len(result.data) - _MOST} more instruments are listed there." if len(result.data) > _MOST else ""),
    }


def _quality(fact: Mapping[str, Any]) -> list[str]:
    quality, findings = fact.get("quality"), fact.get("findings") or ()
    missing = sum(int(one.get("count", 0)) for one in findings if one.get("check") == "gaps")
    return [
        str(fact["symbol"]),
        f"{quality:.2f}" if isinstance(quality, int | float) else NONE,
        f"{fact.get('rows', 0):,}",
        f"{missing:,}",
        plural(len(findings), "finding") if findings else "none",
    ]


def _told(one: Finding, kind: str) -> dict[str, str]:
    return {
        "kind": kind or "doubt",
        "title": f"{sentence(one.title)}",
        "value": sentence(one.value),
        "advice": sentence(one.advice),
        "rule": sentence(one.rule),
    }
