import pytest

from tradekit.data.interval import bar_size_text, interval_text, parse_bar_size, parse_interval, time_text
from tradekit.model.bars import Threshold

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


@pytest.mark.parametrize("text", ["36526d", "5218w", "999999w", "999999d"])
def test_parse_interval_that_is_too_long_for_64_bits_is_refused(text):
    with pytest.raises(ValueError, match=f"^'{text}' is too long for an interval; the longest is '36525d', a hundred years$"):
        parse_interval(text)
    assert interval_text(parse_interval("36525d")) == "36525d"


@pytest.mark.parametrize(
    ("text", "amount", "of", "shown"),
    [
        ("1000 trades", 1000.0, "trades", "1000 trades"),
        ("1e3 trades", 1000.0, "trades", "1000 trades"),
        ("50 volume", 50.0, "volume", "50 volume"),
        ("0.25 volume", 0.25, "volume", "0.25 volume"),
        ("1e6 value", 1e6, "value", "1000000 value"),
        ("1.5e12 value", 1.5e12, "value", "1500000000000 value"),
        ("1e20 value", 1e20, "value", "1e+20 value"),
        ("123456.789 value", 123456.789, "value", "123456.789 value"),
    ],
)
def test_parse_bar_size_of_a_threshold_and_its_text(text, amount, of, shown):
    assert parse_bar_size(text) == Threshold(amount, of)
    assert bar_size_text(Threshold(amount, of)) == shown
    assert parse_bar_size(shown) == Threshold(amount, of)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 volume", "ends with a volume above 0, such as '50 volume'"),
        ("1.5 trades", "ends with a whole number of trades, 1 or more, such as '1000 trades'"),
        ("100 ticks", "did you mean '100 trades'"),
        ("1e6 dollars", "did you mean '1e6 value'"),
        ("many trades", "or how much is traded in a bar: '1000 trades', '50 volume', '1e6 value'"),
    ],
)
def test_parse_bar_size_of_no_threshold_says_what_is_allowed(text, said):
    with pytest.raises(ValueError, match=r".") as error:
        parse_bar_size(text)
    assert said in str(error.value)


def test_parse_bar_size_with_a_guess_ends_with_it():
    with pytest.raises(ValueError, match=r"did you mean '5m'\?$"):
        parse_bar_size("5min")
