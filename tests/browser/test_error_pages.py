"""Error pages in Chromium: explained, with a next step, accessible, in both languages."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import abort
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
    parametrize_screens,
)
from tests.support.chromium import BrowserPage
from tests.unit.web.conftest import settings, web
from webapp.domain import errors
from webapp.domain.onboarding import Status
from webapp.web.guards import public

CODES = (400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 502, 503)
RAISED = {
    "conflict": errors.Conflict(Status.VERIFIED),
    "link-gone": errors.LinkGone(),
    "gateway-away": errors.GatewayUnavailable(30),
    "forbidden": errors.GatewayForbidden(),
    "hosted-page-untrusted": errors.HostedPageUntrusted(),
    "not-writable": errors.NotWritable(),
    "too-old": errors.ReferenceExpired(),
}
#: The others run nightly.
EVERY_RUN = {"404", "503", "conflict", "gateway-away"}
CASES = [
    each if each in EVERY_RUN else pytest.param(each, marks=pytest.mark.nightly)
    for each in (*map(str, CODES), *RAISED)
]


@pytest.fixture(scope="module")
def error_server(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the web pages with a route that raises the error named in its path."""
    app = web(root, settings(tmp_path_factory.mktemp("web"), {"PUBLIC_URL": "http://127.0.0.1"}))

    def raise_error(kind: str) -> str:
        if kind in RAISED:
            raise RAISED[kind]
        abort(int(kind))

    app.add_url_rule("/errors/<kind>", "raise_error", public(raise_error))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@parametrize_screens((320, 640), (1280, 800))
@pytest.mark.parametrize("case", CASES)
def test_error_page_is_explained_accessible_and_translated(
    error_server: str, browser_page: BrowserPage, case: str, screens: list[Screen]
) -> None:
    page = browser_page(expected_complaints=["responded with a status"])
    # One screen for each language; Spanish, whose texts are longer, on the narrow one.
    for language, screen in zip(("es", "en"), screens, strict=True):
        _accept_language(page, language)
        screen.apply_to(page)
        answer = page.goto(f"{error_server}/errors/{case}")
        assert answer is not None
        assert answer.status >= 400
        assert page.evaluate("document.documentElement.lang") == language
        _assert_explained(page)
        assert accessibility_violations(page) == [], (language, screen)
        assert horizontal_overflow(page) == [], (language, screen)


def _accept_language(page: Page, language: str) -> None:
    """Set the accepted language; a new browser context for it would take longer than the checks."""
    agent = {"userAgent": page.evaluate("navigator.userAgent"), "acceptLanguage": language}
    page.context.new_cdp_session(page).send("Emulation.setUserAgentOverride", agent)


def _assert_explained(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    main = page.get_by_role("main")
    assert len(main.locator("p").all_inner_texts()) >= 2, "what happened, and what to do"
    assert main.locator("a.button, button").count() >= 1, "a next step"


@parametrize_screens((320, 640), (1280, 800))
def test_page_of_a_problem_keeps_its_example_within_the_card(
    error_server: str, browser_page: BrowserPage, screens: list[Screen]
) -> None:
    page = browser_page()
    for screen in screens:
        screen.apply_to(page)
        page.goto(f"{error_server}/problems/idempotency_key_reused")
        too_wide = "each => each.scrollWidth > each.clientWidth"
        assert not page.locator("pre").evaluate(too_wide), screen
        assert horizontal_overflow(page) == [], screen
        assert accessibility_violations(page) == [], screen
