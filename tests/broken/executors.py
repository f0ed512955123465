"""Executors that are broken in one way each."""

from tradekit import Executor, FillRules
from tradekit.testing import ExecutorContract


class Hopeful(Executor):
    """Ask for a path that the simulator doesn't know."""

    name = "hopeful"

    def fill_rules(self):
        return FillRules(path="best")


class TestHopeful(ExecutorContract):
    component = Hopeful
    breaks = "exe01"
    also = ("exe03",)  # a run reads it as no path that it knows


class Wavering(Executor):
    """Answer otherwise each time it is asked."""

    name = "wavering"
    latency = 0

    def fill_rules(self):
        type(self).latency += 1
        return FillRules(latency_ns=self.latency)


class TestWavering(ExecutorContract):
    component = Wavering
    breaks = "exe02"


class Eternal(Executor):
    """Let every order travel for ten years."""

    name = "eternal"

    def fill_rules(self):
        return FillRules(latency_ns=3650 * 86_400_000_000_000)


class TestEternal(ExecutorContract):
    component = Eternal
    breaks = "exe03"
