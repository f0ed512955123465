"""What a replay is made of: the settings of the run, or others, as a run that takes its bars from what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

from tradekit import __version__
from tradekit.engine.compare import flat_settings
from tradekit.engine.compose import ComposedRun, compose_document, registry_of
from tradekit.engine.document import Document, read_document
from tradekit.engine.live.recording import Recording
from tradekit.engine.overrides import Override, apply_overrides, parse_override
from tradekit.engine.tables import DataTable
from tradekit.errors import ConfigError, RunError
from tradekit.model.bars import Series
from tradekit.model.instrument import Instrument
from tradekit.plugin.contracts import BarRequest, DataSource
from tradekit.plugin.discovery import Provided, Registry
from tradekit.plugin.packages import KERNEL

__all__ = ["GROUPS", "Premises", "premises_of"]

Mode = Literal["paper", "live"]

_SOURCE = "recorded"


class _Recorded(DataSource):
    """Stands for the source of a run whose bars were recorded."""

    name = _SOURCE
    has_live_bars: ClassVar[bool] = True

    def bars(self, request: BarRequest) -> Mapping[str, Series]:
        """Refuse: the replay has its bars."""
        raise RunError(f"the bars of a replay are recorded, and asked of nobody: {request!r}")


GROUPS = {
    "account": "configuration",
    "strategy": "configuration",
    "risk": "risk",
    "costs": "configuration",
    "latency": "latency",
    "fills": "configuration",
    "seed": "configuration",
    "instrument": "configuration",
    "warm-up": "warm-up",
}
"""The settings that can be put back by themselves, and what kind of cause each is."""


@dataclass(frozen=True)
class Premises:
    """The settings that a run was made with, and those that its replay is made with."""

    recording: Recording
    recorded: Mapping[str, Any]
    """The tables of the run file, as JSON has them."""
    now: Mapping[str, Any]
    path: Path
    """Where the file of `now` is, or what it is called in messages."""
    overrides: tuple[Override, ...]
    registry: Registry

    def compose(self, mode: Mode, restored: frozenset[str] = frozenset()) -> ComposedRun:
        """Compose the run; the groups in `restored` are as they were recorded.

        In mode `paper` the simulator fills its orders, as in a backtest; in mode `live` whoever did.
        """
        values = dict(self.now)
        tables = {"account": ("account", "currency"), "strategy": ("strategy",), "risk": ("risk",), "instrument": ("instrument",)}
        for group in restored & tables.keys():
            values |= {name: self.recorded.get(name, []) for name in tables[group]}
        if "seed" in restored:
            values["run"] = {**values["run"], "seed": self.recorded["run"]["seed"]}
        values["execution"] = self._execution(restored)
        values["run"] = {**values["run"], "mode": mode}
        values["data"] = {"source": _SOURCE, **{k: v for k, v in values["data"].items() if k in DataTable.model_fields}}
        values["report"] = []
        values["live"] = self.recorded.get("live", {})
        return self._composed(values)

    def _execution(self, restored: frozenset[str]) -> dict[str, Any]:
        before, after = self.recorded["execution"], self.now.get("execution", {})
        found = dict(before if {"fills", "latency"} <= restored else after)
        if "latency" in restored and "fills" not in restored:
            found |= {key: value for key, value in before.items() if "latency" in key}
        if "fills" in restored and "latency" not in restored:
            found = {**before, **{key: value for key, value in after.items() if "latency" in key}}
        return found | {"costs": (before if "costs" in restored else after).get("costs", [])}

    def _composed(self, values: Mapping[str, Any]) -> ComposedRun:
        source = Provided("data source", _SOURCE, _Recorded, KERNEL, __version__)
        registry = replace(self.registry, components=(*self.registry.components, source))
        return compose_document(Document(self.path, "", values, values, self.overrides), registry)

    def instruments(self, composed: ComposedRun) -> tuple[Instrument, ...]:
        """Return what was known of the instruments, overruled by the settings."""
        facts = {fact.symbol: fact for fact in composed.config.instruments}
        known = self.recording.opening.market.instruments
        return tuple(facts[one.symbol].onto(one) if one.symbol in facts else one for one in known)

    @property
    def history(self) -> int:
        """How many rows are to warm the replay up."""
        asked = self.now.get("live", {}).get("history")
        return self.recording.history if asked in (None, self.recorded.get("live", {}).get("history")) else int(asked)

    def changed(self) -> dict[str, dict[str, tuple[Any, Any]]]:
        """Return the settings that are others than those of the run, by group and key, as (recorded, now)."""
        everything = frozenset(GROUPS)
        before, after = (dict(self._comparable(self.compose("paper", part))) for part in (everything, frozenset[str]()))
        before["live.history"], after["live.history"] = self.recording.history, self.history
        found: dict[str, dict[str, tuple[Any, Any]]] = {}
        for key in {**before, **after}:
            pair = before.get(key), after.get(key)
            if pair[0] != pair[1] and pair not in (([], None), (None, [])):
                found.setdefault(_group(key), {})[key] = pair
        return {group: _whole_entries(pairs) for group, pairs in found.items()}

    def _comparable(self, composed: ComposedRun) -> Iterator[tuple[str, Any]]:
        """Yield the settings that can change what is decided, by the key that a person writes."""
        rules = asdict(composed.fill_rules)
        yield from ((f"execution.{name}", value) for name, value in rules.items())
        for one in self.instruments(composed):
            yield from ((f"instrument {one.symbol} {name}", value) for name, value in asdict(one).items() if name != "symbol")
        for key, value in flat_settings(composed.settings()).items():
            top = key.partition(".")[0].partition("[")[0]
            if top in ("account", "currency", "strategy", "risk") or key == "run.seed" or key.startswith("execution.costs"):
                yield key, value


def _whole_entries(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Return settings with the name alone of a component that is on one side only, because its options say nothing more."""
    named = {key: pair for key, pair in pairs.items() if key.rpartition(".")[2] in ("rule", "model", "name")}
    alone = {key.rpartition(".")[0] for key, pair in named.items() if None in pair}
    return {key: pair for key, pair in pairs.items() if key in named or key.rpartition(".")[0] not in alone}


