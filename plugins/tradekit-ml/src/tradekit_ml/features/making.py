"""Make features out of what a specification says: those of one instrument, of the calendar, and of two instruments."""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

import numpy as np
from pydantic import ValidationError

import tradekit
from tradekit import Bars, ConfigError, Context, Indicator, PluginError, StrategyError, Values, find_indicator
from tradekit_ml.features.catalogue import CLOCK_FEATURES, INDICATORS, PAIR_FEATURES
from tradekit_ml.features.clock import ClockFeature
from tradekit_ml.features.column import Column, across
from tradekit_ml.features.spec import FeatureSpec
from tradekit_ml.features.windows import Floats

__all__ = ["Made", "make"]

_OWN = {kind.name: kind for kind in INDICATORS}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Made(Protocol):
    """A feature that can be computed; `spec` has its options written out, and `name` has only those that differ from defaults."""

    spec: FeatureSpec
    name: str
    indicator: Indicator | None

    def lookback(self, interval: str) -> int: ...
    def values(self, bars: Bars, ind: Values) -> Floats: ...
    def row(self, ctx: Context) -> Floats: ...


def make(spec: FeatureSpec) -> Made:
    """Return the feature; raise `ConfigError` for what it can't be, and `PluginError` for a kind that isn't installed."""
    if spec.kind in CLOCK_FEATURES:
        return _Clock(spec)
    if spec.kind in PAIR_FEATURES:
        return _Pair(spec)
    return _Own(spec)


class _Own:
    """A feature of one instrument: an indicator, which the engine computes."""

    def __init__(self, spec: FeatureSpec) -> None:
        _refuse(spec, ("against",), "reads one instrument; features of two are " + ", ".join(PAIR_FEATURES))
        kind = _kind(spec.kind)
        self.spec, self.name, options = _resolved(spec, kind.Options, kind.outputs)
        column = Column(self.spec, kind(options))
        self.indicator: Indicator | None = column.every(spec.every) if spec.every else column

    def lookback(self, interval: str) -> int:
        warmup = 0 if self.indicator is None else int(self.indicator.warmup)
        if not self.spec.every:
            return warmup
        ratio = _seconds(self.spec.every) // _seconds(interval)
        return warmup * ratio + ratio - 1

    def values(self, bars: Bars, ind: Values) -> Floats:  # noqa: ARG002 - other features read the bars
        return across(self.spec.across, ind[self.name]) if self.spec.across else ind[self.name]

    def row(self, ctx: Context) -> Floats:
        found = np.array([view[self.name] for view in ctx])
        return across(self.spec.across, found[np.newaxis])[0] if self.spec.across else found


class _Clock:
    """A feature of the calendar, the same for all instruments."""

    indicator: Indicator | None = None

    def __init__(self, spec: FeatureSpec) -> None:
        hindering = ("every", "transform", "window", "lag", "across", "against")
        _refuse(spec, hindering, "is known in advance and the same for all instruments")
        kind = CLOCK_FEATURES[spec.kind]
        self.spec, self.name, _ = _resolved(spec, kind.Options, kind.outputs)
        self.clock: ClockFeature = kind()
        self.place = kind.outputs.index(self.spec.output)

    def lookback(self, interval: str) -> int:  # noqa: ARG002 - other features need it
        return 1

    def values(self, bars: Bars, ind: Values) -> Floats:  # noqa: ARG002 - other features read the indicators
        found: Floats = self.clock.values(bars.close_time)[self.place][:, np.newaxis]
        return found

    def row(self, ctx: Context) -> Floats:
        now = self.clock.values(np.array([ctx.time_ns], dtype=np.int64))[self.place, 0]
        return np.full(len(ctx), now)


class _Pair:
    """A feature of two instruments, on the bars that both have."""

    indicator: Indicator | None = None

    def __init__(self, spec: FeatureSpec) -> None:
        _refuse(spec, ("every",), "reads the run's own bars")
        if not spec.against:
            raise ConfigError(f"feature {spec.name!r} compares with another instrument; name it by against")
        kind = PAIR_FEATURES[spec.kind]
        self.spec, self.name, options = _resolved(spec, kind.Options, kind.outputs)
        self.column = Column(self.spec, kind(options))

    def lookback(self, interval: str) -> int:  # noqa: ARG002 - other features need it
        return self.column.warmup

    def values(self, bars: Bars, ind: Values) -> Floats:  # noqa: ARG002 - other features read the indicators
        other = bars.index_of(self.spec.against)
        found = np.column_stack([self._of(bars, i, other) for i in range(len(bars.symbols))])
        return across(self.spec.across, found) if self.spec.across else found

    def row(self, ctx: Context) -> Floats:
        what = f"feature {self.name!r} reads the bars that an instrument and {self.spec.against!r} both had"
        raise StrategyError(f"{what}, and on_bar() at {ctx.time:%Y-%m-%d %H:%M} can't tell which these are; decide in targets()")

    def _of(self, bars: Bars, i: int, other: int) -> Floats:
        both = bars.exists[:, i] & bars.exists[:, other]
        own = self.column.compute(bars.close[both, i], bars.close[both, other])[0]
        # Before the first bar that both have, the place is -1: that of the NaN at the end.
        held: Floats = np.append(own, np.nan)[np.cumsum(both) - 1]
        return held


@cache
def _kind(name: str) -> type[Indicator]:
    if name in _OWN:
        return _OWN[name]
    try:
        return find_indicator(name)
    except PluginError as error:
        others = ", ".join([*CLOCK_FEATURES, *PAIR_FEATURES])
        raise PluginError(f"{error}; features that are no indicators are {others}") from error


def _resolved(
    spec: FeatureSpec, model: type[tradekit.Options], outputs: tuple[str, ...]
) -> tuple[FeatureSpec, str, tradekit.Options]:
    """Return the specification with all that it means written out, its name without what is default, and its options."""
    try:
        options = model.model_validate(spec.options)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "options"
        reason = first["msg"].removeprefix("Value error, ")
        what = f"feature {spec.kind!r} can't have {key} {first['input']!r}: {reason[:1].lower()}{reason[1:]}"
        raise ConfigError(f"{what}; its options are {', '.join(model.model_fields) or 'none'}") from error
    if spec.output not in outputs and (spec.output or len(outputs) > 1):
        given = f"no output {spec.output!r}" if spec.output else "several outputs"
        raise ConfigError(f"feature {spec.kind!r} has {given}; choose one: {', '.join(outputs)}")
    output = spec.output if len(outputs) > 1 else ""
    whole: dict[str, Any] = options.model_dump(mode="json")
    defaults: dict[str, Any] = {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()}
    short = {name: value for name, value in whole.items() if value != defaults[name]}
    full = spec.model_copy(update={"options": whole, "output": output})
    return full, full.model_copy(update={"options": short}).name, options


def _refuse(spec: FeatureSpec, keys: tuple[str, ...], why: str) -> None:
    given = [key for key in keys if getattr(spec, key)]
    if given:
        raise ConfigError(f"feature {spec.kind!r} can't have {given[0]} {getattr(spec, given[0])!r}: it {why}")


def _seconds(interval: str) -> int:
    """Return how long an interval is, of which `tradekit` has checked the text; raise `ConfigError` for what is none."""
    if not interval or not interval[:-1].isdigit() or interval[-1] not in _UNITS:
        raise ConfigError(f"{interval!r} is not an interval; say how long a bar is, such as '1h'")
    return int(interval[:-1]) * _UNITS[interval[-1]]
