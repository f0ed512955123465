"""Which driver a run takes, and what is proven before the fast one may."""

import numpy as np
import pytest

from tradekit import Reporter, RiskRule, Strategy, Verdict, sma
from tradekit.errors import StrategyError

RNG = np.random.default_rng(5)
CLOSES = 100.0 * np.exp(RNG.normal(0, 0.01, 400).cumsum())


def unchanged(bars):
    return np.full(bars.close.shape, np.nan)


class Arrays(Strategy):
    """Hold what a test says, in the array form alone."""

    name = "arrays"

    def indicators(self):
        return {"mean": sma(5)}

    def targets(self, bars, ind):
        weights = unchanged(bars)
        weights[ind.crossed_above("close", "mean")] = 1.0
        weights[ind.crossed_below("close", "mean")] = 0.0
        return weights


class Both(Arrays):
    """Hold while above the mean, in both forms."""

    name = "both"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            if view.crossed_above("close", "mean"):
                view.target(weight=1.0)
            elif view.crossed_below("close", "mean"):
                view.target(weight=0.0)


class Asks(RiskRule):
    """Judge in Python."""

    name = "asks"

    def check(self, order, account):
        return Verdict.accept()


class Watches(Reporter):
    """Must see each event."""

    name = "watches"
    critical = True


def plan_of(lab, strategy, *overrides):
    return lab.ready(strategy, *overrides).plan


def refusal(lab, strategy, *overrides):
    with pytest.raises(StrategyError) as error:
        plan_of(lab, strategy, *overrides)
    return str(error.value)


def test_choose_both_forms_takes_the_compiled_driver_after_proof(lab):
    lab.give(CLOSES)
    plan = plan_of(lab, Both)
    assert (plan.driver, plan.reason) == (
        "compiled",
        "the strategy gives targets(), proven equal to its on_bar() on the first 400 bars",
    )
    assert plan.targets.shape == (400, 1)


def test_choose_proof_of_equality_takes_a_slice_of_long_data(lab):
    lab.give(np.tile(CLOSES, 20))
    assert plan_of(lab, Both).reason.endswith("on the first 5,005 bars")


def test_choose_array_form_alone_is_compiled(lab):
    lab.give(CLOSES)
    plan = plan_of(lab, Arrays)
    assert (plan.driver, plan.reason) == (
        "compiled",
        "the strategy gives targets(), which do not change when later bars are left out",
    )


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        (["execution.driver='event'"], "the run file asks for it"),
        (["risk=[{rule='asks'}]"], "risk rule 'asks' judges in Python, with check()"),
        (["report=[{name='watches'}]"], "reporter 'watches' must see each event as it happens"),
    ],
)
def test_choose_what_is_composed_may_need_the_event_driver(lab, overrides, reason):
    lab.give(CLOSES)
    lab.bring(Asks, Watches)
    plan = plan_of(lab, Both, *overrides)
    assert (plan.driver, plan.reason, plan.targets) == ("event", reason, None)


def test_choose_event_form_alone_takes_the_event_driver(lab):
    class Events(Strategy):
        """Do nothing."""

        name = "events"

        def on_bar(self, ctx): ...

    lab.give(CLOSES)
    plan = plan_of(lab, Events)
    assert (plan.driver, plan.reason) == ("event", "strategy 'events' has no targets()")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda bars: np.zeros(3), "returned shape (3,), expected [time, instrument] (400, 1)"),
        (lambda bars: bars.close[:, 0], "returned shape (400,), expected [time, instrument] (400, 1)"),
        (lambda bars: None, "returned shape (), expected [time, instrument] (400, 1)"),
        (lambda bars: np.where(bars.close > bars.close[40], np.inf, 0.0), "returned an infinite weight for 'X' at 2020-"),
        (lambda bars: [["much"]] * 400, "raised ValueError: could not convert string to float: 'much'"),
        (lambda bars: bars.closes, "raised AttributeError: 'Bars' object has no attribute 'closes'"),
    ],
    ids=["short", "flat", "none", "infinite", "text", "raises"],
)
def test_targets_of_what_makes_no_sense_is_refused(lab, answer, said):
    class Odd(Arrays):
        """Answer oddly."""

        def targets(self, bars, ind):
            return answer(bars)

    lab.give(CLOSES)
    assert f"targets() of strategy 'arrays' {said}" in refusal(lab, Odd)


