"""The pictures of the documentation show what the simulator does: each is drawn anew here, and what it shows is written down."""

import re
from dataclasses import replace
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

SVG = "{http://www.w3.org/2000/svg}"

FILLS = {
    "market": [(1, "open", 10, 102)],
    "limit": [(2, "inside", 10, 95)],
    "limit-gap": [(2, "open", 10, 92)],
    "stop": [(2, "inside", 10, 105)],
    "stop-gap": [(2, "open", 10, 109)],
    "stop-limit": [(3, "inside", 10, 106)],
    "take-profit": [(1, "open", 10, 101), (3, "inside", -10, 106)],
    "take-profit-limit": [(1, "open", 10, 101), (3, "inside", -10, 108)],
    "trailing-amount": [(1, "open", 10, 101), (4, "inside", -10, 105)],
    "trailing-percent": [(1, "open", 10, 101), (4, "open", -10, 103)],
    "bracket-worst": [(1, "open", 10, 101), (2, "inside", -10, 95)],
    "bracket-high-first": [(1, "open", 10, 101), (2, "inside", -10, 108)],
    "bracket-finer": [(1, "open", 10, 101), (2, "inside", -10, 108)],
    "bracket-unproven": [(1, "inside", 10, 98), (2, "inside", -10, 103)],
    "participation": [(1, "open", 4, 101), (2, "open", 5, 103), (3, "open", 1, 102)],
    "iceberg": [(1, "inside", 4, 97), (2, "inside", 4, 97), (3, "inside", 2, 97)],
    "at-open-close": [(2, "open", 5, 103), (3, "close", 5, 102)],
    "day": [],
    "one-cancels-other": [(1, "open", 10, 101), (3, "inside", -10, 108)],
    "one-triggers-other": [(2, "inside", 10, 97), (3, "inside", -10, 104)],
    "replace": [(2, "inside", 10, 98)],
}
"""Row, place in its bar, quantity and price of each fill that a picture shows."""

ENDS = {
    "bracket-worst": {2: "linked order"},
    "bracket-high-first": {1: "linked order"},
    "bracket-finer": {1: "linked order"},
    "bracket-unproven": {1: "linked order"},
    "day": {0: "time in force"},
    "one-cancels-other": {2: "linked order"},
    "replace": {0: "replaced"},
}
"""Why orders that were not filled ended."""


def scene_of(generator: ModuleType, name: str):
    return next(scene for scenes in generator.GROUPS.values() for scene in scenes if scene.name == name)


def parsed(generator: ModuleType, name: str) -> ET.Element:
    return ET.fromstring(drawn(generator)[f"{name}.svg"])  # noqa: S314 - we wrote it ourselves


def drawn(generator: ModuleType) -> dict[str, str]:
    return dict(generator.pictures())


def test_pictures_are_as_the_simulator_draws_them_now(generator):
    found = {path.name: path.read_text("utf-8") for path in generator.PICTURES.iterdir()}
    assert found == drawn(generator), "run: python docs/generate.py"


def test_picture_of_every_scene_has_its_facts_written_down(generator):
    assert {scene.name for scenes in generator.GROUPS.values() for scene in scenes} == set(FILLS)


@pytest.mark.parametrize("name", FILLS)
def test_scene_fills_what_its_page_says(generator, name):
    scene = scene_of(generator, name)
    result = generator.play(scene).result
    step = 24 * 3_600_000_000_000 if scene.interval == "1d" else 12 * 3_600_000_000_000
    start = result.equity["time"][0].value - step
    # A fill at a close has the time at which the next bar opens.
    found = [
        ((fill["time"].value - start) // step - (fill["at"] == "close"), fill["at"], fill["quantity"], fill["price"])
        for fill in result.fills.to_pylist()
    ]
    assert sorted(found) == FILLS[name]
    assert {order["order"]: order["reason"] for order in result.orders.to_pylist() if order["reason"]} == ENDS.get(name, {})


@pytest.mark.parametrize("name", FILLS)
def test_picture_says_each_fill_beside_a_mark_at_its_price(generator, name):
    root = parsed(generator, name)
    labels = [text.text for text in root.iter(f"{SVG}text") if (text.get("class") or "").startswith("fill")]
    assert sorted(labels) == sorted(f"{abs(quantity):g} at {price:g}" for _, _, quantity, price in FILLS[name])
    bought = [path for path in root.iter(f"{SVG}path") if path.get("class") == "buy"]
    sold = [path for path in root.iter(f"{SVG}path") if path.get("class") == "sell"]
    assert len(bought) == sum(quantity > 0 for _, _, quantity, _ in FILLS[name])
    assert len(sold) == sum(quantity < 0 for _, _, quantity, _ in FILLS[name])


def test_picture_is_another_when_the_simulator_assumes_something_else(generator):
    scene = scene_of(generator, "limit")
    touched = generator.play(replace(scene, execution={"limit_fills": "touch"}))
    assert generator.story(touched) == "bar 2 buys 10 at 95"
    assert generator.draw(touched) != generator.draw(generator.play(scene))


def test_picture_puts_a_mark_where_the_bar_opens(generator):
    root = parsed(generator, "market")
    bars = [path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == "bar"]
    opened = re.search(r"M([\d.]+) ([\d.]+)H", bars[1])
    mark = next(path.get("d") for path in root.iter(f"{SVG}path") if path.get("class") == "buy")
    assert re.match(r"M([\d.]+) ([\d.]+)l", mark).groups() == opened.groups()


@pytest.mark.parametrize("name", ["key", *FILLS])
def test_picture_tells_its_content_in_words_and_stays_in_its_frame(generator, name):
    root = parsed(generator, name)
    width, height = (float(root.get(side)) for side in ("width", "height"))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert root.find(f"{SVG}title").text
    assert len(root.find(f"{SVG}desc").text) > 60
    for text in root.iter(f"{SVG}text"):
        assert 0 < float(text.get("x")) < width - 20
        assert 0 < float(text.get("y")) < height - 8
    for x, y in re.findall(r"M([\d.-]+) ([\d.-]+)", " ".join(path.get("d") for path in root.iter(f"{SVG}path"))):
        assert 0 < float(x) < width
        assert 40 < float(y) < height - 8
