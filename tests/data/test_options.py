import pytest
from pydantic import ValidationError

from tradekit import TableColumns, TableOptions


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "tz",
            "America/New_Yrok",
            "unknown time zone 'America/New_Yrok'; allowed are IANA names such as 'America/New_York'; did you mean",
        ),
        ("tz", "America", "unknown time zone 'America'"),
        ("tz", "../UTC", "unknown time zone '../UTC'"),
        ("unit", "sec", "Input should be 's', 'ms', 'us' or 'ns'"),
        ("label", "end", "Input should be 'open' or 'close'"),
        ("layout", "tall", "Input should be 'long' or 'wide'"),
        ("time_format", "%Q %Y", "'%Q %Y' is not a format that Python's strptime knows"),
        ("time_format", "%H:%M", "'%H:%M' has no year; write it as in Python's strptime, such as '%Y-%m-%d %H:%M'"),
        ("columns", {"time": []}, "an empty list names no column; leave the key out to have it guessed"),
        ("columns", {"closing": "x"}, "Extra inputs are not permitted"),
        ("where", {"a": 1}, "Input should be a valid string"),
    ],
)
def test_table_options_with_a_wrong_value_say_what_is_allowed(key, value, message):
    with pytest.raises(ValidationError) as error:
        TableOptions.model_validate({"path": "x.csv", key: value})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"path": "x.csv", "unit": "s", "time_format": "%Y"},
            "unit is for times that are numbers, time_format for times that are text; give one of them",
        ),
        (
            {"path": "{symbol}.csv", "layout": "wide"},
            "'{symbol}.csv' has a file for each instrument, so that no column of a file can tell them apart",
        ),
        ({"path": "{symbol}.csv", "columns": {"symbol": "s"}}, "'{symbol}.csv' has a file for each instrument"),
    ],
)
def test_table_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(ValidationError) as error:
        TableOptions.model_validate(options)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"columns": {"time": "t"}},
            "columns is about the bars, and no file of these is named; that of the trades is trades.columns",
        ),
        ({"unit": "ms"}, "unit is about the bars, and no file of these is named; that of the trades is trades.unit"),
        ({"label": "close"}, "label is about the bars, and no file of these is named"),
    ],
)
def test_table_options_that_would_have_no_effect_are_refused(options, message):
    with pytest.raises(ValidationError) as error:
        TableOptions.model_validate({"trades": {"path": "x.csv"}, **options})
    assert message in str(error.value)
    TableOptions.model_validate({"trades": {"path": "x.csv"}, "intervals": {"1m": "m.csv"}, **options})


def test_table_options_need_a_path_and_nothing_else():
    assert TableOptions.model_validate({"path": "x.csv"}).tz == "UTC"
    with pytest.raises(ValidationError, match="path"):
        TableOptions.model_validate({})


@pytest.mark.parametrize("options", [TableOptions, TableColumns])
def test_every_option_is_described(options):
    assert all(field.description for field in options.model_fields.values())
