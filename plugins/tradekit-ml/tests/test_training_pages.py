"""The pages on training: they name all there is, and the tutorial's file does what it says."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tradekit_ml.command import ml_command
from tradekit_ml.drift.policy import DriftOptions
from tradekit_ml.regimes.modes import MODES, Regime
from tradekit_ml.reporting import told
from tradekit_ml.strategies.hybrid import MlHybrid
from tradekit_ml.training.pipeline import Places, study, train

from proofs import Matrix

ROOT = Path(__file__).parents[3]
REFERENCE = (ROOT / "docs" / "reference" / "ml-training.md").read_text("utf-8")
TUTORIAL = (ROOT / "docs" / "tutorial" / "first-model.md").read_text("utf-8")


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for part, inner in command.commands.items():
            yield from commands(inner, f"{name} {part}")
    else:
        yield name, command


@pytest.mark.parametrize(("name", "command"), list(commands(ml_command, "tradekit ml")), ids=lambda one: str(one))
def test_command_and_its_options_are_documented(name: str, command: click.Command) -> None:
    assert f"| `{name}" in REFERENCE
    for option in command.params:
        if isinstance(option, click.Option):
            assert f"| `{option.opts[0]}" in REFERENCE


@pytest.mark.parametrize("option", [*MlHybrid.Options.model_fields, *DriftOptions.model_fields])
def test_option_of_the_strategies_is_documented(option: str) -> None:
    if option != "delta":  # ADWIN's, which its description tells
        assert re.search(rf"`{option}`", REFERENCE)


def test_modes_and_values_of_regimes_are_documented() -> None:
    assert ", ".join(f"`{mode}`" for mode in MODES[:-1]) + f" and `{MODES[-1]}`" in REFERENCE
    for output in Regime.outputs:
        assert f"`{output}`" in REFERENCE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The tutorial's run file, with the path of the bundled data."""
    found = re.search(r"```toml\n(# btc-ml.toml\n.*?)```", TUTORIAL, re.DOTALL)
    assert found is not None
    path = tmp_path / "btc-ml.toml"
    path.write_text(found[1].replace('"examples/', f'"{ROOT.as_posix()}/examples/'), "utf-8")
    return path


def test_tutorial_file_has_the_features_and_labels_that_the_page_shows(file: Path) -> None:
    found = study(file)
    assert f"{len(found.features)} features on {len(found.inputs.bars):,} bars of BTC/USDT: none looks ahead" in TUTORIAL
    assert f"first values after {found.features.lookback('1h')} bars; hash {found.features.sha256[:12]}" in TUTORIAL
    assert f": {len(found.labels):,}, worth" in TUTORIAL
    assert len(found.splits) == 7


def test_readme_file_is_sound(tmp_path: Path) -> None:
    text = (ROOT / "plugins" / "tradekit-ml" / "README.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    path = tmp_path / "run.toml"
    path.write_text(found[1].replace('"examples/', f'"{ROOT.as_posix()}/examples/'), "utf-8")
    assert len(study(path).splits) > 10


@pytest.mark.proof("ml-edges", cases=1)
def test_tutorial_training_says_what_the_page_shows(
    file: Path, tmp_path: Path, matrix: Matrix, request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("proof"):
        pytest.skip("it takes a minute; the proof does it")
    found = train(file, (), Places(None, tmp_path / "models", tmp_path / "runs"))
    lines = [line for line in told(found) if not line.startswith("kept")]
    assert "\n".join(lines) in TUTORIAL
    assert found.result is not None
    matrix.tell(
        "tutorial", "two years of hours of Bitcoin", f"IC {found.totals['ic']:.3f}, {found.totals['run_total_return']:+.2%}"
    )
