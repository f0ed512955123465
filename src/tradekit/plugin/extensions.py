"""What packages add to a plugin package: entry points in a group of its own, such as `tradekit.ml.models`.

The rules are those of components: nothing is imported before it is asked for, a package that is broken stops nobody who doesn't ask
for what it provides, no order decides between two packages that provide one name, and `TRADEKIT_PLUGINS` narrows the packages.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradekit.errors import PluginError, nearest
from tradekit.plugin.packages import Installed, Package, clash_message, installed, load

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["Extension", "extensions", "find_extension"]


@dataclass(frozen=True, slots=True)
class Extension:
    """One entry point of a group, and the package that it came with."""

    name: str
    package: str
    version: str
    entry: EntryPoint

    def load(self) -> object:
        """Import what it names. Raises `PluginError` with the package and the reason, whatever the import raised."""
        try:
            return load(self.entry)
        except PluginError as error:
            raise PluginError(f"{self.name!r} of package {self.package!r} {self.version} could not be loaded: {error}") from error


def extensions(group: str) -> tuple[Extension, ...]:
    """Return what the installed packages have in a group, whose name begins with `tradekit.`; nothing of it is imported.

    It is sorted by name, then by package; a name that two packages provide is there twice. Raises `PluginError` as
    `TRADEKIT_PLUGINS` does for a package that isn't installed.
    """
    return _extensions(group, installed())


def find_extension(group: str, name: str, kind: str) -> Extension:
    """Return the one extension of that name; `kind` is what people call it, such as `"model"`.

    Raises `PluginError` if there is none, or more than one.
    """
    packages = installed()
    known = _extensions(group, packages)
    found = [one for one in known if one.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        *others, last = [Package(one.package, one.version) for one in found]
        raise PluginError(f"{last} {clash_message(f'{kind} {name!r}', others)}")
    parts = [f"no {kind} is named {name!r}{nearest(name, [one.name for one in known])}"]
    parts.append(f"installed: {', '.join(repr(name) for name in dict.fromkeys(one.name for one in known)) or 'none'}")
    parts += [
        f"{package} has entry points in the group {slip!r}, which nobody reads; did you mean {group!r}?"
        for package in packages.packages
        for slip in difflib.get_close_matches(group, sorted({entry.group for entry in package.extensions} - {group}), cutoff=0.9)
    ]
    if packages.left_out:
        parts.append(f"installed, but not to be loaded: {', '.join(repr(package) for package in packages.left_out)}")
    raise PluginError("; ".join(parts))


def _extensions(group: str, packages: Installed) -> tuple[Extension, ...]:
    found = (
        Extension(entry.name, package.name, package.version, entry)
        for package in packages.packages
        for entry in package.extensions
        if entry.group == group
    )
    return tuple(sorted(found, key=lambda one: (one.name, one.package)))
