"""The page in a real browser: it loads nothing, and does what its buttons say."""

from itertools import pairwise

import pytest
from tradekit_report.page.options import PageOptions

COARSE = PageOptions.model_validate({"chart_mb": 0.02})


def note(tab):
    return tab.inner_text("#resolution")


def ground(tab):
    return tab.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("name", ["quickstart", "momentum", "breakout"])
def test_page_loads_without_network_or_complaint(paged, opened, name):
    path, _ = paged(name)
    page = opened(path)
    assert page.requests == [path.as_uri()]
    assert page.complaints == []
    assert page.tab.locator("canvas").count() >= 4


def test_page_may_load_nothing_by_its_own_policy(paged, opened):
    page = opened(paged("quickstart")[0])
    with page.tab.expect_console_message() as told:
        page.tab.evaluate("void fetch('https://example.org/x').catch(() => 0)")
    assert "Content Security Policy" in told.value.text
    assert page.requests == [paged("quickstart")[0].as_uri()]


def test_zoom_in_by_keys_shows_single_bars_and_zero_shows_all(paged, opened):
    tab = opened(paged("quickstart")[0]).tab
    whole = note(tab)
    assert whole.startswith("One candle is 64 bars (2.7 d), first, highest, lowest and last price kept")
    tab.focus("#market-chart")
    for _ in range(12):
        tab.keyboard.press("+")
        tab.evaluate("new Promise(requestAnimationFrame)")
    assert note(tab) == "One candle is one bar (1 h)."
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("0")
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert note(tab) == whole


def test_dragging_over_one_chart_zooms_all_of_them(paged, opened):
    tab = opened(paged("quickstart")[0]).tab
    before = note(tab)
    tab.locator("#account-chart .u-over").first.scroll_into_view_if_needed()
    box = tab.locator("#account-chart .u-over").first.bounding_box()
    tab.mouse.move(box["x"] + 300, box["y"] + 60)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 340, box["y"] + 60, steps=4)
    tab.mouse.up()
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert note(tab) != before


def test_bars_that_did_not_fit_are_told_in_the_chart(paged, opened):
    tab = opened(paged("quickstart", COARSE)[0]).tab
    tab.focus("#market-chart")
    for _ in range(12):
        tab.keyboard.press("+")
        tab.evaluate("new Promise(requestAnimationFrame)")
    assert "what is finer did not fit into this file" in note(tab)
    assert "warn" in tab.get_attribute("#resolution", "class")


def test_trades_sort_filter_and_turn_pages(paged, opened):
    path, result = paged("quickstart")
    tab = opened(path).tab
    rows = tab.locator("table.trades tbody tr")
    assert rows.count() == 50
    tab.click("[data-page=after]")
    assert rows.count() == result.trades.num_rows - 50
    tab.click("th[data-column=profit] button")
    assert tab.get_attribute("th[data-column=profit]", "aria-sort") == "descending"
    best = max(result.trades["profit"].to_pylist())
    place = [cell.get_attribute("data-column") for cell in tab.locator("table.trades thead th").all()].index("profit")
    assert rows.first.locator("td").nth(place).inner_text() == f"+{best:,.0f}"
    tab.select_option("[data-filter=result]", "won")
    won = sum(profit > 0 for profit in result.trades["profit"].to_pylist())
    assert rows.count() == won
    assert tab.inner_text(".told").startswith(f"{won} of {result.trades.num_rows} trades, 100 % of the closed ones won")
    tab.fill("[data-filter=text]", "nowhere")
    assert rows.count() == 0


def test_number_of_a_trade_shows_it_in_the_chart(paged, opened):
    tab = opened(paged("momentum")[0]).tab
    before = tab.input_value("#instrument")
    row = tab.locator("table.trades tbody tr", has_text="GPS").first
    row.locator("button").click()
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert tab.locator("#instrument option:checked").inner_text() == "GPS"
    assert tab.input_value("#instrument") != before
    assert note(tab) == "One candle is one bar (1 d)."
    assert tab.locator("tr.chosen").count() == 1
    assert tab.evaluate("document.activeElement.id") == "market-chart"


def test_dark_follows_the_system_and_the_button_overrules_it(paged, opened):
    tab = opened(paged("quickstart")[0], color_scheme="dark").tab
    dark = ground(tab)
    assert dark == "rgb(20, 23, 27)"
    tab.click("#theme")
    assert tab.inner_text("#theme") == "Light"
    assert ground(tab) == "rgb(246, 246, 243)"
    tab.click("#theme")
    assert (tab.inner_text("#theme"), ground(tab)) == ("Dark", dark)


def test_log_scale_is_a_switch(paged, opened):
    tab = opened(paged("quickstart")[0]).tab
    tab.click("#log")
    assert tab.get_attribute("#log", "aria-pressed") == "true"
    assert tab.locator("#account-chart canvas").count() == 3


def test_paper_gets_pictures_instead_of_canvases(paged, opened):
    tab = opened(paged("momentum")[0], color_scheme="dark").tab
    paper = tab.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert len(paper) > 50_000
    tab.emulate_media(media="print")
    assert tab.locator("#market-chart").is_hidden()
    assert tab.locator(".static svg").first.is_visible()
    assert ground(tab) == "rgb(255, 255, 255)"


def test_page_tells_all_without_script(paged, opened):
    tab = opened(paged("quickstart")[0], java_script_enabled=False).tab
    assert tab.locator(".static svg").count() == 4
    assert tab.locator(".static svg").first.is_visible()
    assert tab.locator("table.trades tbody tr").count() == 50
    assert tab.locator("#market-chart").is_hidden()


@pytest.mark.parametrize("name", ["quickstart", "momentum"])
def test_phone_needs_no_scrolling_sideways(paged, opened, name):
    tab = opened(paged(name)[0], viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True).tab
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_page_is_usable_by_keyboard_and_screen_reader(paged, opened):
    tab = opened(paged("momentum")[0]).tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    unnamed = tab.evaluate(
        """() => [...document.querySelectorAll("button, select, input, svg[role=img], [role=group]")]
        .filter((one) => !one.closest(".static") && !(one.ariaLabel || one.textContent.trim() || one.labels?.length))
        .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
    assert tab.evaluate("[...document.querySelectorAll('table')].filter((one) => !one.caption).length") == 0
    levels = tab.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((one) => +one.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_instrument_is_chosen_by_its_name(paged, opened):
    tab = opened(paged("momentum")[0]).tab
    tab.select_option("#instrument", label="COST")
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert tab.locator("#market-chart canvas").count() == 2
    assert tab.locator("#market-chart .readout").first.inner_text()
