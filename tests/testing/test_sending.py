"""The executor in memory keeps to the contract that executors are held to."""

import pytest

from tradekit.testing import ScriptedExecutor, ScriptedStand, SendingExecutorContract


class TestScripted(SendingExecutorContract):
    component = ScriptedExecutor

    @pytest.fixture
    def stand(self):
        return ScriptedStand(ScriptedExecutor)

    def test_cmp06_is_found_through_its_package(self):
        """It is no plugin: nobody could name it in a run file."""