def test_targets_of_indicators_that_are_written_to_is_refused(lab):
    class Writes(Arrays):
        """Change what it was lent."""

        def targets(self, bars, ind):
            mean = ind["mean"]
            mean -= bars.close
            return mean

    lab.give(CLOSES)
    assert "raised ValueError: output array is read-only" in refusal(lab, Writes)


def test_targets_of_error_of_the_kernel_gets_a_note(lab):
    class Odd(Arrays):
        """Ask for what there isn't."""

        def targets(self, bars, ind):
            return ind["means"]

    lab.give(CLOSES)
    with pytest.raises(StrategyError, match=r"no value 'means'; there are .* did you mean 'mean'") as error:
        plan_of(lab, Odd)
    (note,) = error.value.__notes__
    assert note.startswith("raised by targets() of strategy 'arrays' (")


def test_targets_before_the_warm_up_are_ignored(lab):
    class Eager(Arrays):
        """Want all of it at once."""

        def targets(self, bars, ind):
            return np.ones(bars.close.shape)

    lab.give(CLOSES)
    plan = plan_of(lab, Eager)
    assert np.isnan(plan.targets[:4]).all()
    assert (plan.targets[4:] == 1.0).all()


def shifted(close, rows):
    """Return the closes of `rows` bars later, and the last one where there is none."""
    return np.concatenate((close[rows:], np.repeat(close[-1:], rows, axis=0)))


PEEKS = {
    "next close, dense": lambda bars: np.where(shifted(bars.close, 1) > bars.close, 1.0, 0.0),
    "five bars on, dense": lambda bars: np.where(shifted(bars.close, 5) > bars.close, 1.0, 0.0),
    "mean of all": lambda bars: np.where(bars.close > bars.close.mean(), 1.0, 0.0),
    "rolled": lambda bars: np.where(np.roll(bars.close, -1, axis=0) > bars.close, 1.0, 0.0),
    "length of the data": lambda bars: np.full(bars.close.shape, 100.0 / len(bars)),
    "flat on the last day": lambda bars: np.concatenate((np.ones((len(bars) - 1, 1)), [[0.0]])),
}


@pytest.mark.parametrize("peek", PEEKS.values(), ids=PEEKS.keys())
def test_causality_targets_that_look_into_the_future_are_found_out(lab, peek):
    class Oracle(Arrays):
        """Know what comes."""

        name = "oracle"

        def targets(self, bars, ind):
            return peek(bars)

    lab.give(CLOSES)
    said = refusal(lab, Oracle)
    assert said.startswith("targets() of strategy 'oracle' looks into the future: for 'X' at 20")
    assert " when the data ends at 20" in said


def test_causality_rare_signal_that_needs_the_next_bar_is_found_out(lab):
    class Oracle(Arrays):
        """Buy a crossing one bar before it."""

        name = "oracle"

        def targets(self, bars, ind):
            weights = unchanged(bars)
            weights[:-1][ind.crossed_above("close", "mean")[1:]] = 1.0
            return weights

    closes = np.where(np.arange(400) % 40 == 7, 110.0, 100.0 - np.arange(400) / 1000.0)
    lab.give(closes)
    assert refusal(lab, Oracle).endswith(
        "for 'X' at 2020-01-08T00:00:00Z it gives the weight 1.0, but no target when the data ends at 2020-01-08T00:00:00Z"
    )


