"""A Python of its own, in which packages are installed as pip does it, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

TRADEKIT = ("-c", "from tradekit.cli.main import entry; entry()")
"""Arguments with which a Python is the command `tradekit`."""


@dataclass(frozen=True)
class Separate:
    """An environment that has what this one has, and packages besides."""

    python: Path

    def install(self, *folders: Path) -> None:
        """Install packages in place. What they are built with is that of this environment."""
        options = ["-q", "--no-build-isolation", "--no-deps", "--disable-pip-version-check"]
        named = [argument for folder in folders for argument in ("-e", str(folder))]
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "install", *options, *named]
        subprocess.run(command, check=True, env=_environment())

    def told(self, folder: Path, *arguments: str) -> str:
        """Run this Python in a folder, and return what it prints. It must end well."""
        command = [str(self.python), *arguments]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=_environment(), check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def made(folder: Path) -> Separate:
    """Make an environment in a folder that doesn't exist yet."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    paths = {"base": str(folder), "platbase": str(folder)}
    ours = sysconfig.get_path("purelib")
    Path(sysconfig.get_path("purelib", vars=paths), "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    return Separate(folder / scripts / name)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("TRADEKIT_PLUGINS", "PYTEST_ADDOPTS", "NO_COLOR")}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "COLUMNS": "80", "PYTHONUTF8": "1"}
