"""How commands show the first decision in which two runs differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from tradekit.cli.figures import figures_table
from tradekit.cli.output import show
from tradekit.data.interval import time_text
from tradekit.engine.decisions import Decision, Difference, is_same

__all__ = ["plain_value", "print_difference", "print_pairs"]


def print_difference(found: Difference, sides: tuple[str, str]) -> None:
    """Print a decision that differs: what was asked for on either side, and the values behind it."""
    one = found.second or found.first
    action = one.action if one is not None else ""
    click.echo(f"{time_text(found.time)}  {found.symbol or 'account'}  {action}")
    if found.first is None or found.second is None:
        rows = {"decision": (_decided(found.first), _decided(found.second))}
        print_pairs("TERM", rows, sides)
    else:
        print_pairs("TERM", found.terms, sides)
    if found.values:
        click.echo()
        print_pairs("VALUE", found.values, sides)


def _decided(decision: Decision | None) -> str:
    if decision is None:
        return "none"
    return ", ".join([decision.action, *(f"{name} {plain_value(value)}" for name, value in decision.terms.items())])


def print_pairs(title: str, pairs: Mapping[str, tuple[Any, Any]], sides: tuple[str, str]) -> None:
    """Print what stands on two sides, and mark what is not the same."""
    rows = [
        [name, plain_value(a), plain_value(b), "" if is_same(a, b) or None in (a, b) else "differs"]
        for name, (a, b) in pairs.items()
    ]
    show(figures_table([title, *sides, ""], rows, texts=(0, 3)), is_list=True)


def plain_value(value: object) -> str:
    """Return a term or a value with as many digits as tell it apart."""
    if value is None:
        return "-"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
