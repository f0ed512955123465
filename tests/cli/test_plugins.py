"""`tradekit plugins`, over the built-in components and throw-away packages."""

import json

import pytest

from tradekit import __version__
from tradekit.cli.main import main

PLUGIN = '''
from typing import Literal

from tradekit import Field, Options, RiskRule, Strategy, hookimpl

TRADEKIT_API = 1


class Coin(Strategy):
    """Toss a coin.

    It is [bold]fair[/bold], and thrown
    once a bar.

        laid out
        as it is
    """

    name = "coin"

    class Options(Options):
        sides: int = Field(2, ge=2, description="how many [sides] it has")
        metal: Literal["gold", "tin"] = Field("gold", description="what it is made of")
        weight: float | None = Field(None, gt=0, description="grams")
        stake: float = Field(description="units of the account's currency")

    def on_bar(self, ctx):
        pass


class Same(RiskRule):
    """Let pass.

    Everything.
    """

    name = "coin"

    def limits(self):
        return []


@hookimpl
def tradekit_strategies():
    return [Coin]


@hookimpl
def tradekit_risk_rules():
    return [Same]
'''


def output(capsys, *arguments: str) -> str:
    assert main(["plugins", *arguments]) == 0
    return capsys.readouterr().out


def error(capsys, code: int, *arguments: str) -> str:
    assert main(["plugins", *arguments]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def test_list_shows_each_component_under_its_kind(site, capsys):
    site.install("acme", PLUGIN, version="2.0")
    lines = output(capsys).splitlines()
    ours = f", from tradekit {__version__}"
    assert [line for line in lines if line and not line.startswith(" ")] == [
        "data source" + ours,
        "indicator" + ours,
        "strategy" + ours,
        "strategy, from acme 2.0",
        "risk rule" + ours,
        "risk rule, from acme 2.0",
        "executor" + ours,
        "cost model" + ours,
        "reporter" + ours,
    ]
    start = lines.index("strategy" + ours)
    assert [line.split()[0] for line in lines[start + 1 : start + 6]] == [
        "breakout",
        "buy-and-hold",
        "momentum-rotation",
        "rsi-reversion",
        "sma-cross",
    ]
    assert lines[start + 6 : start + 9] == ["", "strategy, from acme 2.0", "  coin                Toss a coin."]


def test_list_fits_eighty_columns(site, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, output(capsys).splitlines())) <= 80


def test_list_of_a_kind_shows_only_it(site, capsys):
    site.install("acme", PLUGIN)
    listed = output(capsys, "--kind", "Risk-Rule")
    assert listed.startswith("risk rule, from tradekit ")
    assert listed.endswith("\n\nrisk rule, from acme 1.0\n  coin               Let pass.\n")


def test_list_of_commands_imports_none(site, capsys):
    site.install("acme", "raise ValueError", is_plugin=False, commands={"scan": "acme:scan"})
    assert output(capsys, "--kind", "command") == "command, from acme 1.0\n  scan  'tradekit scan --help' explains it.\n"


def test_list_of_a_kind_that_nobody_provides_says_so(site, capsys):
    assert output(capsys, "--kind", "command") == "no command is installed\n"


def test_list_ends_with_the_problems(site, capsys):
    site.install("acme", "raise ValueError('no licence')")
    site.install("beta", PLUGIN.replace('"coin"', '"sma-cross"'))
    listed = output(capsys)
    problems = listed[listed.index("\nproblems\n") :].splitlines()[2:]
    assert problems[0].startswith("  - package 'acme' 1.0 could not be loaded: ValueError: no licence (")
    assert problems[1].startswith("  - package 'beta' 1.0 provides strategy 'sma-cross', and so does package 'tradekit' ")
    assert len(problems) == 2


def test_list_as_json_holds_components_and_problems(site, capsys):
    site.install("acme", PLUGIN)
    site.install("bad", "raise ValueError")
    listed = json.loads(output(capsys, "--json", "--kind", "strategy"))
    assert {"kind": "strategy", "name": "coin", "package": "acme", "summary": "Toss a coin.", "version": "1.0"} in listed[
        "components"
    ]
    assert {component["kind"] for component in listed["components"]} == {"strategy"}
    assert [(problem["package"], problem["version"]) for problem in listed["problems"]] == [("bad", "1.0")]
    assert listed["problems"][0]["message"].startswith("could not be loaded: ValueError (")


def test_list_unknown_kind_names_the_nearest(capsys):
    message = error(capsys, 2, "--kind", "strategie")
    assert message.startswith(
        "error: --kind 'strategie' is not a kind of component; did you mean 'strategy'?; kinds: 'data-source', "
    )


def test_show_explains_the_component_and_its_options(site, capsys):
    site.install("acme", PLUGIN)
    lines = output(capsys, "show", "coin", "--kind", "strategy").splitlines()
    assert lines == [
        "coin: strategy, from acme 1.0",
        "",
        "Toss a coin.",
        "",
        "It is [bold]fair[/bold], and thrown once a bar.",
        "",
        "    laid out",
        "    as it is",
        "",
        "option  type   default   allowed     description",
        "sides   int    2         >= 2        how many [sides] it has",
        'metal   str    "gold"    gold | tin  what it is made of',
        "weight  float  -         > 0         grams",
        "stake   float  required              units of the account's currency",
    ]


def test_show_name_in_two_kinds_shows_both(site, capsys):
    site.install("acme", PLUGIN)
    shown = output(capsys, "show", "coin")
    assert shown.index("coin: strategy, from acme 1.0") < shown.index(
        "\n\ncoin: risk rule, from acme 1.0\n\nLet pass.\n\nEverything.\n\nIt has no"
    )


def test_show_as_json_holds_options(site, capsys):
    site.install("acme", PLUGIN)
    (shown,) = json.loads(output(capsys, "show", "coin", "--kind", "strategy", "--json"))
    assert (shown["kind"], shown["name"], shown["package"], shown["version"]) == ("strategy", "coin", "acme", "1.0")
    assert shown["doc"].startswith("Toss a coin.\n\n")
    assert [option["name"] for option in shown["options"]] == ["sides", "metal", "weight", "stake"]
    assert shown["options"][3] == {
        "name": "stake",
        "type": "float",
        "required": True,
        "default": None,
        "allowed": "",
        "description": "units of the account's currency",
    }


def test_show_every_builtin_component_works(site, capsys):
    for component in json.loads(output(capsys, "--json"))["components"]:
        shown = output(capsys, "show", component["name"], "--kind", component["kind"])
        assert component["summary"] in " ".join(shown.split())


def test_show_unknown_name_names_the_nearest(site, capsys):
    message = error(capsys, 3, "show", "sma-cros")
    assert message == "error: no component is named 'sma-cros'; did you mean 'sma-cross'?; 'tradekit plugins' lists all of them\n"


def test_show_name_of_another_kind_says_which(site, capsys):
    message = error(capsys, 3, "show", "sma-cross", "--kind", "reporter")
    assert message.startswith(
        "error: no reporter is named 'sma-cross'; 'sma-cross' is the name of a strategy; installed: 'json', 'summary'"
    )


def test_show_command_points_to_its_help(site, capsys):
    site.install("acme", "raise ValueError", is_plugin=False, commands={"scan": "acme:scan"})
    assert error(capsys, 3, "show", "scan") == "error: 'scan' is a command, not a component; 'tradekit scan --help' explains it\n"
