"""Columns as text: what the page's script unpacks is what was packed."""

import json
from importlib.resources import files

import numpy as np
import pytest
from tradekit_report.page.codec import Column, decimals_of, pack, texts, whole


def columns():
    rng = np.random.default_rng(5)
    prices = np.round(20_000 + np.cumsum(rng.normal(0, 15, 5_000)), 2)
    holes = prices.copy()
    holes[[0, 1, 7, *range(100, 140), 4_999]] = np.nan
    return {
        "prices": whole(prices),
        "holes": whole(holes),
        "nothing": whole(np.full(4, np.nan)),
        "signs": Column(rng.integers(-(2**40), 2**40, 999), order=0),
        "times": Column(1_640_995_200_000 + 3_600_000 * np.arange(3_000), order=2),
        "empty": Column(np.zeros(0, dtype=np.int64)),
        "flags": Column(rng.integers(0, 2, 77), order=0),
    }


def test_packed_columns_are_unpacked_by_the_script_of_the_page(opened, tmp_path):
    made = columns()
    script = (files("tradekit_report.page") / "static" / "codec.js").read_text("utf-8")
    data = f'<script type="x" id="data">{pack(made, {"step": 4})}</script>'
    page = f'{data}<script>{script}\ndocument.documentElement.dataset.ready = "yes"</script>'
    (tmp_path / "page.html").write_text(page)
    tab = opened(tmp_path / "page.html").tab
    found = tab.evaluate(
        """async () => { const pack = await unpack("data");
        const columns = Object.keys(pack.raw).map((name) => [name, Array.from(pack.column(name))]);
        return JSON.stringify([pack.facts, Object.fromEntries(columns)]); }"""
    )
    facts, values = json.loads(found)
    assert facts == {"step": 4}
    for name, column in made.items():
        expected = column.values / column.scale
        if column.gaps is not None:
            for start, stop in column.gaps.reshape(-1, 2):
                expected[start:stop] = np.nan
        got = np.array([np.nan if value is None else value for value in values[name]], dtype=np.float64)
        assert np.array_equal(got, expected, equal_nan=True), name


def test_equal_columns_are_the_same_text():
    assert pack(columns()) == pack(columns())


def test_a_million_prices_take_less_than_three_bytes_each():
    closes = np.round(20_000 + np.cumsum(np.random.default_rng(1).normal(0, 3, 200_000)), 2)
    assert len(pack({"close": whole(closes)})) < 3 * len(closes)


@pytest.mark.parametrize(
    ("values", "decimals"),
    [([1.0, 2.0], 0), ([1.5, 2.25], 2), ([0.00001, 3.2], 5), ([np.nan], 0), ([1 / 3], 9), ([123_456_789.123], 1)],
)
def test_decimals_are_as_many_as_values_have_or_fit(values, decimals):
    assert decimals_of(np.array(values)) == decimals


def test_texts_are_numbered_in_their_order():
    names, column = texts(["b", "a", "b"])
    assert (names, column.values.tolist()) == (["a", "b"], [1, 0, 1])
