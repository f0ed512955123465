"""What packages add to a plugin package: the same traps as those of components."""

import pytest

from tradekit import PluginError, extensions, find_extension
from tradekit.plugin.discovery import discover

GROUP = "tradekit.acme.things"


def add(site, name: str, source: str, entries: str, group: str = GROUP) -> None:
    site.install(name, source, is_plugin=False)
    path = site.folder / f"{name.replace('-', '_')}-1.0.dist-info" / "entry_points.txt"
    path.write_text(f"[{group}]\n{entries}\n")


def test_extensions_of_packages_are_found_without_importing_them(site) -> None:
    add(site, "one", "raise SystemExit", "b = one:B\na = one:A")
    add(site, "two", "", "a = two:A")
    assert [(found.name, found.package, found.version) for found in extensions(GROUP)] == [
        ("a", "one", "1.0"),
        ("a", "two", "1.0"),
        ("b", "one", "1.0"),
    ]
    assert extensions("tradekit.acme.others") == ()


def test_find_extension_loads_what_it_names(site) -> None:
    add(site, "one", "A = 3", "a = one:A")
    assert find_extension(GROUP, "a", "thing").load() == 3


def test_find_extension_that_fails_to_import_says_where(site) -> None:
    add(site, "one", "import no_such_module", "a = one:A")
    found = find_extension(GROUP, "a", "thing")
    with pytest.raises(PluginError, match=r"'a' of package 'one' 1.0 could not be loaded: ModuleNotFoundError: .*__init__.py:1\)"):
        found.load()


def test_find_extension_of_two_packages_names_both(site) -> None:
    add(site, "one", "", "a = one:A")
    add(site, "two", "", "a = two:A")
    with pytest.raises(PluginError, match=r"package 'two' 1.0 provides thing 'a', and so does package 'one' 1.0; uninstall one"):
        find_extension(GROUP, "a", "thing")


def test_find_extension_unknown_name_tells_what_there_is(site) -> None:
    add(site, "one", "", "brick = one:A")
    with pytest.raises(PluginError, match=r"^no thing is named 'brik'; did you mean 'brick'\?; installed: 'brick'$"):
        find_extension(GROUP, "brik", "thing")
    with pytest.raises(PluginError, match=r"^no thing is named 'a'; installed: none$"):
        find_extension("tradekit.acme.others", "a", "thing")


def test_find_extension_in_a_group_that_nobody_reads_says_so(site) -> None:
    add(site, "one", "", "a = one:A", "tradekit.acme.thing")
    what = r"package 'one' 1.0 has entry points in the group 'tradekit.acme.thing', which nobody reads; did you mean '(.*)'\?"
    with pytest.raises(PluginError, match=what):
        find_extension(GROUP, "a", "thing")


def test_extensions_of_a_package_that_is_left_out_are_not_there(site, monkeypatch) -> None:
    add(site, "one", "", "a = one:A")
    add(site, "two", "", "b = two:B")
    monkeypatch.setenv("TRADEKIT_PLUGINS", "two")
    assert [found.package for found in extensions(GROUP)] == ["two"]
    with pytest.raises(PluginError, match="installed, but not to be loaded: 'one'"):
        find_extension(GROUP, "a", "thing")


def test_discover_package_with_extensions_alone_has_no_problem(site) -> None:
    add(site, "one", "raise SystemExit", "a = one:A")
    assert discover().problems == ()
