from datetime import date
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from tradekit import Options, Reporter
from tradekit.plugin.describe import OptionFacts, describe_options


class Side(Enum):
    LONG = "long"
    SHORT = "short"


class Columns(Options):
    time: str | Literal[False] = Field("time", description="when")


class Page(Reporter):
    """Show everything that an option can be."""

    name = "page"

    class Options(Options):
        fast: int = Field(20, ge=1, le=500, description="bars in the fast average")
        share: float | None = Field(None, gt=0, lt=1, description="share of the equity")
        path: Path = Field(description="where it goes")
        when: date = Field(date(2024, 1, 2), description="the day")
        mode: Literal["cut", "reject"] = Field("cut", description="what to do")
        side: Side = Field(Side.LONG, description="which way")
        names: tuple[Annotated[str, Field(min_length=1)], ...] = Field(("a",), description="names")
        code: str = Field("x", pattern="^[a-z]$", description="a code")
        tables: dict[str, list[float]] = Field(default_factory=dict, description="tables")
        twice: float = Field(default_factory=lambda data: 2.0 * data["fast"], description="twice as many")
        rows: tuple[Columns, ...] = Field((), description="several")
        columns: Columns = Field(Columns(), description="which column is what")
        maximum: int | str = Field(3, alias="max", multiple_of=3, description="the most")


FACTS = {facts.name: facts for facts in describe_options(Page)}


@pytest.mark.parametrize(
    "facts",
    [
        OptionFacts("fast", "int", False, 20, ">= 1, <= 500", "bars in the fast average"),
        OptionFacts("share", "float", False, None, "> 0, < 1", "share of the equity"),
        OptionFacts("path", "Path", True, None, "", "where it goes"),
        OptionFacts("when", "date", False, "2024-01-02", "", "the day"),
        OptionFacts("mode", "str", False, "cut", "cut | reject", "what to do"),
        OptionFacts("side", "Side", False, "long", "long | short", "which way"),
        OptionFacts("names", "tuple[str, ...]", False, ["a"], "length >= 1", "names"),
        OptionFacts("code", "str", False, "x", "matches ^[a-z]$", "a code"),
        OptionFacts("tables", "dict[str, list[float]]", False, {}, "", "tables"),
        OptionFacts("twice", "float", False, None, "", "twice as many"),
        OptionFacts("rows", "tuple[table, ...]", False, [], "", "several"),
        OptionFacts("columns.time", "str | false", False, "time", "", "when"),
        OptionFacts("max", "int | str", False, 3, "a multiple of 3", "the most"),
    ],
)
def test_describe_options_gives_type_default_and_bounds(facts):
    assert FACTS[facts.name] == facts


def test_describe_options_keeps_the_authors_order():
    assert list(FACTS)[:3] == ["fast", "share", "path"]
    assert len(FACTS) == len(Page.Options.model_fields)
