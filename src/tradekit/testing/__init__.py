"""What an author of a plugin tests with: one contract for each kind of component, made-up markets, and a clock that stands still.

Needs the extra `testing`. A contract is a class of numbered tests; subclass it in a test file, and say which
component it is about:

    from tradekit.testing import IndicatorContract

    class TestMyIndicator(IndicatorContract):
        component = MyIndicator
        options = [{"length": 5}, {"length": 20}]
"""

from importlib.util import find_spec

from tradekit.errors import PluginError

if find_spec("pytest") is None:
    raise PluginError("tradekit.testing needs pytest, which is not installed; pip install 'tradekit[testing]'")

# A rule that is broken says so itself, with its evidence, so none of the modules below needs pytest to rewrite its assertions.
from tradekit.testing import markets
from tradekit.testing.clock import FixedClock
from tradekit.testing.component import ComponentContract
from tradekit.testing.cost_model import CostModelContract
from tradekit.testing.data_source import DataSourceContract
from tradekit.testing.executor import ExecutorContract
from tradekit.testing.feed import ScriptedSource
from tradekit.testing.indicator import IndicatorContract
from tradekit.testing.lab import Lab
from tradekit.testing.loop import VirtualLoop, run_virtually
from tradekit.testing.reporter import ReporterContract
from tradekit.testing.risk_rule import RiskRuleContract
from tradekit.testing.sending import SendingExecutorContract, Stand
from tradekit.testing.strategy import StrategyContract
from tradekit.testing.venue import Fault, ScriptedExecutor, ScriptedStand, ScriptedVenue

__all__ = [
    "ComponentContract",
    "CostModelContract",
    "DataSourceContract",
    "ExecutorContract",
    "Fault",
    "FixedClock",
    "IndicatorContract",
    "Lab",
    "ReporterContract",
    "RiskRuleContract",
    "ScriptedExecutor",
    "ScriptedSource",
    "ScriptedStand",
    "ScriptedVenue",
    "SendingExecutorContract",
    "Stand",
    "StrategyContract",
    "VirtualLoop",
    "markets",
    "run_virtually",
]
