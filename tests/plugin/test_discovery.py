"""Each trap of plugin loading, with packages that are really installed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import tradekit
from tradekit.errors import PluginError
from tradekit.plugin import discovery
from tradekit.plugin.discovery import KINDS, Problem, Registry, discover

PLUGIN = """
from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Coin(Strategy):
    "Toss a coin."

    name = "coin"

    def on_bar(self, ctx):
        pass


@hookimpl
def tradekit_strategies():
    return [Coin]
"""


def problem_of(registry: Registry, package: str) -> str:
    (problem,) = [problem for problem in registry.problems if problem.package == package]
    return str(problem)


def broken(site, source: str) -> str:
    """Install a broken package beside a good one, check that the good one works, and return what is said of the broken one."""
    site.install("zz-broken", source)
    site.install("good", PLUGIN)
    registry = discover()
    assert registry.find("strategy", "coin").package == "good"
    assert not [component for component in registry.components if component.package == "zz-broken"]
    return problem_of(registry, "zz-broken")


def test_discover_good_package_finds_its_component(site):
    site.install("acme", PLUGIN, version="2.5")
    found = discover().find("strategy", "coin")
    assert (found.kind, found.name, found.package, found.version) == ("strategy", "coin", "acme", "2.5")
    assert found.cls.__name__ == "Coin"


def test_discover_builtins_have_no_problem(site):
    registry = discover()
    assert registry.problems == ()
    assert {kind for kind in KINDS if registry.names(kind)} == set(KINDS)
    assert {(component.package, component.version) for component in registry.components} == {("tradekit", tradekit.__version__)}


def test_kinds_cover_every_hook():
    hooks = {name for name in vars(discovery.hookspecs) if name.startswith("tradekit_")}
    assert {kind.hook for kind in KINDS.values()} == hooks


def test_discover_import_fails_lists_reason_and_place(site):
    message = broken(site, "import sys\n\nimport module_that_is_not_there\n")
    assert message.startswith(
        "package 'zz-broken' 1.0 could not be loaded: ModuleNotFoundError: No module named 'module_that_is_not_there' ("
    )
    assert str(Path("zz_broken", "__init__.py:3)")) in message


def test_discover_import_fails_deep_names_innermost_place_in_package(site):
    message = broken(site, "import json\n\n\ndef read():\n    return json.loads('{')\n\n\nread()\n")
    assert "JSONDecodeError" in message
    assert str(Path("zz_broken", "__init__.py:5)")) in message


def test_discover_syntax_error_lists_place(site):
    message = broken(site, "x = 1\ny = = 2\n")
    assert "SyntaxError: invalid syntax" in message
    assert str(Path("zz_broken", "__init__.py:2)")) in message


def test_discover_import_exits_lists_reason(site):
    assert "could not be loaded: SystemExit: 3 (" in broken(site, "import sys\n\nsys.exit(3)\n")


def test_discover_interrupt_during_import_is_not_swallowed(site):
    site.install("acme", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        discover()


def test_discover_entry_point_without_module_lists_it(site):
    site.install("acme", PLUGIN)
    (site.folder / "acme-1.0.dist-info" / "entry_points.txt").write_text("[tradekit]\nacme = elsewhere\n")
    assert problem_of(discover(), "acme") == (
        "package 'acme' 1.0 could not be loaded: ModuleNotFoundError: No module named 'elsewhere' (entry point 'acme = elsewhere')"
    )


def test_discover_entry_point_to_class_says_module_is_expected(site):
    site.install("acme", PLUGIN)
    (site.folder / "acme-1.0.dist-info" / "entry_points.txt").write_text("[tradekit]\nacme = acme:Coin\n")
    assert "the entry point 'acme = acme:Coin' is <class 'acme.Coin'>; expected a module with hooks" in problem_of(
        discover(), "acme"
    )


def test_discover_two_entry_points_to_one_module_count_once(site):
    site.install("acme", PLUGIN)
    (site.folder / "acme-1.0.dist-info" / "entry_points.txt").write_text("[tradekit]\none = acme\ntwo = acme\n")
    assert discover().find("strategy", "coin").package == "acme"


@pytest.mark.parametrize("metadata", ["Metadata-Version: 2.1\n", None])
def test_discover_package_with_damaged_metadata_goes_by_its_module(site, metadata):
    site.install("acme", PLUGIN)
    file = site.folder / "acme-1.0.dist-info" / "METADATA"
    if metadata is None:
        file.unlink()
    else:
        file.write_text(metadata)
    site.install("beta", PLUGIN.replace('"coin"', '"dice"'))
    registry = discover()
    found = registry.find("strategy", "coin")
    assert (found.package, found.version) == ("acme", "of unknown version")
    assert registry.find("strategy", "dice").package == "beta"


def test_discover_misspelt_hook_names_nearest(site):
    message = broken(site, PLUGIN.replace("tradekit_strategies", "tradekit_strategys"))
    assert (
        "module 'zz_broken' has an unknown hook 'tradekit_strategys'; did you mean 'tradekit_strategies'?; hooks: 'tradekit_data"
        in message
    )


def test_discover_marked_function_without_prefix_is_a_misspelt_hook(site):
    assert "unknown hook 'strategies'; did you mean 'tradekit_strategies'?" in broken(
        site, PLUGIN.replace("tradekit_strategies", "strategies")
    )


def test_discover_optional_misspelt_hook_is_refused_too(site):
    source = PLUGIN.replace("@hookimpl", "@hookimpl(optionalhook=True)").replace("tradekit_strategies", "tradekit_strategie")
    assert "unknown hook 'tradekit_strategie'" in broken(site, source)


def test_discover_hook_under_specname_is_used(site):
    site.install(
        "acme",
        PLUGIN.replace("@hookimpl", "@hookimpl(specname='tradekit_strategies')").replace("def tradekit_strategies", "def give"),
    )
    assert discover().find("strategy", "coin").package == "acme"


def test_discover_missing_marker_is_named(site):
    message = broken(site, PLUGIN.replace("@hookimpl\n", ""))
    assert "'tradekit_strategies' in module 'zz_broken' is not marked as a hook; decorate it with @tradekit.hookimpl" in message


def test_discover_no_hook_at_all_is_named(site):
    assert "module 'zz_broken' has no hook; expected at least one of 'tradekit_data_sources'" in broken(site, "TRADEKIT_API = 1\n")


@pytest.mark.parametrize(
    ("stated", "way_out"), [("0", "upgrade the package"), ("2", "upgrade tradekit"), ("'x'", "upgrade tradekit")]
)
def test_discover_other_api_number_names_both(site, stated, way_out):
    message = broken(site, PLUGIN.replace("TRADEKIT_API = 1", f"TRADEKIT_API = {stated}"))
    assert f"module 'zz_broken' states TRADEKIT_API = {stated}, and tradekit {tradekit.__version__} has 1; {way_out}" in message


def test_discover_missing_api_number_names_ours(site):
    message = broken(site, PLUGIN.replace("TRADEKIT_API = 1", ""))
    assert f"module 'zz_broken' doesn't state its TRADEKIT_API; this is tradekit {tradekit.__version__} with 1" in message


def test_discover_hook_with_argument_is_refused(site):
    message = broken(site, PLUGIN.replace("def tradekit_strategies()", "def tradekit_strategies(config)"))
    assert "for hook 'tradekit_strategies' hookimpl definition: tradekit_strategies(config)" in message


def test_discover_hook_that_raises_lists_reason_and_place(site):
    message = broken(site, PLUGIN.replace("return [Coin]", "return [1 / 0]"))
    assert "hook 'tradekit_strategies' raised ZeroDivisionError: division by zero (" in message
    assert str(Path("zz_broken", "__init__.py:18)")) in message


def test_discover_module_that_raises_when_asked_is_refused(site):
    message = broken(site, "def __getattr__(name):\n    raise OSError('no such disk')\n")
    assert "could not be loaded: OSError: no such disk (" in message
    assert str(Path("zz_broken", "__init__.py:2)")) in message


@pytest.mark.parametrize("result", ["Coin", "None", "{}", "'coin'"])
def test_discover_hook_returning_no_list_is_refused(site, result):
    message = broken(site, PLUGIN.replace("return [Coin]", f"return {result}"))
    assert "hook 'tradekit_strategies' returned " in message
    assert message.endswith("; expected a list of component classes")


def test_discover_wrapper_hook_is_refused(site):
    source = PLUGIN.replace("@hookimpl", "@hookimpl(wrapper=True)").replace("return [Coin]", "return (yield)")
    assert "expected a list of component classes" in broken(site, source)


def test_discover_one_bad_component_refuses_the_whole_package(site):
    source = PLUGIN.replace("return [Coin]", "return [Coin, int]").replace('"coin"', '"other"')
    message = broken(site, source)
    assert "hook 'tradekit_strategies' returned <class 'int'>; expected subclasses of tradekit.Strategy" in message
    assert "other" not in discover().names("strategy")


def test_discover_one_name_twice_in_a_package_is_refused(site):
    message = broken(site, PLUGIN.replace("return [Coin]", "return [Coin, Coin]"))
    assert message.endswith("could not be loaded: it provides strategy 'coin' twice")


def test_find_name_of_two_packages_names_both(site):
    site.install("beta", PLUGIN)
    site.install("acme", PLUGIN)
    site.install("third", PLUGIN.replace('"coin"', '"dice"'))
    registry = discover()
    with pytest.raises(PluginError) as error:
        registry.find("strategy", "coin")
    assert str(error.value) == (
        "package 'beta' 1.0 provides strategy 'coin', and so does package 'acme' 1.0; "
        "uninstall one of them, or name the packages to load in TRADEKIT_PLUGINS"
    )
    assert [str(problem) for problem in registry.problems] == [str(error.value)]
    assert registry.find("strategy", "dice").package == "third"


def test_find_name_of_builtin_and_package_names_both(site):
    site.install("acme", PLUGIN.replace('"coin"', '"sma-cross"'))
    registry = discover()
    with pytest.raises(PluginError, match=r"package 'acme' 1.0 provides strategy 'sma-cross', and so does package 'tradekit' "):
        registry.find("strategy", "sma-cross")
    assert registry.find("strategy", "breakout").package == "tradekit"


def test_find_one_name_in_two_kinds_is_no_clash(site):
    site.install("acme", PLUGIN.replace('"coin"', '"sma"'))
    registry = discover()
    assert registry.problems == ()
    assert registry.find("strategy", "sma").package == "acme"
    assert [component.kind for component in registry.search("sma")] == ["indicator", "strategy"]


def test_find_missing_name_lists_nearest_available_and_broken(site):
    site.install("acme", "raise ValueError('no licence')")
    with pytest.raises(PluginError) as error:
        discover().find("strategy", "sma-cros")
    assert error.value.exit_code == 3
    assert str(error.value).startswith(
        "no strategy is named 'sma-cros'; did you mean 'sma-cross'?; installed: 'breakout', 'buy-and-hold', 'momentum-rotation', "
        "'rsi-reversion', 'sma-cross'; package 'acme' 1.0 could not be loaded: ValueError: no licence ("
    )


def test_find_name_of_another_kind_says_so(site):
    with pytest.raises(PluginError, match=r"no strategy is named 'rsi'; 'rsi' is the name of an indicator;"):
        discover().find("strategy", "rsi")


def test_find_when_nothing_is_installed_says_none():
    with pytest.raises(PluginError, match=r"no strategy is named 'x'; installed: none$"):
        Registry(()).find("strategy", "x")


def test_search_missing_name_in_any_kind_points_to_the_list():
    with pytest.raises(PluginError, match=r"no component is named 'x'; 'tradekit plugins' lists all of them$"):
        Registry((), (), ()).search("x")


def test_discover_variable_narrows_packages(site, monkeypatch):
    site.install("acme", PLUGIN)
    site.install("Beta_Two", PLUGIN.replace('"coin"', '"dice"'))
    monkeypatch.setenv("TRADEKIT_PLUGINS", " beta.two ,")
    registry = discover()
    assert registry.find("strategy", "dice").package == "Beta_Two"
    assert registry.left_out == ("acme",)
    assert registry.find("strategy", "sma-cross").package == "tradekit"
    with pytest.raises(PluginError, match=r"installed, but not to be loaded: 'acme'$"):
        registry.find("strategy", "coin")


def test_discover_empty_variable_loads_builtins_only(site, monkeypatch):
    site.install("acme", "raise ValueError")
    monkeypatch.setenv("TRADEKIT_PLUGINS", "")
    registry = discover()
    assert {component.package for component in registry.components} == {"tradekit"}
    assert registry.problems == ()


def test_discover_variable_may_name_the_kernel(site, monkeypatch):
    monkeypatch.setenv("TRADEKIT_PLUGINS", "tradekit")
    assert discover().find("strategy", "sma-cross").package == "tradekit"


def test_discover_variable_names_missing_package_is_an_error(site, monkeypatch):
    site.install("acme", PLUGIN)
    monkeypatch.setenv("TRADEKIT_PLUGINS", "acne")
    with pytest.raises(PluginError) as error:
        discover()
    assert str(error.value) == (
        "the environment variable TRADEKIT_PLUGINS names 'acne', which is not an installed plugin package; "
        "did you mean 'acme'?; installed: 'acme'; install it, or take it off the list"
    )


def test_discover_only_narrows_the_variable_further(site, monkeypatch):
    for name in ("a", "b", "c"):
        site.install(name, PLUGIN.replace('"coin"', f'"{name}"'))
    monkeypatch.setenv("TRADEKIT_PLUGINS", "a,b")
    registry = discover(only=["b", "c"])
    assert {component.package for component in registry.components} == {"tradekit", "b"}
    assert registry.left_out == ("a", "c")


def test_discover_only_names_missing_package_is_an_error(site):
    with pytest.raises(PluginError, match=r"the list of plugin packages to load names 'nope', which is not .*; installed: none;"):
        discover(only=["nope"])


def test_problem_str_is_a_sentence():
    assert str(Problem("acme", "1.0", "could not be loaded: why")) == "package 'acme' 1.0 could not be loaded: why"


def run_python(code: str, *path: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*path, *sys.path)))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_discover_builtins_import_nothing_heavy():
    code = (
        "import sys; from tradekit.plugin.discovery import discover; assert not discover(only=[]).problems;"
        "print(sorted({'pandas', 'pyarrow', 'rich', 'scipy'} & set(sys.modules)))"
    )
    assert run_python(code) == "[]"


@pytest.mark.skipif(find_spec("pip") is None or find_spec("setuptools") is None, reason="needs pip and setuptools")
def test_discover_package_installed_by_pip_is_found(tmp_path):
    project, target = tmp_path / "project", tmp_path / "target"
    (project / "src" / "tradekit_acme").mkdir(parents=True)
    (project / "src" / "tradekit_acme" / "__init__.py").write_text(PLUGIN)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "tradekit-acme"\nversion = "3.2.1"\n'
        '[project.entry-points.tradekit]\nacme = "tradekit_acme"\n'
    )
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target"]
    done = subprocess.run([*pip, str(target), str(project)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    code = "from tradekit.plugin.discovery import discover; f = discover().find('strategy', 'coin'); print(f.package, f.version)"
    assert run_python(code, target) == "tradekit-acme 3.2.1"
