"""The folder that a run leaves, written whole or not at all, and read back."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tradekit.analysis.definitions import DEFINITIONS
from tradekit.errors import RunError, nearest, system_reason
from tradekit.model.memory import BLOCK, MEMORY, Memory
from tradekit.model.result import ComponentUse, Result

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import RenderableType

__all__ = [
    "FORMAT",
    "REPORT",
    "TABLES",
    "Listed",
    "about_result",
    "discard",
    "find_run",
    "list_runs",
    "new_folder",
    "publish",
    "read_checked",
    "read_manifest",
    "read_metrics",
    "read_result",
    "rendered",
    "run_id",
    "write_report",
    "write_result",
]

FORMAT = 1
REPORT = "report.txt"
"""What the reporters showed, as plain text."""

TABLES = ("orders", "fills", "positions", "equity", "trades", "journal")

_MOST_IN_A_SECOND = 1000
_MANIFEST, _METRICS, _BANDS, _STRATEGIES = "manifest.json", "metrics.json", "bands.json", "strategies.json"
_COMPARED = ("name", "mode", "status", "config", "components", "plan", "assumptions", "notes", "data")


def new_folder(runs: Path, slug: str, started: datetime) -> Path:
    """Make the folder that a run is written to until it is complete: `.<id>.part` in `runs`, with an id that is not taken yet."""
    runs.mkdir(parents=True, exist_ok=True)
    wanted = f"{started.astimezone(UTC):%Y%m%d-%H%M%S}-{slug}"
    for attempt in range(1, _MOST_IN_A_SECOND + 1):
        name = wanted if attempt == 1 else f"{wanted}-{attempt}"
        folder = runs / f".{name}.part"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        # Looked for only now: a run of that name that ends meanwhile has either folder at any time.
        if not (runs / name).exists():
            return folder
        folder.rmdir()
    raise RunError(f"no free name for a run in {str(runs)!r}: {_MOST_IN_A_SECOND} runs have begun as {wanted!r}")


def run_id(folder: Path) -> str:
    """Return the id of the run that a folder, finished or not, is of."""
    return folder.name.removeprefix(".").removesuffix(".part")


def publish(folder: Path) -> Path:
    """Give a complete folder its final name, the run's id, and return it."""
    final = folder.with_name(run_id(folder))
    folder.rename(final)
    return final


