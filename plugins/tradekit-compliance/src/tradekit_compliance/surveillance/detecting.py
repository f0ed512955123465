"""All detectors, and running them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from tradekit import ConfigError
from tradekit_compliance.surveillance.closing import MarkingClose
from tradekit_compliance.surveillance.finding import Alert, Case, Detector, NotKnownError
from tradekit_compliance.surveillance.override import Override
from tradekit_compliance.surveillance.passive import PassiveBreach
from tradekit_compliance.surveillance.reconciling import Unreconciled
from tradekit_compliance.surveillance.spoofing import Spoofing
from tradekit_compliance.surveillance.wash import WashPattern

__all__ = ["DETECTORS", "Surveyed", "detectors", "survey"]

DETECTORS: Mapping[str, type[Detector]] = {
    cls.facts.number: cls for cls in (WashPattern, Spoofing, MarkingClose, PassiveBreach, Unreconciled, Override)
}


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What detectors found, and by number why one could not look."""

    alerts: tuple[Alert, ...]
    unknown: Mapping[str, str]
    parameters: Mapping[str, Mapping[str, Any]]


def detectors(parameters: Mapping[str, Mapping[str, Any]]) -> list[Detector]:
    """Return all detectors, with parameters by number. Raises `ConfigError` for a number or parameter that is none."""
    unknown = [number for number in parameters if number not in DETECTORS]
    if unknown:
        raise ConfigError(f"there is no detector {unknown[0]!r}; there are {', '.join(DETECTORS)}")
    made = []
    for number, cls in DETECTORS.items():
        try:
            made.append(cls(cls.Options(**parameters.get(number, {}))))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            known = ", ".join(cls.Options.model_fields) or "none"
            raise ConfigError(
                f"{number}.{name}: {first['msg'][:1].lower()}{first['msg'][1:]}; its parameters are {known}"
            ) from error
    return made


def survey(case: Case, chosen: Sequence[Detector]) -> Surveyed:
    """Let detectors look at a case."""
    alerts: list[Alert] = []
    unknown: dict[str, str] = {}
    for detector in chosen:
        try:
            alerts += detector.find(case)
        except NotKnownError as error:
            unknown[detector.facts.number] = str(error)
    alerts.sort(key=lambda one: (one.time, one.detector, one.symbol))
    return Surveyed(tuple(alerts), unknown, {one.facts.number: one.options.model_dump(mode="json") for one in chosen})
