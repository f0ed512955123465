"""What is wrong with a table, in the words of a run file."""

from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field, SecretStr, model_validator

from tradekit.engine.validation import validate
from tradekit.errors import PluginError
from tradekit.plugin.options import Options


class Side(Enum):
    BUY = "buy"
    SELL = "sell"


class Inner(Options):
    size: int = Field(1, ge=1)
    label: str


def _even(value):
    if value % 2:
        raise ValueError(f"{value} is odd; give an even number")
    return value


class Inside(Options):
    path: Path = Path("d")


class Example(Options):
    whole: int = Field(1, ge=1, le=9, description="bars in it")
    number: float = Field(1.0, gt=0, lt=1.5)
    step: float = Field(0.5, multiple_of=0.5)
    yes: bool = False
    text: str = Field("ab", min_length=2, max_length=4, pattern="^[a-z]+$")
    names: tuple[str, ...] = Field((), max_length=2)
    kind: Literal["slow", "fast"] = "slow"
    side: Side = Side.BUY
    day: date | None = None
    moment: datetime | None = None
    hour: time | None = None
    length: timedelta | None = None
    path: Path | None = None
    bars: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    levels: float | list[float] = 1.0
    inner: Inner | None = None
    several: list[Inner] = Field([])
    weights: dict[str, float] = Field({})
    even: Annotated[int, AfterValidator(_even)] = 2
    needed: int = Field(description="units of it")

    @model_validator(mode="after")
    def _fits(self):
        if self.whole == 9 and self.yes:
            raise ValueError("whole = 9 and yes = true don't go together")
        return self


def problems(**values):
    made, found = validate(Example, {"needed": 1, **values}, ("strategy",), "strategy 'x'", ("name",))
    assert (made is None) == bool(found)
    return [problem.text for problem in found]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("whole", "3", "must be a whole number, got '3'"),
        ("whole", True, "must be a whole number, got true"),
        ("whole", 3.0, "must be a whole number, without a decimal point, got 3.0"),
        ("whole", float("nan"), "must be a whole number, got nan"),
        ("whole", [], "must be a whole number, got []"),
        ("whole", 0, "must be at least 1, got 0"),
        ("whole", 10, "must be at most 9, got 10"),
        ("number", "1", "must be a number, got '1'"),
        ("number", False, "must be a number, got false"),
        ("number", 0, "must be greater than 0, got 0"),
        ("number", 1.5, "must be less than 1.5, got 1.5"),
        ("number", float("inf"), "must be a finite number, got inf"),
        ("number", date(2021, 1, 31), "must be a number, got 2021-01-31"),
        ("step", 0.7, "must be a multiple of 0.5, got 0.7"),
        ("yes", 1, "must be true or false, got 1"),
        ("yes", "true", "must be true or false, got 'true'"),
        ("text", 3, "must be a text in quotes, got 3"),
        ("text", "a", "must have at least 2 characters, got 'a'"),
        ("text", "abcde", "must have at most 4 characters, got 'abcde'"),
        ("text", "A1", "must match '^[a-z]+$', got 'A1'"),
        ("names", "a", "must be a list, got 'a'"),
        ("names", ["a", "b", "c"], "must have at most 2 entries, got ['a', 'b', 'c']"),
        ("kind", "fats", "must be 'slow' or 'fast', got 'fats'; did you mean 'fast'?"),
        ("side", "by", "must be 'buy' or 'sell', got 'by'; did you mean 'buy'?"),
        ("day", 3, "must be a date such as 2021-01-31, got 3"),
        ("day", "x", "must be a date such as 2021-01-31, got 'x'"),
        ("moment", date(2021, 1, 31), "must be a date with a time, such as 2021-01-31T14:30:00Z, got 2021-01-31"),
        ("hour", "x", "must be a time of day such as 14:30:00, got 'x'"),
        ("length", "1h", "must be a duration such as PT1H30M, got '1h'"),
        ("path", 3, "must be a text in quotes, got 3"),
        ("bars", 0, "must be at least 1 or 'auto', got 0"),
        ("bars", "autp", "must be a whole number or 'auto', got 'autp'; did you mean 'auto'?"),
        ("levels", "x", "must be a number or a list, got 'x'"),
        ("inner", 3, "must be a table, got 3"),
        ("several", {"size": 1}, "must be a list, got {'size': 1}"),
        ("weights", 3, "must be a table, got 3"),
        ("weights", {"a": "x" * 100}, None),
    ],
)
def test_validate_wrong_value_says_what_it_must_be(name, value, message):
    if message is None:
        message = f".a must be a number, got '{'x' * 56}..."
        assert problems(**{name: value}) == [f"strategy.{name}{message}"]
    else:
        assert problems(**{name: value}) == [f"strategy.{name} {message}"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"names": ["a", 3]}, "strategy.names[1] must be a text in quotes, got 3"),
        ({"levels": [1.0, "x"]}, "strategy.levels[1] must be a number, got 'x'"),
        ({"inner": {"label": "a", "size": "b"}}, "strategy.inner.size must be a whole number, got 'b'"),
        ({"inner": {}}, "strategy.inner.label is missing; strategy.inner needs it"),
        (
            {"inner": {"label": "a", "sise": 1}},
            "unknown key strategy.inner.sise; allowed in strategy.inner: size, label; did you mean 'size'?",
        ),
        ({"several": [{"label": "a"}, {"label": "b", "size": 0}]}, "strategy.several[1].size must be at least 1, got 0"),
        ({"several": [{"label": "a", "x": 0}]}, "unknown key strategy.several[0].x; allowed in strategy.several[0]: size, label"),
        ({"even": 3}, "strategy.even: 3 is odd; give an even number"),
        ({"whole": 9, "yes": True}, "strategy: whole = 9 and yes = true don't go together"),
    ],
)
def test_validate_mistake_inside_a_value_names_its_whole_key(values, message):
    assert problems(**values) == [message]


