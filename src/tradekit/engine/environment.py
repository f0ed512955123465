"""What a run was made with: installed versions, the machine, and the code of the packages whose components take part."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from tradekit import __version__
from tradekit.plugin.contracts import Component
from tradekit.plugin.hookspecs import API
from tradekit.plugin.packages import KERNEL
from tradekit.simulator.build import is_compiled

__all__ = ["code_of", "environment_of"]


def environment_of(packages: Iterable[str]) -> dict[str, str]:
    """Return versions by name: of Python, the plugin API, the packages named and what they need, directly or not; and the machine.

    Of what is needed for an extra only what has been imported counts.
    """
    versions = {KERNEL: __version__}
    for name in sorted({KERNEL, *packages}):
        for found in _needed(name, {}).values():
            versions[found.metadata["Name"]] = found.version
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "simulator": "compiled" if is_compiled() else "uncompiled",
        "plugin API": str(API),
        **dict(sorted(versions.items(), key=lambda item: item[0].lower())),
        KERNEL: __version__,  # what runs, even where the metadata of a checkout are older
    }


def _needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Add an installed distribution, and those that it needs, to those that were found."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return found
    try:
        found[key] = distribution(name)
    except PackageNotFoundError:  # for another system or Python, or not installed
        return found
    for requirement in found[key].requires or ():
        needed, _, marker = requirement.partition(";")
        needed = (re.match(r"[\w.-]+", needed.strip()) or [""])[0]
        if "extra" not in marker or needed.replace("-", "_").lower() in sys.modules:
            _needed(needed, found)
    return found


def code_of(components: Iterable[Component]) -> dict[str, str]:
    """Return the hash of the source of each top-level package that a component's class is from, by the package's name."""
    tops = sorted({type(component).__module__.partition(".")[0] for component in components})
    return {top: _hash(top) for top in tops}


def _hash(top: str) -> str:
    """Return the SHA-256 of a package's Python files, of their names and contents."""
    digest = hashlib.sha256()
    for name, path in _sources(top):
        digest.update(f"{name}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _sources(top: str) -> Iterator[tuple[str, Path]]:
    module = sys.modules[top]
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    for folder in folders:
        yield from ((path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*.py")))
    if not folders and getattr(module, "__file__", None):
        path = Path(str(module.__file__))
        yield path.name, path
