"""What the README shows is what a reader gets."""

import re
from pathlib import Path

from tradekit.cli.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_readme_output_is_that_of_the_demo(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["run", str(ROOT / "examples" / "quickstart.toml"), "--runs", str(tmp_path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    [shown] = [block for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) if block.startswith("quickstart")]
    pieces = [" ".join(line.removesuffix("...").split()) for line in shown.splitlines()]
    assert [piece for piece in pieces if piece not in printed] == []


def test_readme_strategy_is_python_that_runs():
    [code] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own text
    assert names["SmaCross"]().indicators().keys() == {"fast", "slow"}


def test_readme_files_that_it_points_to_exist():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
