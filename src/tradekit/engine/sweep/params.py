"""What a sweep varies: settings of a run file, the values that each may have, and which of them go together."""

from __future__ import annotations

import math
import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradekit.engine.locate import Key, key_text
from tradekit.engine.overrides import parse_override
from tradekit.errors import ConfigError

__all__ = ["Constraint", "Param", "Setting", "as_param", "parse_constraint", "parse_param"]

Setting = bool | int | float | str
"""A value that can be tried."""

_EXAMPLES = "such as strategy.fast=5:50:5, strategy.weight=0.2:1.0:0.1 or strategy.mode=calm,wild"
_MOST_VALUES = 1_000_000
_DIGITS = 12  # of a value that is made by adding steps: 0.3 and not 0.30000000000000004
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_CONSTRAINT = re.compile(r"\s*(?P<left>[^<>=!\s]+)\s*(?P<sign><=|>=|==|!=|<|>)\s*(?P<right>[^<>=!\s]+)\s*")


@dataclass(frozen=True, slots=True)
class Param:
    """A setting that is varied, and its values in their order; or, where any between two will do, the lowest and the highest."""

    name: str
    """The key, as messages about run files write it: `strategy.fast`."""
    key: Key
    values: tuple[Setting, ...]
    is_continuous: bool = False

    @property
    def is_numeric(self) -> bool:
        """Say whether it has numbers, of which some are nearer to each other than others."""
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in self.values)


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that has to hold between settings: `strategy.fast < strategy.slow`."""

    text: str
    left: str | float
    sign: str
    right: str | float

    def holds(self, values: Mapping[str, Setting]) -> bool:
        """Say whether it holds for a combination, by the names of its settings."""
        left, right = (values[side] if isinstance(side, str) else side for side in (self.left, self.right))
        return bool(_COMPARISONS[self.sign](left, right))


def parse_param(text: str) -> Param:
    """Read `KEY=START:STOP:STEP` (numbers, with `STOP` if a step leads there), `KEY=LOW:HIGH` or `KEY=VALUE,VALUE`.

    Without a step, whole numbers go by 1, and of others any between the two will do. A value is written as in `--set`.
    Raises `ConfigError` for what can't be read.
    """
    key, _, written = text.partition("=")
    if not key.strip() or not written.strip():
        raise ConfigError(f"--param {text!r} has no {'key' if not key.strip() else 'values'}; write KEY=VALUES, {_EXAMPLES}")
    found = _range(text, written.strip()) if ":" in written and written.strip()[0] not in "[\"'" else None
    values, is_continuous = found or (_listed(text, written.strip()), False)
    return _param(key.strip(), values, is_continuous)


def as_param(key: str, values: str | Iterable[Setting]) -> Param:
    """Return what is varied, from a key and its values, or from their text as `--param` has it."""
    if isinstance(values, str):
        return parse_param(f"{key}={values}")
    return _param(key, [value.item() if hasattr(value, "item") else value for value in values], False)


def _param(key: str, values: Sequence[Setting], is_continuous: bool) -> Param:
    path = parse_override(f"{key}=0").key
    name = key_text(path)
    if not values:
        raise ConfigError(f"--param {name} has no values; write KEY=VALUES, {_EXAMPLES}")
    for value in values:
        if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not math.isfinite(value)):
            raise ConfigError(f"--param {name} has the value {value!r}; allowed: finite numbers, true, false and text")
    if len(set(values)) < len(values):
        twice = next(value for at, value in enumerate(values) if value in values[:at])
        raise ConfigError(f"--param {name} has the value {twice!r} twice; name each once")
    return Param(name, path, tuple(values), is_continuous)


def _range(text: str, written: str) -> tuple[list[Setting], bool] | None:
    """Return the numbers of a range, and whether it has those between them too; `None` if it is none."""
    parts = [_number(part) for part in written.split(":")]
    if None in parts or len(parts) > 3:
        raise ConfigError(f"--param {text!r} is no range; write START:STOP:STEP in finite numbers, {_EXAMPLES}")
    start, stop, *rest = (part for part in parts if part is not None)
    is_whole = all(isinstance(part, int) for part in parts)
    if not rest and not is_whole:
        if not start < stop:
            raise ConfigError(f"--param {text!r} goes from {start!r} to {stop!r}; the first must be the lower one")
        return [float(start), float(stop)], True
    step = rest[0] if rest else 1
    if step == 0 or (stop - start) * step < 0:
        raise ConfigError(f"--param {text!r} never comes from {start!r} to {stop!r} by steps of {step!r}; turn the step round")
    count = math.floor((stop - start) / step + 1e-9) + 1
    if count > _MOST_VALUES:
        raise ConfigError(f"--param {text!r} has {count:,} values; at most {_MOST_VALUES:,} are allowed: take larger steps")
    if is_whole:
        return [int(start + k * step) for k in range(count)], False
    return [float(f"{start + k * step:.{_DIGITS}g}") for k in range(count)], False


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _listed(text: str, written: str) -> list[Setting]:
    """Return listed values: a TOML list, or values with commas between them."""
    if written.startswith("["):
        try:
            found = tomllib.loads(f"values = {written}")["values"]
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"--param {text!r} has values that are not valid TOML; text in them needs quotes: {error}") from None
        return list(found)
    parts = [part.strip() for part in written.split(",")]
    if not all(parts):
        raise ConfigError(f"--param {text!r} has an empty value; write KEY=VALUE,VALUE, {_EXAMPLES}")
    return [parse_override(f"{text.partition('=')[0]}={part}").value for part in parts]


def parse_constraint(text: str, params: Sequence[Param]) -> Constraint:
    """Read `KEY < KEY` or `KEY <= NUMBER`, with keys of what is varied. Raises `ConfigError` for anything else."""
    match = _CONSTRAINT.fullmatch(text)
    if match is None:
        signs = ", ".join(_COMPARISONS)
        raise ConfigError(f"--where {text!r} is no comparison; write KEY SIGN KEY or KEY SIGN NUMBER, with one of {signs}")
    names = {param.name: param for param in params}
    sides: list[str | float] = []
    for side in (match["left"], match["right"]):
        number = _number(side)
        if number is None and (side not in names or not names[side].is_numeric):
            what = "is not varied" if side not in names else "has values that are no numbers"
            raise ConfigError(f"--where {text!r}: {side!r} {what}; allowed: numbers and {', '.join(names) or 'what --param names'}")
        sides.append(side if number is None else number)
    if not any(isinstance(side, str) for side in sides):
        raise ConfigError(f"--where {text!r} compares two numbers; one side must be a key that --param names")
    return Constraint(text, sides[0], match["sign"], sides[1])
