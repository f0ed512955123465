"""Find the installed models by name: those of this package and those of others, all through the same entry points."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tradekit import ConfigError, Extension, Options, PluginError, extensions, find_extension
from tradekit_ml.models.contract import Model
from tradekit_ml.models.files import MODEL_FILE, json_of, read_files

__all__ = ["GROUP", "Listed", "find_model", "list_models", "load_model", "make_model", "model_of_files"]

GROUP = "tradekit.ml.models"
"""The entry-point group: the name is the model's, the value its class."""

_KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Listed:
    """An installed model, or what is wrong with it."""

    name: str
    package: str
    version: str
    summary: str
    problem: str = ""
    """Why it can't be used; empty if it can."""


def find_model(name: str) -> type[Model]:
    """Return the class of an installed model. Raises `PluginError` if there is none, more than one, or if it is broken."""
    return _checked(find_extension(GROUP, name, "model"))


def list_models() -> tuple[Listed, ...]:
    """Return all installed models by name; one that is broken, or that two packages provide, with its problem."""
    return tuple(_listed(extension) for extension in extensions(GROUP))


def make_model(name: str, options: Mapping[str, Any]) -> Model:
    """Return an unfitted model with these options, as a file has them. Raises `ConfigError` for options that it doesn't take."""
    cls = find_model(name)
    try:
        return cls(cls.Options.model_validate(dict(options)))
    except ValidationError as error:
        problems = "; ".join(_problem(cls, one["loc"], one["msg"], one["input"]) for one in error.errors())
        raise ConfigError(f"options of model {name!r}: {problems}") from error


def load_model(folder: Path) -> Model:
    """Return the model in a folder, of whichever installed class wrote it. Raises `DataError`, and `PluginError` for the class."""
    return model_of_files(read_files(folder), repr(str(folder)))


def model_of_files(files: Mapping[str, bytes], where: str) -> Model:
    """Return the model whose files these are, as `load_model` does; `where` they are from is for messages."""
    head = json_of(files.get(MODEL_FILE, b""), f"{MODEL_FILE!r} of {where}", {"model": str})
    return find_model(head["model"]).of_files(files, where)


def _listed(extension: Extension) -> Listed:
    row = Listed(extension.name, extension.package, extension.version, "")
    try:
        cls = _checked(find_extension(GROUP, extension.name, "model"))
    except PluginError as error:
        return Listed(row.name, row.package, row.version, "", str(error))
    return Listed(row.name, row.package, row.version, (cls.__doc__ or "").strip().partition("\n")[0])


def _checked(extension: Extension) -> type[Model]:
    """Return the class that an entry point names, if it is a whole model of that name."""
    cls = extension.load()
    who = f"model {extension.name!r} of package {extension.package!r} {extension.version}"
    if not (isinstance(cls, type) and issubclass(cls, Model)):
        raise PluginError(f"{who} is {cls!r}; expected a subclass of tradekit_ml.models.Model")
    if missing := sorted(getattr(cls, "__abstractmethods__", ())):
        raise PluginError(f"{who} lacks {', '.join(map(repr, missing))}, which tradekit_ml.models.Model leaves to it")
    name = getattr(cls, "name", None)
    if name != extension.name or not _KEBAB_CASE.fullmatch(extension.name):
        raise PluginError(f"{who} has the name {name!r}; its entry point and its class state one name in kebab-case")
    if not (cls.__doc__ or "").strip():
        raise PluginError(f"{who} has no docstring; its first line is what lists show")
    _check_options(cls.Options, who)
    return cls


def _check_options(options: object, who: str) -> None:
    if not (isinstance(options, type) and issubclass(options, Options)):
        raise PluginError(f"{who} has Options that are not a subclass of tradekit.Options")
    if options.model_config.get("extra") != "forbid" or not options.model_config.get("frozen"):
        raise PluginError(f"{who} has Options that let unknown keys in or can be changed; keep extra='forbid' and frozen=True")
    for field, facts in options.model_fields.items():
        if not (facts.description or "").strip():
            raise PluginError(
                f"{who} has option {field!r} without a description; add description='...' to its Field, with its unit"
            )


def _problem(cls: type[Model], place: tuple[int | str, ...], message: str, value: object) -> str:
    key = ".".join(map(str, place))
    known = list(cls.Options.model_fields)
    if place[0] not in known:
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        return f"{key!r} is unknown{meant}; allowed: {', '.join(map(repr, known)) or 'none'}"
    return f"{key!r} is {value!r}: {message[:1].lower()}{message[1:]}"
