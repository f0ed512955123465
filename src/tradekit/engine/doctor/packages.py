"""Versions, the simulator, plugin packages and optional parts."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from tradekit import __version__
from tradekit.engine.doctor.finding import Finding
from tradekit.errors import PluginError
from tradekit.plugin.discovery import Registry, discover
from tradekit.plugin.hookspecs import API
from tradekit.plugin.packages import KERNEL, Installed, Package, clash_message, installed, load

__all__ = ["check_plugins", "check_simulator", "check_versions", "missing_parts"]

_SHOWN = ("numpy", "pandas", "pyarrow", "pydantic", "pluggy")
_WAYS_OUT = ("upgrade ", "install ", "uninstall ", "decorate ")  # with which messages about packages end
_BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9][\w.]*)(?![\w.*])")


def check_versions(packages: Iterable[Package]) -> Iterator[Finding]:
    """Say what is installed, and find what is older or newer than a package wants."""
    versions = ", ".join(f"{name} {found.version}" for name in _SHOWN if (found := _distribution(name)) is not None)
    text = f"Python {platform.python_version()}, tradekit {__version__} (plugin API {API}), {versions}"
    wrong = [finding for name in (KERNEL, *(package.name for package in packages)) for finding in _unmet(name)]
    if not wrong:
        yield Finding("versions", "ok", text)
    yield from wrong
    kernel = _distribution(KERNEL)
    if kernel is not None and kernel.version != __version__:
        yield Finding(
            "versions",
            "warn",
            f"tradekit {__version__} is installed as {kernel.version}: its source was changed after it was installed",
            "install it again",
        )


def _unmet(name: str) -> Iterator[Finding]:
    """Yield the requirements of a package that what is installed does not meet, as far as that can be told without pip."""
    own = _distribution(name)
    for requirement in (own.requires or ()) if own is not None else ():
        text, _, marker = requirement.partition(";")
        if marker:  # for another system, or for an extra
            continue
        needed = (re.match(r"[\w.-]+", text) or [""])[0]
        other = _distribution(needed)
        way_out = f"run: pip install '{text.strip()}'"
        if other is None:
            yield Finding("versions", "fail", f"{name} needs {text.strip()}, which is not installed", way_out)
        elif not all(_meets(other.version, sign, bound) for sign, bound in _BOUND.findall(text)):
            yield Finding("versions", "fail", f"{name} needs {text.strip()}, and {other.version} is installed", way_out)


def _meets(version: str, sign: str, bound: str) -> bool:
    """Say whether a version is within a bound; what comes after the numbers of a version is not looked at."""
    left, right = (tuple(map(int, re.findall(r"\d+", re.split(r"[a-z+]", text)[0]))) for text in (version, bound))
    size = max(len(left), len(right))
    left, right = (numbers + (0,) * (size - len(numbers)) for numbers in (left, right))
    return {">=": left >= right, "<=": left <= right, "==": left == right, "<": left < right, ">": left > right}[sign]


def check_simulator() -> Iterator[Finding]:
    """Say whether the simulator is compiled, and find one that does not match its source."""
    try:
        from tradekit.simulator import build  # which verifies itself, so that nothing else may import it up to here
    except PluginError as error:
        what, _, way_out = str(error).partition("; ")
        yield Finding("simulator", "fail", what, way_out)
        return
    what, _, way_out = build.problem().partition("; ")
    yield Finding("simulator", "warn", what, way_out) if what else Finding("simulator", "ok", "compiled, and matches its source")


def check_plugins(commands: Iterable[str]) -> Iterator[Finding]:
    """Find packages and commands that can't be used; `commands` are the kernel's own."""
    try:
        found, registry = installed(), discover()
    except PluginError as error:  # of a list that names a package which isn't there
        yield _split(str(error))
        return
    broken = [*map(str, registry.problems), *_broken_commands(found, commands)]
    yield from (_split(problem) for problem in broken)
    yield Finding("plugins", "note" if broken else "ok", _provided(registry, found))
    for name in found.left_out:
        yield Finding("plugins", "note", f"{name} is installed, and TRADEKIT_PLUGINS leaves it out")


def _split(problem: str) -> Finding:
    """Return what is wrong, with the way out by itself where the message ends with one."""
    what, _, way_out = problem.rpartition("; ")
    if what and way_out.startswith(_WAYS_OUT):
        return Finding("plugins", "fail", what, way_out)
    return Finding("plugins", "fail", problem)


def _provided(registry: Registry, found: Installed) -> str:
    names = {component.package: component.version for component in registry.components}
    names |= {package.name: package.version for package in found.packages if package.commands}
    broken = {problem.package for problem in registry.broken}
    usable = [f"{name} {version}" for name, version in names.items() if name not in broken]
    return f"{len(registry.components)} components from {', '.join(usable) or 'no package'}"


def _broken_commands(found: Installed, commands: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with commands: those that can't be imported, and those that two packages provide."""
    owners: dict[str, list[Package]] = {name: [Package(KERNEL, __version__)] for name in commands}
    for package in found.packages:
        for entry in package.commands:
            owners.setdefault(entry.name, []).append(package)
            try:
                load(entry)
            except PluginError as error:
                yield f"command {entry.name!r} of {package} could not be loaded: {error}"
    for name, packages in owners.items():
        *others, last = packages
        if others:
            yield f"{last} {clash_message(f'command {name!r}', others)}"


def missing_parts(packages: Iterable[Package]) -> Iterator[Finding]:
    """Tell which extras of the kernel and of plugin packages are there."""
    for name in (KERNEL, *(package.name for package in packages)):
        for extra, needed in _extras(name).items():
            missing = [one for one in needed if _distribution(one) is None]
            what = f"{name}[{extra}]"
            if missing:
                yield Finding(
                    "optional", "note", f"{what}: {', '.join(missing)} not installed", f"to have it: pip install '{what}'"
                )
            else:
                there = ", ".join(f"{one} {found.version}" for one in needed if (found := _distribution(one)) is not None)
                yield Finding("optional", "ok", f"{what}: {there}")


def _extras(name: str) -> Mapping[str, list[str]]:
    """Return the names of the packages that each extra of a package needs."""
    own = _distribution(name)
    found: dict[str, list[str]] = {}
    for requirement in (own.requires or ()) if own is not None else ():
        text, _, marker = requirement.partition(";")
        if extra := re.search(r"extra\s*==\s*[\"']([\w.-]+)[\"']", marker):
            found.setdefault(extra[1], []).append((re.match(r"[\w.-]+", text) or [""])[0])
    return found


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
