"""tradekit: a trading SDK made of plugins.

Everything a strategy or a plugin needs is imported from here; `__init__.pyi` lists it with its types. Names are loaded when they
are first used, so that `import tradekit` costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "tradekit.analysis.definitions": "DEFINITIONS Definition",
    "tradekit.analysis.drawdowns": "Drawdowns",
    "tradekit.analysis.splits": "CombinatorialSplits LabelSplit combinatorial_purged purged_k_fold purged_walk_forward",
    "tradekit.durable": "UNFINISHED publish_file publish_folder sync_folder",
    "tradekit.errors": "ConfigError DataError LockedError OrderError OrderRefused PluginError RunError StrategyError "
    "TradekitError VenueError",
    "tradekit.lock": "FileLock",
    "tradekit.model.account": "Account Position",
    "tradekit.model.bars": "Bars Series Threshold",
    "tradekit.plugin.begun": "RunStart",
    "tradekit.model.columns": "column_values",
    "tradekit.model.context": "Context Depth Quote Trade View",
    "tradekit.model.cost": "CostKind CostTerm",
    "tradekit.model.event": "CashKind Event EventKind",
    "tradekit.model.fills": "FillRules",
    "tradekit.model.instrument": "Instrument",
    "tradekit.model.order": "Bracket Fill Order OrderKind OrderStatus Reason Terms Trail",
    "tradekit.model.outside": "Abilities Holdings Intent LiveBar OutsideNote Reconnected VenueFill VenueOrder VenuePayment",
    "tradekit.model.reference": "ActionKind Actions FundingRates",
    "tradekit.model.result": "ComponentUse Result",
    "tradekit.model.risk": "Limit LimitKind Verdict VerdictKind",
    "tradekit.model.ticks": "BookUpdates Quotes Trades trade_number",
    "tradekit.plugin.values": "Values",
    "tradekit.plugin.contracts": "BarRequest CostModel DataSource Executor Indicator Paging Reporter RiskRule Step Strategy",
    "tradekit.plugin.extensions": "Extension extensions find_extension",
    "tradekit.plugin.hookspecs": "hookimpl",
    "tradekit.plugin.options": "Options",
    "tradekit.data.align": "align",
    "tradekit.data.building": "bars_of_trades coarser_bars",
    "tradekit.data.dated": "read_actions read_funding",
    "tradekit.data.interval": "interval_text",
    "tradekit.data.stream": "StreamBars",
    "tradekit.data.options": "TableColumns TableOptions",
    "tradekit.data.rows": "TableSource",
    "tradekit.data.ticks": "read_book read_quotes read_trades",
    "tradekit.data.store.folder": "Store",
    "tradekit.data.store.keys": "DataKey",
    "tradekit.data.store.view": "StoreView",
    "tradekit.data.tables": "list_symbols read_series",
    "tradekit.engine.indicator_values": "find_indicator indicator_values",
    "tradekit.engine.inputs": "RunInputs read_run",
    "tradekit.engine.keys": "Keys read_keys",
    "tradekit.engine.reread": "RunMarket read_market",
    "tradekit.engine.compare": "RunDifferences compare_results",
    "tradekit.engine.periods": "Periods benchmark_metrics drawdowns periods",
    "tradekit.engine.replay.run": "Replay Replayed replay",
    "tradekit.engine.run": "run",
    "tradekit.engine.sweep.run": "SweepResult sweep",
    "tradekit.engine.sweep.search": "Search",
    "tradekit.engine.folder": "find_run read_result",
    "tradekit.engine.snapshot": "Snapshot SnapshotCheck check_snapshot recorded_snapshot take_snapshot",
    "tradekit.engine.sources": "NamedSource open_source",
    "tradekit.builtin.indicators": "atr bar bollinger donchian ema highest lowest macd obv roc rsi rma sma stdev vwap wma",
    "pydantic": "Field",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}
_MODULES = {"statistics": "tradekit.analysis.statistics", "steps": "tradekit.simulator.steps"}

__all__ = ["__version__", *sorted(_HOME_OF), *_MODULES]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name not in _HOME_OF:
        raise AttributeError(f"module 'tradekit' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
