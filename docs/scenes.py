"""Short runs of the simulator, each of which shows what one kind of order does; `pictures.py` draws what came of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tradekit import BarRequest, Bracket, Context, DataSource, Instrument, OrderStatus, Result, Series, Strategy, Terms, Trail
from tradekit.data.interval import parse_interval
from tradekit.engine.compose import compose_file
from tradekit.engine.run import execute, make_ready
from tradekit.plugin.discovery import Provided, Registry, discover

__all__ = ["GROUPS", "Scene", "Shown", "play"]

Bar = tuple[float, ...]
"""Open, high, low, close, and perhaps a volume."""

_SYMBOL = "X"
_START = np.datetime64("2024-01-01", "ns").astype(np.int64)
_VOLUME = 1000.0
_RUN_FILE = """\
risk = []
report = []
[run]
name = "scene"
[account]
currency = "USD"
capital = 100000
kind = "margin"
[data]
source = "scene"
interval = "{interval}"
[strategy]
name = "scene"
[execution]
costs = []
"""


@dataclass(frozen=True)
class Scene:
    """What is shown: bars, what is asked for at the close of some of them, and what is assumed about fills."""

    name: str
    title: str
    code: str
    """The order, as a strategy gives it."""
    says: str
    bars: Sequence[Bar]
    script: Mapping[int, Callable[[Context], object]]
    execution: Mapping[str, object] = field(default_factory=dict)
    interval: str = "1d"
    finer: Sequence[Sequence[Bar]] = ()
    """For each bar those that lie in it, equally many and equally long; none if a bar decides as a whole."""
    has_volume: bool = False
    """Whether the volumes of the bars matter."""


@dataclass(frozen=True)
class Shown:
    """A scene that was played: its result, and where its orders stood at each close."""

    scene: Scene
    result: Result
    levels: Mapping[int, Mapping[int, float]]
    """By order and row: the price that would set it off, of orders that were open then."""
    after: Mapping[int, int]
    """The order that each held order waited for."""


def play(scene: Scene) -> Shown:
    """Run a scene through everything that a run file goes through."""
    levels: dict[int, dict[int, float]] = {}
    after: dict[int, int] = {}
    brought = [("strategy", _player(scene, levels, after)), ("data source", _source(scene))]
    registry = Registry((*discover([]).components, *(Provided(kind, "scene", cls, "docs", "1") for kind, cls in brought)))
    overrides = [f"execution.{name}={value}" for name, value in scene.execution.items()]
    if scene.finer:
        overrides.append(f"data.fill_interval={_finer_interval(scene)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.toml"
        path.write_text(_RUN_FILE.format(interval=scene.interval), encoding="utf-8")
        result = execute(make_ready(compose_file(path, overrides, registry)), Path(folder) / "runs").result
    return Shown(scene, result, levels, after)


def _player(scene: Scene, levels: dict[int, dict[int, float]], after: dict[int, int]) -> type[Strategy]:
    """Return a strategy that follows the script of a scene, and writes down where its orders stand."""

    class Play(Strategy):
        """Follow the script of a scene."""

        name = "scene"

        def on_bar(self, ctx: Context) -> None:
            if ctx.index in scene.script:
                scene.script[ctx.index](ctx)
            for number in next(iter(ctx)).open_orders:
                order = ctx.order(number)
                if order.terms.after is not None:
                    after[number] = order.terms.after
                if order.stop is not None and order.status is OrderStatus.OPEN:
                    levels.setdefault(number, {})[ctx.index] = order.stop

    return Play


def _source(scene: Scene) -> type[DataSource]:
    """Return a data source that has the bars of a scene."""

    class Source(DataSource):
        """Give the bars of a scene."""

        name = "scene"

        def instruments(self) -> Sequence[Instrument]:
            return [Instrument(_SYMBOL)]

        def bars(self, request: BarRequest) -> dict[str, Series]:
            is_finer = request.interval != parse_interval(scene.interval)
            rows = [bar for row in scene.finer for bar in row] if is_finer else scene.bars
            return {_SYMBOL: _series(rows, request.interval)}

    return Source


def _series(rows: Sequence[Bar], step: int) -> Series:
    columns = np.array([row if len(row) == 5 else (*row, _VOLUME) for row in rows], dtype=np.float64).T
    opened = _START + step * np.arange(len(rows), dtype=np.int64)
    return Series(opened, opened + step, *(np.ascontiguousarray(column) for column in columns))


def _finer_interval(scene: Scene) -> str:
    minutes = parse_interval(scene.interval) // len(scene.finer[0]) // parse_interval("1m")
    return f"{minutes}m"


def _both_exits(ctx: Context) -> None:
    ctx.buy(10, bracket=Bracket(stop_loss=95, take_profit=108))


def _in_pairs(ctx: Context) -> None:
    ctx.one_cancels_other(ctx.sell(10, limit=108), ctx.sell(10, stop=96))


def _buy(ctx: Context) -> None:
    ctx.buy(10)


_CALM = (100, 103, 98, 101)
_REACHED_BOTH = (_CALM, (101, 104, 99, 102), (102, 111, 93, 104), (104, 106, 101, 103))
_THIRDS = (
    ((100, 101, 98, 99), (99, 103, 99, 102), (102, 102, 100, 101)),
    ((101, 104, 100, 103), (103, 103, 99, 100), (100, 102, 99, 102)),
    ((102, 111, 101, 109), (109, 109, 93, 95), (95, 105, 94, 104)),
    ((104, 105, 101, 102), (102, 106, 102, 105), (105, 105, 102, 103)),
)

_KINDS = (
    Scene(
        "market",
        "Market",
        "buy(10)",
        "filled at the open of the next bar",
        (_CALM, (102, 105, 100, 104), (104, 107, 102, 103), (103, 104, 100, 101)),
        {0: _buy},
    ),
    Scene(
        "limit",
        "Limit",
        "buy(10, limit=95)",
        "touched in the second bar, gone through in the third",
        (_CALM, (101, 102, 95, 97), (97, 99, 92, 96), (96, 100, 95, 99)),
        {0: lambda ctx: ctx.buy(10, limit=95)},
    ),
    Scene(
        "limit-gap",
        "Limit, the open is better",
        "buy(10, limit=95)",
        "the bar opens below the limit: filled at the open",
        (_CALM, (101, 102, 96, 97), (92, 96, 90, 95), (95, 98, 93, 97)),
        {0: lambda ctx: ctx.buy(10, limit=95)},
    ),
    Scene(
        "stop",
        "Stop",
        "buy(10, stop=105)",
        "set off when the price gets to 105, and filled there",
        (_CALM, (101, 104, 99, 103), (103, 109, 102, 108), (108, 110, 105, 107)),
        {0: lambda ctx: ctx.buy(10, stop=105)},
    ),
    Scene(
        "stop-gap",
        "Stop, gapped over",
        "buy(10, stop=105)",
        "the bar opens beyond the stop: filled at the open",
        (_CALM, (101, 104, 99, 103), (109, 112, 107, 108), (108, 110, 105, 107)),
        {0: lambda ctx: ctx.buy(10, stop=105)},
    ),
    Scene(
        "stop-limit",
        "Stop-limit, gapped over",
        "buy(10, stop=105, limit=106)",
        "set off at 109, then waits for the price to come back",
        (_CALM, (101, 104, 99, 103), (109, 112, 107, 108), (108, 110, 103, 105)),
        {0: lambda ctx: ctx.buy(10, stop=105, limit=106)},
    ),
    Scene(
        "take-profit",
        "Take-profit",
        "sell(10, take_profit=106)",
        "set off when the price gets better than 106",
        (_CALM, (101, 104, 99, 103), (103, 106, 101, 104), (104, 110, 103, 108)),
        {0: _buy, 1: lambda ctx: ctx.sell(10, take_profit=106)},
    ),
    Scene(
        "take-profit-limit",
        "Take-profit-limit",
        "sell(10, take_profit=106, limit=108)",
        "set off at 106, then waits for 108",
        (_CALM, (101, 104, 99, 103), (103, 107, 101, 104), (104, 110, 103, 107)),
        {0: _buy, 1: lambda ctx: ctx.sell(10, take_profit=106, limit=108)},
    ),
    Scene(
        "trailing-amount",
        "Trailing stop, by amount",
        "sell(10, stop=Trail(amount=6))",
        "6 below the best price so far, until that is met",
        (_CALM, (101, 104, 99, 103), (103, 107, 102, 106), (106, 111, 105.5, 110), (110, 110, 102, 104)),
        {0: _buy, 1: lambda ctx: ctx.sell(10, stop=Trail(amount=6))},
    ),
    Scene(
        "trailing-percent",
        "Trailing stop, by percent",
        "sell(10, stop=Trail(percent=5))",
        "5 % below the best price so far; here the bar opens beyond",
        (_CALM, (101, 104, 99, 103), (103, 107, 102, 106), (106, 111, 106, 110), (103, 106, 101, 104)),
        {0: _buy, 1: lambda ctx: ctx.sell(10, stop=Trail(percent=5))},
    ),
)

_INSIDE = (
    Scene(
        "bracket-worst",
        "Bracket, both exits in one bar",
        "Bracket(stop_loss=95, take_profit=108)",
        'path = "worst", the default: the stop counts as first',
        _REACHED_BOTH,
        {0: _both_exits},
    ),
    Scene(
        "bracket-high-first",
        "Bracket, with another path",
        "Bracket(stop_loss=95, take_profit=108)",
        'path = "high-first": the target is met first',
        _REACHED_BOTH,
        {0: _both_exits},
        {"path": "high-first"},
    ),
    Scene(
        "bracket-finer",
        "Bracket, finer bars decide",
        "Bracket(stop_loss=95, take_profit=108)",
        'fill_interval = "8h": the target was met first',
        _REACHED_BOTH,
        {0: _both_exits},
        finer=_THIRDS,
    ),
    Scene(
        "bracket-unproven",
        "Bracket, entered inside a bar",
        "buy(10, limit=98, bracket=Bracket(95, 103))",
        "the high of that bar may have been before the entry",
        (_CALM, (101, 105, 97, 100), (100, 106, 99, 104), (104, 106, 101, 103)),
        {0: lambda ctx: ctx.buy(10, limit=98, bracket=Bracket(95, 103))},
    ),
)

_AMOUNTS = (
    Scene(
        "participation",
        "A tenth of the volume",
        "buy(10)",
        "each bar fills a tenth of its volume, at its open",
        ((100, 103, 98, 101, 80), (101, 104, 99, 103, 40), (103, 106, 101, 102, 50), (102, 104, 100, 103, 60)),
        {0: _buy},
        has_volume=True,
    ),
    Scene(
        "iceberg",
        "Iceberg",
        "buy(10, limit=97, terms=Terms(display=4))",
        "at most 4 units a bar, whatever its volume",
        ((100, 103, 98, 101, 80), (101, 102, 95, 98, 500), (98, 100, 94, 97, 500), (99, 101, 94, 96, 500)),
        {0: lambda ctx: ctx.buy(10, limit=97, terms=Terms(display=4))},
        has_volume=True,
    ),
)

_CONDITIONS = (
    Scene(
        "at-open-close",
        "On open, on close",
        'buy(5, terms=Terms(at="open")), at="close"',
        "the first and the last trade of the next session",
        (_CALM, (101, 104, 99, 103), (103, 105, 101, 102), (104, 106, 101, 102), (102, 107, 101, 106), (106, 108, 104, 107)),
        {1: lambda ctx: (ctx.buy(5, terms=Terms(at="open")), ctx.buy(5, terms=Terms(at="close")))},
        interval="12h",
    ),
    Scene(
        "day",
        "For a day",
        'buy(10, limit=95, terms=Terms(time_in_force="day"))',
        "expires with its session, before the price gets there",
        (_CALM, (101, 102, 96, 97), (97, 99, 92, 96), (96, 100, 95, 99)),
        {0: lambda ctx: ctx.buy(10, limit=95, terms=Terms(time_in_force="day"))},
        interval="12h",
    ),
)

_TOGETHER = (
    Scene(
        "one-cancels-other",
        "One cancels the other",
        "one_cancels_other(limit, stop)",
        "the limit fills, and the stop is cancelled",
        (_CALM, (101, 104, 99, 103), (103, 106, 100, 105), (105, 110, 103, 107), (107, 108, 102, 104)),
        {0: _buy, 1: _in_pairs},
    ),
    Scene(
        "one-triggers-other",
        "One triggers the other",
        "sell(10, limit=104, terms=Terms(after=number))",
        "held until the purchase is filled, then sent",
        (_CALM, (101, 106, 98, 100), (100, 102, 95, 99), (99, 107, 98, 105), (105, 106, 102, 103)),
        {0: lambda ctx: ctx.sell(10, limit=104, terms=Terms(after=ctx.buy(10, limit=97)))},
    ),
    Scene(
        "replace",
        "Replaced",
        "replace(number, limit=98)",
        "a new order, with a number of its own, takes its place",
        (_CALM, (101, 104, 97, 103), (103, 105, 96, 102), (102, 103, 99, 101)),
        {0: lambda ctx: ctx.buy(10, limit=93), 1: lambda ctx: ctx.replace(0, limit=98)},
    ),
)

GROUPS: Mapping[str, Sequence[Scene]] = {
    "kinds": _KINDS,
    "inside": _INSIDE,
    "volume": _AMOUNTS,
    "conditions": _CONDITIONS,
    "together": _TOGETHER,
}
"""The scenes, by the part of the page that they belong to."""
