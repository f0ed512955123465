from pathlib import Path

import pytest

from tradekit import ConfigError, PluginError
from tradekit.engine.sources import open_source

FILE = """\
[data]
source = "csv"
path = "data/x.csv"
instruments = ["X", "Y"]
interval = "4h"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRADEKIT_PLUGINS", raising=False)
    (tmp_path / "here").mkdir()
    return tmp_path


def message(text, *overrides):
    Path("here/x.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        open_source("here/x.toml", overrides)
    return str(error.value)


def test_a_source_of_a_file_has_paths_beside_it(folder):
    Path("here/x.toml").write_text(FILE)
    found = open_source("here/x.toml")
    assert found.source.name == "csv"
    assert found.source.options.path == folder / "here" / "data" / "x.csv"
    assert (found.symbols, found.interval) == (("X", "Y"), "4h")


def test_a_source_of_a_run_file_takes_the_data_table_alone(examples):
    found = open_source(str(examples / "quickstart.toml"))
    assert found.source.name == "csv"
    assert found.interval == "1h"


def test_a_file_needs_no_instruments_and_no_interval():
    Path("here/x.toml").write_text('[data]\nsource = "csv"\npath = "x.csv"\n')
    found = open_source("here/x.toml", ["data.path=y.csv"])
    assert (found.symbols, found.interval) == ((), None)
    assert found.source.options.path.name == "y.csv"


def test_a_source_by_its_name_has_options_from_overrides_and_paths_from_here(folder):
    found = open_source("csv", ["path=data/x.csv", "columns.close=last", "separator=;"])
    assert found.source.options.path == folder / "data" / "x.csv"
    assert found.source.options.columns.close == "last"
    assert found.source.options.separator == ";"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run]\nname = 'x'\n", "here/x.toml: table [data] is missing; it names the data source and its options"),
        ("[data]\npath = 'x'\n", "here/x.toml, line 1: data.source must be the name of a data source in quotes, got None"),
        (FILE + "pth = 'x'\n", "unknown key data.pth"),
        (FILE.replace('"4h"', '"4 hours"'), "line 5: data.interval: '4 hours' is not an interval"),
        (FILE.replace('"4h"', '"4 hours"').replace("path", "pth"), "here/x.toml has 2 problems:"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_lines(text, said):
    assert said in message(text)


def test_options_of_a_named_source_that_are_wrong_are_refused_with_what_was_typed():
    with pytest.raises(ConfigError) as error:
        open_source("csv", ["path=x", "separator=;;"])
    assert str(error.value) == "csv, --set separator=;;: separator must have at most 1 characters, got ';;'"


def test_a_source_that_is_not_installed_is_named():
    with pytest.raises(PluginError, match="no data source is named 'htp'; did you mean 'http'"):
        open_source("htp")
