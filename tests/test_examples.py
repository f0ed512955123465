"""Every example runs as a person would run it, and its data is what the page of sources says."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = sorted(EXAMPLES.glob("*.toml"))
DATA = sorted(path for path in (EXAMPLES / "data").iterdir() if path.suffix == ".gz")
PROMISED = {"manifest.json", "orders.parquet", "fills.parquet", "positions.parquet", "equity.parquet", "metrics.json"}


def test_there_is_an_example_for_each_builtin_idea():
    assert {path.stem for path in FILES} >= {"quickstart", "momentum", "reversion", "breakout"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_example_runs_and_leaves_its_folder(path, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "80", "PYTHONUTF8": "1"}
    code = "import sys; from tradekit.cli.main import main; sys.exit(main(sys.argv[1:]))"
    found = subprocess.run(
        [sys.executable, "-c", code, "run", str(path), "--runs", str(tmp_path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        check=False,
        cwd=tmp_path,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith(f"{path.stem}  backtest, done\n")
    assert "these figures assume" in found.stdout
    assert max(map(len, found.stdout.splitlines()[:-1])) <= 80
    (folder,) = (inside for inside in tmp_path.iterdir() if inside.is_dir())
    assert {inside.name for inside in folder.iterdir()} >= PROMISED
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["trades"] >= 20
    assert pq.read_metadata(folder / "fills.parquet").num_rows > metrics["trades"]


def test_data_has_a_source_with_licence_and_the_right_hash():
    sections = re.split(r"^## ", (EXAMPLES / "data" / "SOURCES.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    described = {section.splitlines()[0]: section for section in sections}
    assert set(described) == {path.name for path in DATA}
    for path in DATA:
        section = described[path.name]
        assert f"| SHA-256 | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" in section
        assert re.search(r"\| repository \| \S+/\S+, commit `[0-9a-f]{40}`, (MIT|Apache-2.0) \|", section)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_data_rows_are_those_of_its_source_page(path, lab):
    from tradekit.engine.compose import compose_file
    from tradekit.engine.run import make_ready

    ready = make_ready(compose_file(path, ["run.start=1990-01-01", "run.end=2100-01-01"]))
    rows = f"{sum(fact['rows'] for fact in ready.facts):,} bars"
    name = Path(ready.facts[0]["origin"].partition(" ")[0]).name
    section = (EXAMPLES / "data" / "SOURCES.md").read_text(encoding="utf-8").partition(f"## {name}\n")[2]
    assert section.partition("\n## ")[0].count(rows) == 1
