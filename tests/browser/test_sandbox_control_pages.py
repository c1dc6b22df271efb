"""The control page of the gateway in a box, and its review queue, in Chromium."""

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
# These pages ask again and again; the gateway of a test ends before its browser does.
GONE = ["ERR_CONNECTION", "Failed to fetch"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_control_page_is_accessible_and_its_buttons_work(
    browser_page: OpenPage,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
    scheme: str,
) -> None:
    scan_id = company.create()["scanId"]
    page = browser_page(
        viewport=(360, 740), color_scheme=scheme, bypass_csp=True, expected_complaints=GONE
    )
    page.goto(f"{gateway.url}/_sandbox/")
    row = page.locator(f'[data-process="{scan_id}"]')
    row.get_by_role("button", name="passes").click()
    expect(row.locator(".state")).to_have_text("VERIFIED")
    expect(page.locator("[data-delivery]")).to_contain_text(["VIDEO_AVAILABLE", "VERIFIED"])
    assert accessibility_violations(page) == []
    page.get_by_label("down", exact=True).check()
    expect(page.get_by_label("down", exact=True)).to_be_checked()
    eventually(lambda: controls.get("/switches")["down"])  # the box is ticked before it is sent
    page.get_by_role("button", name="Reset everything").click()
    expect(page.locator("#no-processes")).to_be_visible()
    eventually(lambda: not controls.get("/switches")["down"])


@pytest.fixture
def queue(company: Company, controls: Controls) -> list[str]:
    """Two checks that wait for a reviewer."""
    ids = [company.create(docType=kind)["scanId"] for kind in ("IDCard", "Passport")]
    for scan_id in ids:
        controls.end(scan_id, "review")
    return ids


@parametrize_screen((320, 740), (360, 740), (1280, 740))
def test_the_reviewers_desk_is_accessible_and_fits(
    browser_page: OpenPage,
    controls: Controls,
    gateway: RunningGateway,
    queue: list[str],
    screen: Screen,
) -> None:
    for expected in ("ADA SPECIMEN SAMPLE", "VERIFIED", "All done"):
        # A new one each time: the old one turns to the next check by itself.
        page = browser_page(
            viewport=screen.size,
            color_scheme=screen.scheme,
            bypass_csp=True,
            expected_complaints=GONE,
        )
        page.goto(f"{gateway.url}/_sandbox/agent{f'/{queue[0]}' if expected == 'VERIFIED' else ''}")
        expect(page.locator("main")).to_contain_text(expected)
        page.wait_for_load_state("networkidle")
        assert accessibility_violations(page) == [], expected
        assert horizontal_overflow(page) == [], expected
        for scan_id in controls.get("/agent/queue")["queue"]:
            controls.post(f"/agent/{scan_id}", verdict="accept")


def test_the_reviewer_accepts_one_and_rejects_the_other(
    browser_page: OpenPage,
    company: Company,
    gateway: RunningGateway,
    queue: list[str],
) -> None:
    page = browser_page(expected_complaints=GONE)
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


def test_the_desk_turns_to_who_comes_next_by_itself(
    browser_page: OpenPage, company: Company, controls: Controls, gateway: RunningGateway
) -> None:
    page = browser_page(expected_complaints=GONE)
    page.goto(f"{gateway.url}/_sandbox/agent")
    expect(page.locator("main")).to_contain_text("All done")
    controls.end(company.create()["scanId"], "review")
    expect(page.locator("#accept")).to_be_visible()


def test_faults_are_added_and_healed_on_the_control_page(
    browser_page: OpenPage, controls: Controls, gateway: RunningGateway
) -> None:
    page = browser_page(expected_complaints=["400", *GONE])
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