def _group(key: str) -> str:
    top = key.partition(".")[0].partition("[")[0].partition(" ")[0]
    if key.startswith("execution.costs"):
        return "costs"
    if top == "execution":
        return "latency" if "latency" in key else "fills"
    return {"run": "seed", "currency": "account", "live": "warm-up"}.get(top, top)


def premises_of(recording: Recording, file: str | Path | None, overrides: Iterable[str], registry: Registry | None) -> Premises:
    """Return the settings of a run, and those to replay it with: its own, or those of a run file, with overrides.

    Raises `ConfigError` for a file that is about other instruments or bars.
    """
    recorded = _tables(recording.result.config)
    if file is None:
        values, applied = apply_overrides(recorded, [parse_override(text) for text in overrides])
        path = recording.run_file
    else:
        document = read_document(file, overrides)
        values, applied, path = dict(document.values), document.overrides, document.path
        _same_bars(recorded["data"], values.get("data"), str(file))
    if registry is None:
        registry = registry_of(Document(path, "", values, values, applied))
    return Premises(recording, recorded, values, path, applied, registry)


def _same_bars(recorded: Mapping[str, Any], now: Any, file: str) -> None:
    if not isinstance(now, dict):
        return  # composing says it
    for key in ("instruments", "interval"):
        before, after = recorded.get(key), now.get(key)
        if after is not None and _listed(before) != _listed(after):
            raise ConfigError(
                f"{file}: data.{key} is {after!r}, and the run had {before!r}; a replay needs the same, and --set can say so"
            )
    now.setdefault("instruments", recorded.get("instruments"))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _tables(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return recorded settings as a run file has them: what is not set is not there."""
    found = _set_only(config)
    return {key: value for key, value in found.items() if key not in ("overrides", "report")}


def _set_only(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _set_only(inner) for key, inner in value.items() if inner is not None}
    return [_set_only(inner) for inner in value] if isinstance(value, list) else value
