import pytest
from tradekit_venue.faults import Fault, Script, read_fault

from tradekit import ConfigError


class Later:
    """An agenda whose time comes when a test says so."""

    def __init__(self):
        self.planned = []

    def after(self, milliseconds, action):
        self.planned.append((milliseconds, action))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"do": "late"}, "a fault needs match, and this one has do"),
        (
            {"match": "POST order", "do": "drop-befor"},
            "unknown fault 'drop-befor' of a request; did you mean 'drop-before'?; allowed are ",
        ),
        ({"match": "STREAM trade", "do": "html"}, "unknown fault 'html' of a message; allowed are close, drop, duplicate"),
        ({"match": "order", "do": "late"}, "a fault's match is 'order'; it is a method and a name, such as 'POST order'"),
        ({"match": "POST order", "do": "late", "nht": 2}, "a fault has no 'nht'; did you mean 'nth'?; it has match, do, nth"),
        ({"match": "POST order", "do": "late", "nth": "2"}, "nth of a fault must be a int, got '2'"),
        ({"match": "POST order", "do": "late", "nth": 0}, "has a number that is too small: nth and parts are 1 or more"),
        ({"match": "POST order", "do": "skew"}, "the fault 'skew' needs ms: how many milliseconds the clock is off"),
    ],
)
def test_fault_that_can_not_be_is_refused_with_what_is_allowed(values, said) -> None:
    with pytest.raises(ConfigError) as error:
        read_fault(values)
    assert said in str(error.value)


def test_script_takes_the_first_fault_that_fits_and_counts_the_others_too() -> None:
    script = Script(Later())
    script.add(read_fault({"match": "POST order", "do": "late"}))
    script.add(read_fault({"match": "* order", "do": "cut", "nth": 2}))
    assert [getattr(script.take("POST", "order"), "do", None) for _ in range(3)] == ["late", "cut", None]
    assert script.pending() == []


def test_asterisk_stands_for_requests_and_not_for_messages() -> None:
    script = Script(Later())
    script.add(Fault("* *", "late", times=0))
    assert script.take("STREAM", "trade") is None
    assert script.take("GET", "time") is not None
    assert script.take("WS", "order.place") is not None


def test_what_is_held_goes_on_once_by_time_or_by_release() -> None:
    later, done = Later(), []
    script = Script(later)
    script.later(Fault("POST order", "late", ms=50), lambda: done.append("timed"))
    script.later(Fault("POST order", "late"), lambda: done.append("released"))
    ((milliseconds, action),) = later.planned
    assert milliseconds == 50
    action()
    assert done == ["timed"]
    script.release()
    action()
    assert done == ["timed", "released"]
