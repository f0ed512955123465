"""What the tests of pages share: runs of the examples, their pages, and one browser for all."""

import shutil

import pytest
from read_pages import EXAMPLES
from tradekit_report.page.market import Market
from tradekit_report.page.report import report_page

import tradekit

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def example_runs(tmp_path_factory):
    """The folder of runs in which an example is run when it is first asked for."""
    root = tmp_path_factory.mktemp("runs")
    folders = {}

    def folder(name, *overrides, bands=False):
        key = (name, overrides, bands)
        if key not in folders:
            tradekit.run(EXAMPLES / f"{name}.toml", overrides, root, bands=bands)
            folders[key] = max(root.glob("2*"), key=lambda path: path.stat().st_mtime_ns)
        return folders[key]

    return folder


@pytest.fixture(scope="session")
def paged(example_runs, tmp_path_factory):
    """Return the page of an example as a file, and its result."""
    made = {}
    root = tmp_path_factory.mktemp("pages")

    def page(name, options=None, bands=False):
        key = (name, str(options), bands)
        if key not in made:
            folder = example_runs(name, bands=bands)
            result, market = tradekit.read_result(folder), tradekit.read_market(folder)
            path = root / f"{len(made)}.html"
            path.write_text(report_page(result, options, Market(market.bars, market.values)), encoding="utf-8")
            made[key] = path, result
        return made[key]

    return page


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium; tests that need one are skipped where there is none.

    It keeps an event loop running in this thread, so that it must be gone before tests of others begin.
    """
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


class Opened:
    """A page in a tab of its own, with what it asked the network for and what it complained of."""

    def __init__(self, browser, path, **settings):
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        self.tab = self.context.new_page()
        self.requests, self.complaints = [], []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.goto(path.as_uri())
        if settings.get("java_script_enabled", True):
            self.tab.wait_for_selector("html[data-ready=yes]", state="attached")


@pytest.fixture
def opened(chromium):
    """Open files in the browser; each tab is closed after the test."""
    tabs = []

    def open_file(path, **settings):
        tabs.append(Opened(chromium, path, **settings))
        return tabs[-1]

    yield open_file
    for tab in tabs:
        tab.context.close()
