"""`tradekit doctor`: what it prints, and its exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tradekit.cli.main import main

BROKEN = "import nothing_like_this\n"


@pytest.fixture(autouse=True)
def quiet_place(tmp_path, monkeypatch, site):
    """A folder of a test's own, with no keys and nothing installed that is ours."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in ("COLUMNS", "TRADEKIT_RUNS", "TRADEKIT_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRADEKIT_SECRETS", str(place / "nowhere.toml"))
    monkeypatch.setattr("tradekit.simulator.build.is_compiled", lambda: True)


def doctor(capsys, *arguments):
    code = main(["doctor", *arguments])
    captured = capsys.readouterr()
    assert captured.err == ""
    return code, captured.out


def test_doctor_where_all_is_well(capsys):
    code, out = doctor(capsys)
    lines = out.splitlines()
    assert code == 0
    assert lines[-2:] == ["", "all is well"]
    checks = [line.split()[0] for line in lines[:-2] if not line.startswith(" ")]
    assert checks == ["versions", "simulator", "plugins", "optional", "folders", "clock", "keys"]
    assert list(Path().iterdir()) == []


def test_doctor_names_what_is_wrong_with_the_way_out(site, capsys):
    site.install("acme", BROKEN)
    Path(".env").write_text("")
    Path(".env").chmod(0o644)
    code, out = doctor(capsys)
    assert code == 1
    assert (
        "plugins    fail  package 'acme' 1.0 could not be loaded: ModuleNotFoundError: No module named 'nothing_like_this' " in out
    )
    assert f"({site.folder}/acme/__init__.py:1)" in out
    assert "keys       fail  '.env' can be read by everybody (mode 0644)\n" in out
    assert "                 -> run: chmod 600 .env; keys that others could read need replacing\n" in out
    assert out.splitlines()[-1] == "2 things are wrong"


def test_doctor_warning_is_no_failure(capsys, monkeypatch):
    monkeypatch.setattr("tradekit.simulator.build.is_compiled", lambda: False)
    monkeypatch.setattr("tradekit.simulator.build._record", lambda: {"problem": "there was no compiler"})
    monkeypatch.setattr("tradekit.simulator.build._compiled", set)
    code, out = doctor(capsys)
    assert code == 0
    assert "simulator  warn  the simulator is not compiled and many times slower: there was no compiler\n" in out
    assert out.splitlines()[-1] == "nothing is wrong, 1 thing may be"
    Path("runs").write_text("")
    code, out = doctor(capsys)
    assert (code, out.splitlines()[-1]) == (1, "1 thing is wrong, 1 may be")


def test_doctor_json_has_every_finding(site, capsys):
    site.install("acme", BROKEN)
    code, out = doctor(capsys, "--json")
    found = json.loads(out)
    assert (code, found["verdict"]) == (1, "fail")
    assert all(set(one) == {"check", "verdict", "text", "way_out"} for one in found["findings"])
    assert [one["check"] for one in found["findings"] if one["verdict"] == "fail"] == ["plugins"]


def test_doctor_looks_at_the_folders_that_are_named(capsys):
    _, out = doctor(capsys, "--runs", "a", "--store", "b")
    assert "the folder for runs, 'a', will be made" in out
    assert "the folder for market data, 'b', will be made" in out


def test_doctor_starts_whatever_the_list_of_packages_says(capsys, monkeypatch):
    monkeypatch.setenv("TRADEKIT_PLUGINS", "nope")
    code, out = doctor(capsys)
    assert code == 1
    assert "TRADEKIT_PLUGINS names 'nope', which is not an installed plugin package" in out
    assert "-> install it, or take it off the list" in out


def test_doctor_is_the_kernels_even_if_a_package_has_one(site, capsys):
    source = "import click\n\n@click.command()\ndef other():\n    click.echo('other')\n"
    site.install("acme", source, is_plugin=False, commands={"doctor": "acme:other"})
    code, out = doctor(capsys)
    assert code == 1
    assert "package 'acme' 1.0 provides command 'doctor', and so does package 'tradekit'" in out


def test_doctor_says_that_the_simulator_does_not_match_its_source(tmp_path):
    code = (
        "import importlib.util, sys\n"
        "from tradekit.errors import PluginError\n"
        "class Stale:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'tradekit.simulator':\n"
        "            raise PluginError(\"compiled simulator module 'book' does not match its source; build it again\")\n"
        "sys.meta_path.insert(0, Stale())\n"
        "from tradekit.cli.main import main\n"
        "sys.exit(main(['doctor']))\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 1, process.stderr
    assert "simulator  fail  compiled simulator module 'book' does not match its source\n" in process.stdout
    assert "-> build it again\n" in process.stdout
