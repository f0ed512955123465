"""Models: one small contract, the models that come with this package, and how those of others are found."""

from tradekit_ml.models.contract import Floats, Model, OnlineModel, Task
from tradekit_ml.models.delayed import DelayedLearner
from tradekit_ml.models.finding import GROUP, Listed, find_model, list_models, load_model, make_model

__all__ = [
    "GROUP",
    "DelayedLearner",
    "Floats",
    "Listed",
    "Model",
    "OnlineModel",
    "Task",
    "find_model",
    "list_models",
    "load_model",
    "make_model",
]
