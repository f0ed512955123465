"""The registry itself: a folder of models, each a folder of versions, of which none is ever changed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tradekit import UNFINISHED, DataError, publish_file, publish_folder
from tradekit_ml.models.contract import Floats, Model
from tradekit_ml.models.files import check_file, model_files
from tradekit_ml.models.finding import model_of_files
from tradekit_ml.registry.difference import Difference, compare, compare_features
from tradekit_ml.registry.golden import golden_bytes, replay
from tradekit_ml.registry.manifest import Manifest, Origin, manifest_of, surroundings
from tradekit_ml.registry.reference import Reference

__all__ = ["Loaded", "Registry", "Verified", "Version"]

_MANIFEST, _GOLDEN, _REFERENCE = "manifest.json", "golden.npz", "reference.npz"
_OWN = (_MANIFEST, _GOLDEN, _REFERENCE)
_POINTERS = ("latest", "champion")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"[0-9a-f]{12}")
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a model, for a list."""

    name: str
    version: str
    manifest: Manifest | None
    """`None` if it can't be read."""
    is_latest: bool = False
    is_champion: bool = False
    problem: str = ""
    """Why it can't be used, as far as a look at its manifest tells; `Registry.verify` looks at all of it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of looking at all of a version: it may be used if there is no problem."""

    name: str
    version: str
    problems: tuple[str, ...]
    files: int = 0
    """How many files were hashed."""
    golden_off: float = float("nan")
    """The largest difference of a golden row's answer; 0 where it is the same to the last bit."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that has passed all checks, with what came beside it."""

    model: Model
    manifest: Manifest
    version: str
    reference: Reference
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """The files that were given to `add` beside the model, such as a fitted transform."""


