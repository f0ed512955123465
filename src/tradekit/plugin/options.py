"""Options: what a person may set on a component, typed, described and checked before anything runs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Options"]


class Options(BaseModel):
    """The base of every component's nested `Options` class: frozen, with unknown keys forbidden.

    Describe each field with its unit: `fast: int = Field(20, ge=1, description="bars in the fast average")`. A field typed
    `pathlib.Path` is taken relative to the folder of the run file that sets it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)
