#!/usr/bin/env python3
"""Make an environment of its own in `.venv`, once, and do one thing in it.

python3 dev.py demo            run a strategy on bundled market data and show the result
python3 dev.py test [ARGS]     run all tests of the kernel and of every plugin package; ARGS go to pytest
python3 dev.py lint            check style, formatting and types
python3 dev.py docs            build the documentation into docs/_build/html
python3 dev.py build           build an sdist and a wheel of each package into dist/
python3 dev.py bench           measure tradekit against its peers, and compare with the figures that are kept
"""

# Standard library only. Every Python 3 must be able to parse this file, so that an old one can say what is missing.

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this script has not been asked for a version yet
    sys.exit(f"tradekit needs Python 3.11 or newer, and this is {sys.version.split()[0]} ({sys.executable})")

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN, EXE = (VENV / "Scripts", ".exe") if os.name == "nt" else (VENV / "bin", "")
PYTHON = BIN / ("python" + EXE)
STAMP = VENV / "dev.json"
LOG = VENV / "dev.log"
BUILDING = "build requirements"
SETTINGS = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


class Part(NamedTuple):
    """Something to install: what pip is told, and a state that changes when it must be told again."""

    name: str
    arguments: list[str]
    state: str


def packages() -> list[Path]:
    """Return the folders of the kernel and of every plugin package."""
    return [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]


def parts(group: str) -> list[Part]:
    """Return what must be installed: first what building needs, then each package, then what the dependency group lists."""
    projects = {folder: tomllib.loads((folder / "pyproject.toml").read_text("utf-8")) for folder in packages()}
    building = sorted({name for project in projects.values() for name in project["build-system"]["requires"]})
    found = [Part(BUILDING, building, digest(building))]
    for folder, project in projects.items():
        found.append(Part("package " + project["project"]["name"], ["-e", str(folder)], digest(compiled_state(folder))))
    needs = sorted({name for project in projects.values() for name in project.get("dependency-groups", {}).get(group, [])})
    return [*found, Part("group " + group, needs, digest(needs))] if needs else found


def compiled_state(folder: Path) -> list[str]:
    """Return what an editable install depends on: the project files, and for compiled modules their sources and the compiler."""
    files = [folder / "pyproject.toml", folder / "setup.py"]
    compiler = ""
    if files[1].exists():
        files += sorted(path for suffix in ("py", "pxd") for path in folder.glob("src/tradekit/simulator/*." + suffix))
        compiler = str(os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc"))
    return [str(folder), compiler, *(path.name + path.read_text("utf-8") for path in files if path.exists())]


def digest(texts: list[str]) -> str:
    """Return a short hash of some texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def prepare(group: str) -> None:
    """Make the environment and install what is missing or out of date; do nothing, fast, where all is as it was left."""
    version = "{}.{}".format(*sys.version_info)
    stamp = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if not PYTHON.exists() or stamp.get("python", version) != version:
        stamp = {}
        shutil.rmtree(VENV, ignore_errors=True)
    wanted = parts(group)
    missing = [part for part in wanted if stamp.get(part.name) != part.state]
    gone = [name for name in stamp if name.startswith("package ") and name not in {part.name for part in wanted}]
    if not missing and not gone:
        return
    changes = [f"install {part.name}" for part in missing] + [f"remove {name}" for name in gone]
    say(f"preparing {VENV.relative_to(ROOT)}: {', '.join(changes)} (log: {LOG.relative_to(ROOT)})")
    if not stamp:
        make_environment()
    if gone:
        pip(PYTHON, "uninstall", "--yes", *(name.removeprefix("package ") for name in gone))
    # Build requirements go first and once: build isolation would install them again for each package of ours. What others
    # wrote may need an older Cython than we do, so their packages are isolated.
    for kind, options in (("build", []), ("package", ["--no-build-isolation"]), ("group", [])):
        arguments = [argument for part in missing if part.name.startswith(kind) for argument in part.arguments]
        if arguments:
            pip(PYTHON, "install", *options, *arguments)
    kept = {name: state for name, state in stamp.items() if name not in gone}
    STAMP.write_text(json.dumps(kept | {"python": version} | {part.name: part.state for part in missing}, indent=1))


def make_environment() -> None:
    """Make `.venv`; where Python lacks ensurepip (Debian without python3-venv), a virtualenv in a temporary folder makes it."""
    VENV.mkdir(exist_ok=True)
    if logged([sys.executable, "-m", "venv", str(VENV)]) == 0:
        return
    with tempfile.TemporaryDirectory() as folder:
        # `--target` is allowed where the system's Python refuses `pip install` (PEP 668).
        pip(Path(sys.executable), "install", "--target", folder, "virtualenv")
        search = os.pathsep.join([folder, *filter(None, [os.environ.get("PYTHONPATH")])])
        if logged([sys.executable, "-m", "virtualenv", str(VENV)], {"PYTHONPATH": search}) != 0:
            give_up("can't make a virtual environment")


def pip(python: Path, *arguments: str) -> None:
    """Run pip into the log, and end with the log's last lines if it fails."""
    if logged([str(python), "-m", "pip", *arguments]) != 0:
        give_up("pip can't install what is needed")


def logged(command: list[str], settings: dict[str, str] | None = None) -> int:
    """Run a command with its output in the log and return its exit code."""
    environment = os.environ | SETTINGS | (settings or {})
    with LOG.open("a", encoding="utf-8") as log:
        log.write("$ " + " ".join(command) + "\n")
        log.flush()
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False).returncode


