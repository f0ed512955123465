import pytest

from tradekit.data.interval import interval_text, parse_interval, time_text

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("30s", 30), ("5m", 300), ("1h", 3600), ("4h", 14400), ("1d", 86400), ("1w", 604800)]
)
def test_parse_interval_and_back_gives_the_same_text(text, seconds):
    assert parse_interval(text) == seconds * SECOND
    assert interval_text(seconds * SECOND) == text


@pytest.mark.parametrize("text", ["", "0m", "m", "-5m", "1.5h", "1 h", "5x", "1M", "1mo", "01d", "9999999d"])
def test_parse_interval_of_anything_else_says_what_is_allowed(text):
    with pytest.raises(
        ValueError, match=r"is not an interval; write a whole number and one of s, m, h, d, w, such as '5m'"
    ) as error:
        parse_interval(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("text", "meant"), [("15min", "15m"), ("60 minutes", "60m"), ("1H", "1h"), ("hour", "1h"), ("1D", "1d"), ("2wk", "2w")]
)
def test_parse_interval_in_other_words_suggests_the_right_ones(text, meant):
    with pytest.raises(ValueError, match=f"did you mean '{meant}'"):
        parse_interval(text)


def test_parse_interval_of_a_capital_m_suggests_nothing_because_it_may_be_a_month():
    with pytest.raises(ValueError, match=r"'5m'$"):
        parse_interval("1M")


@pytest.mark.parametrize(
    ("interval", "text"), [(90 * SECOND, "90s"), (36 * 3600 * SECOND, "36h"), (SECOND // 2, "0.5s"), (0, "0s")]
)
def test_interval_text_uses_the_largest_unit_that_divides(interval, text):
    assert interval_text(interval) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_600_000_000 * SECOND, "2020-09-13T12:26:40Z"),
        (1_500_000, "1970-01-01T00:00:00.0015Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
    ],
)
def test_time_text_shows_no_more_decimals_than_needed(time, text):
    assert time_text(time) == text
