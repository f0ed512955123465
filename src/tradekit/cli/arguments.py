"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = ["file_argument", "gather", "runs_option", "set_option", "store_option"]

_Command = TypeVar("_Command", bound=Callable[..., object])


def file_argument(command: _Command) -> _Command:
    """Add the argument FILE; its parameter is called `file`. Whether it can be read is for the engine to say."""
    return click.argument("file", type=click.Path(path_type=Path))(command)


def set_option(command: _Command) -> _Command:
    """Add `--set KEY=VALUE`, any number of times; its parameter is called `overrides`."""
    return click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Overrule a key of the run file, such as strategy.fast=30."
    )(command)


def runs_option(command: _Command) -> _Command:
    """Add `--runs DIR`; its parameter is called `runs`."""
    return click.option(
        "--runs",
        type=click.Path(path_type=Path),
        default=Path("runs"),
        show_default=True,
        envvar="TRADEKIT_RUNS",
        show_envvar=True,
        help="The folder that holds finished runs.",
    )(command)


def store_option(command: _Command) -> _Command:
    """Add `--store DIR`; its parameter is called `store`."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path),
        default=Path("store"),
        show_default=True,
        envvar="TRADEKIT_STORE",
        show_envvar=True,
        help="The folder that keeps market data.",
    )(command)


def gather(options: Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]) -> Callable[[_Command], _Command]:
    """Add many options, whose values come as one dictionary, the context's object."""

    def add(command: _Command) -> _Command:
        for names, facts in reversed(options):
            command = click.option(*names, **facts, expose_value=False, callback=_note)(command)
        return command

    return add


def _note(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    ctx.ensure_object(dict)[parameter.name] = value
