"""`tradekit init`: a working project to start from."""

from __future__ import annotations

import keyword
import random
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from string import Template

import click

from tradekit.errors import ConfigError, system_reason

__all__ = ["init_command"]

_TEMPLATES = Path(__file__).parent / "templates" / "project"
_SEED = 6
_BARS = 1_000


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="The project's name; without it, that of the folder.")
def init_command(folder: Path, name: str | None) -> None:
    """Make a working project in DIR: a strategy of your own, a run file, data and a test.

    DIR must not exist yet, or be empty. The prices in it are made up, so that it runs at once; the first thing to change.
    """
    project = _project(name or folder.absolute().name)
    files = _files(project)
    try:
        _check_empty(folder)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(f"the project {str(folder)!r} can't be written: {system_reason(error)}") from error
    _tell(folder, files)


def _project(name: str) -> str:
    """Return a name as a package has it. Raises `ConfigError` for one that can't be a module, or that another module has."""
    project = re.sub(r"[-_.\s]+", "-", name).strip("-").lower()
    module = _module(project)
    way_out = "choose another with --name"
    if not (project.isascii() and module.isidentifier()) or keyword.iskeyword(module):
        raise ConfigError(
            f"the name {name!r} can't be a package: it needs ASCII letters, digits and hyphens, and a letter first; {way_out}"
        )
    if _is_module(module):
        raise ConfigError(f"the name {name!r} is taken: {module!r} is a module of this Python already; {way_out}")
    return project


def _is_module(name: str) -> bool:
    spec = find_spec(name)
    # A folder without code has a spec too, but no origin.
    return name in sys.stdlib_module_names or (spec is not None and spec.origin is not None)


def _module(project: str) -> str:
    return project.replace("-", "_")


def _check_empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{str(folder)!r} is a file, not a folder; name another place")
    inside = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if inside:
        listed = ", ".join(map(repr, inside[:3])) + (f" and {len(inside) - 3} more" if len(inside) > 3 else "")
        raise ConfigError(f"folder {str(folder)!r} is not empty (it has {listed}); name a new or an empty one")


def _files(project: str) -> dict[str, str]:
    """Return what the project holds, by the path within it."""
    module = _module(project)
    words = {"project": project, "module": module, "strategy": f"{project}-pullback", "seed": str(_SEED)}
    places = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "gitignore": ".gitignore",
        "run.toml": "run.toml",
        "module.py": f"src/{module}/__init__.py",
        "pullback.py": f"src/{module}/pullback.py",
        "test_strategy.py": "tests/test_strategy.py",
    }
    files = {
        place: Template((_TEMPLATES / f"{name}.in").read_text(encoding="utf-8")).substitute(words) for name, place in places.items()
    }
    return files | {f"src/{module}/py.typed": "", "data/made-up-1d.csv": "".join(_made_up_bars())}


def _made_up_bars() -> Iterator[str]:
    """Yield lines of CSV: daily bars of a random walk on weekdays, drawn with a fixed seed."""
    drawn = random.Random(_SEED)  # noqa: S311 - prices to play with, not a secret
    yield "time,open,high,low,close,volume\n"
    day, price = date(2020, 1, 1), 100.0
    for _ in range(_BARS):
        while day.weekday() > 4:
            day += timedelta(1)
        opened = round(price * (1 + drawn.gauss(0, 0.004)), 2)
        price = round(opened * (1 + drawn.gauss(0, 0.013)), 2)
        high = round(max(opened, price) * (1 + abs(drawn.gauss(0, 0.004))), 2)
        low = round(min(opened, price) * (1 - abs(drawn.gauss(0, 0.004))), 2)
        yield f"{day},{opened:.2f},{high:.2f},{low:.2f},{price:.2f},{drawn.randrange(100_000, 1_000_000)}\n"
        day += timedelta(1)


def _tell(folder: Path, files: dict[str, str]) -> None:
    click.echo(f"made {folder}: {', '.join(path for path in files if not path.endswith('py.typed'))}")
    click.echo("the prices in data/made-up-1d.csv are a random walk: they are there to try things out, and mean nothing")
    click.echo("\nnext:")
    click.echo(f"  pip install -e {shlex.quote(str(folder))}")
    click.echo(f"  tradekit run {shlex.quote(str(folder / 'run.toml'))}")
