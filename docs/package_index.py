"""The table of the packages in `plugins/`, made from what their pyproject.toml says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from md_tables import escaped, table

__all__ = ["package_index"]

PLUGINS = Path(__file__).parents[1] / "plugins"


def package_index() -> str:
    """Return a line for each package: what it is, what it adds to tradekit, and what is installed with it."""
    heads = ("package", "is", "adds", "needs", "extras")
    return table(heads, (_row(path) for path in sorted(PLUGINS.glob("*/pyproject.toml"))))


def _row(path: Path) -> tuple[str, ...]:
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    needs = ", ".join(f"`{escaped(one)}`" for one in project.get("dependencies", ()))
    extras = ", ".join(f"`{name}`" for name in project.get("optional-dependencies", ()))
    name = f"`{project['name']}` {project['version']}"
    return name, escaped(project["description"]), ", ".join(_added(project)), needs, extras


def _added(project: Mapping[str, Any]) -> Iterator[str]:
    groups = project.get("entry-points", {})
    if groups.get("tradekit"):
        yield "components"
    yield from (f"the command `tradekit {command}`" for command in sorted(groups.get("tradekit.commands", {})))
