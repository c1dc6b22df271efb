"""The return page: signed return addresses, framed, repeated, altered and expired."""

import pytest

from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, start_onboarding


@pytest.fixture
def walk(stack: Stack, ada: Person) -> UserJourney:
    return start_onboarding(stack, ada)


def return_in_frame(walk: UserJourney) -> tuple[HttpSession, Page]:
    """Open the return address as a cross-site nested document without cookies."""
    frame = walk.stack.http_session()
    headers = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
    return frame, frame.get(walk.return_url, headers=headers)


def test_return_in_frame_without_cookie_shows_no_data(walk: UserJourney) -> None:
    walk.capture("passes")
    frame, page = return_in_frame(walk)
    assert page.status == 200
    assert len(frame.cookies) == 0
    assert page.link("Continue").target == "_top"
    for secret in ("Ada Lovelace", walk.hosted_url, "Signed in"):
        assert secret not in page.text
    assert page.forms == []
    walk.until("verified")


def test_return_page_allows_framing_by_server_and_site(walk: UserJourney, stack: Stack) -> None:
    _, page = return_in_frame(walk)
    policy = page.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {stack.shop_url}" in policy
    assert "x-frame-options" not in page.headers
    assert "cross-origin-opener-policy" not in page.headers


def test_return_in_frame_sets_submitted(walk: UserJourney) -> None:
    return_in_frame(walk)
    assert walk.status["status"] == "submitted"
    assert walk.look().heading == "Thank you, we have everything"


def test_repeated_return_changes_nothing(walk: UserJourney) -> None:
    walk.capture("passes")
    for _ in range(3):
        assert walk.come_back().status == 200
    walk.until("verified")
    assert walk.come_back().status == 200
    assert walk.status["status"] == "verified"


def test_prefetched_return_changes_nothing(walk: UserJourney) -> None:
    ahead = walk.browser.get(walk.return_url, headers={"Sec-Purpose": "prefetch"})
    assert ahead.status == 200
    assert walk.browser.client.head(walk.return_url).status_code == 200
    assert walk.status["status"] == "started"


def test_altered_return_reference_is_404(walk: UserJourney) -> None:
    start, _, reference = walk.return_url.rpartition("/")
    for at in (0, 10, len(reference) - 2):
        other = "A" if reference[at] != "A" else "B"
        altered = f"{start}/{reference[:at]}{other}{reference[at + 1 :]}"
        assert walk.browser.get(altered).status == 404, at
    assert walk.status["status"] == "started"


def test_expired_return_reference_is_410(walk: UserJourney, stack: Stack) -> None:
    past = "UPDATE onboardings SET expires_at = '2020-01-01 00:00:00.000000' WHERE id = ?"
    assert stack.change(past, walk.id) == 1
    page = walk.come_back()
    assert page.status == 410
    assert page.heading == "This link is no longer valid"
    assert "Ada Lovelace" not in page.text
