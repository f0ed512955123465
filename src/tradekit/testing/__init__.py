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
from tradekit.testing import markets  # noqa: E402 - what is missing is said before it is imported
from tradekit.testing.clock import FixedClock  # noqa: E402 - the same
from tradekit.testing.component import ComponentContract  # noqa: E402 - the same
from tradekit.testing.cost_model import CostModelContract  # noqa: E402 - the same
from tradekit.testing.data_source import DataSourceContract  # noqa: E402 - the same
from tradekit.testing.executor import ExecutorContract  # noqa: E402 - the same
from tradekit.testing.indicator import IndicatorContract  # noqa: E402 - the same
from tradekit.testing.lab import Lab  # noqa: E402 - the same
from tradekit.testing.reporter import ReporterContract  # noqa: E402 - the same
from tradekit.testing.risk_rule import RiskRuleContract  # noqa: E402 - the same
from tradekit.testing.strategy import StrategyContract  # noqa: E402 - the same

__all__ = [
    "ComponentContract",
    "CostModelContract",
    "DataSourceContract",
    "ExecutorContract",
    "FixedClock",
    "IndicatorContract",
    "Lab",
    "ReporterContract",
    "RiskRuleContract",
    "StrategyContract",
    "markets",
]
