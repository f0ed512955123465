"""`tradekit new`: a plugin package to start from, with a component that works and the tests of its contract."""

from __future__ import annotations

import json
import keyword
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tradekit.cli.starting import MADE_UP, SEED, check_module, csv_lines, made_up_bars, write_folder
from tradekit.errors import ConfigError, PluginError

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["KINDS", "new_command"]

KINDS = ("strategy", "indicator", "risk-rule", "data-source", "executor", "reporter", "cost-model")
"""What there is a template of, as people type it."""

_TEMPLATES = Path(__file__).parent / "templates"
_PREFIX = "tradekit-"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_AUTHOR = re.compile(r"(?P<name>[^<>]*[^<>\s])(\s*<(?P<email>[^<>@\s]+@[^<>@\s]+)>)?")
_PLACES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "tox.ini": "tox.ini",
    "ci.yml": ".github/workflows/ci.yml",
    "gitignore": ".gitignore",
    "hooks.py": "src/{module}/__init__.py",
    "component.py": "src/{module}/{file}.py",
    "strategy.py": "src/{module}/strategy.py",
    "test_contract.py": "tests/test_contract.py",
    "test_component.py": "tests/test_{file}.py",
    "run.toml": "examples/run.toml",
}
"""Where the text of each template goes; what is not listed is part of another."""


@dataclass(frozen=True, slots=True)
class _Words:
    """What the templates are filled with."""

    kind: str
    """With a blank, as the kernel has it."""
    name: str
    """Of the component."""
    package: str
    module: str
    file: str
    """Of the component, without its suffix."""
    component: str
    """The name of the class."""
    base: str
    """The name of its contract."""
    hook: str
    author: str
    email: str
    seed: int = SEED


@click.command("new")
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("name")
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path(), help="Where the package's folder is made; default: here."
)
@click.option("--author", help="Who writes it, such as 'NAME <ADDRESS>', for the package's metadata.")
def new_command(kind: str, name: str, output: Path, author: str | None) -> None:
    """Make a plugin package with a component of KIND, which is called NAME.

    KIND is one of strategy, indicator, risk-rule, data-source, executor, reporter and cost-model. The package is called
    tradekit-NAME and works as it is: it can be installed, listed, run and tested, and is there to be changed.
    """
    if find_spec("jinja2") is None:
        raise PluginError("'tradekit new' needs the package Jinja2, which is not installed: pip install 'tradekit[scaffold]'")
    words = _words(kind.replace("-", " "), name, author or "")
    folder = output / words.package
    if folder.exists() or folder.is_symlink():
        raise ConfigError(f"{str(folder)!r} is there already; choose another name, or another place with --output")
    _check_free(words)
    files = dict(sorted(_files(kind, words).items()))
    write_folder("the package", folder, files)
    _tell(folder, words, files)


def _words(kind: str, name: str, author: str) -> _Words:
    """Return the words of a package. Raises `ConfigError` for a name or an author that a package can't have."""
    from tradekit.plugin.validation import KINDS as CONTRACTS

    short = name.removeprefix(_PREFIX)
    if not _NAME.fullmatch(short):
        spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+", "-", short, flags=re.ASCII).strip("-").lower()
        hint = f"; did you mean {spelt!r}?" if _NAME.fullmatch(spelt) else ""
        raise ConfigError(
            f"the name {name!r} is not in kebab-case: small ASCII letters, digits and single hyphens, and a letter first, such as "
            f"'sma-cross'{hint}"
        )
    found = _AUTHOR.fullmatch(author.strip()) if author.isprintable() else None
    if author.strip() and found is None:
        raise ConfigError(f"--author {author!r} is not a name, perhaps with an address in angle brackets: 'NAME <ADDRESS>'")
    package = _PREFIX + short
    hook, contract = CONTRACTS[kind]
    return _Words(
        kind=kind,
        name=short,
        package=package,
        module=package.replace("-", "_"),
        file=kind.replace(" ", "_"),
        component=_class_name(short, kind.replace(" ", "-"), contract.__name__),
        base=contract.__name__,
        hook=hook,
        author=found["name"] if found else "",
        email=(found["email"] or "") if found else "",
    )


def _class_name(name: str, kind: str, contract: str) -> str:
    """Return the name in capitals, with its kind behind it where a class can't be called so, or something else is."""
    spelt = "".join(part.capitalize() for part in name.split("-"))
    return spelt + contract if keyword.iskeyword(spelt) or spelt in _imported(kind) else spelt


def _imported(kind: str) -> set[str]:
    """Return what the modules of a package import, from their templates."""
    texts = [path.read_text(encoding="utf-8") for path in (_TEMPLATES / kind).glob("*.py.j2")]
    lists = re.findall(r"^from [\w.]+ import (.+)$", "\n".join(texts), re.MULTILINE)
    return {name.strip() for names in lists for name in names.split(",")}


def _check_free(words: _Words) -> None:
    """Raise `ConfigError` if a package, a module or a component of that name is there already."""
    from tradekit.plugin.discovery import discover
    from tradekit.plugin.packages import every_installed

    way_out = "choose another name"
    for package in every_installed():
        if re.sub(r"[-_.]+", "-", package.name).lower() == words.package:
            raise ConfigError(f"the name {words.name!r} is taken: {package} is installed; {way_out}, or uninstall it")
    check_module(words.module, words.name, way_out)
    for one in discover().components:
        if (one.kind, one.name) == (words.kind, words.name):
            what = f"package {one.package!r} {one.version} has a {words.kind} of that name"
            raise ConfigError(f"the name {words.name!r} is taken: {what}; {way_out}")


def _files(kind: str, words: _Words) -> dict[str, str]:
    """Return what the package holds, by the path within it."""
    environment = _environment(kind)
    values = asdict(words)
    files = {f"src/{words.module}/py.typed": ""}
    for template in environment.list_templates():
        place = _PLACES.get(template.removesuffix(".j2"))
        if place is not None:
            files[place.format_map(values)] = environment.get_template(template).render(values)
    return files | _data(kind)


def _environment(kind: str) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - what is written is source text, not HTML
        loader=FileSystemLoader([_TEMPLATES / kind, _TEMPLATES / "package"]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A text of TOML and one of JSON are written alike, but for DEL, which isn't printable.
    environment.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    return environment


def _data(kind: str) -> dict[str, str]:
    """Return the made-up prices, in the form that the example of a kind reads."""
    if kind != "data-source":
        return {f"examples/{MADE_UP}": "".join(csv_lines())}
    return {"examples/data/DEMO.jsonl": "".join(_json_lines())}


def _json_lines() -> Iterator[str]:
    for day, *prices, volume in made_up_bars():
        values = dict(zip(("open", "high", "low", "close", "volume"), [*prices, volume], strict=True))
        yield json.dumps({"time": f"{day}T00:00:00Z", **values}) + "\n"


def _tell(folder: Path, words: _Words, files: Mapping[str, str]) -> None:
    place = shlex.quote(str(folder))
    click.echo(f"made {folder}, with the {words.kind} {words.name!r}:")
    for path in files:
        click.echo(f"  {path}")
    click.echo("the prices in examples/data are a random walk: they are there to try things out, and mean nothing")
    click.echo("\nnext:")
    click.echo(f"  pip install -e {shlex.quote(f'{folder}[test]')}")
    click.echo(f"  pytest {place}")
    click.echo(f"  tradekit run {shlex.quote(str(folder / 'examples' / 'run.toml'))}")