def test_validate_missing_key_says_what_it_is():
    _, found = validate(Example, {}, ("risk", 0), "risk rule 'x'")
    assert [problem.text for problem in found] == ["risk[0].needed is missing; risk rule 'x' needs it: units of it"]


def test_validate_unknown_key_lists_all_keys_of_the_table():
    [text] = problems(wole=3)
    assert text.startswith("unknown key strategy.wole; allowed in strategy 'x': whole, number, step,")
    assert text.endswith("needed, name; did you mean 'whole'?")


def test_validate_unknown_key_without_any_to_choose_from_says_so():
    _, found = validate(Options, {"fast": 3}, ("strategy",), "strategy 'x'")
    assert [problem.text for problem in found] == ["unknown key strategy.fast; strategy 'x' has none"]


def test_validate_unknown_key_that_belongs_elsewhere_says_where():
    _, found = validate(Options, {"fast": 3}, ("strategy",), "strategy 'x'", (), lambda name: f"{name!r} is an option of 'y'")
    assert [problem.text for problem in found] == ["unknown key strategy.fast; strategy 'x' has none; 'fast' is an option of 'y'"]


def test_validate_text_given_as_a_date_must_be_in_quotes():
    assert problems(inner={"label": date(2021, 1, 31)}) == ["strategy.inner.label must be a text in quotes, got 2021-01-31"]


def test_validate_default_that_is_no_json_is_taken():
    class Defaults(Options):
        path: Path = Path("a")
        key: SecretStr = SecretStr("b")
        names: tuple[str, ...] = ["c"]
        table: dict[str, Inside] = Field({})

    made, found = validate(Defaults, {"table": {"x": {}}}, ("strategy",), "strategy 'x'")
    assert found == []
    assert (made.path, made.key, made.names, made.table["x"].path) == (Path("a"), SecretStr("b"), ("c",), Path("d"))


def test_validate_default_that_is_refused_is_the_authors_mistake():
    class Refused(Options):
        fast: int = Field(0, ge=1)

    _, [problem] = validate(Refused, {}, ("strategy",), "strategy 'x'")
    assert problem.error is PluginError
    assert problem.text == "strategy 'x' is broken: it refuses its own default of strategy.fast"


def test_validate_unknown_key_in_a_table_of_tables_lists_its_keys():
    class Nested(Options):
        table: dict[str, Inside] = Field({})

    _, [problem] = validate(Nested, {"table": {"x": {"paht": "a"}}}, ("strategy",), "strategy 'x'")
    assert problem.text == "unknown key strategy.table.x.paht; allowed in strategy.table.x: path; did you mean 'path'?"


def test_validate_returns_every_problem_with_its_key():
    _, found = validate(Example, {"whole": 0, "yes": 3}, ("strategy",), "strategy 'x'")
    assert {problem.key for problem in found} == {("strategy", "whole"), ("strategy", "yes"), ("strategy", "needed")}


def test_validate_right_values_makes_the_model():
    values = {
        "needed": 3,
        "number": 1,
        "names": ["a"],
        "side": "sell",
        "day": date(2021, 1, 31),
        "moment": datetime(2021, 1, 31, 14, 30),  # noqa: DTZ001 - as TOML has it
        "hour": time(14, 30),
        "path": "a/b",
        "bars": 3,
        "levels": [1, 2],
    }
    made, found = validate(Example, values, ("strategy",), "strategy 'x'")
    assert found == []
    assert made == Example(
        needed=3,
        number=1.0,
        names=("a",),
        side=Side.SELL,
        day=date(2021, 1, 31),
        moment=datetime(2021, 1, 31, 14, 30),  # noqa: DTZ001
        hour=time(14, 30),
        path=Path("a/b"),
        bars=3,
        levels=[1.0, 2.0],
    )
