"""A plugin with a component of every kind."""

from tradekit import hookimpl

from tradekit_frozen.costs import Ticket
from tradekit_frozen.data import Waves
from tradekit_frozen.execution import Patient
from tradekit_frozen.indicators import Midrange, Spread
from tradekit_frozen.reports import Diary
from tradekit_frozen.rules import Cap, Curfew
from tradekit_frozen.strategies import Bidder, Swing

TRADEKIT_API = 1


@hookimpl
def tradekit_data_sources():
    return [Waves]


@hookimpl
def tradekit_indicators():
    return [Midrange, Spread]


@hookimpl
def tradekit_strategies():
    return [Swing, Bidder]


@hookimpl
def tradekit_risk_rules():
    return [Cap, Curfew]


@hookimpl
def tradekit_executors():
    return [Patient]


@hookimpl
def tradekit_cost_models():
    return [Ticket]


@hookimpl
def tradekit_reporters():
    return [Diary]
