"""Draw what came of the scenes as SVG pictures; a test fails when a picture shows something else than the simulator does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from scenes import Shown

__all__ = ["draw", "draw_key", "story"]

WIDTH, HEIGHT = 352, 244
LEFT, RIGHT, TOP, BOTTOM = 12, 276, 58, 206
OPEN, INSIDE, CLOSE = 0.2, 0.5, 0.8
"""Where in the slot of a bar its open, its inside and its close are drawn."""
_LABEL_HEIGHT = 12

# The picture has a ground of its own, so that it can be read on any page; the page says which of the two schemes it has.
STYLE = """\
svg { --ground: #fbfbfc; --edge: #dfe1e6; --ink: #1b1d21; --dim: #676d78; --bar: #4a505c; --limit: #0b7a55; --stop: #be2f45;
  --buy: #1560c4; --sell: #8a35c9; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { svg { --ground: #1c1e21; --edge: #34373c; --ink: #e7e8ea; --dim: #9ba1ab; --bar: #b4bac4;
  --limit: #35c792; --stop: #ff7b8d; --buy: #6cb0ff; --sell: #cf94ff; } }
text { font: 11px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--ink); }
.title { font-size: 14px; font-weight: 600; } .code { font: 10.5px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.dim { fill: var(--dim); } .small { font-size: 10px; fill: var(--dim); }
.ground { fill: var(--ground); stroke: var(--edge); } .bar { stroke: var(--bar); stroke-width: 2; fill: none; }
.range { fill: var(--bar); opacity: .16; } .session { stroke: var(--edge); stroke-dasharray: 2 3; }
.line { fill: none; stroke-width: 1.5; stroke-dasharray: 5 3; } .held { stroke-dasharray: 1 3; }
.limit { stroke: var(--limit); } .stop { stroke: var(--stop); } text.limit { fill: var(--limit); stroke: none; }
text.stop { fill: var(--stop); stroke: none; } .placed { fill: var(--ground); stroke: var(--ink); stroke-width: 1.5; }
.off { fill: none; stroke: var(--stop); stroke-width: 1.5; } .ended { fill: none; stroke: var(--dim); stroke-width: 2; }
.buy { fill: var(--buy); } .sell { fill: var(--sell); }
.fill { font-weight: 600; paint-order: stroke; stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round; }
"""


@dataclass(frozen=True)
class Entry:
    """One entry of the journal, with its place on the clock: a row, and a part of its slot (1 is the edge to the next)."""

    kind: str
    order: int
    detail: str
    row: int
    part: float
    numbers: dict[str, Any]

    @property
    def place(self) -> float:
        return self.row + self.part


class Picture:
    """The bars of a scene on paper, and where its prices and times are on it."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.scene = shown.scene
        prices = [price for bar in self.scene.bars for price in bar[:4]]
        prices += [entry.numbers[name] for entry in self.entries for name in ("limit", "stop", "price") if entry.numbers[name]]
        self.low, self.high = min(prices), max(prices)
        self.floor = BOTTOM - (14 if self.scene.has_volume else 0)

    @cached_property
    def entries(self) -> list[Entry]:
        closes = [time.value for time in self.shown.result.equity["time"].to_pylist()]
        step = closes[1] - closes[0]
        return [self._entry(row, row["time"].value - closes[0] + step, step) for row in self.shown.result.journal.to_pylist()]

    def _entry(self, row: dict[str, Any], since: int, step: int) -> Entry:
        """Return an entry at its place; `since` counts from the first open, and a bar is a `step` long."""
        inner = len(self.scene.finer[0]) if self.scene.finer else 1
        word = row["detail"].partition(" ")[0] if row["event"] == "fill" else ""
        if word == "open":
            at, part = since // step, OPEN / inner
        elif since % step == 0:
            at, part = since // step - 1, CLOSE if word == "close" else 1.0
        else:
            # Inside a bar all has the last nanosecond of it, or of the finer one: it is drawn in the middle of that.
            at, part = since // step, ((since + 1) * inner // step - 1) % inner / inner + INSIDE / inner
        return Entry(row["event"], row["order"], row["detail"], at, part, row)

    def x(self, place: float) -> float:
        return LEFT + (RIGHT - LEFT) * place / len(self.scene.bars)

    def y(self, price: float) -> float:
        return TOP + 16 + (self.floor - TOP - 32) * (self.high - price) / (self.high - self.low)

    def of(self, order: int, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.order == order and entry.kind in kinds]


@dataclass(frozen=True)
class Line:
    """A price of an order over its life: points as place and price."""

    kind: str
    points: Sequence[tuple[float, float]]
    is_held: bool = False


def draw(shown: Shown) -> str:
    """Return the picture of a scene."""
    picture = Picture(shown)
    scene = shown.scene
    parts = [
        f'<text class="title" x="{LEFT}" y="24">{escape(scene.title)}</text>',
        f'<text class="code dim" x="{LEFT}" y="41">{escape(scene.code)}</text>',
        f'<text class="dim" x="{LEFT}" y="{HEIGHT - 14}">{escape(scene.says)}</text>',
        *_sessions(picture),
        *_bars(picture),
        *_lines(picture),
        *_marks(picture),
    ]
    return _document(HEIGHT, scene.title, _described(shown), parts)


def story(shown: Shown) -> str:
    """Return what became of the orders of a scene, in words."""
    told = []
    for entry in Picture(shown).entries:
        number = entry.numbers["quantity"]
        if entry.kind == "fill":
            told.append(f"bar {entry.row + 1} {'buys' if number > 0 else 'sells'} {abs(number):g} at {entry.numbers['price']:g}")
        elif entry.kind == "cancel":
            told.append(f"order {entry.order} ends in bar {entry.row + 1}: {entry.detail}")
    return "; ".join(told)


def _described(shown: Shown) -> str:
    bars = ", ".join("/".join(f"{price:g}" for price in bar[:4]) for bar in shown.scene.bars)
    return f"{shown.scene.code}: {shown.scene.says}. Bars (open/high/low/close): {bars}. {story(shown)}."


def _document(height: int, title: str, text: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        'aria-labelledby="title desc">'
    )
    named = f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(text)}</desc>\n<style>\n{STYLE}</style>'
    ground = f'<rect class="ground" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    return "\n".join([head, named, ground, *parts, "</svg>", ""])


