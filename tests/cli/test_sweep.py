"""`tradekit sweep`, as a person types it."""

import json
from pathlib import Path

import pytest

from tradekit.cli.main import main
from tradekit.cli.sweep import _short

GRID = ["--param", "strategy.fast=2:4", "--param", "strategy.slow=3:9:2"]


@pytest.mark.usefixtures("run_file")
def test_sweep_prints_the_ranked_table_the_plateau_and_how_to_run_the_best(capsys):
    assert main(["sweep", "run.toml", *GRID, "--top", "3"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "12 trials by grid"
    assert told[1].startswith("! 2 could not be run, the first: run.toml, line ")
    assert " ".join(told[4].split()) == "TRIAL FAST SLOW SHARPE RATIO TOTAL RETURN MAX. DRAWDOWN TRADES NEAR IT"
    best = told[5].split()
    assert told[8] == "and 7 more in trials.parquet"
    assert told[10].startswith("the best has a Sharpe ratio of ")
    assert "near it" in told[10]
    assert "% of all trials" in told[10]
    assert told[11] == f"to run the best: tradekit run run.toml --set strategy.fast={best[1]} --set strategy.slow={best[2]}"
    assert told[12].startswith("kept in runs/sweep-trend-")


@pytest.mark.usefixtures("run_file")
def test_sweep_again_says_that_all_was_done_before(capsys):
    command = ["sweep", "run.toml", *GRID, "--where", "strategy.fast < strategy.slow"]
    assert main(command) == 0
    capsys.readouterr()
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["done_before"], told["left_out"]) == ("done", 10, 2)
    assert told["trials"] == {"done": 10, "invalid": 0, "failed": 0}
    assert len(told["best"]) == 10
    assert told["best"][0]["settings"].keys() == {"strategy.fast", "strategy.slow"}


@pytest.mark.usefixtures("run_file")
def test_sweep_in_processes_gives_the_same_table(capsys):
    assert main(["sweep", "run.toml", *GRID, "--json", "--top", "100"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["sweep", "run.toml", *GRID, "--json", "--top", "100", "--set", "execution.driver=event", "--workers", "1"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert second["plan"].startswith("event driver")
    assert second["best"] == first["best"]


@pytest.mark.usefixtures("run_file")
def test_random_sweep_says_where_no_more_are_left(capsys):
    assert main(["sweep", "run.toml", "--param", "strategy.slow=3:5", "--method", "random", "--trials", "9"]) == 0
    assert "! 9 were asked for, and there are no more that differ" in capsys.readouterr().out


@pytest.mark.usefixtures("run_file")
def test_single_trial_has_nothing_near_it(capsys):
    assert main(["sweep", "run.toml", "--param", "strategy.slow=7"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("1 trial by grid\n")
    assert "nothing near it was tried, so nothing says that it is more than luck" in told


@pytest.mark.usefixtures("run_file")
def test_sweep_without_the_figure_says_what_there_is_to_rank_by(capsys):
    command = ["sweep", "run.toml", "--param", "strategy.slow=7", "--set", "run.end=2024-01-20"]
    assert main([*command, "--by", "profit_factor"]) == 0  # nothing was lost in these few days, so that there is none
    told = " ".join(capsys.readouterr().out.split())
    assert "! no trial has a profit factor, so that none is the best" in told
    assert "--by takes another figure, and trials have total_return, annual_return," in told
    assert "what is done is not done again" in told
    assert main([*command, "--by", "total_return"]) == 0
    assert "1 trial by grid, 1 of them done before" in capsys.readouterr().out


@pytest.mark.usefixtures("run_file")
def test_sweep_that_overrules_what_it_varies_tells_each_setting_once(capsys):
    assert main(["sweep", "run.toml", "--param", "strategy.slow=7,9", "--set", "strategy.slow=8", "--set", "strategy.fast=3"]) == 0
    told = capsys.readouterr().out
    assert "tradekit run run.toml --set strategy.fast=3 --set strategy.slow=" in told
    assert "the trial near it " in told


def test_setting_that_is_called_as_a_figure_keeps_its_whole_name():
    assert _short(["strategy.trades", "strategy.edge"], ["SHARPE RATIO", "TRADES"]) == ["strategy.trades", "strategy.edge"]
    assert _short(["strategy.fast", "strategy.edge"], ["SHARPE RATIO", "TRADES"]) == ["fast", "edge"]


@pytest.mark.usefixtures("run_file")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a sweep varies at least one setting; name it, such as --param strategy.fast=5:50:5"),
        (["--param", "strategy.fast=5:x"], "--param 'strategy.fast=5:x' is no range"),
        (["--param", "strategy.fats=5,6"], "--param strategy.fats is no setting of this run; did you mean 'strategy.fast'?"),
        ([*GRID, "--where", "fast < slow"], "--where 'fast < slow': 'fast' is not varied"),
        ([*GRID, "--by", "luck"], "--by 'luck' is no figure of a run"),
    ],
)
def test_sweep_that_makes_no_sense_runs_nothing(capsys, tmp_path, arguments, message):
    assert main(["sweep", "run.toml", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("run_file")
def test_trials_of_runs_and_sweeps_are_told_for_each_data_set(capsys):
    assert main(["runs", "trials"]) == 0
    assert capsys.readouterr().out == "no trials in runs/trials.jsonl; every backtest and every trial of a sweep adds one\n"
    assert main(["run", "run.toml"]) == 0
    assert main(["sweep", "run.toml", *GRID]) == 0
    capsys.readouterr()
    assert main(["runs", "trials"]) == 0
    titles, row = capsys.readouterr().out.splitlines()
    assert titles.split("  ")[0] == "DATA"
    assert row.split()[1:3] == ["11", "11"]
    with Path("runs/trials.jsonl").open("a") as file:
        file.write("{\n")
    assert main(["runs", "trials", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["data_sets"][0]["trials"], told["damaged_lines"]) == (11, 1)
    assert main(["runs", "trials"]) == 0
    assert "! 1 lines of runs/trials.jsonl can't be read, and are not counted" in capsys.readouterr().out