def test_causality_weights_by_chance_are_called_what_they_are(lab):
    class Dice(Arrays):
        """Throw dice."""

        name = "dice"

        def targets(self, bars, ind):
            return np.random.default_rng().random(bars.close.shape)

    lab.give(CLOSES)
    assert refusal(lab, Dice) == (
        "targets() of strategy 'dice' gives other weights each time on the same data; "
        "let it draw from a generator whose seed is an option"
    )


def test_causality_state_of_a_strategy_is_fresh_for_each_proof(lab):
    class Counts(Arrays):
        """Count its calls, which must not reach a second one."""

        def targets(self, bars, ind):
            self.calls = getattr(self, "calls", 0) + 1
            return np.full(bars.close.shape, float(self.calls))

    lab.give(CLOSES)
    assert np.nanmax(plan_of(lab, Counts).targets) == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda view: view.target(weight=0.5), "on_bar() orders +4.98"),
        (lambda view: None, "on_bar() does nothing more, targets() orders +"),
        (lambda view: view.buy(1.0, limit=view.close), "on_bar() orders +1 X at 2020-"),
    ],
    ids=["other weight", "nothing", "other kind"],
)
def test_equality_forms_that_differ_are_refused(lab, change, said):
    class Differs(Both):
        """Decide otherwise in the event form."""

        name = "differs"

        def on_bar(self, ctx):
            for view in ctx.instruments:
                if view.crossed_above("close", "mean"):
                    change(view)

    lab.give(CLOSES)
    told = refusal(lab, Differs)
    assert told.startswith("the two forms of strategy 'differs' differ: " + said)
    assert told.endswith("; mend one of them, or set execution.driver = 'event' to use on_bar() alone")


def test_equality_difference_names_bar_and_instrument_of_both_forms(lab):
    class Late(Both):
        """Sell one bar late."""

        name = "late"

        def on_bar(self, ctx):
            for view in ctx.instruments:
                if view.crossed_above("close", "mean"):
                    view.target(weight=1.0)
                elif view.close < view["mean"] and view.previous("close") < view.previous("mean") and view.position:
                    view.exit()

    lab.give([100.0] * 5 + [110.0] * 3 + [90.0] * 5)
    assert "on_bar() orders -9.09091 X at 2020-01-11T00:00:00Z, targets() orders -9.09091 X at 2020-01-10T00:00:00Z" in refusal(
        lab, Late
    )


def test_equality_rounding_of_a_weight_is_no_difference(lab):
    class Rounds(Both):
        """Come to the same weight by another way."""

        def targets(self, bars, ind):
            return super().targets(bars, ind) * 0.3

        def on_bar(self, ctx):
            for view in ctx.instruments:
                if view.crossed_above("close", "mean"):
                    view.target(weight=0.1 + 0.1 + 0.1)
                elif view.crossed_below("close", "mean"):
                    view.target(weight=0.0)

    assert 0.1 + 0.1 + 0.1 != 0.3
    lab.give(CLOSES)
    assert plan_of(lab, Rounds).driver == "compiled"


def test_equality_can_be_left_aside_with_the_event_driver(lab):
    class Differs(Both):
        """Do nothing in the event form."""

        def on_bar(self, ctx): ...

    lab.give(CLOSES)
    assert plan_of(lab, Differs, "execution.driver='event'").driver == "event"


def test_indicator_that_looks_into_the_future_is_found_out_in_the_event_form_too(lab):
    class Tomorrow(type(sma(2))):
        """Give tomorrow's close."""

        def compute(self, close):
            return np.roll(close, -1)[None]

    class Oracle(Strategy):
        """Read tomorrow's close."""

        name = "oracle"

        def indicators(self):
            return {"tomorrow": Tomorrow(Tomorrow.Options(length=2))}

        def on_bar(self, ctx): ...

    lab.give(CLOSES)
    assert refusal(lab, Oracle).startswith("indicator 'tomorrow' (sma) looks into the future: its value for 'X' at 20")
