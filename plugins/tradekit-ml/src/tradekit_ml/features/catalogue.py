"""All kinds of features that come with this package, and a set of them that is ready to use."""

from __future__ import annotations

from collections.abc import Sequence

from tradekit import ConfigError, Indicator
from tradekit_ml.features import microstructure, momentum, returns, trend, volatility, volume
from tradekit_ml.features.clock import ClockFeature, DayOfWeek, DayOfYear, MonthPart, TimeOfDay
from tradekit_ml.features.pairs import (
    Beta,
    LeadReturn,
    PairCorrelation,
    PairFeature,
    RelativeStrength,
    ResidualVolatility,
    SpreadZscore,
)
from tradekit_ml.features.spec import FeatureSpec, Scalar

__all__ = ["CLOCK_FEATURES", "GROUPS", "INDICATORS", "PAIR_FEATURES", "ready_features"]


def _indicators() -> tuple[type[Indicator], ...]:
    rooms = (returns, volatility, trend, momentum, volume, microstructure)
    return tuple(getattr(room, name) for room in rooms for name in room.__all__)


INDICATORS: tuple[type[Indicator], ...] = _indicators()
"""Those that are indicators of tradekit, which a strategy may declare as well; in the order of the reference."""

CLOCK_FEATURES: dict[str, type[ClockFeature]] = {kind.name: kind for kind in (TimeOfDay, DayOfWeek, MonthPart, DayOfYear)}
"""Those of the calendar."""

PAIR_FEATURES: dict[str, type[PairFeature]] = {
    kind.name: kind for kind in (Beta, PairCorrelation, ResidualVolatility, RelativeStrength, SpreadZscore, LeadReturn)
}
"""Those of two instruments."""


def _of(kind: str, *outputs: str, length: Sequence[int] = ()) -> tuple[FeatureSpec, ...]:
    """Return features of one kind: for each length, or with its defaults, each of the outputs."""
    choices: list[dict[str, Scalar]] = [{"length": one} for one in length] or [{}]
    return tuple(FeatureSpec(kind=kind, options=options, output=output) for options in choices for output in outputs or ("",))


GROUPS: dict[str, tuple[FeatureSpec, ...]] = {
    "returns": (
        *_of("log-return", length=(1, 5, 20)),
        *_of("gap-return"),
        *_of("bar-return"),
        *_of("return-per-risk"),
        *_of("return-skewness"),
        *_of("return-kurtosis"),
        *_of("return-autocorrelation"),
        *_of("up-share"),
        *_of("drawdown-from-high", length=(60,)),
        *_of("run-up-from-low", length=(60,)),
    ),
    "volatility": (
        *_of("close-volatility"),
        *_of("parkinson"),
        *_of("garman-klass"),
        *_of("rogers-satchell"),
        *_of("yang-zhang"),
        *_of("ewma-volatility"),
        *_of("downside-deviation"),
        *_of("range-per-close"),
        *_of("volatility-ratio"),
        *_of("volatility-of-volatility"),
        *_of("volatility-percentile"),
        *_of("jump-share"),
    ),
    "trend": (
        *_of("average-distance", length=(20, 100)),
        *_of("average-cross"),
        *_of("linear-trend", "slope", "t", "r2"),
        *_of("efficiency-ratio"),
        *_of("directional-movement", "plus", "minus", "adx"),
        *_of("aroon", "oscillator"),
        *_of("variance-ratio"),
    ),
    "momentum": (
        *_of("rsi"),
        *_of("momentum"),
        *_of("acceleration"),
        *_of("range-position"),
        *_of("close-percentile", length=(60,)),
        *_of("return-rank", length=(60,)),
        *_of("band-position"),
        *_of("commodity-channel"),
        *_of("macd-per-price", "line", "histogram"),
        *_of("stochastic-rsi"),
    ),
    "volume": (
        *_of("relative-volume"),
        *_of("volume-zscore"),
        *_of("volume-trend"),
        *_of("signed-volume"),
        *_of("money-flow"),
        *_of("chaikin-money-flow"),
        *_of("vwap-distance"),
        *_of("volume-price-correlation"),
    ),
    "microstructure": (
        *_of("roll-spread"),
        *_of("corwin-schultz"),
        *_of("abdi-ranaldo"),
        *_of("amihud"),
        *_of("kyle-lambda"),
        *_of("bulk-imbalance"),
        *_of("close-location"),
        *_of("zero-return-share"),
    ),
    "calendar": (*_of("time-of-day", "sin", "cos"), *_of("day-of-week", "sin", "cos"), *_of("month-part", "part")),
}
"""Features that are ready to use, by group; none looks back further than 139 bars."""

_ACROSS = ("log-return", "return-per-risk", "close-volatility", "relative-volume", "amihud")
_AGAINST = ("beta", "correlation", "residual-volatility", "relative-strength", "spread-zscore")


def ready_features(groups: Sequence[str] = (), against: str = "") -> tuple[FeatureSpec, ...]:
    """Return features that are ready to use: all of `GROUPS`, or of those named, which may include `cross-section` and `pairs`.

    `cross-section` ranks some features among all instruments; `pairs` compares with the instrument `against`, and comes with it.
    Raises `ConfigError` for a group that is none.

    >>> [spec.name for spec in ready_features(["calendar"])][:2]
    ['time-of-day.sin', 'time-of-day.cos']
    """
    chosen = list(groups) if groups else [*GROUPS, *(["pairs"] if against else [])]
    found: list[FeatureSpec] = []
    for group in chosen:
        if group == "cross-section":
            found += [FeatureSpec(kind=kind, across="rank") for kind in _ACROSS]
        elif group == "pairs":
            if not against:
                raise ConfigError("features of the group 'pairs' compare with another instrument; name it by against")
            found += [FeatureSpec(kind=kind, against=against) for kind in _AGAINST]
        elif group in GROUPS:
            found += GROUPS[group]
        else:
            raise ConfigError(f"no group of features {group!r}; allowed: {', '.join([*GROUPS, 'cross-section', 'pairs'])}")
    return tuple(found)
