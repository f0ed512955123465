"""Libraries that only some models need, and that are installed as extras of this package."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from tradekit import PluginError

__all__ = ["extra"]


def extra(module: str, name: str, model: str) -> ModuleType:
    """Import a library for a model. Raises `PluginError` with the extra to install where it is missing."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise PluginError(
            f"model {model!r} needs {error.name}, which is not installed; pip install 'tradekit-ml[{name}]'"
        ) from error
