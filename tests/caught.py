"""Which rule of a contract catches which broken plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
_METADATA = "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n"


@dataclass(frozen=True)
class Caught:
    """A broken plugin, the rule that it breaks, and what the rules said: those that failed, with the message of each."""

    plugin: str
    contract: str
    wrong: str
    breaks: str
    also: tuple[str, ...]
    failed: dict[str, str]


@cache
def run_broken() -> tuple[Caught, ...]:
    """Run the contracts of all broken plugins, as they would run for an author who has installed them."""
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / "broken-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(_METADATA)
        (info / "entry_points.txt").write_text("[tradekit]\nbroken = broken.hooks\n")
        told = Path(folder) / "told.json"
        paths = [folder, str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTEST_ADDOPTS": ""}
        command = [sys.executable, "-m", "broken", str(told)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if not told.exists():
            raise RuntimeError(f"the broken plugins could not be run:\n{done.stdout}\n{done.stderr}")
        found = json.loads(told.read_text("utf-8"))
    if found["code"] != 1:
        raise RuntimeError(f"pytest ended with {found['code']}:\n{done.stdout}\n{done.stderr}")
    plugins = {(note["module"], note["plugin"]): note for note in found["notes"]}
    return tuple(
        _caught(note, [other for other in found["notes"] if (other["module"], other["plugin"]) == key])
        for key, note in plugins.items()
    )


def _caught(note: dict[str, object], notes: list[dict[str, str]]) -> Caught:
    failed: dict[str, str] = {}
    for one in notes:
        if one["outcome"] == "failed":
            failed.setdefault(one["rule"], one["said"])
    wrong = str(note["wrong"]).partition("\n")[0]
    return Caught(str(note["plugin"]), str(note["contract"]), wrong, str(note["breaks"]), tuple(note["also"]), failed)
