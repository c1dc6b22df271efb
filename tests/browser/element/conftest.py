"""Fixtures of the tests of `<mobbscan-onboarding>`: three sites, third-party cookies blocked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.element.shopper import Shopper
from tests.support.chromium import FLAGS, BrowserPage
from tests.support.element_host_site import ElementHostSite, element_host_site
from tests.support.stack import Person, Stack

NewShopper = Callable[..., Shopper]


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """Run a Chromium that blocks pop-ups and caches pages, as those of users do."""
    browser = playwright.chromium.launch(
        executable_path=chromium_path,
        args=[*FLAGS, "--test-third-party-cookie-phaseout"],
        ignore_default_args=["--disable-popup-blocking", "--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


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
