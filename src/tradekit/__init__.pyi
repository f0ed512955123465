from pydantic import Field as Field

from tradekit.analysis import statistics as statistics
from tradekit.analysis.definitions import DEFINITIONS as DEFINITIONS, Definition as Definition
from tradekit.analysis.drawdowns import Drawdowns as Drawdowns
from tradekit.analysis.splits import (
    CombinatorialSplits as CombinatorialSplits,
    LabelSplit as LabelSplit,
    combinatorial_purged as combinatorial_purged,
    purged_k_fold as purged_k_fold,
    purged_walk_forward as purged_walk_forward,
)
from tradekit.builtin.indicators import (
    atr as atr,
    bar as bar,
    bollinger as bollinger,
    donchian as donchian,
    ema as ema,
    highest as highest,
    lowest as lowest,
    macd as macd,
    obv as obv,
    rma as rma,
    roc as roc,
    rsi as rsi,
    sma as sma,
    stdev as stdev,
    vwap as vwap,
    wma as wma,
)
from tradekit.data.align import align as align
from tradekit.data.building import bars_of_trades as bars_of_trades, coarser_bars as coarser_bars
from tradekit.data.dated import read_actions as read_actions, read_funding as read_funding
from tradekit.data.interval import interval_text as interval_text
from tradekit.data.options import TableColumns as TableColumns, TableOptions as TableOptions
from tradekit.data.rows import TableSource as TableSource
from tradekit.data.store.folder import Store as Store
from tradekit.data.store.keys import DataKey as DataKey
from tradekit.data.store.view import StoreView as StoreView
from tradekit.data.stream import StreamBars as StreamBars
from tradekit.data.tables import list_symbols as list_symbols, read_series as read_series
from tradekit.data.ticks import read_book as read_book, read_quotes as read_quotes, read_trades as read_trades
from tradekit.durable import (
    UNFINISHED as UNFINISHED,
    publish_file as publish_file,
    publish_folder as publish_folder,
    sync_folder as sync_folder,
)
from tradekit.engine.compare import RunDifferences as RunDifferences, compare_results as compare_results
from tradekit.engine.folder import find_run as find_run, read_result as read_result
from tradekit.engine.indicator_values import find_indicator as find_indicator, indicator_values as indicator_values
from tradekit.engine.inputs import RunInputs as RunInputs, read_run as read_run
from tradekit.engine.keys import Keys as Keys, read_keys as read_keys
from tradekit.engine.periods import (
    Periods as Periods,
    benchmark_metrics as benchmark_metrics,
    drawdowns as drawdowns,
    periods as periods,
)
from tradekit.engine.reread import RunMarket as RunMarket, read_market as read_market
from tradekit.engine.replay.run import Replay as Replay, Replayed as Replayed, replay as replay
from tradekit.engine.run import run as run
from tradekit.engine.snapshot import (
    Snapshot as Snapshot,
    SnapshotCheck as SnapshotCheck,
    check_snapshot as check_snapshot,
    recorded_snapshot as recorded_snapshot,
    take_snapshot as take_snapshot,
)
from tradekit.engine.sources import NamedSource as NamedSource, open_source as open_source
from tradekit.engine.sweep.run import SweepResult as SweepResult, sweep as sweep
from tradekit.engine.sweep.search import Search as Search
from tradekit.errors import (
    ConfigError as ConfigError,
    DataError as DataError,
    LockedError as LockedError,
    OrderError as OrderError,
    OrderRefused as OrderRefused,
    PluginError as PluginError,
    RunError as RunError,
    StrategyError as StrategyError,
    TradekitError as TradekitError,
    VenueError as VenueError,
)
from tradekit.lock import FileLock as FileLock
from tradekit.model.account import Account as Account, Position as Position
from tradekit.model.bars import Bars as Bars, Series as Series, Threshold as Threshold
from tradekit.plugin.begun import RunStart as RunStart
from tradekit.model.columns import column_values as column_values
from tradekit.model.context import Context as Context, Depth as Depth, Quote as Quote, Trade as Trade, View as View
from tradekit.model.cost import CostKind as CostKind, CostTerm as CostTerm
from tradekit.model.event import CashKind as CashKind, Event as Event, EventKind as EventKind
from tradekit.model.fills import FillRules as FillRules
from tradekit.model.instrument import Instrument as Instrument
from tradekit.model.order import (
    Bracket as Bracket,
    Fill as Fill,
    Order as Order,
    OrderKind as OrderKind,
    OrderStatus as OrderStatus,
    Reason as Reason,
    Terms as Terms,
    Trail as Trail,
)
from tradekit.model.outside import (
    Abilities as Abilities,
    Holdings as Holdings,
    Intent as Intent,
    LiveBar as LiveBar,
    OutsideNote as OutsideNote,
    Reconnected as Reconnected,
    VenueFill as VenueFill,
    VenueOrder as VenueOrder,
    VenuePayment as VenuePayment,
)
from tradekit.model.reference import ActionKind as ActionKind, Actions as Actions, FundingRates as FundingRates
from tradekit.model.result import ComponentUse as ComponentUse, Result as Result
from tradekit.model.risk import Limit as Limit, LimitKind as LimitKind, Verdict as Verdict, VerdictKind as VerdictKind
from tradekit.model.ticks import BookUpdates as BookUpdates, Quotes as Quotes, Trades as Trades, trade_number as trade_number
from tradekit.plugin.values import Values as Values
from tradekit.plugin.contracts import (
    BarRequest as BarRequest,
    CostModel as CostModel,
    DataSource as DataSource,
    Executor as Executor,
    Indicator as Indicator,
    Paging as Paging,
    Reporter as Reporter,
    RiskRule as RiskRule,
    Step as Step,
    Strategy as Strategy,
)
from tradekit.plugin.extensions import Extension as Extension
from tradekit.plugin.extensions import extensions as extensions
from tradekit.plugin.extensions import find_extension as find_extension
from tradekit.plugin.hookspecs import hookimpl as hookimpl
from tradekit.plugin.options import Options as Options
from tradekit.simulator import steps as steps

__version__: str
__all__: list[str]
