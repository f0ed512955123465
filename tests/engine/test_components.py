"""Components made from what a run file says about them."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, SecretStr

from tradekit.engine.components import make
from tradekit.engine.runfile import ComponentTable
from tradekit.errors import ConfigError, DataError, PluginError
from tradekit.plugin.contracts import Strategy
from tradekit.plugin.discovery import Provided, Registry
from tradekit.plugin.options import Options


class Table(Options):
    file: Path
    note: str = ""


class Files(Strategy):
    """Hold what files say."""

    name = "files"

    class Options(Options):
        path: Path | None = None
        paths: tuple[Path, ...] = ()
        by_name: dict[str, Path] = Field({})
        lists: dict[str, list[Path]] = Field({})
        tables: list[Table] = Field([])
        by_symbol: dict[str, Table] = Field({})
        maybe: Annotated[Path | Literal["-"], "a note"] = Path("-")
        text: str = "a/b"
        default: Path = Path("report.html")

    def on_bar(self, ctx): ...


class Fails(Strategy):
    """Raise what the option names."""

    name = "fails"

    class Options(Options):
        error: Literal["ValueError", "ConfigError", "DataError"] = "ValueError"
        fast: int = 3
        key: SecretStr = SecretStr("hidden")

    def __init__(self, options):
        super().__init__(options)
        raise {"ValueError": ValueError, "ConfigError": ConfigError, "DataError": DataError}[self.options.error]("it is so")

    def on_bar(self, ctx): ...


class Hides(Strategy):
    """Have an option that the run file uses itself."""

    name = "hides"

    class Options(Options):
        name: str = "x"

    def on_bar(self, ctx): ...


class Secret(Strategy):
    """Have a secret."""

    name = "secret"

    class Options(Options):
        key: SecretStr = SecretStr("hidden")

    def on_bar(self, ctx): ...


REGISTRY = Registry(tuple(Provided("strategy", cls.name, cls, "acme", "1.2") for cls in (Files, Fails, Hides, Secret)))
FOLDER = Path("/project")


def made(name="files", **options):
    return make(ComponentTable("strategy", name, options, ("strategy",), "name", ()), REGISTRY, FOLDER)


def options(**values):
    found, problems = made(**values)
    assert problems == []
    return found.component.options


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("path", "a.csv", Path("/project/a.csv")),
        ("path", "../a.csv", Path("/project/../a.csv")),
        ("path", "/data/a.csv", Path("/data/a.csv")),
        ("paths", ["a", "/b"], (Path("/project/a"), Path("/b"))),
        ("by_name", {"x": "a"}, {"x": Path("/project/a")}),
        ("lists", {"x": ["a"]}, {"x": [Path("/project/a")]}),
        ("tables", [{"file": "a", "note": "a"}], [Table(file=Path("/project/a"), note="a")]),
        ("by_symbol", {"x": {"file": "a"}}, {"x": Table(file=Path("/project/a"))}),
        ("maybe", "a", Path("/project/a")),
        ("maybe", "-", "-"),
        ("text", "a/b", "a/b"),
    ],
)
def test_make_takes_paths_from_the_run_files_folder(name, value, expected):
    assert getattr(options(**{name: value}), name) == expected


def test_make_knows_the_users_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert options(path="~/a.csv").path == Path("/home/ada/a.csv")


def test_make_leaves_a_default_path_alone():
    assert options().default == Path("report.html")


def test_make_use_says_every_option_as_json_with_paths_that_travel():
    found, _ = made(path="data/a.csv", paths=["/b/c"], tables=[{"file": "d"}])
    assert (found.use.kind, found.use.name, found.use.package, found.use.version) == ("strategy", "files", "acme", "1.2")
    assert found.use.options == {
        "path": "data/a.csv",
        "paths": ["/b/c"],
        "by_name": {},
        "lists": {},
        "tables": [{"file": "d", "note": ""}],
        "by_symbol": {},
        "maybe": "-",
        "text": "a/b",
        "default": "report.html",
    }


def test_make_use_shows_no_secret():
    found, _ = made("secret", key="letmein")
    assert found.component.options.key.get_secret_value() == "letmein"
    assert found.use.options == {"key": "**********"}


def test_make_option_of_another_component_says_whose_it_is():
    _, [problem] = made(fast=3)
    assert problem.text.startswith("unknown key strategy.fast; allowed in strategy 'files': path, paths,")
    assert problem.text.endswith("; 'fast' is an option of 'fails'")


def test_make_component_that_is_missing_is_a_plugin_error_with_the_nearest_name():
    _, [problem] = made("file")
    assert problem.error is PluginError
    assert problem.key == ("strategy", "name")
    assert problem.text.startswith("strategy.name: no strategy is named 'file'; did you mean 'files'?")


@pytest.mark.parametrize("error", [ConfigError, DataError])
def test_make_component_that_refuses_its_options_keeps_its_error(error):
    _, [problem] = made("fails", error=error.__name__)
    assert (problem.error, problem.text) == (error, "strategy: it is so")


def test_make_component_that_raises_is_broken():
    _, [problem] = made("fails")
    assert problem.error is PluginError
    assert problem.text.startswith(
        "strategy: strategy 'fails' of package 'acme' 1.2 is broken: it can't be made: ValueError: it is so"
    )
    assert isinstance(problem.cause, ValueError)


def test_make_component_whose_option_the_run_file_hides_is_broken():
    _, [problem] = made("hides")
    assert problem.error is PluginError
    assert problem.text == (
        "strategy: strategy 'hides' of package 'acme' 1.2 is broken: its option 'name' can't be set, because a run file uses "
        "that key itself"
    )
