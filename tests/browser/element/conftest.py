"""Fixtures of the tests of `<mobbscan-onboarding>`: three sites, third-party cookies blocked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.element.engines import engines_of
from tests.browser.element.shopper import Shopper
from tests.conftest import find_program
from tests.support.chromium import FLAGS, BrowserPage, page_opener
from tests.support.element_host_site import ElementHostSite, element_host_site
from tests.support.firefox import launch_firefox
from tests.support.stack import Person, Stack

NewShopper = Callable[..., Shopper]

#: Leads to the host site by a name that browsers do not know as loopback: no secure context.
PLAIN_HTTP_HOST = "shop.example"
CHROMIUM_FLAGS = (
    *FLAGS,
    "--test-third-party-cookie-phaseout",
    f"--host-resolver-rules=MAP {PLAIN_HTTP_HOST} 127.0.0.4",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        engines = engines_of(metafunc.definition)
        metafunc.parametrize("engine", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """Return the engine of the test: `chromium` or `firefox`."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def browser(
    engine: str, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """Run a browser that blocks pop-ups and third-party cookies, and caches pages."""
    if engine == "firefox":
        program = find_program("firefox-esr") or ""
        running = launch_firefox(playwright, program, tmp_path_factory.mktemp("firefox"))
    else:
        running = playwright.chromium.launch(
            executable_path=find_program("chromium"),
            args=[*CHROMIUM_FLAGS],
            ignore_default_args=["--disable-popup-blocking", "--disable-back-forward-cache"],
        )
    yield running
    running.close()


@pytest.fixture
def browser_page(browser: Browser) -> Iterator[BrowserPage]:
    """Return a function that opens a page in a new context, with patterns of expected errors."""
    with page_opener(browser) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def running_host_site(stack: Stack) -> Iterator[ElementHostSite]:
    with element_host_site(stack) as site:
        yield site


@pytest.fixture
def host_site(running_host_site: ElementHostSite, stack: Stack, ada: Person) -> ElementHostSite:
    """Return the host site, at which Ada is logged in."""
    running_host_site.tokens = 0
    running_host_site.give_token = lambda: stack.handoff_token(ada)
    return running_host_site


@pytest.fixture
def shopper(host_site: ElementHostSite, browser_page: BrowserPage) -> NewShopper:
    """Return a function that opens a page of the host site: its options are those of HostPage."""

    def visit(
        *, expected: tuple[str, ...] = (), browser: dict[str, Any] | None = None, **page: Any
    ) -> Shopper:
        tab = browser_page(expected_complaints=expected, **(browser or {}))
        return Shopper(host_site, tab).visit(**page)

    return visit
