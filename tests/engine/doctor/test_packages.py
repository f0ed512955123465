"""What doctor says of versions, the simulator, plugin packages and optional parts."""

import json
from importlib.metadata import PathDistribution

import pytest

from tradekit import __version__
from tradekit.engine.doctor import packages
from tradekit.engine.doctor.packages import check_plugins, check_simulator, check_versions, missing_parts
from tradekit.plugin.packages import every_installed
from tradekit.simulator import build

PLUGIN = '''
from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Hold(Strategy):
    """Hold."""

    name = "hold"

    def on_bar(self, ctx):
        pass


@hookimpl
def tradekit_strategies():
    return [Hold]
'''

COMMAND = "import click\n\n@click.command()\ndef scan():\n    pass\n"


def requires(site, name, *requirements):
    """Let an installed package have requirements."""
    (info,) = site.folder.glob(f"{name}-*.dist-info")
    with (info / "METADATA").open("a") as file:
        file.writelines(f"Requires-Dist: {one}\n" for one in requirements)


def told(findings, verdict):
    return [(one.text, one.way_out) for one in findings if one.verdict == verdict]


def test_versions_that_fit_are_listed(site):
    (finding,) = check_versions(every_installed())
    assert finding.verdict == "ok"
    assert finding.text.startswith("Python 3.")
    assert f"tradekit {__version__} (plugin API 1), numpy " in finding.text


@pytest.mark.parametrize(
    ("requirement", "installed"),
    [
        ("acme-data>=2", "1.0"),
        ("acme-data<1.0", "1.0"),
        ("acme-data==1.1", "1.0"),
        ("acme-data>0.5,<=0.9", "1.0"),
        ("acme-data>1.0.0", "1.0"),
    ],
)
def test_version_that_a_package_does_not_want_is_wrong(site, requirement, installed):
    site.install("acme", PLUGIN)
    site.install("acme-data", "", version=installed, is_plugin=False)
    requires(site, "acme", requirement)
    assert told(check_versions(every_installed()), "fail") == [
        (f"acme needs {requirement}, and {installed} is installed", f"run: pip install '{requirement}'")
    ]


@pytest.mark.parametrize(
    "requirement",
    ["acme-data", "acme-data>=1", "acme-data==1.*", "acme-data<=1.0.0,>0.9", "acme-data!=1.0", "acme-data>=9; extra == 'x'"],
)
def test_version_that_a_package_wants_is_well(site, requirement):
    site.install("acme", PLUGIN)
    site.install("acme-data", "", is_plugin=False)
    requires(site, "acme", requirement)
    assert [one.verdict for one in check_versions(every_installed())] == ["ok"]


def test_requirement_that_is_not_installed_is_wrong(site):
    site.install("acme", PLUGIN)
    requires(site, "acme", "acme-data>=1")
    assert told(check_versions(every_installed()), "fail") == [
        ("acme needs acme-data>=1, which is not installed", "run: pip install 'acme-data>=1'")
    ]


def test_checkout_that_is_newer_than_what_was_installed_is_told(site, monkeypatch):
    known = packages._distribution

    class Older(PathDistribution):
        version = "0.0.9"

    monkeypatch.setattr(packages, "_distribution", lambda name: Older(known(name)._path) if name == "tradekit" else known(name))
    assert told(check_versions(()), "warn") == [
        (f"tradekit {__version__} is installed as 0.0.9: its source was changed after it was installed", "install it again")
    ]


def test_simulator_says_whether_it_is_compiled(monkeypatch):
    monkeypatch.setattr(build, "is_compiled", lambda: True)
    assert [(one.verdict, one.text) for one in check_simulator()] == [("ok", "compiled, and matches its source")]
    monkeypatch.setattr(build, "is_compiled", lambda: False)
    (finding,) = check_simulator()
    assert finding.verdict == "warn"
    assert finding.text.startswith("the simulator is not compiled and many times slower: ")
    assert finding.way_out.startswith("with a C compiler and Python's headers installed, ")