def _sessions(picture: Picture) -> Iterator[str]:
    if picture.scene.interval != "1d":
        for row in range(2, len(picture.scene.bars), 2):
            x = picture.x(row)
            yield f'<path class="session" d="M{x:.1f} {TOP - 8}V{BOTTOM}"/>'
            yield f'<text class="small" x="{x + 4:.1f}" y="{BOTTOM}">next session</text>'


def _bars(picture: Picture) -> Iterator[str]:
    scene = picture.scene
    if scene.finer:
        for row, (bar, inner) in enumerate(zip(scene.bars, scene.finer, strict=True)):
            x, width = picture.x(row + 0.04), picture.x(0.92) - LEFT
            yield (
                f'<rect class="range" x="{x:.1f}" y="{picture.y(bar[1]):.1f}" width="{width:.1f}" '
                f'height="{picture.y(bar[2]) - picture.y(bar[1]):.1f}" rx="3"/>'
            )
            for number, finer in enumerate(inner):
                yield _bar(picture, row + (number + 0.5) / len(inner), 0.3 / len(inner), finer)
        return
    for row, bar in enumerate(scene.bars):
        yield _bar(picture, row + INSIDE, INSIDE - OPEN, bar)
        if scene.has_volume:
            yield f'<text class="small" text-anchor="middle" x="{picture.x(row + 0.5):.1f}" y="{BOTTOM}">volume {bar[4]:g}</text>'


def _bar(picture: Picture, place: float, reach: float, bar: Sequence[float]) -> str:
    opened, high, low, close = (picture.y(price) for price in bar[:4])
    left, middle, right = (picture.x(place + offset) for offset in (-reach, 0.0, reach))
    ticks = f"M{left:.1f} {opened:.1f}H{middle:.1f}M{middle:.1f} {close:.1f}H{right:.1f}"
    return f'<path class="bar" d="M{middle:.1f} {high:.1f}V{low:.1f}{ticks}"/>'


def _lines(picture: Picture) -> Iterator[str]:
    labels = []
    for line in _all_lines(picture):
        (place, price), *rest = line.points
        path = f"M{picture.x(place):.1f} {picture.y(price):.1f}"
        path += "".join(f"H{picture.x(place):.1f}V{picture.y(price):.1f}" for place, price in rest)
        yield f'<path class="line {line.kind}{" held" if line.is_held else ""}" d="{path}"/>'
        if not line.is_held:
            labels.append((picture.y(line.points[-1][1]), line.kind, f"{line.kind} {line.points[-1][1]:g}"))
    lowest = 0.0
    for y, kind, text in sorted(set(labels)):
        lowest = max(y + 4, lowest + _LABEL_HEIGHT)
        yield f'<text class="{kind}" x="{RIGHT + 4}" y="{lowest:.1f}">{text}</text>'


def _all_lines(picture: Picture) -> Iterator[Line]:
    for placed in (entry for entry in picture.entries if entry.kind == "order"):
        start, born = placed.place, _born(picture, placed)
        ends = picture.of(placed.order, "fill", "cancel")
        end = ends[-1].place if ends else float(len(picture.scene.bars))
        for kind in ("limit", "stop"):
            price = placed.numbers[kind]
            if price is None:
                continue
            if born > start and placed.order in picture.shown.after:
                yield Line(kind, [(start, price), (born, price)], is_held=True)
            yield Line(kind, [(born, price), (_until(picture, placed, kind, end), price)])
        if placed.detail == "trailing stop":
            yield Line("stop", list(_steps(picture, placed, end)))


