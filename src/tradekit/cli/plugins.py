"""`tradekit plugins`: what is installed, what is wrong with it, and how each component is set up.

What imports plugins is imported inside the functions, so that completing this command's options stays instant.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import click

from tradekit.cli.output import json_option, print_json, print_table, show
from tradekit.errors import ConfigError, PluginError, nearest
from tradekit.plugin.packages import KERNEL, installed

if TYPE_CHECKING:
    from tradekit.plugin.describe import OptionFacts
    from tradekit.plugin.discovery import Problem, Provided

__all__ = ["plugins_group"]

_kind_option = click.option("--kind", metavar="KIND", help="Only this kind, such as 'strategy' or 'risk-rule'.")


@dataclass(frozen=True, slots=True)
class _Row:
    kind: str
    name: str
    package: str
    version: str
    summary: str


@click.group("plugins", invoke_without_command=True)
@_kind_option
@json_option
@click.pass_context
def plugins_group(ctx: click.Context, kind: str | None, as_json: bool) -> None:
    """List what is installed.

    That is each component with its package, and what is wrong with packages that can't be used.
    """
    if ctx.invoked_subcommand is not None:
        return
    from tradekit.plugin.discovery import discover

    wanted = _checked_kind(kind)
    registry = discover()
    components = map(_component_row, sorted(registry.components, key=_section))
    rows = [row for row in (*components, *_command_rows()) if wanted in (None, row.kind)]
    if as_json:
        print_json({"components": [asdict(row) for row in rows], "problems": [asdict(problem) for problem in registry.problems]})
    else:
        if rows:
            _print_rows(rows)
        else:
            click.echo(f"no {wanted or 'component'} is installed")
        if registry.problems:
            _print_problems(registry.problems)


@plugins_group.command("show")
@click.argument("name")
@_kind_option
@json_option
def show_command(name: str, kind: str | None, as_json: bool) -> None:
    """Explain a component, with a table of its options.

    Where components of several kinds have that NAME, each of them is shown.
    """
    from tradekit.plugin.describe import describe_options
    from tradekit.plugin.discovery import discover

    wanted = _checked_kind(kind)
    registry = discover()
    if any(row.name == name for row in _command_rows()) and not any(one.name == name for one in registry.components):
        raise PluginError(f"{name!r} is a command, not a component; 'tradekit {name} --help' explains it")
    described = [(component, describe_options(component.cls)) for component in registry.search(name, wanted)]
    if as_json:
        print_json([_facts(component, options) for component, options in described])
        return
    for position, (component, options) in enumerate(described):
        if position:
            click.echo()
        _print_component(component, options)


def _checked_kind(kind: str | None) -> str | None:
    from tradekit.plugin.discovery import KINDS

    if kind is None:
        return None
    kinds = (*KINDS, "command")
    spelt = kind.lower().replace("-", " ").replace("_", " ")
    if spelt not in kinds:
        listed = ", ".join(repr(known.replace(" ", "-")) for known in kinds)
        raise ConfigError(f"--kind {kind!r} is not a kind of component{nearest(spelt, kinds)}; kinds: {listed}")
    return spelt


def _section(component: Provided) -> tuple[int, bool, str]:
    from tradekit.plugin.discovery import KINDS

    return tuple(KINDS).index(component.kind), component.package != KERNEL, component.package


def _component_row(component: Provided) -> _Row:
    summary = inspect.cleandoc(component.cls.__doc__ or "").partition("\n")[0]
    return _Row(component.kind, component.name, component.package, component.version, summary)


def _command_rows() -> list[_Row]:
    return [
        _Row("command", command.name, package.name, package.version, f"'tradekit {command.name} --help' explains it.")
        for package in installed().packages
        for command in package.commands
    ]


def _print_rows(rows: Sequence[_Row]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    width = max(len(row.name) for row in rows)
    for position, (origin, group) in enumerate(groupby(rows, key=lambda row: f"{row.kind}, from {row.package} {row.version}")):
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(min_width=width)
        for row in group:
            table.add_row(row.name, row.summary)
        heading = Text("\n" * (position > 0) + origin, style="bold")
        show(heading, Padding(table, (0, 0, 0, 2), expand=False), is_list=True)


def _print_problems(problems: Sequence[Problem]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0))
    for problem in problems:
        table.add_row("-", str(problem))
    show(Text("\nproblems", style="bold"), Padding(table, (0, 0, 0, 2), expand=False), is_list=True)


def _print_component(component: Provided, options: Sequence[OptionFacts]) -> None:
    show(f"{component.name}: {component.kind}, from {component.package} {component.version}", "", *_paragraphs(component.cls), "")
    if options:
        print_table(
            ("option", "type", "default", "allowed", "description"),
            [(option.name, option.type, _default(option), option.allowed, option.description) for option in options],
        )
    else:
        click.echo("It has no options.")


def _paragraphs(component: type) -> list[str]:
    """Return a docstring with the lines of each paragraph joined, to wrap at the width of the terminal and not of the source."""
    blocks = re.split(r"\n\s*\n", inspect.cleandoc(component.__doc__ or ""))
    is_laid_out = re.compile(r"^(\s|[-*>]|\d+\.|::)", re.MULTILINE)
    joined = [block if is_laid_out.search(block) else " ".join(block.split()) for block in blocks]
    return "\n\n".join(joined).split("\n")


def _default(option: OptionFacts) -> str:
    if option.required:
        return "required"
    return "-" if option.default is None else json.dumps(option.default, ensure_ascii=False)


def _facts(component: Provided, options: Sequence[OptionFacts]) -> dict[str, object]:
    return {
        "kind": component.kind,
        "name": component.name,
        "package": component.package,
        "version": component.version,
        "doc": inspect.cleandoc(component.cls.__doc__ or ""),
        "options": [asdict(option) for option in options],
    }
