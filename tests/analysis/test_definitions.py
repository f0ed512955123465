import pytest

from tradekit.analysis.definitions import DEFINITIONS


@pytest.mark.parametrize("key", DEFINITIONS)
def test_definition_is_a_sentence_with_a_label(key):
    definition = DEFINITIONS[key]
    assert definition.text[0].isupper()
    assert definition.text.endswith((".", ")."))
    assert definition.label.strip() == definition.label != ""


def test_definitions_labels_are_distinct():
    assert len({definition.label for definition in DEFINITIONS.values()}) == len(DEFINITIONS)


def test_definitions_can_not_be_changed():
    with pytest.raises(TypeError):
        DEFINITIONS["sharpe"] = DEFINITIONS["sortino"]
