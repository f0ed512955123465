"""Components with nothing wrong in them, for broken ones to differ from in one way."""

import tradekit
from tradekit import Indicator


class EchoStep:
    """Give back what is pushed."""

    def push(self, *values):
        return values


class Echo(Indicator):
    """Give back the close."""

    class Options(tradekit.Options):
        """None."""

    @property
    def warmup(self):
        return 1

    def step(self):
        return EchoStep()
