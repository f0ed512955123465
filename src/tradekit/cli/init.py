"""`tradekit init`: a working project to start from."""

from __future__ import annotations

import keyword
import re
import shlex
from pathlib import Path
from string import Template

import click

from tradekit.cli.starting import MADE_UP, SEED, check_module, csv_lines, write_folder
from tradekit.errors import ConfigError, system_reason

__all__ = ["init_command"]

_TEMPLATES = Path(__file__).parent / "templates" / "project"


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
    except OSError as error:
        raise ConfigError(f"the project {str(folder)!r} can't be written: {system_reason(error)}") from error
    write_folder("the project", folder, files)
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
    check_module(module, name, way_out)
    return project


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
    words = {"project": project, "module": module, "strategy": f"{project}-pullback", "seed": str(SEED)}
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
    return files | {f"src/{module}/py.typed": "", MADE_UP: "".join(csv_lines())}


def _tell(folder: Path, files: dict[str, str]) -> None:
    click.echo(f"made {folder}: {', '.join(path for path in files if not path.endswith('py.typed'))}")
    click.echo(f"the prices in {MADE_UP} are a random walk: they are there to try things out, and mean nothing")
    click.echo("\nnext:")
    click.echo(f"  pip install -e {shlex.quote(str(folder))}")
    click.echo(f"  tradekit run {shlex.quote(str(folder / 'run.toml'))}")
