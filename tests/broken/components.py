"""What is broken in the same way in any kind of component."""

from pydantic import model_validator

import tradekit
from broken.sound import Echo
from tradekit import Field
from tradekit.testing import IndicatorContract


class NoDescription(Echo):
    """Have an option that nobody describes."""

    name = "no-description"

    class Options(tradekit.Options):
        length: int = 5


class TestNoDescription(IndicatorContract):
    component = NoDescription
    breaks = "cmp01"
    also = ("cmp06",)  # the loader refuses it, so that no package provides it


class Talkative(Echo):
    """have a first line that is no sentence and that goes on"""

    name = "talkative"


class TestTalkative(IndicatorContract):
    component = Talkative
    breaks = "cmp02"


class Forgiving(Echo):
    """Take any option, and drop those that it doesn't have."""

    name = "forgiving"

    class Options(tradekit.Options):
        length: int = Field(5, description="bars in the window")

        @model_validator(mode="before")
        @classmethod
        def _known(cls, values):
            return {name: value for name, value in values.items() if name in cls.model_fields}


class TestForgiving(IndicatorContract):
    component = Forgiving
    breaks = "cmp03"


class Unkeepable(Echo):
    """Have an option whose kept form is another value."""

    name = "unkeepable"

    class Options(tradekit.Options):
        length: int = Field(5, description="bars in the window, one less than is asked for")

        @model_validator(mode="after")
        def _less(self):
            object.__setattr__(self, "length", self.length - 1)
            return self


class TestUnkeepable(IndicatorContract):
    component = Unkeepable
    options = ({"length": 7},)
    breaks = "cmp04"


class Forgotten(Echo):
    """Be in no hook."""

    name = "forgotten"


class TestForgotten(IndicatorContract):
    component = Forgotten
    breaks = "cmp06"


UNLISTED = (NoDescription, Forgotten)
"""What the loader refuses, and what its hook forgets."""