class Registry:
    """Models on disk, in the folder `models` of a project, say: `NAME/VERSION/manifest.json` and the files that it names.

    A version's name is the hash of its manifest, which has the hash of each file: nothing can be changed unseen. `latest` and
    `champion` are text files with a version's name. Any number of processes may read and add at once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, model: Model, origin: Origin, rows: Floats, attachments: Mapping[str, bytes] | None = None) -> str:
        """Keep a fitted model as a new version, make it the latest, and return the version's name.

        `rows` are those that it was trained on; golden rows and what drift is measured against are taken from them. The same
        model of the same origin is the same version, and is kept once. Raises `DataError` for a name that is not in kebab-case,
        and for files that a model can't have; `OSError` for a full disk, after which nothing has changed.
        """
        self._check_name(name)
        beside = dict(attachments or {})
        files = {**model_files(model), _GOLDEN: golden_bytes(model, rows)}
        files[_REFERENCE] = Reference.of(np.asarray(rows, dtype=np.float64), model.predict(rows)).to_bytes()
        for file, content in beside.items():
            check_file(file, content)
            if file in files or file in _OWN:
                raise DataError(f"the attachment {file!r} has the name of a file that model {name!r} has already; rename it")
        files |= beside
        hashes = {file: hashlib.sha256(content).hexdigest() for file, content in sorted(files.items())}
        options = model.options.model_dump(mode="json")
        manifest = Manifest(name, model.name, model.task, options, origin, hashes, tuple(sorted(beside)), surroundings())
        place = self.folder / name / manifest.version
        if not publish_folder(place, {**files, _MANIFEST: manifest.to_bytes()}):
            self._checked_files(name, manifest.version)
        publish_file(self.folder / name / "latest", f"{manifest.version}\n".encode())
        return manifest.version

    def load(self, name: str, version: str = "latest", features: str | None = None) -> Loaded:
        """Return a model that has passed all checks, in this order, each of which refuses with what is different.

        The manifest is the one that the version is named after; the files are those that it names, with their hashes; `features`,
        a specification as `FeatureSet.json` has it, is the one that the model was trained with; and the golden rows are answered
        as they were when it was written. `version` is a version's name or the first four digits of it or more, `latest` or
        `champion`. Raises `DataError`, and `PluginError` if the model's class is not installed.
        """
        found = self.resolve(name, version)
        loaded, _ = self._loaded(name, found, features)
        return loaded

    def promote(self, name: str, version: str) -> str:
        """Make a version the champion, and return its name. Raises `DataError` if it can't be used."""
        found = self.resolve(name, version)
        self._loaded(name, found, None)
        publish_file(self.folder / name / "champion", f"{found}\n".encode())
        return found

    def names(self) -> tuple[str, ...]:
        """Return the names of all models, sorted."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)))

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return all versions of a model by name, with what was begun and never finished. Raises `DataError` for no such model."""
        latest, champion = (self._pointed(name, pointer) for pointer in _POINTERS)
        found = []
        for path in sorted(self._place(name).iterdir()):
            if path.name in _POINTERS:
                continue
            if path.name.endswith(UNFINISHED):
                problem = "it was never finished: its writer died, or is at it; it can be deleted once nobody is"
                found.append(Version(name, path.name, None, problem=problem))
                continue
            try:
                manifest = self.manifest(name, path.name)
            except DataError as error:
                found.append(Version(name, path.name, None, path.name == latest, path.name == champion, str(error)))
            else:
                found.append(Version(name, path.name, manifest, path.name == latest, path.name == champion))
        return tuple(found)

    def manifest(self, name: str, version: str = "latest") -> Manifest:
        """Return what a version was made of. Raises `DataError` if there is none, or it isn't the one that it is named after."""
        found = self.resolve(name, version)
        where = f"version {found!r} of model {name!r}"
        path = self._place(name) / found / _MANIFEST
        if not path.is_file():
            raise DataError(f"{where} has no {_MANIFEST!r}, so it is not whole; delete its folder and train it again")
        content = path.read_bytes()
        hashed = hashlib.sha256(content).hexdigest()[:12]
        if hashed != found:
            raise DataError(f"the manifest of {where} was changed: its hash is {hashed!r}; put back the one that was written")
        return manifest_of(content, f"the manifest of {where}")

    def verify(self, name: str, version: str = "latest") -> Verified:
        """Look at all of a version, as `load` does, and say what is wrong instead of refusing it."""
        found = self.resolve(name, version)
        try:
            loaded, off = self._loaded(name, found, None)
        except DataError as error:
            return Verified(name, found, (str(error),))
        return Verified(name, found, (), len(loaded.manifest.files), off)

    def diff(self, name: str, first: str, second: str) -> tuple[Difference, ...]:
        """Return in which keys of their manifests two versions of a model differ."""
        return compare(self.manifest(name, first), self.manifest(name, second))

    def resolve(self, name: str, version: str) -> str:
        """Return the full name of a version, from the first digits of it, `latest` or `champion`. Raises `DataError`."""
        place = self._place(name)
        if version in _POINTERS:
            pointed = self._pointed(name, version)
            if pointed is None:
                way_out = "name a version" if version == "latest" else "promote one"
                raise DataError(f"model {name!r} has no {version!r} version; {way_out}")
            version = pointed
        known = sorted(path.name for path in place.iterdir() if _VERSION.fullmatch(path.name))
        found = [one for one in known if one == version or (len(version) >= _SHORTEST and one.startswith(version))]
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(f"version {version!r} of model {name!r} may be {' or '.join(map(repr, found))}; give more digits")
        listed = ", ".join(map(repr, known)) or "none"
        raise DataError(f"model {name!r} has no version {version!r}; there are {listed}, and 'latest' and 'champion'")

    def _loaded(self, name: str, version: str, features: str | None) -> tuple[Loaded, float]:
        """Return a model that has passed all checks, and how far its golden answers are off."""
        manifest, files = self._checked_files(name, version)
        where = f"version {version!r} of model {name!r}"
        if features is not None and features != manifest.origin.features:
            differences = "; ".join(map(str, compare_features(manifest.origin.features, features)[:5]))
            raise DataError(
                f"{where} was trained with other features than the strategy has: {differences or 'the order of keys'}; "
                "train it again, or give the strategy the features of its manifest"
            )
        attachments = {file: files.pop(file) for file in manifest.attachments}
        golden, reference = files.pop(_GOLDEN), files.pop(_REFERENCE)
        model = model_of_files(files, where)
        try:
            off = replay(model, golden, where)
        except DataError as error:
            raise DataError(f"{error}{_elsewhere(manifest)}") from error
        kept = Reference.of_bytes(reference, f"{_REFERENCE!r} of {where}")
        return Loaded(model, manifest, version, kept, attachments), off

    def _checked_files(self, name: str, version: str) -> tuple[Manifest, dict[str, bytes]]:
        """Return the files of a version if they are those of its manifest, byte for byte."""
        manifest = self.manifest(name, version)
        folder = self._place(name) / version
        there = {path.name for path in folder.iterdir()} - {_MANIFEST}
        problems = [f"{file!r} is missing" for file in manifest.files if file not in there]
        problems += [f"{file!r} is not in its manifest" for file in sorted(there - set(manifest.files))]
        files = {}
        for file, expected in manifest.files.items():
            if file in there:
                files[file] = (folder / file).read_bytes()
                hashed = hashlib.sha256(files[file]).hexdigest()
                if hashed != expected:
                    problems.append(f"{file!r} has the sha256 {hashed[:12]}..., and had {expected[:12]}...")
        if problems:
            raise DataError(f"version {version!r} of model {name!r} is not what was written: {'; '.join(problems)}")
        return manifest, files

    def _place(self, name: str) -> Path:
        self._check_name(name)
        place = self.folder / name
        if not place.is_dir():
            listed = ", ".join(map(repr, self.names())) or "none"
            raise DataError(f"no model is named {name!r} in {str(self.folder)!r}; there are: {listed}")
        return place

    def _pointed(self, name: str, pointer: str) -> str | None:
        path = self._place(name) / pointer
        if not path.is_file():
            return None
        content = path.read_text("utf-8", errors="replace").strip()
        if not _VERSION.fullmatch(content):
            raise DataError(f"{str(path)!r} holds {content!r}, not the name of a version; write one of them there")
        return content

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise DataError(f"a model can't be named {name!r}; use kebab-case, such as 'btc-hourly'")


def _elsewhere(manifest: Manifest) -> str:
    """Return in what the present surroundings are other than those in which a model was trained."""
    then, now = manifest.surroundings, surroundings()
    told = [f"{what} was {a} and is {b}" for what, a, b in _pairs(then.libraries, now.libraries)]
    told += [
        f"{what} was {getattr(then, what)} and is {getattr(now, what)}"
        for what in ("python", "system", "machine")
        if getattr(then, what) != getattr(now, what)
    ]
    return f"; {'; '.join(told)}" if told else ""


def _pairs(then: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    names = sorted({*then, *now})
    return [(name, then.get(name, "absent"), now.get(name, "absent")) for name in names if then.get(name) != now.get(name)]
