"""Numbers and times as a reader sees them, and the sentence on top."""

import pytest
from reported import ran, series, walk
from tradekit_report.page.verdict import verdict
from tradekit_report.page.words import (
    count_text,
    days_text,
    figure,
    money,
    money_tick,
    percent,
    percent_tick,
    plural,
    ratio,
    sentence,
)

THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (percent(0.12345), f"12.3{THIN}%"),
        (percent(-0.012345, signed=True), f"\N{MINUS SIGN}1.23{THIN}%"),
        (percent(0.5, 0, signed=True), f"+50{THIN}%"),
        (percent(-0.00001), f"0.00{THIN}%"),
        (percent(123.4), f"12,340{THIN}%"),
        (percent(None), "\N{EN DASH}"),
        (percent(float("nan")), "\N{EN DASH}"),
        (percent_tick(-0.25), f"\N{MINUS SIGN}25{THIN}%"),
        (money(1234.56), "1,235"),
        (money(-12.34, signed=True), "\N{MINUS SIGN}12.34"),
        (money(0.01234), "0.0123"),
        (money(0), "0.00"),
        (money_tick(2_500_000), "2.5M"),
        (money_tick(-20_000), "\N{MINUS SIGN}20k"),
        (ratio(1.005), "1.00"),
        (days_text(0), "0 days"),
        (days_text(1), "1 day"),
        (days_text(0.5), "12.0 hours"),
        (days_text(0.01), "14 min"),
        (days_text(1000), "2.7 years"),
        (count_text(-1234), "\N{MINUS SIGN}1,234"),
        (figure(3, "count"), "3"),
        (figure(None, "money"), "\N{EN DASH}"),
        (figure(0.1, "fraction"), f"10.0{THIN}%"),
        (plural(1, "trade"), "1 trade"),
        (plural(1200, "trade"), "1,200 trades"),
        (sentence("it ends here"), "It ends here."),
        (sentence("Does it?"), "Does it?"),
    ],
)
def test_text_of_a_figure(text, expected):
    assert text == expected


def first_of(result):
    return "".join(text for text, _ in verdict(result, 100.0, ()).first).replace(THIN, " ")


def test_verdict_compares_two_gains_and_tells_a_loss_beside_a_gain(tmp_path):
    rise = [100.0 + k for k in range(100)]
    said = first_of(ran(tmp_path / "a", series(rise), {50: 1.0, 98: 0.0}))
    assert said.startswith("Gained ")
    assert ", less than the 99.0 % of holding X." in said
    fall = [200.0 - k for k in range(100)]
    assert "while holding X lost 49.5 %." in first_of(ran(tmp_path / "b", series(fall), {90: 1.0}))


def test_verdict_without_benchmark_names_none(tmp_path):
    said = first_of(ran(tmp_path, series(walk(60)), {5: 1.0, 20: 0.0}, "run.benchmark='none'"))
    assert said.endswith("in 100 days.")
