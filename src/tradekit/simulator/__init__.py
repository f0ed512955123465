"""Compiled: matching, costs, accounting, indicator steps, and the loops over bars."""

from tradekit.simulator.build import verify

verify()