def test_plugins_that_load_are_counted(site):
    site.install("acme", PLUGIN)
    (finding,) = check_plugins(["run"])
    assert finding.verdict == "ok"
    assert finding.text.endswith(f"components from tradekit {__version__}, acme 1.0")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import nothing_like_this\n", "ModuleNotFoundError: No module named 'nothing_like_this' ({folder}/acme/__init__.py:1)"),
        ("def f(:\n", "SyntaxError: invalid syntax (__init__.py, line 1) ({folder}/acme/__init__.py:1)"),
        (
            PLUGIN.replace("TRADEKIT_API = 1", "TRADEKIT_API = 2"),
            f"module 'acme' states TRADEKIT_API = 2, and tradekit {__version__} has 1",
        ),
        ("raise ValueError('a; b')\n", "ValueError: a; b ({folder}/acme/__init__.py:1)"),
        (PLUGIN.replace("tradekit_strategies", "tradekit_strategy"), "has an unknown hook 'tradekit_strategy'"),
    ],
)
def test_plugin_that_does_not_load_is_told_with_its_real_error(site, source, expected):
    site.install("acme", source)
    (text, _), *rest = told(check_plugins([]), "fail")
    assert rest == []
    assert text.startswith("package 'acme' 1.0 could not be loaded: ")
    assert expected.format(folder=site.folder) in text


def test_other_api_has_the_way_out(site):
    site.install("acme", PLUGIN.replace("TRADEKIT_API = 1", "TRADEKIT_API = 2"))
    assert [way_out for _, way_out in told(check_plugins([]), "fail")] == ["upgrade tradekit"]


def test_two_providers_of_one_name_are_both_named(site):
    site.install("acme", PLUGIN)
    site.install("zenith", PLUGIN)
    assert told(check_plugins([]), "fail") == [
        (
            "package 'zenith' 1.0 provides strategy 'hold', and so does package 'acme' 1.0",
            "uninstall one of them, or name the packages to load in TRADEKIT_PLUGINS",
        )
    ]


def test_command_that_is_broken_or_there_twice_is_told(site):
    site.install("acme", COMMAND, is_plugin=False, commands={"scan": "acme:scan", "run": "acme:scan"})
    site.install("zenith", COMMAND, is_plugin=False, commands={"scan": "zenith:nope"})
    texts = [text for text, _ in told(check_plugins(["run"]), "fail")]
    assert len(texts) == 3
    assert texts[0].startswith("command 'scan' of package 'zenith' 1.0 could not be loaded: AttributeError: ")
    assert texts[1] == f"package 'acme' 1.0 provides command 'run', and so does package 'tradekit' {__version__}"
    assert texts[2] == "package 'zenith' 1.0 provides command 'scan', and so does package 'acme' 1.0"


def test_list_of_packages_with_a_slip_is_told(site, monkeypatch):
    site.install("acme", PLUGIN)
    monkeypatch.setenv("TRADEKIT_PLUGINS", "acmee")
    ((text, way_out),) = told(check_plugins([]), "fail")
    assert text.startswith(
        "the environment variable TRADEKIT_PLUGINS names 'acmee', which is not an installed plugin package; did you mean"
    )
    assert way_out == "install it, or take it off the list"


def test_package_that_is_left_out_is_noted(site, monkeypatch):
    site.install("acme", PLUGIN)
    monkeypatch.setenv("TRADEKIT_PLUGINS", "")
    assert told(check_plugins([]), "note") == [("acme is installed, and TRADEKIT_PLUGINS leaves it out", "")]


def test_optional_parts_are_there_or_not(site):
    site.install("acme", PLUGIN)
    site.install("acme-data", "", is_plugin=False)
    requires(site, "acme", "acme-data>=1; extra == 'data'", 'acme-fast; extra == "fast"', "acme-more>=2; extra == 'fast'")
    found = [one for one in missing_parts(every_installed()) if one.text.startswith("acme")]
    assert [(one.verdict, one.text, one.way_out) for one in found] == [
        ("ok", "acme[data]: acme-data 1.0", ""),
        ("note", "acme[fast]: acme-fast, acme-more not installed", "to have it: pip install 'acme[fast]'"),
    ]


def test_optional_parts_of_the_kernel_are_those_of_its_metadata():
    found = list(missing_parts(()))
    extras = ("calendars", "keyring", "optuna", "scaffold", "testing")
    assert {one.text.partition(":")[0] for one in found} == {f"tradekit[{extra}]" for extra in extras}
    assert json.loads(json.dumps([one.check for one in found])) == ["optional"] * len(extras)
