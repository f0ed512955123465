"""A copy of the package without anything compiled, for a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import tradekit


def output_of(folder: Path, *arguments: str) -> str:
    """Run Python with the package uncompiled, warnings being errors, and return what it prints."""
    target = folder / "uncompiled" / "tradekit"
    if not target.exists():
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "*.c", "__pycache__", "_build.json")
        shutil.copytree(Path(tradekit.__file__).parent, target, ignore=ignored)
    environment = os.environ | {"PYTHONPATH": str(target.parent)}
    done = subprocess.run([sys.executable, "-W", "error", *arguments], env=environment, check=True, capture_output=True, text=True)
    return done.stdout
