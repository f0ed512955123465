"""The installed packages that plug into tradekit, and the import of what their entry points name.

This module is light on purpose: `tradekit --help` and shell completion use it, and import neither numpy nor any plugin.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradekit.errors import PluginError, nearest

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["KERNEL", "Installed", "Package", "clash_message", "every_installed", "installed", "load", "place", "reason"]

KERNEL = "tradekit"
"""The distribution that the built-in plugins come with."""

COMPONENTS_GROUP = "tradekit"
COMMANDS_GROUP = "tradekit.commands"
VARIABLE = "TRADEKIT_PLUGINS"


@dataclass(frozen=True, slots=True)
class Package:
    """One distribution: its entry points to modules with hooks, those to commands, and those that other packages read."""

    name: str
    version: str
    hooks: tuple[EntryPoint, ...] = ()
    commands: tuple[EntryPoint, ...] = ()
    extensions: tuple[EntryPoint, ...] = ()
    """In groups such as `tradekit.ml.models`; see `tradekit.plugin.extensions`."""

    def __str__(self) -> str:
        return f"package {self.name!r} {self.version}"


@dataclass(frozen=True, slots=True)
class Installed:
    """The packages to use, by name, and the names of those that were left out."""

    packages: tuple[Package, ...]
    left_out: tuple[str, ...] = ()


def installed(only: Sequence[str] | None = None) -> Installed:
    """Return the packages with entry points for tradekit, without importing any of them.

    The environment variable `TRADEKIT_PLUGINS`, a list of distribution names separated by commas, narrows them; when it is set
    and empty, none is left. `only` narrows them further. Names are compared as pip does, so `My_Plugin` is `my-plugin`. Raises
    `PluginError` for a name that is not among them, because a list with a slip in it would leave out a plugin silently.
    """
    packages = every_installed()
    kept = packages
    variable = os.environ.get(VARIABLE)
    if variable is not None:
        kept = _narrowed(kept, packages, variable.split(","), f"the environment variable {VARIABLE}")
    if only is not None:
        kept = _narrowed(kept, packages, only, "the list of plugin packages to load")
    return Installed(tuple(kept), tuple(package.name for package in packages if package not in kept))


def every_installed() -> list[Package]:
    """Return the packages with entry points for tradekit, by name, whether they are to be used or not."""
    from importlib.metadata import entry_points  # costs as much as all the rest of 'tradekit --version'

    found = entry_points()
    grouped: dict[tuple[str, str], tuple[list[EntryPoint], list[EntryPoint], list[EntryPoint]]] = {}
    for group in sorted(group for group in found.groups if f"{group}.".startswith(f"{COMPONENTS_GROUP}.")):
        place = (COMPONENTS_GROUP, COMMANDS_GROUP, group).index(group)
        for entry in found.select(group=group):
            grouped.setdefault(_identity(entry), ([], [], []))[place].append(entry)
    return [Package(*identity, *map(tuple, entries)) for identity, entries in sorted(grouped.items())]


def _identity(entry: EntryPoint) -> tuple[str, str]:
    """Return the name and version of an entry point's distribution; metadata that is half gone must not stop the rest."""
    name = version = ""
    if entry.dist is not None:
        with suppress(FileNotFoundError, KeyError):  # what later Pythons raise where there is no metadata
            metadata = entry.dist.metadata
            # Only what is there is asked for: for the rest, some Pythons answer None, some warn and some raise.
            known = {key: metadata[key] for key in metadata}
            name, version = known.get("Name", ""), known.get("Version", "")
    return name or _top_module(entry.value), version or "of unknown version"


def _narrowed(kept: Iterable[Package], packages: Sequence[Package], names: Iterable[str], origin: str) -> list[Package]:
    wanted = {_normalised(name): name.strip() for name in names if name.strip()}
    known = {_normalised(package.name): package.name for package in packages}
    for normalised, name in wanted.items():
        if normalised not in known and normalised != KERNEL:
            listed = ", ".join(repr(name) for name in known.values()) or "none"
            raise PluginError(
                f"{origin} names {name!r}, which is not an installed plugin package{nearest(normalised, known)}; "
                f"installed: {listed}; install it, or take it off the list"
            )
    return [package for package in kept if _normalised(package.name) in wanted]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def load(entry: EntryPoint) -> object:
    """Import what an entry point names. Raises `PluginError` with the reason, whatever the import raised, `sys.exit()` included."""
    try:
        return entry.load()
    except (Exception, SystemExit) as error:
        raise PluginError(reason(error, entry.value, f"entry point '{entry.name} = {entry.value}'")) from error


def reason(error: BaseException, module: str, otherwise: str = "") -> str:
    """Return an error's type, its message on one line, and where in `module`'s top-level package it came from, or `otherwise`."""
    message = " ".join(str(error).split())
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    where = place(error, module) or otherwise
    return f"{text} ({where})" if where else text


def _top_module(value: str) -> str:
    return value.partition(":")[0].partition(".")[0].strip()


def place(error: BaseException, module: str) -> str:
    """Return the file and line in `module`'s top-level package where an error arose; empty if that was elsewhere."""
    top = _top_module(module)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = str(frame.f_globals.get("__name__"))
        if name == top or name.startswith(top + "."):
            found = f"{frame.f_code.co_filename}:{line}"
    return found


def clash_message(what: str, others: Sequence[Package]) -> str:
    """Return what is wrong with a package that provides what `others` do, such as `"command 'scan'"`; its name comes before it."""
    return (
        f"provides {what}, and so does {' and '.join(str(package) for package in others)}; "
        f"uninstall one of them, or name the packages to load in {VARIABLE}"
    )