def _born(picture: Picture, placed: Entry) -> float:
    """Return when an order begins to work: with the fill of the one that it belongs to, or at once."""
    cause = placed.numbers["cause"]
    parent = picture.shown.after.get(placed.order, None if cause is None else picture.entries[cause].order)
    fills = [] if parent is None else picture.of(parent, "fill")
    return fills[0].place if fills else placed.place


def _until(picture: Picture, placed: Entry, kind: str, end: float) -> float:
    triggers = picture.of(placed.order, "trigger")
    return _trigger_place(triggers[0]) if kind == "stop" and triggers else end


def _trigger_place(trigger: Entry) -> float:
    """Return where an order was set off: the journal has its time, and one that is set off at an open has the time of that."""
    return trigger.row + 1 + OPEN if trigger.part == 1.0 else trigger.place


def _steps(picture: Picture, placed: Entry, end: float) -> Iterator[tuple[float, float]]:
    """Yield where a trailing stop stood, from close to close, as the strategy could see it."""
    levels = picture.shown.levels[placed.order]
    for row, price in sorted(levels.items()):
        yield row + 1.0, price
    yield end, price


def _marks(picture: Picture) -> Iterator[str]:
    for entry in picture.entries:
        numbers = entry.numbers
        if entry.kind == "order":
            price = numbers["limit"] or numbers["stop"] or picture.shown.levels.get(entry.order, {}).get(entry.row)
            x = picture.x(_born(picture, entry) if entry.numbers["cause"] is not None else entry.place)
            y = picture.y(price or picture.scene.bars[entry.row][3])
            if numbers["stop"] and numbers["limit"]:
                yield _dot(x, picture.y(numbers["stop"]))
            yield _dot(x, y)
        elif entry.kind == "trigger":
            yield _diamond(picture.x(_trigger_place(entry)), picture.y(numbers["price"]))
        elif entry.kind == "cancel":
            asked = next(iter(picture.of(entry.order, "order"))).numbers
            yield _cross(picture.x(entry.place), picture.y(asked["limit"] or asked["stop"]))
    for entry in picture.entries:
        if entry.kind == "fill":
            yield from _fill(picture, entry)


def _fill(picture: Picture, entry: Entry) -> Iterator[str]:
    quantity, price = entry.numbers["quantity"], entry.numbers["price"]
    kind = "buy" if quantity > 0 else "sell"
    x, y = picture.x(entry.place), picture.y(price)
    yield _triangle(x, y, kind)
    # The figure stands clear of the bar, on the side that is nearer; and of the triangle, which points away from its side.
    high, low = (picture.y(price) for price in picture.scene.bars[entry.row][1:3])
    is_below = low - y < y - high or (low - y == y - high and kind == "buy")
    at = max(low, y + 10 * (kind == "buy")) + 13 if is_below else min(high, y - 10 * (kind == "sell")) - 5
    yield f'<text class="fill {kind}" text-anchor="middle" x="{x:.1f}" y="{at:.1f}">{abs(quantity):g} at {price:g}</text>'


def _dot(x: float, y: float) -> str:
    return f'<circle class="placed" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def _diamond(x: float, y: float) -> str:
    return f'<path class="off" d="M{x - 6:.1f} {y:.1f}l6 -6l6 6l-6 6z"/>'


def _cross(x: float, y: float) -> str:
    return f'<path class="ended" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8"/>'


def _triangle(x: float, y: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}l-6 {10 if kind == "buy" else -10}h12z"/>'


def draw_key() -> str:
    """Return a picture that tells what the marks of the others mean."""
    rows = [
        ('<path class="bar" d="M24 56v34M16 66h8M24 80h8"/>', "a bar: its range, open (left) and close (right)"),
        (_dot(24, 108), "the order is placed, or begins to work"),
        ('<path class="line limit" d="M12 132h24"/>', "its limit, as long as it works; dotted while it is held"),
        ('<path class="line stop" d="M12 156h24"/>', "its stop, or another price that sets it off"),
        (_diamond(24, 180), "it is set off"),
        (_triangle(18, 199, "buy") + _triangle(36, 209, "sell"), "bought, sold: the tip is the price"),
        (_cross(24, 228), "it is cancelled, replaced, or expires"),
    ]
    heights = (73, 108, 132, 156, 180, 204, 228)
    parts = ['<text class="title" x="12" y="24">How to read the pictures</text>']
    parts.append('<text class="dim" x="12" y="41">Each was drawn from a run of the simulator.</text>')
    for (mark, text), y in zip(rows, heights, strict=True):
        parts += [mark, f'<text x="52" y="{y + 4}">{escape(text)}</text>']
    return _document(HEIGHT, "Key", "; ".join(text for _, text in rows), parts)
