"""Lines of keys in a run file."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradekit.engine.locate import key_lines, key_text

TEXT = '''\
# [run] in a comment is no table
seed = 1
[run]
name = "x"  # [not.a.table]
note = """
[not]
a = 1
"""
[[risk]]
rule = "a"

[[risk]]
rule = "b"
[risk.inner]
z = 1
[execution]
costs = [
  { model = "fee" },  # ]
  { model = "slippage", deep.er = [1] },
]
[data.columns]
"close price" = "c"
open.high = 2
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("seed",), 2),
        (("run",), 3),
        (("run", "name"), 4),
        (("run", "note"), 5),
        (("risk",), 9),
        (("risk", 0), 9),
        (("risk", 1, "rule"), 13),
        (("risk", 1, "inner", "z"), 15),
        (("execution", "costs", 1, "deep", "er", 0), 17),
        (("data", "columns", "close price"), 22),
        (("data", "columns", "open", "high"), 23),
    ],
)
def test_key_lines_names_the_line_of_each_key(key, line):
    assert key_lines(TEXT)[key] == line


def test_key_lines_knows_exactly_the_keys_of_the_document():
    def keys(value, key=()):
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for part, inner in pairs:
            yield (*key, part)
            yield from keys(inner, (*key, part))

    assert set(key_lines(TEXT)) == set(keys(tomllib.loads(TEXT)))


def test_key_lines_counts_windows_line_ends_once():
    assert key_lines(TEXT.replace("\n", "\r\n")) == key_lines(TEXT)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_key_lines_after_any_number_of_blank_lines_is_right(gaps):
    text, lines = "[run]", {}
    for number, gap in enumerate(gaps):
        text += "\n" * (gap + 1) + f"k{number} = [\n{number}]"
        lines["run", f"k{number}"] = text.count("\n")
    found = key_lines(text)
    assert {key: found[key] for key in lines} == lines


def test_key_text_quotes_what_is_no_bare_key():
    assert key_text(("execution", "costs", 0, "bps")) == "execution.costs[0].bps"
    assert key_text(("data", "columns", "close price")) == 'data.columns."close price"'
    assert key_text(("data", "where", "é")) == 'data.where."é"'