def write_result(
    result: Result,
    folder: Path,
    about: Mapping[str, Any],
    memory: Memory = MEMORY,
    further: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write tables, `metrics.json` and `manifest.json`. `about` is what differs between two equal runs: id, host, times.

    `memory` is where the tables lie; `further` are files that a kind of run has besides, by name.

    Everything outside of the manifest's `about` is the same, byte for byte, for the same inputs and versions; `digest` is its hash.
    Raises `OSError` if a file can't be written.
    """
    for name in TABLES:
        _write_table(getattr(result, name), folder / f"{name}.parquet", memory)
    (folder / _METRICS).write_bytes(_json(dict(result.metrics)))
    manifest = about_result(result)
    files = [*(f"{name}.parquet" for name in TABLES), _METRICS]
    for name, found in ((_BANDS, result.bands), (_STRATEGIES, result.strategies)):
        if found is not None:
            (folder / name).write_bytes(_json(_plain(found)))
            files.append(name)
    for name, content in further.items():
        (folder / name).write_bytes(content)
        files.append(name)
    manifest["files"] = {name: _sha256(folder / name) for name in files}
    whole = {"format": FORMAT, "about": dict(about), "digest": _digest(manifest), **manifest}
    (folder / _MANIFEST).write_bytes(_json(whole))


def about_result(result: Result) -> dict[str, Any]:
    """Return what a manifest says of a result, besides its files."""
    return {name: _plain(getattr(result, name)) for name in _COMPARED}


def _digest(manifest: Mapping[str, Any]) -> str:
    """Return the hash of what is the same in two equal runs."""
    return hashlib.sha256(_json({key: manifest[key] for key in manifest if key not in ("format", "about", "digest")})).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a run's folder. Raises `RunError` if there is none, or if it is damaged or of another version."""
    path = folder / _MANIFEST
    if not path.exists():
        raise RunError(f"{str(folder)!r} is no run: it has no {_MANIFEST}")
    manifest = _read_json(path, "manifest")
    if manifest.get("format") != FORMAT:
        raise RunError(f"{str(folder)!r} has format {manifest.get('format')!r}, and this version of tradekit reads {FORMAT}")
    if _digest(manifest) != manifest.get("digest"):
        raise RunError(f"manifest {str(path)!r} is not what the run wrote: its content does not match its digest")
    return manifest


def read_metrics(folder: Path) -> dict[str, Any]:
    """Read the figures of a run, in the order of their definitions. Raises `RunError` if they can't be read."""
    found = _read_json(folder / _METRICS, "file of figures")
    return {key: found[key] for key in DEFINITIONS if key in found} | found


def _read_json(path: Path, what: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise RunError(f"{what} {str(path)!r} can't be read: {system_reason(error)}") from error
    except ValueError as error:
        raise RunError(f"{what} {str(path)!r} is damaged: {str(error)[:1].lower()}{str(error)[1:]}") from error
    if not isinstance(found, dict):
        raise RunError(f"{what} {str(path)!r} is damaged: it holds no table of keys")
    return found


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder of a run. Without a manifest it is damaged, or was never finished; `problem` says which."""

    folder: Path
    status: str
    manifest: Mapping[str, Any] | None = None
    metrics: Mapping[str, Any] | None = None
    problem: str = ""


def list_runs(runs: Path) -> list[Listed]:
    """Return the runs in a folder, the newest first; after them what can't be read, and what was never finished."""
    found = [_listed(path.parent) for path in sorted(runs.glob(f"*/{_MANIFEST}"), reverse=True) if path.parent.name[0] != "."]
    complete = [run for run in found if run.manifest is not None]
    complete.sort(key=_started, reverse=True)
    left = [Listed(path, "unfinished", problem="was killed, or still runs") for path in sorted(runs.glob(".*.part"), reverse=True)]
    return [*complete, *(run for run in found if run.manifest is None), *left]


def _listed(folder: Path) -> Listed:
    try:
        manifest, metrics = read_manifest(folder), read_metrics(folder)
    except RunError as error:
        return Listed(folder, "damaged", problem=str(error))
    return Listed(folder, str(manifest["status"]), manifest, metrics)


def _started(run: Listed) -> str:
    about = run.manifest["about"] if run.manifest is not None else {}
    return str(about.get("started", "")) if isinstance(about, Mapping) else ""


def find_run(runs: Path, wanted: str) -> Path:
    """Return the folder of a run by its id, the beginning of its id, its path, or `last`.

    Raises `RunError` if there is none, or more than one.
    """
    for folder in (Path(wanted), runs / wanted):
        if (folder / _MANIFEST).exists():
            return folder
    listed = [run for run in list_runs(runs) if run.status != "unfinished"]
    if not listed:
        raise RunError(f"no runs in {str(runs)!r}; 'tradekit run FILE' makes one, and --runs says where they are")
    if wanted == "last":
        return listed[0].folder
    names = [run.folder.name for run in listed]
    found = [name for name in names if name.startswith(wanted)]
    if len(found) == 1:
        return runs / found[0]
    if found:
        raise RunError(f"{len(found)} runs begin with {wanted!r}: {', '.join(found[:5])}; write more of it")
    raise RunError(f"no run {wanted!r} in {str(runs)!r}{nearest(wanted, ['last', *names])}; 'tradekit runs' lists them")


def read_result(folder: str | Path) -> Result:
    """Read back the result of a run from its folder. Raises `RunError` if a file is missing, damaged, or not what the run wrote."""
    folder = Path(folder)
    manifest = read_manifest(folder)
    contents = {name: _checked(folder / name, manifest["files"]) for name in (*(f"{table}.parquet" for table in TABLES), _METRICS)}
    files = manifest["files"]
    bands, strategies = (json.loads(_checked(folder / name, files)) if name in files else None for name in (_BANDS, _STRATEGIES))
    return Result(
        **{name: manifest[name] for name in ("name", "mode", "status", "config", "plan")},
        components=tuple(ComponentUse(**use) for use in manifest["components"]),
        assumptions=tuple(manifest["assumptions"]),
        notes=tuple(manifest["notes"]),
        data=tuple(manifest["data"]),
        metrics=read_metrics(folder),
        **{name: _table(contents[f"{name}.parquet"]) for name in TABLES},
        bands=bands,
        strategies=strategies,
    )


def read_checked(folder: Path, name: str) -> bytes | None:
    """Return a further file of a run; `None` if it has none of that name. Raises `RunError` if it is not what the run wrote."""
    hashes = read_manifest(folder)["files"]
    return _checked(folder / name, hashes) if name in hashes else None


def _checked(path: Path, hashes: Mapping[str, str]) -> bytes:
    """Return a file's content if it is what the run wrote."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"{str(path)!r} can't be read: {system_reason(error)}") from error
    if hashlib.sha256(content).hexdigest() != hashes.get(path.name):
        raise RunError(f"{str(path)!r} is not what the run wrote: its SHA-256 is another than in {_MANIFEST}")
    return content


def _table(content: bytes) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Without threads: one of Arrow's may let go of the content after the interpreter has ended, and would abort the process.
    with pq.ParquetFile(pa.BufferReader(content)) as file:
        return file.read(use_threads=False)


def rendered(page: RenderableType) -> str:
    """Return what a reporter shows as plain text, as wide as any terminal."""
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=80, color_system=None, markup=False, highlight=False, emoji=False).print(page)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def write_report(pages: Sequence[str], folder: Path) -> None:
    """Write what the reporters showed. Raises `OSError` if it can't be written."""
    if pages:
        (folder / REPORT).write_text("".join(pages), encoding="utf-8", newline="\n")


def discard(folder: Path) -> None:
    """Remove the folder of a run that could not be completed; what can't be removed stays, because another error is on its way."""
    shutil.rmtree(folder, ignore_errors=True)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, ComponentUse):
        return asdict(value) | {"options": dict(value.options)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _write_table(table: pa.Table, path: Path, memory: Memory) -> None:
    """Write a table in groups of rows of one size, so that its bytes don't depend on where it lies."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for start in range(0, max(table.num_rows, 1), BLOCK):
            writer.write_table(table.slice(start, BLOCK))
            memory.release()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
