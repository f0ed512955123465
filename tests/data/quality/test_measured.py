"""The checks on every file of the development data: what its README lists is found, and nothing else that has no name."""

from pathlib import Path

from quality_measure import PAGE, by_file, page


def test_checks_find_what_is_known_of_the_market_data_and_nothing_else_as_the_page_says(market_data: Path) -> None:
    # In one test, because it takes a minute to read it all.
    assert [wrong for one in by_file(market_data) if (wrong := one.disagreement())] == []
    assert PAGE.read_text("utf-8") == page(market_data)
