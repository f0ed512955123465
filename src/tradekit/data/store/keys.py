"""What a data set is called, and the folder that it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from tradekit.data.store.kinds import LAYOUTS
from tradekit.errors import DataError, nearest

__all__ = ["DataKey", "file_safe", "key_of"]

_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{number}" for name in ("COM", "LPT") for number in range(10))}
"""Names that Windows keeps for itself, whatever comes after a dot."""


@dataclass(frozen=True, order=True, slots=True)
class DataKey:
    """Which data: where they were traded, what was, and of which kind. Bars have an `interval` as text, such as `1h`.

    Raises `DataError` for a kind that there is not, and for an interval where there can be none, or none where there must be one.

    >>> str(DataKey("binance", "BTC/USDT", "bars", "1h"))
    'binance BTC/USDT bars 1h'
    """

    venue: str
    symbol: str
    kind: str
    interval: str = ""

    def __post_init__(self) -> None:
        if self.kind not in LAYOUTS:
            allowed = ", ".join(map(repr, LAYOUTS))
            raise DataError(f"there is no kind of data {self.kind!r}; allowed: {allowed}{nearest(self.kind, LAYOUTS)}")
        for what in ("venue", "symbol"):
            if not getattr(self, what).strip():
                raise DataError(f"a data set needs a {what}, and {getattr(self, what)!r} is none")
        if (self.kind == "bars") != bool(self.interval):
            what = "bars need an interval, such as '1h'" if self.kind == "bars" else f"{self.kind} have no interval"
            raise DataError(f"{what}; got {self.interval!r}")

    def __str__(self) -> str:
        return " ".join(filter(None, (self.venue, self.symbol, self.kind, self.interval)))

    @property
    def folder(self) -> Path:
        """Where it is, seen from the store: venue, symbol, kind, each as `file_safe` spells it."""
        kind = f"{self.kind}-{file_safe(self.interval)}" if self.interval else self.kind
        return Path(file_safe(self.venue), file_safe(self.symbol), kind)


def key_of(folder: Path) -> DataKey:
    """Return the key of a folder, seen from the store; raise `DataError` if it is none that a key has."""
    if len(folder.parts) == 3:
        venue, symbol, last = folder.parts
        kind, _, interval = last.partition("-")
        key = DataKey(_unsafe(venue), _unsafe(symbol), kind, _unsafe(interval))
        if key.folder == folder:
            return key
    raise DataError(f"{str(folder)!r} is not the folder of a data set: <venue>/<symbol>/<kind>")


def file_safe(text: str) -> str:
    """Return a text as a file name on any system: a slash is `_`, and what may make trouble is `%` and its number.

    >>> file_safe("BTC/USDT:USDT")
    'BTC_USDT%3AUSDT'
    """
    name = quote(text, safe="/ ").replace("_", "%5F").replace("~", "%7E").replace("/", "_").replace(" ", "%20")
    if name[:1] == "." or name.partition(".")[0].upper() in _DEVICES:
        name = f"%{ord(name[0]):02X}{name[1:]}"
    return f"{name[:-1]}%2E" if name[-1:] == "." else name


def _unsafe(name: str) -> str:
    return unquote(name.replace("_", "/"))