def give_up(why: str) -> None:
    """End with the last lines of the log and a sentence."""
    lines = LOG.read_text("utf-8", errors="replace").splitlines()
    sys.exit("\n".join([*lines[-25:], "", f"dev.py: {why}; the lines above are the end of {LOG}"]))


def say(text: str) -> None:
    """Print a line now, even into a pipe."""
    print("dev.py: " + text, flush=True)


def commands(verb: str, rest: list[str]) -> list[list[str]]:
    """Return the commands that make up a verb."""
    python = [str(PYTHON), "-m"]
    if verb == "demo":
        return [[str(BIN / ("tradekit" + EXE)), "run", "examples/quickstart.toml", *rest]]
    if verb == "test":
        # A few tests are over before workers have started; where all are run, one that is done early takes over from the others.
        return [[*python, "pytest", *(rest or ["-n", "auto", "--dist", "worksteal"])]]
    if verb == "lint":
        return [[*python, "ruff", "check", "."], [*python, "ruff", "format", "--check", "."], [*python, "mypy"]]
    if verb == "docs":
        return [[*python, "sphinx", "--fail-on-warning", "--nitpicky", "--quiet", "docs", "docs/_build/html", *rest]]
    if verb == "bench":
        return [[str(PYTHON), "benchmarks/run.py", *rest]]
    return [[*python, "build", "--outdir", "dist", str(folder), *rest] for folder in packages()]


def run(command: list[str]) -> int:
    """Run a command on this terminal and return its exit code, 128 + n if signal n ended it."""
    process = subprocess.Popen(command, cwd=ROOT)
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the command got it too, and ends in its own way
            continue
        return code if code >= 0 else 128 - code


def main(arguments: list[str]) -> int:
    """Do what the verb says and return the exit code: the first that is not 0 of the commands, all of which are run."""
    verb, *rest = arguments or ["--help"]
    if verb in ("-h", "--help"):
        print(__doc__)
        return 0
    if verb not in ("demo", "test", "lint", "docs", "build", "bench"):
        say(f"no such verb: {verb!r}; the verbs are demo, test, lint, docs, build and bench")
        return 2
    prepare(verb)
    codes = [run(command) for command in commands(verb, rest)]
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
