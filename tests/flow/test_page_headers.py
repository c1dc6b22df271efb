"""Headers, headings, camera permissions and next steps of every page in every state."""

import re

import pytest

from tests.support.http_session import Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import (
    UserJourney,
    force_outcome,
    gateway_switches,
    log_in_by_handoff,
    start_onboarding,
)

INLINE = re.compile(
    r"<style|<[^>]+\s(style|on\w+)\s*=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE
)


@pytest.fixture(scope="module")
def pages(stack: Stack) -> dict[str, Page]:
    """Return every page by a short name."""
    ada, ben = stack.person("Ada Lovelace"), stack.person("Ben Ortega")
    found = {"welcome": stack.http_session().get("/")}
    # First: the gateway client does not retry a failed log-in at once.
    found["rejected"] = _rejected(stack, ben)
    browser, found["home"] = log_in_by_handoff(stack, ada)
    found["question"] = browser.get("/handoff", params={"token": stack.handoff_token(ben)})
    found["consent"] = browser.post(
        "/onboardings", found["home"].form("/logout").filled(), sent_from=found["home"].url
    )
    with gateway_switches(stack, down=True, rest=False):
        home = found["home"]
        found["gateway unavailable"] = browser.submit(home, home.form("/onboardings"))
    found["other device"] = browser.submit(home, home.form("/links"))
    walk = start_onboarding(stack, ada)
    found |= {"frame": walk.page, "home while open": browser.get("/")}
    found["interrupted return"] = walk.come_back(walk.capture("camera-denied"))
    found |= {"interrupted": walk.look(), "home after it": browser.get("/")}
    found |= _finished_pages(stack, walk)
    found["stale form"] = browser.post("/onboardings", {"csrf_token": "x"})
    found["used hand-off"] = stack.http_session().get("/handoff?token=x")
    for address in ("/nothing", "/return/x", "/onboardings/x", "/login/callback", "/logout"):
        found[address] = browser.get(address)
    found["signed out"] = browser.submit(found["home"], found["home"].form("/logout"))
    return found


def _finished_pages(stack: Stack, walk: UserJourney) -> dict[str, Page]:
    home = walk.browser.get("/")
    walk.browser.submit(home, home.form("/onboardings"))
    found = {"return": walk.come_back(), "submitted": walk.look()}
    force_outcome(stack, walk.id, "review")
    walk.until("in_review")
    found |= {"in review": walk.look(), "home while waiting": walk.browser.get("/")}
    force_outcome(stack, walk.id, "passes")
    walk.until("verified")
    return found | {"verified": walk.look(), "home at the end": walk.browser.get("/")}


def _rejected(stack: Stack, person: Person) -> Page:
    walk = start_onboarding(stack, person)
    walk.finish("fails")
    walk.until("rejected")
    return walk.look()


def test_pages_have_security_headers_and_one_heading(pages: dict[str, Page]) -> None:
    for name, page in pages.items():
        assert "text/html" in page.headers["content-type"], name
        assert not (found := INLINE.search(page.text)), (name, found)
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy, name
        assert "default-src 'none'" in policy, name
        assert page.headers["x-content-type-options"] == "nosniff", name
        assert page.headers["referrer-policy"] == "same-origin", name
        assert page.headers["cache-control"] == "no-store", name
        assert page.headers["request-id"], name
        assert page.heading, name
        assert page.title, name
        assert page.text.count("<h1") == 1, name
        assert 'lang="en"' in page.text, name
        assert "TEST" in page.text, name


#: Pages that offer a camera test to the user, and no camera to the gateway.
PAGES_WITH_CAMERA_TEST = {"home", "consent", "home while open", "home after it"}


def test_pages_allow_camera_and_frame_only_where_needed(
    pages: dict[str, Page], stack: Stack
) -> None:
    for name, page in pages.items():
        allowed = "camera=(self)," if name in PAGES_WITH_CAMERA_TEST else "camera=(),"
        if name == "frame":
            allowed = f'camera=(self "{stack.gateway_url}"),'
        assert allowed in page.headers["permissions-policy"], name
        framed = "'self' " + stack.gateway_url if name == "frame" else "'none'"
        assert f"frame-src {framed}" in page.headers["content-security-policy"], name
    (frame,) = pages["frame"].frames
    assert frame["allow"] == f"camera {stack.gateway_url}"
    assert "microphone" not in frame["allow"]
    assert frame["referrerpolicy"] == "strict-origin"


def test_waiting_pages_refresh_without_javascript(pages: dict[str, Page]) -> None:
    for name in ("submitted", "in review"):
        page = pages[name]
        assert re.search(r'<noscript>\s*<meta http-equiv="refresh"', page.text), name


def test_pages_offer_a_next_step(pages: dict[str, Page], stack: Stack) -> None:
    for name, page in pages.items():
        _, _, body = page.text.partition("<main")
        main = body.partition("</main>")[0]
        assert "<a " in main or "<button" in main or "<iframe" in main, name
