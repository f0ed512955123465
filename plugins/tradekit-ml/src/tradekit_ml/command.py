"""`tradekit ml`: train models, look at them, and look for leaks.

What computes is imported when a command runs, so that `tradekit --help` stays instant.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tradekit_ml.registry import Registry, Version

__all__ = ["ml_command"]

_Command = TypeVar("_Command", bound=Callable[..., object])
PATH = click.Path(path_type=Path)


def json_option(command: _Command) -> _Command:
    """Add `--json`; its parameter is called `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")(command)


def set_option(command: _Command) -> _Command:
    """Add `--set`; its parameter is called `overrides`."""
    said = "Another value for a key of the file, as TOML has it: --set strategy.seed=2"
    return click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help=said)(command)


def registry_option(command: _Command) -> _Command:
    """Add `--registry`, the folder of models."""
    said = "The folder of the registry."
    return click.option("--registry", type=PATH, default=Path("models"), show_default=True, help=said)(command)


@click.group("ml")
def ml_command() -> None:
    """Train models without leaks, and keep them with what they were made of."""


@ml_command.command("train")
@click.argument("file", type=PATH)
@set_option
@click.option("--name", help="What the model is called in the registry.  [default: the name of the run]")
@click.option("--runs", type=PATH, default=Path("runs"), show_default=True, help="The folder for the backtest.")
@click.option("--no-run", is_flag=True, help="Leave the backtest out.")
@json_option
def train_model(file: Path, overrides: tuple[str, ...], name: str | None, runs: Path, no_run: bool, as_json: bool) -> None:
    """Train the model of a run file, score it out of sample, and keep it.

    The strategy of FILE has the recipe: features, label, model, schedule, seed. First the guards look for leaks, and stop at one.
    Then each label of a test is predicted by a model that knows nothing of its time. Then the file is run, with costs and fills as
    it says. The model that is kept has learnt from the newest labels; strategy.registry of the file says where.
    """
    from tradekit_ml.reporting import told, trained_json
    from tradekit_ml.training.pipeline import Places, train

    places = Places(name, None, None if no_run else runs)
    found = train(file, overrides, places, lambda said: click.echo(f"{said} ...", err=True))
    click.echo(_json(trained_json(found)) if as_json else "\n".join(told(found)))


@ml_command.group("models")
def models_group() -> None:
    """Look at the models that are kept."""


@models_group.command("list")
@registry_option
@json_option
def list_models(registry: Path, as_json: bool) -> None:
    """List all versions of all models."""
    from tradekit_ml.registry import Registry

    home = Registry(registry)
    found = [version for name in home.names() for version in home.versions(name)]
    if as_json:
        click.echo(_json([_version_json(one) for one in found]))
    elif not found:
        click.echo(f"there are no models in {str(registry)!r}; 'tradekit ml train FILE' makes one")
    else:
        _print_rows(["model", "version", "", "kind", "known until", "ic", "skill", "problem"], [_row(one) for one in found])


@models_group.command("show")
@click.argument("model")
@registry_option
@json_option
def show_model(model: str, registry: Path, as_json: bool) -> None:
    """Show what a model was made of. MODEL is NAME, or NAME@VERSION; a version may be 'latest' or 'champion'."""
    from dataclasses import asdict

    from tradekit_ml.reporting import manifest_told

    home, name, version = _named(registry, model)
    manifest = home.manifest(name, version)
    shown = {"version": manifest.version, **asdict(manifest)}
    click.echo(_json(shown) if as_json else "\n".join(manifest_told(manifest)))


@models_group.command("verify")
@click.argument("models", nargs=-1)
@registry_option
@json_option
@click.pass_context
def verify_models(ctx: click.Context, models: tuple[str, ...], registry: Path, as_json: bool) -> None:
    """Check that models are what was written, and answer as they did.

    Each of MODELS is NAME or NAME@VERSION; without any, all versions of all models are looked at. Ends with 1 if one can't be used.
    """
    from tradekit_ml.registry import Registry
    from tradekit_ml.training.keeping import named_version

    home = Registry(registry)
    wanted = [named_version(one) for one in models]
    wanted = wanted or [(name, one.version) for name in home.names() for one in home.versions(name) if one.manifest is not None]
    found = [home.verify(name, version) for name, version in wanted]
    if as_json:
        shown = ("name", "version", "problems", "files")
        click.echo(_json([{key: getattr(one, key) for key in shown} | {"is_sound": not one.problems} for one in found]))
    for one in () if as_json else found:
        if one.problems:
            click.echo(f"{one.name}@{one.version}  can't be used: {'; '.join(one.problems)}")
        else:
            exactly = "to the last bit" if one.golden_off == 0.0 else f"within {one.golden_off:.1e}"
            click.echo(f"{one.name}@{one.version}  sound: {one.files} files as written, golden rows answered {exactly}")
    if not found and not as_json:
        click.echo(f"there are no models in {str(registry)!r}")
    if any(one.problems for one in found):
        ctx.exit(1)


@models_group.command("diff")
@click.argument("name")
@click.argument("first")
@click.argument("second", default="latest")
@registry_option
@json_option
def diff_models(name: str, first: str, second: str, registry: Path, as_json: bool) -> None:
    """Show in what two versions of a model differ: data, features, options, scores, versions of libraries."""
    from tradekit_ml.registry import Registry

    found = Registry(registry).diff(name, first, second)
    if as_json:
        click.echo(_json([{"key": one.key, "first": one.first, "second": one.second} for one in found]))
    elif not found:
        click.echo("the two are the same")
    else:
        _print_rows(["key", first, second], [[one.key, _short(one.first), _short(one.second)] for one in found])


@models_group.command("promote")
@click.argument("model")
@registry_option
def promote_model(model: str, registry: Path) -> None:
    """Make a version the champion of its model, after checking it. MODEL is NAME or NAME@VERSION."""
    home, name, version = _named(registry, model)
    click.echo(f"{name}@{home.promote(name, version)} is the champion")


@ml_command.group("features")
def features_group() -> None:
    """Look at features."""


@features_group.command("check")
@click.argument("file", type=PATH)
@set_option
@json_option
@click.pass_context
def check_features(ctx: click.Context, file: Path, overrides: tuple[str, ...], as_json: bool) -> None:
    """Check that no feature of a run file's strategy looks ahead, on the data of that file.

    Features are computed again on bars that end early, and on bars that are others after some moment. Ends with 1 if one changes.
    """
    from tradekit_ml.training.pipeline import check_features as check

    study, found = check(file, overrides)
    names = study.features.names
    if as_json:
        leaks = [{"guard": one.guard, "culprit": one.culprit, "message": one.message} for one in found]
        click.echo(_json({"features": names, "sha256": study.features.sha256, "leaks": leaks}))
    else:
        for one in found:
            click.echo(f"LEAK  {one}")
        bars = f"{len(study.inputs.bars):,} bars of {', '.join(study.inputs.bars.symbols)}"
        click.echo(f"{len(names)} features on {bars}: {f'{len(found)} look ahead' if found else 'none looks ahead'}")
        click.echo(f"first values after {study.features.lookback(study.inputs.interval)} bars; hash {study.features.sha256[:12]}")
    if found:
        ctx.exit(1)


@ml_command.command("explain")
@click.argument("model")
@registry_option
@click.option("--most", type=click.IntRange(1), default=15, show_default=True, help="How many features are shown.")
@json_option
def explain_model(model: str, registry: Path, most: int, as_json: bool) -> None:
    """Show which features matter to a model. MODEL is NAME or NAME@VERSION.

    Out of sample, by how much worse its last test was scored with a feature shuffled; and on its golden rows, by what each feature
    adds to an answer of LightGBM.
    """
    from dataclasses import asdict

    from tradekit_ml.reporting import Explained, explained

    home, name, version = _named(registry, model)
    found: Explained = explained(home, name, version)
    if as_json:
        click.echo(_json({key: [asdict(one) for one in getattr(found, key)] for key in ("permutation", "contributions")}))
        return
    click.echo(f"{name}@{found.version}, a {found.model}")
    for title, table in (("permutation, out of sample", found.permutation), ("contributions, golden rows", found.contributions)):
        if table:
            click.echo()
            rows = [[one.feature, f"{one.value:.4f}", f"{one.error:.4f}" if one.error else ""] for one in table[:most]]
            _print_rows([title, "value", "error"], rows)
    if not found.contributions:
        click.echo("\nwhat each feature adds to an answer is told by 'lightgbm' alone")


def _named(registry: Path, text: str) -> tuple[Registry, str, str]:
    from tradekit_ml.registry import Registry
    from tradekit_ml.training.keeping import named_version

    return (Registry(registry), *named_version(text))


def _row(one: Version) -> list[str]:
    if one.manifest is None:
        return [one.name, one.version, "", "", "", "", "", one.problem]
    marks = " ".join(mark for mark, is_it in (("latest", one.is_latest), ("champion", one.is_champion)) if is_it)
    scores, train = one.manifest.origin.scores, one.manifest.origin.train
    from tradekit_ml.reporting import day

    shown = [f"{scores[key]:.3f}" if key in scores else "" for key in ("ic", "skill")]
    return [one.name, one.version, marks, one.manifest.model, day(train[-1].end) if train else "", *shown, one.problem]


def _version_json(one: Version) -> dict[str, Any]:
    manifest = one.manifest
    found = {key: getattr(one, key) for key in ("name", "version", "is_latest", "is_champion", "problem")}
    known = {} if manifest is None else {"model": manifest.model, "task": manifest.task, "scores": dict(manifest.origin.scores)}
    return {**found, **known}


def _json(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True, default=str)


def _short(value: str | None, room: int = 60) -> str:
    text = "absent" if value is None else value
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, without the columns in which nothing stands."""
    kept = [k for k in range(len(heads)) if any(row[k] for row in rows)]
    widths = {k: max(len(heads[k]), *(len(row[k]) for row in rows)) for k in kept}
    for row in (heads, *rows):
        click.echo("  ".join(row[k].ljust(widths[k]) for k in kept).rstrip())
