"""Which files hold which instrument: paths with `{symbol}` and `*`."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable
from pathlib import Path

from tradekit.errors import DataError, nearest

__all__ = ["files_of", "has_symbol", "symbols_in"]

_SYMBOL = "{symbol}"


def has_symbol(path: Path) -> bool:
    """Say whether a path has a file (or several) for each instrument."""
    return _SYMBOL in str(path)


def files_of(path: Path, symbol: str = "") -> list[Path]:
    """Return the files of a path, those of one instrument where it has `{symbol}`, sorted by name.

    A slash, backslash or colon of a symbol is `_` in file names. Raises `DataError` if there is no such file.
    """
    name = re.sub(r"[/\\:]", "_", symbol)
    text = str(path).replace(_SYMBOL, name)
    if "*" not in text:
        file = Path(text)
        try:
            _check(file, _spelling(symbol, name))
        except OSError as error:
            raise DataError(f"{text!r} can't be reached: {error.strerror}") from error
        return [file]
    files = sorted(file for file in _matching(Path(text)) if file.is_file())
    if not files:
        raise DataError(f"no file matches {text!r}{_spelling(symbol, name)}")
    return files


def symbols_in(path: Path) -> list[str]:
    """Return the symbols, as file names spell them, that a path with `{symbol}` has files for, sorted."""
    pattern = re.escape(str(path)).replace(re.escape("*"), r"[^/\\]*")
    pattern = pattern.replace(re.escape(_SYMBOL), r"(?P<symbol>[^/\\]+?)", 1).replace(re.escape(_SYMBOL), "(?P=symbol)")
    whole = re.compile(pattern)
    matches = (whole.fullmatch(str(file)) for file in _matching(Path(str(path).replace(_SYMBOL, "*"))))
    symbols = sorted({match["symbol"] for match in matches if match is not None})
    if not symbols:
        raise DataError(f"no file matches {str(path)!r}")
    return symbols


def _matching(path: Path) -> Iterable[Path]:
    first = next(number for number, part in enumerate(path.parts) if "*" in part)
    folder = Path(*path.parts[:first])
    return folder.glob(glob.escape(str(Path(*path.parts[first:]))).replace("[*]", "*"))


def _check(file: Path, spelling: str) -> None:
    if file.is_dir():
        raise DataError(f"{str(file)!r} is a directory, not a file; for all of its files write {str(file / '*')!r}")
    if file.exists():
        return
    if not file.parent.is_dir():
        raise DataError(f"no file {str(file)!r}{spelling}: there is no folder {str(file.parent)!r}")
    hint = nearest(file.name, (other.name for other in file.parent.iterdir()))
    raise DataError(f"no file {str(file)!r}{spelling}{hint}")


def _spelling(symbol: str, name: str) -> str:
    if not symbol:
        return ""
    return f" for {symbol!r}" if name == symbol else f" for {symbol!r} (in file names '/' and ':' are written '_')"
