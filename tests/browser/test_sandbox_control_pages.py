"""The sandbox gateway's control page and review pages in Chromium."""

import pytest
from playwright.sync_api import expect

from mobbscan_sandbox.gateway import RunningGateway
from tests.browser.hosted_page import OpenPage
from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
    parametrize_screen,
)
from tests.support.eventually import eventually
from tests.support.gateway import Company, Controls

PLAYABLE = """
video => new Promise((done, fail) => {
  video.oncanplay = done;
  video.onerror = fail;
  video.load();
})
"""
# These pages poll, and the gateway of a test ends before its browser does.
POLL_FAILED = ["ERR_CONNECTION", "Failed to fetch"]


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_control_page_is_accessible_and_its_buttons_work(
    browser_page: OpenPage,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
    scheme: str,
) -> None:
    scan_id = company.create()["scanId"]
    page = browser_page(
        viewport=(360, 740), color_scheme=scheme, bypass_csp=True, expected_complaints=POLL_FAILED
    )
    page.goto(f"{gateway.url}/_sandbox/")
    row = page.locator(f'[data-process="{scan_id}"]')
    row.get_by_role("button", name="passes").click()
    expect(row.locator(".state")).to_have_text("VERIFIED")
    expect(page.locator("[data-delivery]")).to_contain_text(["VIDEO_AVAILABLE", "VERIFIED"])
    assert accessibility_violations(page) == []
    page.get_by_label("down", exact=True).check()
    expect(page.get_by_label("down", exact=True)).to_be_checked()
    eventually(lambda: controls.get("/switches")["down"])  # the box is checked before the request
    page.get_by_role("button", name="Reset everything").click()
    expect(page.locator("#no-processes")).to_be_visible()
    eventually(lambda: not controls.get("/switches")["down"])


@pytest.fixture
def browser_page(gateway: RunningGateway, browser_page: OpenPage) -> OpenPage:
    """Close the pages before the gateway stops: images of a page may still be loading."""
    return browser_page


@pytest.fixture
def queue(company: Company, controls: Controls) -> list[str]:
    """Return the ids of two checks in manual review."""
    ids = [company.create(docType=kind)["scanId"] for kind in ("IDCard", "Passport")]
    for scan_id in ids:
        controls.end(scan_id, "review")
    return ids


@parametrize_screen((320, 740), (1280, 740), scheme="dark")
def test_review_page_is_accessible_and_fits(
    browser_page: OpenPage,
    controls: Controls,
    gateway: RunningGateway,
    queue: list[str],
    screen: Screen,
) -> None:
    for expected in ("ADA SPECIMEN SAMPLE", "VERIFIED", "All done"):
        # A new page each time, since an open one changes to the next check.
        page = browser_page(
            viewport=screen.size,
            color_scheme=screen.scheme,
            bypass_csp=True,
            expected_complaints=POLL_FAILED,
        )
        page.goto(f"{gateway.url}/_sandbox/agent{f'/{queue[0]}' if expected == 'VERIFIED' else ''}")
        expect(page.locator("main")).to_contain_text(expected)
        page.wait_for_load_state("networkidle")
        assert accessibility_violations(page) == [], expected
        assert horizontal_overflow(page) == [], expected
        for scan_id in controls.get("/agent/queue")["queue"]:
            controls.post(f"/agent/{scan_id}", verdict="accept")


def test_review_page_accepts_rejects_and_shows_the_next_check(
    browser_page: OpenPage,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
    queue: list[str],
) -> None:
    page = browser_page(expected_complaints=POLL_FAILED)
    page.goto(f"{gateway.url}/_sandbox/agent")
    expect(page.locator(".count")).to_have_text("2")
    page.locator("video").evaluate(PLAYABLE)
    assert page.locator("video").evaluate("video => video.videoWidth") == 320
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".count")).to_have_text("1")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#problem")).to_have_text("A rejection needs a comment.")
    page.get_by_label("Comment").fill("Photo of a screen")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("main")).to_contain_text("All done")
    results = [company.data(scan_id).json() for scan_id in queue]
    assert [each["verificationResult"] for each in results] == ["VERIFIED", "NOT_VERIFIED"]
    assert results[1]["rejectionReason"] == "Photo of a screen"
    controls.end(company.create()["scanId"], "review")
    expect(page.locator("#accept")).to_be_visible()


def test_control_page_adds_and_removes_faults(
    browser_page: OpenPage, controls: Controls, gateway: RunningGateway
) -> None:
    page = browser_page(expected_complaints=["400", *POLL_FAILED])
    page.goto(f"{gateway.url}/_sandbox/")
    page.fill("#fault-json", '{"at": "pdf", "kind": "truncated", "times": 3}')
    page.get_by_role("button", name="Add").click()
    expect(page.locator("[data-fault]")).to_contain_text(["pdf: truncated"])
    assert controls.get("/faults")["faults"][0]["times"] == 3
    page.fill("#fault-json", '{"at": "pdf"}')
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#problem")).to_contain_text("kind is one of")
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator("#no-faults")).to_be_visible()
