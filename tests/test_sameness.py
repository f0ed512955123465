"""The same inputs give the same bytes: in one process, in several, and under any hash seed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tradekit.engine.folder import TABLES
from tradekit.engine.run import run

EXAMPLES = Path(__file__).parents[1] / "examples"
COMPARED = [f"{name}.parquet" for name in TABLES] + ["metrics.json"]

STRATEGY = """
from tradekit import Strategy, hookimpl

TRADEKIT_API = 1


class Coin(Strategy):
    "Toss a coin for each instrument on each bar."

    name = "coin"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if ctx.random.random() < 0.02:
                view.target(weight=ctx.random.uniform(0.0, 0.2))


@hookimpl
def tradekit_strategies():
    return [Coin]
"""


def in_a_process(path, runs, hash_seed, *overrides):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": hash_seed}
    code = f"from tradekit import run; run({str(path)!r}, {list(overrides)!r}, {str(runs)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def folder_in(runs):
    (folder,) = (path for path in runs.iterdir() if path.is_dir())
    return folder


def assert_same(first, second):
    for name in COMPARED:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in (first, second)]
    assert manifests[0]["digest"] == manifests[1]["digest"]
    for manifest in manifests:
        del manifest["about"]
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize("name", ["quickstart", "momentum", "reversion", "breakout"])
def test_same_file_in_another_process_gives_the_same_bytes(name, tmp_path):
    path = EXAMPLES / f"{name}.toml"
    run(path, (), tmp_path / "here")
    in_a_process(path, tmp_path / "there", "0")
    assert_same(folder_in(tmp_path / "here"), folder_in(tmp_path / "there"))


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_same_file_under_another_hash_seed_gives_the_same_bytes(hash_seed, tmp_path):
    path = EXAMPLES / "momentum.toml"
    in_a_process(path, tmp_path / "first", "0", "risk=[]")
    in_a_process(path, tmp_path / "second", hash_seed, "risk=[]")
    assert_same(folder_in(tmp_path / "first"), folder_in(tmp_path / "second"))


def test_same_project_in_another_folder_gives_the_same_bytes(tmp_path):
    for place in ("one", "two"):
        shutil.copytree(EXAMPLES / "data", tmp_path / place / "data")
        shutil.copy(EXAMPLES / "momentum.toml", tmp_path / place / "momentum.toml")
        run(tmp_path / place / "momentum.toml", (), tmp_path / place / "runs")
    assert_same(folder_in(tmp_path / "one" / "runs"), folder_in(tmp_path / "two" / "runs"))


def chance(runs, *overrides):
    run(EXAMPLES / "momentum.toml", ["strategy={name='coin'}", *overrides], runs)
    return folder_in(runs)


def test_same_seed_gives_the_same_chance_and_another_seed_another(site, tmp_path):
    site.install("acme", STRATEGY)
    first, second, third = (chance(tmp_path / str(n), f"run.seed={seed}") for n, seed in enumerate((7, 7, 8)))
    assert_same(first, second)
    assert (first / "fills.parquet").read_bytes() != (third / "fills.parquet").read_bytes()


def test_another_option_gives_other_bytes(tmp_path):
    run(EXAMPLES / "momentum.toml", (), tmp_path / "one")
    run(EXAMPLES / "momentum.toml", ["strategy.lookback=127"], tmp_path / "two")
    first, second = (folder_in(tmp_path / place) for place in ("one", "two"))
    assert (first / "fills.parquet").read_bytes() != (second / "fills.parquet").read_bytes()
    digests = [json.loads((folder / "manifest.json").read_text())["digest"] for folder in (first, second)]
    assert digests[0] != digests[1]
