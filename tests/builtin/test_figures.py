import pytest

from tradekit import Definition
from tradekit.builtin.figures import closing_date, day_text, few, figure, minute_text, money, percent, price, second_text


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "12.35 %"), (-0.0001, "-0.01 %"), (-0.00001, "0.00 %"), (12.5, "1,250 %"), (9.999, "999.90 %")]
)
def test_percent_two_decimals_below_a_thousand(value, text):
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (1234.567, 1e5, "1,234.57"),
        (1234.567, 1e6, "1,235"),
        (0.0123456789, 1.5, "0.01235"),
        (0.0123456789, 0.02, "0.0123457"),
        (1e-9, 1e-7, "0.00000000"),
        (-0.001, 1e5, "0.00"),
    ],
)
def test_money_decimals_follow_the_size_of_the_account(value, scale, text):
    assert money(value, scale) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(65432.123, "65,432.1"), (1.07219, "1.07219"), (0.00001234567, "0.0000123457"), (1234567.8, "1,234,568"), (0.0, "0")],
)
def test_price_has_six_significant_digits(value, text):
    assert price(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "money", "-"),
        (0.5, "fraction", "50.00 %"),
        (1234.5, "money", "1,234.50"),
        (229.4, "days", "229 days"),
        (1.0, "days", "1 day"),
        (2.75, "days", "2.8 days"),
        (0.25, "days", "6.0 hours"),
        (41 / 86_400, "days", "0.7 minutes"),
        (0.0, "days", "0 days"),
        (12345, "count", "12,345"),
        (1.234, "ratio", "1.23"),
        (-0.001, "ratio", "0.00"),
        (89.76, "per year", "89.76 a year"),
        (12345.6, "per year", "12,346 a year"),
    ],
)
def test_figure_is_shown_in_its_unit(value, unit, text):
    assert figure(value, Definition("label", unit, "Text."), 1e5) == text


def test_closing_date_midnight_is_the_end_of_the_day_before():
    day = 86_400_000_000_000
    assert (closing_date(19_723 * day), closing_date(19_723 * day + 1)) == ("2023-12-31", "2024-01-01")
    assert day_text(19_723 * day) == "2024-01-01"


def test_minute_text_is_utc_without_seconds():
    assert minute_text(1_704_121_259_000_000_000) == "2024-01-01 15:00"
    assert second_text(1_704_121_259_900_000_000) == "2024-01-01 15:00:59"


@pytest.mark.parametrize(
    ("room", "text"), [(100, "AAA, BBB, CCC"), (13, "AAA, BBB, CCC"), (12, "AAA, BBB and 1 more"), (1, "AAA and 2 more")]
)
def test_few_counts_what_has_no_room(room, text):
    assert few(["AAA", "BBB", "CCC"], room) == text


def test_few_of_nothing_is_empty():
    assert few([], 10) == ""
