"""What detectors have in common: what they are shown, what they find, and how they say that something is not known."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import tradekit
from tradekit_compliance.checks.facts import Facts, digest_of
from tradekit_compliance.surveillance.activity import Activity
from tradekit_compliance.surveillance.market import Market
from tradekit_compliance.surveillance.statement import Statement

__all__ = ["Alert", "Case", "Detector", "NotKnownError"]


class NotKnownError(Exception):
    """A detector lacks what it would have to know; its words say what. It is told as UNKNOWN, and never as nothing found."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked at: the accounts of one beneficial owner, the market around them, and what the venue says of them."""

    activities: tuple[Activity, ...]
    market: Market | None = None
    statement: Statement | None = None

    def bars(self) -> Market:
        """Return the market. Raises `NotKnownError` if there is none."""
        if self.market is None:
            raise NotKnownError("no market data; name a data source with --data")
        return self.market


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person has to look at. `evidence` are numbers of the account's journal or log."""

    detector: str
    account: str
    symbol: str
    time: int
    summary: str
    evidence: tuple[int, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)
    parameters: str = ""
    """A hash of the detector's parameters."""

    @property
    def id(self) -> str:
        """What it is called: the same finding with the same parameters has the same name each time."""
        about = f"{self.detector} {self.account} {self.symbol} {self.time} {self.evidence} {self.parameters}"
        return f"{self.detector}-{hashlib.sha256(about.encode()).hexdigest()[:10]}"


class Detector(ABC):
    """Looks for one pattern. `facts` says what it is modelled on, `options` are its parameters."""

    facts: ClassVar[Facts]
    Options: type[tradekit.Options] = tradekit.Options

    def __init__(self, options: tradekit.Options | None = None) -> None:
        self.options: Any = options if options is not None else type(self).Options()

    @abstractmethod
    def find(self, case: Case) -> Iterator[Alert]:
        """Yield what is found. Raises `NotKnownError` if what it needs is missing."""

    def alert(self, where: tuple[str, str, int], summary: str, evidence: Iterable[int], numbers: Mapping[str, float]) -> Alert:
        """Return an alert of this detector; `where` is the account, the symbol and the time."""
        digest = digest_of(self.options.model_dump(mode="json"))
        return Alert(self.facts.number, *where, summary, tuple(evidence), numbers, digest)
