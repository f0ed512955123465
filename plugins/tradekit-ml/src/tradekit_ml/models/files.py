"""Models as files: open formats only, the same bytes for the same content, and no name that leads out of the folder."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from tradekit import DataError, Options

if TYPE_CHECKING:
    from tradekit_ml.models.contract import Model

__all__ = [
    "FORMATS",
    "MODEL_FILE",
    "ModelFiles",
    "arrays_of",
    "bytes_of",
    "check_file",
    "json_bytes",
    "json_of",
    "model_files",
    "models_files",
    "read_files",
    "state_arrays",
    "write_files",
]

FORMATS = (".txt", ".ubj", ".onnx", ".npz", ".json")
"""The endings that a file of a model may have: of formats that hold values and can't hold code."""
MODEL_FILE = "model.json"
"""The file that says which model this is, with which options."""

_FORMAT = 1
_HEAD: Mapping[str, type] = {"format": int, "model": str, "feature_count": int, "options": dict, "files": dict}
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_PICKLED = re.compile(rb"\A\x80[\x02-\x05]")
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)  # a zip's members must state a time, and the same content shall be the same bytes


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What the files of a model say."""

    options: Options
    feature_count: int
    state: Mapping[str, bytes]


def model_files(model: Model) -> dict[str, bytes]:
    """Return the files of a fitted model: `model.json`, and those of its state. Raises `DataError` before it is fitted.

    `model.json` has the hashes of the others: some libraries end the process when they read a damaged file.
    """
    if model.feature_count is None:
        raise DataError(f"model {model.name!r} has learnt nothing that could be written; call fit() first")
    state = model.state()
    head = {
        "format": _FORMAT,
        "model": model.name,
        "task": model.task,
        "feature_count": model.feature_count,
        "options": model.options.model_dump(mode="json"),
        "files": {name: sha256(content).hexdigest() for name, content in state.items()},
    }
    files = {MODEL_FILE: json_bytes(head), **state}
    for name, content in files.items():
        check_file(name, content)
    return files


def models_files(files: Mapping[str, bytes], cls: type[Model], where: str) -> ModelFiles:
    """Return what `model_files` gave for a model of this class; `where` is for messages. Raises `DataError`."""
    if MODEL_FILE not in files:
        raise DataError(f"{where} has no {MODEL_FILE!r}, so it holds no model")
    head = json_of(
        files[MODEL_FILE], f"{MODEL_FILE!r} of {where}", {"format": int, "model": str, "feature_count": int, "options": dict}
    )
    if head["format"] != _FORMAT:
        raise DataError(f"{MODEL_FILE!r} of {where} has format {head['format']!r}; this version reads format {_FORMAT}")
    if head["model"] != cls.name:
        raise DataError(f"{where} holds a model {head['model']!r}, not {cls.name!r}")
    try:
        options = cls.Options.model_validate_json(json.dumps(head["options"]))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{MODEL_FILE!r} of {where} has options that model {cls.name!r} doesn't take: {key!r}: {first['msg']}"
        ) from error
    state = {name: content for name, content in files.items() if name != MODEL_FILE}
    _check_hashes(state, head["files"], where)
    return ModelFiles(options, head["feature_count"], state)


def _check_hashes(state: Mapping[str, bytes], hashes: Mapping[str, str], where: str) -> None:
    if sorted(state) != sorted(hashes):
        raise DataError(f"{where} has the files {sorted(state)!r}, and had {sorted(hashes)!r} when it was written")
    for name, content in state.items():
        if sha256(content).hexdigest() != hashes[name]:
            raise DataError(f"{name!r} of {where} is damaged: its sha256 is not the one that {MODEL_FILE!r} has; copy it again")


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        check_file(name, content)
        (folder / name).write_bytes(content)


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder. Raises `DataError` for one in a format that a model isn't kept in."""
    if not folder.is_dir():
        raise DataError(f"{str(folder)!r} is not a folder, so it holds no model")
    paths = sorted(folder.iterdir())
    if folders := [path.name for path in paths if not path.is_file()]:
        raise DataError(f"{str(folder)!r} holds {folders[0]!r}, which is no file; the folder of a model holds its files alone")
    files = {path.name: path.read_bytes() for path in paths}
    for name, content in files.items():
        check_file(name, content)
    return files


def check_file(name: str, content: bytes) -> None:
    """Raise `DataError` if a file of a model has a name or content that it can't have."""
    if not (_NAME.fullmatch(name) and name.endswith(FORMATS)):
        raise DataError(f"a model can't have the file {name!r}; names are in lower case and end in one of {', '.join(FORMATS)}")
    if _PICKLED.match(content):
        raise DataError(f"file {name!r} is a pickle, which could run code when it is read; a model is kept in open formats")


def bytes_of(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return arrays of numbers or text as an .npz, uncompressed: the same bytes for the same arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _WRITTEN_AT), member.getvalue())
    return buffer.getvalue()


def arrays_of(content: bytes, what: str, names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of an .npz, which must be those of these names; `what` is for messages. Raises `DataError`."""
    expected = sorted(names)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{what} is no .npz: it holds one array by itself")
            found = {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{what} can't be read as an .npz without pickled objects: {error}") from error
    if sorted(found) != expected:
        raise DataError(f"{what} holds the arrays {sorted(found)!r}; expected {expected!r}")
    return found


def state_arrays(
    model: Model, state: Mapping[str, bytes], file: str, shapes: Mapping[str, tuple[int | None, ...]]
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a model that is kept in one .npz, of these shapes and all finite. Raises `DataError` for any other."""
    if set(state) != {file}:
        raise DataError(f"a model {model.name!r} is kept in {file!r}, and here are {sorted(state)!r}")
    arrays = arrays_of(state[file], f"{file!r} of model {model.name!r}", shapes)
    for name, shape in shapes.items():
        found = arrays[name]
        if found.dtype != np.float64 or found.shape != shape or not np.isfinite(found).all():
            raise DataError(f"array {name!r} in {file!r} is {found.dtype} {found.shape}; expected finite float64 {shape}")
    return arrays


def json_bytes(value: object) -> bytes:
    """Return a value as JSON for people and for hashing: sorted keys, two spaces, a newline at the end, no NaN."""
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def json_of(content: bytes, what: str, keys: Mapping[str, type]) -> dict[str, Any]:
    """Return a JSON object that has these keys, of these types; `what` is for messages. Raises `DataError`."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise DataError(f"{what} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{what} is no JSON object")
    for key, expected in keys.items():
        if type(found.get(key)) is not expected:
            raise DataError(f"{what} has {key!r}: {found.get(key)!r}; expected {expected.__name__}")
    return found
