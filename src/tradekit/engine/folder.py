"""The folder that a run leaves, written whole or not at all, and read back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradekit.errors import RunError, nearest
from tradekit.model.result import ComponentUse, Result

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "FORMAT",
    "REPORT",
    "TABLES",
    "discard",
    "find_run",
    "list_runs",
    "new_folder",
    "publish",
    "read_manifest",
    "read_metrics",
    "read_result",
    "write_report",
    "write_result",
]

FORMAT = 1
REPORT = "report.txt"
"""What the reporters showed, as plain text."""

TABLES = ("orders", "fills", "positions", "equity", "trades", "journal")

_COMPARED = ("name", "mode", "status", "config", "components", "plan", "assumptions", "notes", "data", "metrics")


def new_folder(runs: Path, slug: str, started: datetime) -> Path:
    """Make the folder that a run is written to until it is complete: `.<id>.part` in `runs`, with an id that is not taken yet."""
    runs.mkdir(parents=True, exist_ok=True)
    wanted = f"{started.astimezone(UTC):%Y%m%d-%H%M%S}-{slug}"
    for attempt in range(1, 1000):
        name = wanted if attempt == 1 else f"{wanted}-{attempt}"
        folder = runs / f".{name}.part"
        if (runs / name).exists():
            continue
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise RunError(f"no free name for a run in {str(runs)!r}: a thousand runs have begun as {wanted!r}")


def publish(folder: Path) -> Path:
    """Give a complete folder its final name, the run's id, and return it."""
    final = folder.with_name(folder.name.removeprefix(".").removesuffix(".part"))
    folder.rename(final)
    return final


def write_result(result: Result, folder: Path, about: Mapping[str, Any]) -> None:
    """Write tables, `metrics.json` and `manifest.json`. `about` is what differs between two equal runs: id, host, times.

    Everything outside of the manifest's `about` is the same, byte for byte, for the same inputs and versions; `digest` is its hash.
    """
    import pyarrow.parquet as pq

    hashes = {}
    for name in TABLES:
        path = folder / f"{name}.parquet"
        pq.write_table(getattr(result, name), path, compression="zstd")
        hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    hashes["metrics.json"] = _write_json(folder / "metrics.json", dict(result.metrics))
    manifest = {name: _plain(getattr(result, name)) for name in _COMPARED if name != "metrics"}
    manifest["files"] = hashes
    digest = hashlib.sha256(_json(manifest).encode()).hexdigest()
    _write_json(folder / "manifest.json", {"format": FORMAT, "about": dict(about), "digest": digest, **manifest})


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run's folder. Raises `RunError` if there is none, or if a newer tradekit wrote it."""
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{str(folder)!r} is no run: it has no manifest.json") from None
    except (OSError, ValueError) as error:
        raise RunError(f"manifest {str(path)!r} can't be read: {error}") from error
    if manifest.get("format") != FORMAT:
        raise RunError(f"{str(folder)!r} has format {manifest.get('format')!r}, and this version of tradekit reads {FORMAT}")
    return manifest


def read_metrics(folder: Path) -> dict[str, Any]:
    """Read the figures of a run. Raises `RunError` if they can't be read."""
    path = folder / "metrics.json"
    try:
        metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"figures {str(path)!r} can't be read: {error}") from error
    return metrics


def list_runs(runs: Path) -> list[Path]:
    """Return the folders of complete runs, the newest first."""
    found = [path.parent for path in runs.glob("*/manifest.json") if not path.parent.name.startswith(".")]
    return sorted(found, key=lambda folder: str(read_manifest(folder)["about"]["started"]), reverse=True)


def find_run(runs: Path, wanted: str) -> Path:
    """Return the folder of a run by its id, the beginning of its id, its path, or `last`. Raises `RunError` if there is not just one."""
    if (Path(wanted) / "manifest.json").exists():
        return Path(wanted)
    folders = list_runs(runs)
    if not folders:
        raise RunError(f"no runs in {str(runs)!r}; 'tradekit run FILE' makes one, and --runs says where they are")
    if wanted == "last":
        return folders[0]
    exact = [folder for folder in folders if folder.name == wanted]
    found = exact or [folder for folder in folders if folder.name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    names = [folder.name for folder in found or folders]
    if found:
        raise RunError(f"{len(found)} runs begin with {wanted!r}: {', '.join(names[:5])}; write more of it")
    raise RunError(f"no run {wanted!r} in {str(runs)!r}{nearest(wanted, names)}; 'tradekit runs' lists them")


def read_result(folder: str | Path) -> Result:
    """Read back the result of a run from its folder. Raises `RunError` if a file is missing or damaged."""
    import pyarrow.parquet as pq

    folder = Path(folder)
    manifest = read_manifest(folder)
    tables = {}
    for name in TABLES:
        path = folder / f"{name}.parquet"
        try:
            tables[name] = pq.read_table(path)
        except (OSError, ValueError) as error:
            raise RunError(f"table {str(path)!r} can't be read: {error}") from error
    return Result(
        **{name: manifest[name] for name in ("name", "mode", "status", "config", "plan")},
        components=tuple(ComponentUse(**use) for use in manifest["components"]),
        assumptions=tuple(manifest["assumptions"]),
        notes=tuple(manifest["notes"]),
        data=tuple(manifest["data"]),
        metrics=read_metrics(folder),
        **tables,
    )


def write_report(pages: Iterable[RenderableType], folder: Path) -> None:
    """Write what reporters show as plain text, 100 columns wide."""
    from rich.console import Console

    pages = list(pages)
    if pages:
        with (folder / REPORT).open("w", encoding="utf-8") as file:
            console = Console(file=file, width=100, color_system=None, markup=False, highlight=False, emoji=False)
            for page in pages:
                console.print(page)


def discard(folder: Path) -> None:
    """Remove the folder of a run that could not be completed."""
    shutil.rmtree(folder)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, ComponentUse):
        return asdict(value) | {"options": dict(value.options)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _write_json(path: Path, value: Any) -> str:
    content = _json(value).encode()
    with path.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()
