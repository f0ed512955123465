import pytest

import tradekit
from tradekit import CostModel, DataSource, Field, Indicator, Options, Reporter, RiskRule, Strategy
from tradekit.errors import PluginError
from tradekit.plugin.validation import check_component


class Good(Strategy):
    """Hold."""

    name = "good"

    class Options(Options):
        size: float = Field(1.0, gt=0, description="share of the equity")

    def on_bar(self, ctx):
        """Hold."""


def changed(base: type, **attributes: object) -> type:
    return type("Changed", (base,), {"__doc__": "Be different.", **attributes})


def form(*arguments): ...


def message(kind: str, component: object) -> str:
    with pytest.raises(PluginError) as error:
        check_component(kind, component)
    return str(error.value)


def test_check_complete_component_returns_it():
    assert check_component("strategy", Good) is Good


@pytest.mark.parametrize("candidate", [int, Good, Good(), "good", None])
def test_check_other_contract_is_refused(candidate):
    text = message("reporter", candidate)
    assert text == f"hook 'tradekit_reporters' returned {candidate!r}; expected subclasses of tradekit.Reporter"


def test_check_abstract_class_names_missing_methods():
    text = message("cost model", changed(CostModel, name="x", terms=form))
    assert text == "cost model 'Changed' lacks 'describe', which tradekit.CostModel leaves to it"
    assert "lacks 'step', 'warmup'," in message("indicator", changed(Indicator, name="x"))
    assert "lacks 'bars'," in message("data source", DataSource)


def test_check_missing_name_is_refused():
    assert (
        message("reporter", changed(Reporter))
        == "reporter 'Changed' has no name; give it one in kebab-case, such as name = 'sma-cross'"
    )


@pytest.mark.parametrize("name", ["SmaCross", "sma_cross", "sma--cross", "-sma", "sma-", "", "sma cross", "sma\n", 5, None])
def test_check_name_that_is_not_kebab_case_is_refused(name):
    assert "kebab-case" in message("strategy", changed(Good, name=name))


@pytest.mark.parametrize("name", ["sma", "sma-cross", "52-week-high", "ma2"])
def test_check_kebab_case_name_passes(name):
    assert check_component("strategy", changed(Good, name=name))


@pytest.mark.parametrize("doc", [None, "", "  \n"])
def test_check_missing_docstring_is_refused_though_the_base_has_one(doc):
    text = message("strategy", changed(Good, __doc__=doc))
    assert text == "strategy 'Changed' has no docstring; its first line is what 'tradekit plugins' prints"


@pytest.mark.parametrize("options", [object, type("Options", (), {"fast": 3}), {"fast": 3}, None])
def test_check_options_of_another_class_are_refused(options):
    assert (
        message("strategy", changed(Good, Options=options))
        == "strategy 'Changed' has Options that are not a subclass of tradekit.Options"
    )


@pytest.mark.parametrize("config", [{"extra": "allow"}, {"extra": "ignore"}, {"frozen": False}])
def test_check_open_or_changeable_options_are_refused(config):
    options = type("Options", (tradekit.Options,), {"model_config": config})
    assert "has Options that let unknown keys in or can be changed" in message("strategy", changed(Good, Options=options))


def test_check_undescribed_option_is_named():
    class Undescribed(Options):
        fast: int = 3

    text = message("strategy", changed(Good, Options=Undescribed))
    assert text == "strategy 'Changed' has option 'fast' without a description; add description='...' to its Field, with its unit"


def test_check_undescribed_option_in_a_table_of_options_is_named():
    class Inner(Options):
        time: str = "time"

    class Outer(Options):
        columns: Inner = Field(Inner(), description="which column is what")

    assert "has option 'columns.time' without a description" in message("strategy", changed(Good, Options=Outer))


def test_check_constructor_with_other_arguments_is_refused():
    def construct(self, fast, slow): ...

    text = message("strategy", changed(Good, __init__=construct))
    assert text.startswith("strategy 'Changed' can't be made from its options (missing a required argument: 'slow')")
    assert text.endswith("; let its __init__ take only 'options'")


def test_check_strategy_without_a_form_is_refused():
    assert (
        message("strategy", changed(Strategy, name="x")) == "strategy 'Changed' decides nothing; give it on_bar, targets, or both"
    )


@pytest.mark.parametrize("forms", [{"on_bar"}, {"targets"}, {"on_bar", "targets"}])
def test_check_strategy_with_a_form_passes(forms):
    assert check_component("strategy", changed(Strategy, name="x", **dict.fromkeys(forms, form)))


def test_check_risk_rule_needs_exactly_one_form():
    assert message("risk rule", changed(RiskRule, name="x")) == "risk rule 'Changed' judges nothing; give it limits or check"
    both = changed(RiskRule, name="x", limits=form, check=form)
    assert message("risk rule", both) == "risk rule 'Changed' has both limits and check; give it one of them"
    assert check_component("risk rule", changed(RiskRule, name="x", limits=form))
    assert check_component("risk rule", changed(RiskRule, name="x", check=form))
