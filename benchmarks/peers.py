"""The libraries that tradekit is measured against: each at one version, in an environment of its own that nothing of ours is in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "BACKTESTING",
    "BACKTRADER",
    "HFTBACKTEST",
    "NAUTILUS",
    "PANDAS",
    "POLARS",
    "QUANTSTATS",
    "VECTORBT",
    "Peer",
    "environment",
]

_NEWEST_MINOR = 20  # of the Pythons that are looked for


@dataclass(frozen=True)
class Peer:
    """A library, what pip is told to install, and the Pythons that it runs on: `lowest <= version < below`."""

    name: str
    version: str
    requirements: tuple[str, ...]
    lowest: tuple[int, int] = (3, 11)
    below: tuple[int, int] = (3, 15)

    @property
    def text(self) -> str:
        """Return name and version."""
        return f"{self.name} {self.version}"


BACKTESTING = Peer("backtesting.py", "0.6.6", ("backtesting==0.6.6", "pyarrow"))
BACKTRADER = Peer("backtrader", "1.9.78.123", ("backtrader==1.9.78.123", "pandas", "pyarrow"))
HFTBACKTEST = Peer("hftbacktest", "2.4.4", ("hftbacktest==2.4.4",))
NAUTILUS = Peer("nautilus_trader", "1.231.0", ("nautilus_trader==1.231.0", "pyarrow"), lowest=(3, 12))
PANDAS = Peer("pandas", "3.1.1", ("pandas==3.1.1", "pyarrow==26.0.1"))
POLARS = Peer("polars", "2.1.0", ("polars==2.1.0", "numpy"))
QUANTSTATS = Peer("QuantStats", "0.0.86", ("quantstats==0.0.86",))
VECTORBT = Peer("vectorbt", "1.2.0", ("vectorbt[rust]==1.2.0", "pyarrow"))


def environment(peer: Peer, work: Path) -> Path:
    """Return the Python of a peer's environment in the folder `work`; make it first if it isn't there."""
    folder = work / f"{peer.name}-{peer.version}"
    installed = folder / "installed"  # written last, so that an environment is never half made
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not installed.exists() or installed.read_text() != repr(peer.requirements):
        shutil.rmtree(folder, ignore_errors=True)
        print(f"installing {peer.text} into {folder}", flush=True)
        subprocess.run([interpreter(peer), "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *peer.requirements], check=True)
        installed.write_text(repr(peer.requirements))
    return python


def interpreter(peer: Peer) -> str:
    """Return a Python that a peer runs on: this one, or else the oldest on the PATH or of pyenv that will do."""
    for command in _interpreters():
        if peer.lowest <= _version(command) < peer.below:
            return command
    lowest = "{}.{}".format(*peer.lowest)
    return sys.exit(f"{peer.text} needs Python {lowest} or newer, and there is none on the PATH, and none that pyenv has installed")


def _interpreters() -> Iterator[str]:
    yield sys.executable
    for minor in range(_NEWEST_MINOR):
        if found := shutil.which(f"python3.{minor}"):
            yield found
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (str(path) for path in sorted(versions.glob("3.*/bin/python"), key=_minor))


def _minor(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts[-3].split(".") if part.isdecimal())


def _version(command: str) -> tuple[int, int]:
    """Return the version of a Python; (0, 0) if it can't be run, as pyenv's stand-ins for versions that are not chosen can't."""
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([command, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return 0, 0
    major, minor = done.stdout.split()
    return int(major), int(minor)
