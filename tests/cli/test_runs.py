"""`tradekit runs`: the list, one run again, and two held against each other."""

import json
import os
from pathlib import Path

import pytest

from tradekit.cli.figures import change, figure, label, plain
from tradekit.cli.main import main


def runs(capsys, *arguments):
    code = main(["runs", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def two(run_file, capsys):
    """The ids of two runs, the older one first, and what each showed."""
    shown = []
    for overrides in ([], ["--set", "strategy.fast=3"]):
        assert main(["run", str(run_file), *overrides]) == 0
        shown.append(capsys.readouterr().out)
    return [(text.rpartition("runs/")[2].strip(), text) for text in shown]


def test_list_shows_the_newest_first(two, capsys):
    code, out, _ = runs(capsys)
    heading, new, old = out.splitlines()
    assert code == 0
    assert heading.split() == ["ID", "RETURN", "SHARPE", "DRAWDOWN", "TRADES", "STRATEGY"]
    assert (new.split()[0], old.split()[0]) == (two[1][0], two[0][0])
    assert new.endswith("sma-cross")
    assert " % " in new


def test_list_without_runs_says_how_to_make_one(run_file, capsys):
    assert runs(capsys) == (0, "no runs in runs; 'tradekit run FILE' makes one\n", "")
    assert runs(capsys, "--json") == (0, "[]\n", "")


def test_list_json_has_all_figures(two, capsys):
    found = json.loads(runs(capsys, "--json")[1])
    assert [run["id"] for run in found] == [two[1][0], two[0][0]]
    assert found[0]["status"] == "done"
    assert {"total_return", "fees", "name", "strategy"} <= set(found[0])


def test_list_damaged_and_unfinished_folders_hide_no_other(two, capsys):
    Path("runs", "20990101-000000-bad").mkdir()
    Path("runs", "20990101-000000-bad", "manifest.json").write_text("{")
    Path("runs", ".20990101-000000-x.part").mkdir()
    code, out, _ = runs(capsys)
    lines = out.splitlines()
    assert code == 0
    assert lines[1].startswith(two[1][0])
    assert lines[3].startswith("! 20990101-000000-bad is damaged: manifest 'runs/20990101-000000-bad/manifest.json' is damaged: ")
    assert lines[4] == "! .20990101-000000-x.part is unfinished: was killed, or still runs"
    found = json.loads(runs(capsys, "--json")[1])
    assert [run["status"] for run in found] == ["done", "done", "damaged", "unfinished"]


def test_list_marks_what_was_interrupted(two, capsys):
    forge(Path("runs", two[1][0]), status="interrupted")
    assert runs(capsys)[1].splitlines()[1].endswith("sma-cross, interrupted")


def test_list_fits_eighty_columns_and_keeps_ids_whole(two, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = runs(capsys)[1]
    assert max(map(len, out.splitlines())) <= 80
    assert two[0][0] in out


def test_show_repeats_what_the_run_showed(two, capsys):
    for wanted in (two[0][0], f"runs/{two[0][0]}"):
        assert runs(capsys, "show", wanted) == (0, two[0][1], "")
    assert runs(capsys, "show", "last")[1] == two[1][1]


def test_show_json_is_the_manifest_with_the_figures(two, capsys):
    found = json.loads(runs(capsys, "show", "last", "--json")[1])
    assert found["about"]["id"] == two[1][0]
    assert found["metrics"]["trades"] > 0
    assert found["assumptions"]


def test_show_run_without_reporters_still_has_figures_and_assumptions(run_file, capsys):
    main(["run", str(run_file), "--set", "report=[]"])
    capsys.readouterr()
    out = runs(capsys, "show", "last")[1]
    assert out.startswith("trend  backtest, done\n")
    assert "Sharpe ratio" in out
    assert "these figures assume" in out


def test_show_unknown_run_is_an_error(two, capsys):
    code, out, err = runs(capsys, "show", "1999")
    assert (code, out) == (1, "")
    assert err == "error: no run '1999' in 'runs'; 'tradekit runs' lists them\n"


def test_compare_shows_settings_and_figures_that_differ(two, capsys):
    code, out, _ = runs(capsys, "compare", two[0][0], two[1][0])
    lines = out.splitlines()
    assert code == 0
    assert lines[:2] == [f"first   {two[0][0]}", f"second  {two[1][0]}"]
    assert "strategy.fast      2       3" in lines
    assert any(line.startswith("total return ") and line.endswith(" pp") for line in lines)
    assert any(line.startswith("the same figures: ") for line in lines)
    assert not any(line.startswith("benchmark return") for line in lines)


def test_compare_equal_runs_says_so(run_file, two, capsys):
    main(["run", str(run_file)])
    capsys.readouterr()
    out = runs(capsys, "compare", "last", two[0][0])[1]
    assert out.endswith("\nthe same inputs and the same results, byte for byte\n")


def test_compare_json_has_pairs(two, capsys):
    found = json.loads(runs(capsys, "compare", two[0][0], "last", "--json")[1])
    assert found["settings"] == {"strategy.fast": [2, 3]}
    assert found["same"] is False
    assert len(found["metrics"]["sharpe"]) == 2


@pytest.mark.parametrize("place", ["before", "after"])
def test_runs_and_json_may_stand_before_and_after_the_subcommand(two, capsys, monkeypatch, place):
    os.rename("runs", "there")  # noqa: PTH104 - nothing but a name
    monkeypatch.setenv("TRADEKIT_RUNS", "nowhere")
    options = ["--runs", "there", "--json"]
    arguments = [*options, "show", "last"] if place == "before" else ["show", "last", *options]
    assert json.loads(runs(capsys, *arguments)[1])["about"]["id"] == two[1][0]


def forge(folder, **changes):
    """Write a manifest as a run would have written it."""
    from tradekit.engine.folder import _digest, _json

    manifest = {**json.loads((folder / "manifest.json").read_text()), **changes}
    (folder / "manifest.json").write_bytes(_json({**manifest, "digest": _digest(manifest)}))


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("total_return", -0.4793, "-47.93 %"),
        ("sharpe", 1.23456, "1.235"),
        ("trades", 1234, "1,234"),
        ("fees", 1234.5, "1,234.50"),
        ("max_drawdown_days", 3226.4, "3,226 days"),
        ("turnover", 7.3, "7.30 a year"),
        ("win_rate", None, "-"),
        ("of_another_version", 1.5, "1.500"),
    ],
)
def test_figure_has_its_unit(key, value, shown):
    assert figure(key, value) == shown


def test_change_is_in_points_where_the_figure_is_in_per_cent():
    assert change("total_return", -0.1, 0.05) == "+15.00 pp"
    assert change("trades", 5, 3) == "-2"
    assert change("sharpe", None, 3.0) == ""


def test_label_of_an_unknown_figure_is_its_key():
    assert (label("var_95"), label("of_another_version")) == ("VaR 95 %", "of another version")


@pytest.mark.parametrize(
    ("value", "written"), [(True, "true"), (0.5, "0.5"), ([1, "a"], "[1, a]"), (None, "-"), ("a", "a"), ({"a": 1.0}, "{a: 1}")]
)
def test_plain_is_how_a_person_writes_a_setting(value, written):
    assert plain(value) == written


def test_compare_shows_the_first_decision_that_differs(two, capsys):
    _, out, _ = runs(capsys, "compare", two[0][0], two[1][0])
    told = out.partition("\nthe first decision that differs is number 1:\n")[2].splitlines()
    assert told == [
        "2024-01-12T00:00:00Z  X  market",
        "TERM                               FIRST  SECOND",
        "decision  market, quantity 98.0392156863    none  differs",
        "",
        "VALUE     FIRST  SECOND",
        "equity    10000   10000",
        "cash      10000   10000",
        "position      0       0",
    ]
