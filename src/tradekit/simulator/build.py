"""Tell whether the simulator is compiled, and refuse a compiled one that does not match its source.

`setup.py` loads this file by its path, and writes the record that is read here.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from tradekit.errors import PluginError

__all__ = ["is_compiled", "problem", "source_hashes", "verify"]

FOLDER = Path(__file__).resolve().parent
RECORD = "_build.json"
SHARED = "_shared"
"""The module that holds what all compiled modules need of Cython; it has no source."""
SUFFIX = EXTENSION_SUFFIXES[0]
"""What the names of modules compiled for this Python end with; the record is kept for each Python by it."""


def source_hashes() -> dict[str, str]:
    """Return the hash of each module that gets compiled, by the module's name; its `.pxd` counts as part of it."""
    hashes = {}
    for source in sorted(FOLDER.glob("*.py")):
        if source.stem not in ("__init__", "build"):
            declarations = source.with_suffix(".pxd")
            content = source.read_bytes() + (declarations.read_bytes() if declarations.exists() else b"")
            hashes[source.stem] = hashlib.sha256(content).hexdigest()
    return hashes


def is_compiled() -> bool:
    """Say whether the simulator runs compiled."""
    return bool(_compiled())


def problem() -> str:
    """Return why the simulator is not compiled, in one sentence; empty when it is."""
    if is_compiled():
        return ""
    reason = _record().get("problem", "it was never built for this Python")
    return (
        f"the simulator is not compiled and many times slower: {reason}; "
        f"with a C compiler and Python's headers installed, {_way_out()}"
    )


def verify() -> None:
    """Raise `PluginError` if the compiled modules were built from another source than the one beside them.

    Python prefers a compiled module, so an edit to its source would otherwise change nothing, silently.
    """
    found = _compiled()
    if not found:
        return
    built, now = _record().get("sources", {}), source_hashes()
    stale = sorted(module for module in found | now.keys() if module not in found or built.get(module, "") != now.get(module))
    if stale:
        raise PluginError(f"compiled simulator module {stale[0]!r} does not match its source; {_way_out()}")


def _compiled() -> set[str]:
    return {path.name.removesuffix(SUFFIX) for path in FOLDER.glob("*" + SUFFIX)} - {SHARED}


def _record() -> dict[str, Any]:
    path = FOLDER / RECORD
    return json.loads(path.read_text()).get(SUFFIX, {}) if path.exists() else {}


def _way_out() -> str:
    checkout = FOLDER.parents[2]
    if (checkout / "setup.py").exists():
        return f"run '{Path(sys.executable).name} -m pip install --no-deps -e {shlex.quote(str(checkout))}'"
    # pip keeps a wheel that it has built, with or without a compiler, and would take it again
    return "install tradekit again, with pip's options --force-reinstall --no-deps --no-cache-dir"
